package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// tus is one resumable upload, as a phone makes it.
type tus struct {
	n        *node
	account  string
	clientID string
	content  []byte
	at       string // its address, once known
}

func (u *tus) call(method, path string, body []byte, header ...string) (*http.Response, error) {
	req, err := http.NewRequest(method, u.n.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Authorization", "Bearer "+u.n.tokens[u.account])
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil && resp.StatusCode >= 300 {
		err = &refused{resp.StatusCode, string(raw)}
	}
	return resp, err
}

// refused is an answer that tells of a problem.
type refused struct {
	status int
	text   string
}

// Error implements error.
func (r *refused) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

// begin announces the file; again after a crash it finds the same one.
func (u *tus) begin() error {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	resp, err := u.call(http.MethodPost, "/api/v1/uploads", nil, "Upload-Length", strconv.Itoa(len(u.content)),
		"Upload-Metadata", "filename "+b64("总结.pdf")+",client_id "+b64(u.clientID))
	if err != nil {
		return err
	}
	at := resp.Header.Get("Location")
	if u.at != "" && at != u.at {
		return fmt.Errorf("announced again, the upload is at %s instead of %s", at, u.at)
	}
	u.at = at
	return nil
}

// offset is how much the server has, and the receipt once it has all.
func (u *tus) offset() (int, string, error) {
	resp, err := u.call(http.MethodHead, u.at, nil)
	if err != nil {
		return 0, "", err
	}
	n, err := strconv.Atoi(resp.Header.Get("Upload-Offset"))
	return n, resp.Header.Get("Duban-Sha256"), err
}

func (u *tus) patch(from, to int) (string, error) {
	resp, err := u.call(http.MethodPatch, u.at, u.content[from:to], "Upload-Offset", strconv.Itoa(from), "Content-Type", "application/offset+octet-stream")
	if err != nil {
		return "", err
	}
	return resp.Header.Get("Duban-Sha256"), nil
}

// asPDF ends what begins like a PDF as one must end.
func asPDF(b []byte) []byte {
	return fmt.Appendf(b, "\nxref\n0 0\ntrailer\n<< >>\nstartxref\n%d\n%%%%EOF\n", len(b)+1)
}

// A file is uploaded in parts while the process dies between and within them,
// most of all around the last byte: it is there once, whole.
func TestKilledDuringUpload(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	kills := 0
	for round := range rounds(6, 60) {
		content := []byte("%PDF-1.4\n")
		for len(content) < 300_000 {
			content = strconv.AppendUint(content, rand.Uint64(), 36)
		}
		content = asPDF(content)
		sum := sha256.Sum256(content)
		u := &tus{n: n, account: reporter(round % reporters), clientID: fmt.Sprintf("photo-%d", round), content: content}
		if err := u.begin(); err != nil {
			t.Fatal(err)
		}
		receipt := ""
		for part := 0; receipt == ""; part++ {
			if part > 100 {
				t.Fatal("the upload never ends")
			}
			if part%2 == 1 { // announced again by a phone that was restarted
				if err := u.begin(); err != nil {
					t.Fatal(err)
				}
			}
			from, have, err := u.offset()
			if err != nil {
				t.Fatal(err)
			}
			if receipt = have; receipt != "" {
				break
			}
			to := min(len(content), from+len(content)/2)
			if part > 3 {
				to = len(content)
			}
			if part > 2 && kills > round*2+2 {
				if receipt, err = u.patch(from, to); err != nil {
					t.Fatal(err)
				}
				continue
			}
			var wg sync.WaitGroup
			wg.Go(func() { receipt, err = u.patch(from, to) })
			// The last part takes a few milliseconds: hash, rename, fsync, commit.
			time.Sleep(rand.N(25 * time.Millisecond))
			n.kill()
			kills++
			wg.Wait()
			n.start()
			var r *refused
			if errors.As(err, &r) {
				t.Fatalf("part %d: %v", part, err)
			}
		}
		if want := hex.EncodeToString(sum[:]); receipt != want {
			t.Errorf("the receipt says %s, the file is %s", receipt, want)
		}
		_, again, err := u.offset()
		if err != nil || again != receipt {
			t.Errorf("asked again: %q, %v", again, err)
		}
		resp, err := n.as(u.account).DownloadFile(context.Background(), u.at[len("/api/v1/uploads/"):])
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes come back of %d, %v", len(got), len(content), err)
		}
		if c := count(t, n.data, "evidence", "SELECT COUNT(*) FROM files WHERE client_id = ?", u.clientID); c != 1 {
			t.Errorf("%d copies of %s", c, u.clientID)
		}
	}
	t.Logf("killed %d times", kills)
	n.sound()
}

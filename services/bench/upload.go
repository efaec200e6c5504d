package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emmansun/gmsm/sm3"
)

const (
	film  = 256 << 20 // bytes of the large file
	piece = 16 << 20  // bytes sent in one request
)

// uploads measures how files arrive: one large one against the same bytes put
// without protocol, rights and record, and against tusd's own handler; the
// memory of many at once; and that cut lines cost nothing.
func (b *bench) uploads(ctx context.Context, in *installation) error {
	size := int64(film)
	many, each := 100, int64(20<<20)
	if b.rounds <= 3 {
		size, many, each = film/4, 20, 4<<20
	}
	ref, err := spawn(roleBare, role{Data: in.cfg.Data, DatabaseURL: in.cfg.DatabaseURL, Prefix: in.cfg.SchemaPrefix})
	if err != nil {
		return err
	}
	defer func() { _ = ref.stop() }()
	ours := sender{url: in.URL + "/api/v1/uploads", token: in.reporters[0].token}
	tusd := sender{url: ref.URL + "/tus/"}
	ways := []struct {
		name string
		send func(content) (string, error)
		took []float64
	}{
		{name: "ours", send: func(c content) (string, error) { return ours.whole(ctx, c) }},
		{name: "bare", send: func(c content) (string, error) { return put(ctx, ref.URL+"/put", c) }},
		{name: "tusd", send: func(c content) (string, error) { return tusd.whole(ctx, c) }},
	}
	for round := range b.rounds + 1 {
		for i := range ways {
			// Each begins as often after each of the others.
			w := &ways[(i+round)%len(ways)]
			c := newContent(size)
			begin := time.Now()
			sum, err := w.send(c)
			if err != nil {
				return fmt.Errorf("upload, %s: %w", w.name, err)
			}
			if sum != c.sum {
				return fmt.Errorf("upload, %s: another hash came back", w.name)
			}
			if round > 0 { // the first only warms up
				w.took = append(w.took, float64(size>>20)/time.Since(begin).Seconds())
			}
		}
	}
	what := fmt.Sprintf("upload of %d MiB in pieces of 16 MiB, MiB/s, against ", size>>20)
	b.report.atLeast(what+"a bare PUT", median(ways[0].took), median(ways[1].took), 0.5, "")
	b.report.atLeast(what+"tusd", median(ways[0].took), median(ways[2].took), 0.8, "")
	if err := b.digestCost(size); err != nil {
		return err
	}
	if err := b.uploadMemory(ctx, in, size); err != nil {
		return err
	}
	return b.cutLines(ctx, in, many, each)
}

// digestCost shows what SM3 costs beside SHA-256, apart: it is made after the
// receipt, where it is switched on, and no request waits for it.
func (b *bench) digestCost(size int64) error {
	speed := func(h hash.Hash) (float64, error) {
		c := newContent(size)
		begin := time.Now()
		_, err := io.Copy(h, c.part(0, size))
		return float64(size>>20) / time.Since(begin).Seconds(), err
	}
	sha, err := speed(sha256.New())
	if err != nil {
		return err
	}
	gm, err := speed(sm3.New())
	if err != nil {
		return err
	}
	b.report.note("SM3 of a file after its receipt, MiB/s (× the time of SHA-256)", fmt.Sprintf("%.0f (%.1f×)", gm, sha/gm))
	return nil
}

// uploadMemory measures what sixteen uploads at once take beside what the
// process has when idle.
func (b *bench) uploadMemory(ctx context.Context, in *installation, size int64) error {
	time.Sleep(2 * time.Second)
	idle := in.rss()
	peak := in.watch()
	errs := make([]error, 16)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			s := sender{url: in.URL + "/api/v1/uploads", token: in.reporters[i+1].token}
			c := newContent(size)
			sum, err := s.whole(ctx, c)
			if err == nil && sum != c.sum {
				err = errors.New("another hash came back")
			}
			errs[i] = err
		})
	}
	wg.Wait()
	most := peak()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sixteen uploads at once: %w", err)
	}
	b.report.megabytes(fmt.Sprintf("memory over idle while 16 files of %d MiB arrive at once", size>>20), max(most-idle, 1<<20), 64<<20)
	return nil
}

// cutLines sends files at once whose lines break three times each.
func (b *bench) cutLines(ctx context.Context, in *installation, many int, each int64) error {
	var breaches []string
	var mu sync.Mutex
	var cuts atomic.Int64
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			s := sender{url: in.URL + "/api/v1/uploads", token: in.reporters[i%len(in.reporters)].token}
			c := newContent(each)
			sum, err := s.cut(ctx, c, &cuts)
			switch {
			case err == nil && sum == c.sum:
				return
			case err == nil:
				err = errors.New("another hash")
			}
			mu.Lock()
			defer mu.Unlock()
			breaches = append(breaches, fmt.Sprintf("file %d: %v", i, err))
		})
	}
	wg.Wait()
	if n := int(cuts.Load()); n != 3*many {
		breaches = append(breaches, fmt.Sprintf("%d lines were cut, meant were %d", n, 3*many))
	}
	b.report.holds(fmt.Sprintf("%d files of %d MiB at once, each line cut three times", many, each>>20), breaches)
	return nil
}

// content is a film that nobody could watch, and that no other is like.
type content struct {
	head, block []byte
	size        int64
	sum         string
}

func newContent(size int64) content {
	box := func(name string, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
		return append(append(b, name...), body...)
	}
	head := slices.Concat(box("ftyp", []byte("isom\x00\x00\x02\x00isommp42")), box("moov", box("mvhd", make([]byte, 100))))
	data := binary.BigEndian.AppendUint32(nil, uint32(size-int64(len(head))))
	c := content{head: append(append(head, data...), "mdat"...), block: make([]byte, 1<<20), size: size}
	_, _ = rand.Read(c.block)
	h := sha256.New()
	_, _ = io.Copy(h, c.part(0, size))
	c.sum = hex.EncodeToString(h.Sum(nil))
	return c
}

// part reads n bytes from an offset.
func (c content) part(at, n int64) io.Reader { return io.NewSectionReader(c, at, min(n, c.size-at)) }

// ReadAt implements io.ReaderAt.
func (c content) ReadAt(b []byte, at int64) (int, error) {
	n := 0
	for n < len(b) && at < c.size {
		from := c.head
		if at >= int64(len(c.head)) {
			from = c.block[(at-int64(len(c.head)))%int64(len(c.block)):]
		} else {
			from = from[at:]
		}
		m := copy(b[n:], from[:min(int64(len(from)), c.size-at)])
		n, at = n+m, at+int64(m)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// put sends everything in one request, and gives the hash that was answered.
func put(ctx context.Context, url string, c content) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, c.part(0, c.size))
	if err != nil {
		return "", err
	}
	req.ContentLength = c.size
	resp, err := web.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%d %s", resp.StatusCode, raw)
	}
	return string(raw), err
}

// sender speaks tus.
type sender struct{ url, token string }

// part is one of a file, of n bytes; the zero one is none.
type part struct {
	body io.Reader
	n    int64
}

// request reads and closes the answer before it gives it.
func (s sender) request(ctx context.Context, method, url string, header map[string]string, p part) (*reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, p.body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = p.n
	req.Header.Set("Tus-Resumable", "1.0.0")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := web.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body) // for the message only
	return &reply{StatusCode: resp.StatusCode, Header: resp.Header, raw: raw}, nil
}

// reply is an answer that was read.
type reply struct {
	StatusCode int
	Header     http.Header
	raw        []byte
}

func (s sender) announce(ctx context.Context, c content) (string, error) {
	resp, err := s.request(ctx, http.MethodPost, s.url, map[string]string{
		"Upload-Length":   strconv.FormatInt(c.size, 10),
		"Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte("现场.mp4")),
	}, part{})
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("announce: %d %s", resp.StatusCode, resp.raw)
	}
	where := resp.Header.Get("Location")
	if strings.HasPrefix(where, "/") {
		root, _, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), "/")
		where = "http://" + root + where
	}
	return where, nil
}

func (s sender) append(ctx context.Context, where string, at int64, body io.Reader, n int64) (*reply, error) {
	return s.request(ctx, http.MethodPatch, where, map[string]string{
		"Upload-Offset": strconv.FormatInt(at, 10), "Content-Type": "application/offset+octet-stream",
	}, part{body, n})
}

// whole sends a file in pieces and gives the hash of the receipt.
func (s sender) whole(ctx context.Context, c content) (string, error) {
	where, err := s.announce(ctx, c)
	if err != nil {
		return "", err
	}
	for at := int64(0); ; at += piece {
		n := min(piece, c.size-at)
		resp, err := s.append(ctx, where, at, c.part(at, n), n)
		if err != nil {
			return "", err
		}
		if resp.StatusCode != http.StatusNoContent {
			return "", fmt.Errorf("piece at %d: %d %s", at, resp.StatusCode, resp.raw)
		}
		if at+n == c.size {
			return resp.Header.Get("Duban-Sha256"), nil
		}
	}
}

var errCut = errors.New("the line is cut")

// broken reads so far, and then the line is cut.
type broken struct {
	r    io.Reader
	left int64
}

func (b *broken) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errCut
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// cut sends a file over a line that breaks after each quarter of it.
func (s sender) cut(ctx context.Context, c content, cuts *atomic.Int64) (string, error) {
	where, err := s.announce(ctx, c)
	if err != nil {
		return "", err
	}
	for broke := 0; ; {
		at, sum, err := s.ask(ctx, where)
		if err != nil || sum != "" {
			return sum, err
		}
		var body io.Reader = c.part(at, c.size-at)
		if broke < 3 {
			body = &broken{r: body, left: (c.size - at) / int64(4-broke)}
		}
		resp, err := s.append(ctx, where, at, body, c.size-at)
		switch {
		case errors.Is(err, errCut):
			broke++
			cuts.Add(1)
		case err != nil:
			return "", err
		case resp.StatusCode == http.StatusNoContent:
			return resp.Header.Get("Duban-Sha256"), nil
		case resp.StatusCode == http.StatusConflict: // the request before is not over yet
		default:
			return "", fmt.Errorf("from %d: %d %s", at, resp.StatusCode, resp.raw)
		}
	}
}

// ask asks for the offset, and for the hash once the file is received.
func (s sender) ask(ctx context.Context, where string) (int64, string, error) {
	for {
		resp, err := s.request(ctx, http.MethodHead, where, nil, part{})
		if err != nil {
			return 0, "", err
		}
		switch resp.StatusCode {
		case http.StatusOK:
			at, err := strconv.ParseInt(resp.Header.Get("Upload-Offset"), 10, 64)
			return at, resp.Header.Get("Duban-Sha256"), err
		case http.StatusConflict: // the request before holds it for a moment
		default:
			return 0, "", fmt.Errorf("HEAD: %d", resp.StatusCode)
		}
	}
}

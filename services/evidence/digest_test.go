package evidence_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/emmansun/gmsm/sm3"
)

// Where SM3 is switched on it is made after the receipt, and stands wherever
// the SHA-256 stands from then on; a bundle that was changed does not pass.
func TestSM3(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		before := w.upload(fixture.Reporter, "before.pdf", pdf(80))
		w.examine()
		w.settings = map[string]string{"DUBAN_SM3": "on"}
		w.restart()
		b := pdf(81)
		p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
		if r := w.send(fixture.Reporter, p, 0, b); r.StatusCode != 204 || r.Header.Get("Duban-Sm3") != "" {
			t.Fatalf("%d %v", r.StatusCode, r.Header)
		}
		w.examine()
		digest := sm3.Sum(b)
		want := hex.EncodeToString(digest[:])
		if r := w.tus(fixture.Reporter, "HEAD", p, nil, nil); r.Header.Get("Duban-Sm3") != want || r.Header.Get("Duban-Sha256") != sum(b) {
			t.Fatalf("%v", r.Header)
		}
		rep := w.srv.As(t, fixture.Reporter)
		rep.Get("/api/v1/files/" + path.Base(p)).Is(200).Says(want)

		draft := w.open(fixture.Reporter, "assignment", w.issue("V11").ID)
		w.put(fixture.Reporter, draft, "leaflets", map[string]any{"value": 9})
		w.put(fixture.Reporter, draft, "summary", map[string]any{"text": "已开展"})
		w.put(fixture.Reporter, draft, "papers", map[string]any{"file_ids": []string{path.Base(p), before}})
		draft = w.seal(fixture.Reporter, draft)
		var m evidence.Manifest
		if err := json.Unmarshal(rep.Get(subs+"/"+draft.ID+"/manifest").Is(200).Raw, &m); err != nil {
			t.Fatal(err)
		}
		var sm3s []string
		for _, it := range m.Items {
			for _, f := range it.Files {
				sm3s = append(sm3s, f.SM3)
			}
		}
		if strings.Join(sm3s, " ") != want+" " { // the one of before has none
			t.Fatalf("%q", sm3s)
		}
		var v struct {
			OK          bool
			Differences []string
		}
		if rep.Get(subs + "/" + draft.ID + "/verify").Is(200).Into(&v); !v.OK {
			t.Fatalf("%+v", v)
		}
		bundle := rep.Get(subs + "/" + draft.ID + "/bundle").Is(200).Raw
		if got, _, err := evidence.VerifyBundle(bytes.NewReader(bundle), int64(len(bundle))); err != nil || !got.OK {
			t.Fatal(got, err)
		}
		w.settings["DUBAN_SM3"] = "yes"
		if err := w.unfit(); err == nil || !strings.Contains(err.Error(), "DUBAN_SM3") {
			t.Fatal(err)
		}
	})
}

// The hash is right however the bytes came, and whichever process took them.
func TestHashOfPieces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	b := pdf(82)
	send := func(p string, from, to int) string {
		t.Helper()
		r := w.send(fixture.Reporter, p, from, b[from:to])
		if r.StatusCode != 204 {
			t.Fatalf("%d %s", r.StatusCode, text(r))
		}
		return r.Header.Get("Duban-Sha256")
	}
	// A process that died in the middle has forgotten what it had hashed.
	p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
	send(p, 0, 500)
	w.restart()
	send(p, 500, 900)
	if got := send(p, 900, len(b)); got != sum(b) {
		t.Fatal("another hash after a restart")
	}
	// Another process took a piece of it.
	q := w.announce(fixture.Reporter, len(b), "filename", "b.pdf")
	send(q, 0, 500)
	f, err := os.OpenFile(filepath.Join(w.dir, "uploads", path.Base(q)), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.Write(b[500:800])
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if got := send(q, 800, len(b)); got != sum(b) {
		t.Fatal("another hash after a piece through another process")
	}
	r := w.announce(fixture.Reporter, len(b), "filename", "c.pdf")
	for at := 0; at < len(b); at += 100 {
		if got := send(r, at, min(at+100, len(b))); got != "" && got != sum(b) {
			t.Fatal("another hash in small pieces")
		}
	}
}

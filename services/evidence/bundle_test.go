package evidence_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// parts are the entries of a bundle by name.
func parts(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func packed(t *testing.T, ps map[string][]byte) []byte {
	t.Helper()
	var es []entry
	for name, b := range ps {
		es = append(es, entry{name: name, body: b})
	}
	return archive(t, es...)
}

// A bundle proves itself without the server, and shows every way it can be
// tampered with.
func TestBundle(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		w.srv.As(t, fixture.Reporter).Get(subs+"/"+s.ID+"/bundle").Problem(409, "not_sealed")
		w.seal(fixture.Reporter, s)
		w.take(w.changed(event.AssignmentSubmitted, &a, "submitted", s.ID, ""))
		w.take(w.changed(event.AssignmentReturned, &a, "returned", s.ID, "请补充"))
		second := w.open(fixture.Reporter, "assignment", a.ID)
		img := w.upload(fixture.Reporter, "现场 <b>照片</b>.jpg", toJPEG(t, scene(31, 60, 40), 80))
		second = w.put(fixture.Reporter, second, "photos", map[string]any{"file_ids": []string{img}})
		second = w.put(fixture.Reporter, second, "summary", map[string]any{"text": "<script>alert(1)</script>"})
		second = w.seal(fixture.Reporter, second)
		before := len(w.events(event.FileDownloaded))
		ans := w.srv.As(t, fixture.Manager).Get(subs + "/" + second.ID + "/bundle").Is(200)
		if !strings.Contains(ans.Header.Get("Content-Disposition"), "attachment") || ans.Header.Get("Content-Type") != "application/zip" {
			t.Fatal(ans.Header)
		}
		if n := len(w.events(event.FileDownloaded)) - before; n != 2 {
			t.Fatalf("%d downloads recorded", n)
		}
		w.srv.As(t, fixture.Reporter12).Get(subs+"/"+second.ID+"/bundle").Problem(404, "not_found")
		verify := func(b []byte) evidence.Verification {
			v, _, err := evidence.VerifyBundle(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if v := verify(ans.Raw); !v.OK || v.Files != 2 || v.ManifestHash != second.ManifestSHA256 {
			t.Fatalf("%+v", v)
		}
		ps := parts(t, ans.Raw)
		cover := string(ps["cover.html"])
		for _, want := range []string{"东一村", second.ManifestSHA256, "报送材料包", "&lt;script&gt;"} {
			if !strings.Contains(cover, want) {
				t.Errorf("the cover lacks %q", want)
			}
		}
		if strings.Contains(cover, "<script>") || len(ps["earlier/1.json"]) == 0 || len(ps) != 5 {
			t.Fatalf("%d parts\n%s", len(ps), cover)
		}
		file := ""
		for name := range ps {
			if strings.HasSuffix(name, ".jpg") {
				file = name
			}
		}
		for what, change := range map[string]func(map[string][]byte){
			"is not what was sealed":    func(p map[string][]byte) { p[file] = append(bytes.Clone(p[file]), 0) },
			"is missing":                func(p map[string][]byte) { delete(p, file) },
			"does not belong to it":     func(p map[string][]byte) { p["files/x/more.pdf"] = pdf(1) },
			"not in canonical form":     func(p map[string][]byte) { p["manifest.json"] = append(p["manifest.json"], '\n') },
			"which is not there":        func(p map[string][]byte) { delete(p, "earlier/1.json") },
			"is not an earlier version": func(p map[string][]byte) { p["earlier/1.json"] = []byte(`{}`) },
			"not one it was built upon": func(p map[string][]byte) { p["earlier/9.json"] = p["manifest.json"] },
			"not of the form":           func(p map[string][]byte) { p["manifest.json"] = []byte(`{"format":"other/1"}`) },
		} {
			p := parts(t, ans.Raw)
			change(p)
			if v := verify(packed(t, p)); v.OK || !slices.ContainsFunc(v.Differences, func(d string) bool { return strings.Contains(d, what) }) {
				t.Errorf("%s: %+v", what, v)
			}
		}
		if _, _, err := evidence.VerifyBundle(bytes.NewReader(ans.Raw[:100]), 100); err == nil {
			t.Error("a cut bundle is one")
		}
		// An original that is gone cuts the answer: it must not look whole.
		if err := os.Remove(filepath.Join(w.dir, "files", img[len(img)-4:len(img)-2], img[len(img)-2:], img)); err != nil {
			t.Fatal(err)
		}
		resp := w.tus(fixture.Manager, "GET", subs+"/"+second.ID+"/bundle", nil, nil)
		if b, err := io.ReadAll(resp.Body); err == nil {
			if _, _, err := evidence.VerifyBundle(bytes.NewReader(b), int64(len(b))); err == nil {
				t.Error("a bundle without an original looks whole")
			}
		}
	})
}

// The version after a return shows what is answered in another way.
func TestWhatChanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s, f1 := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		w.put(fixture.Reporter, s, "links", map[string]any{"links": []string{"https://a.cn/"}})
		w.seal(fixture.Reporter, w.get(fixture.Reporter, s.ID))
		w.take(w.changed(event.AssignmentSubmitted, &a, "submitted", s.ID, ""))
		w.take(w.changed(event.AssignmentReturned, &a, "returned", s.ID, "请补充"))
		s = w.open(fixture.Reporter, "assignment", a.ID)
		type item struct {
			Value *float64
			Files []struct{ ID string }
		}
		var x struct {
			Changes []struct {
				RequirementID string `json:"requirement_id"`
				Before, After *item
			}
		}
		rep := w.srv.As(t, fixture.Reporter)
		if rep.Get(subs + "/" + s.ID).Is(200).Into(&x); len(x.Changes) != 0 {
			t.Fatalf("%+v", x)
		}
		f2 := w.upload(fixture.Reporter, "新.pdf", pdf(91))
		w.put(fixture.Reporter, s, "leaflets", map[string]any{"value": 999})
		w.put(fixture.Reporter, s, "papers", map[string]any{"file_ids": []string{f2}})
		rep.Delete(subs + "/" + s.ID + "/items/links").Is(200)
		w.put(fixture.Reporter, s, "devices", map[string]any{"rows": []map[string]any{{"name": "路由器"}}})
		rep.Get(subs + "/" + s.ID).Is(200).Into(&x)
		if len(x.Changes) != 4 {
			t.Fatalf("%+v", x)
		}
		for _, c := range x.Changes {
			ok := false
			switch c.RequirementID {
			case "leaflets":
				ok = c.Before.Value != nil && *c.After.Value == 999
			case "papers":
				ok = len(c.Before.Files) == 1 && c.Before.Files[0].ID == f1 && c.After.Files[0].ID == f2
			case "links":
				ok = c.Before != nil && c.After == nil
			case "devices":
				ok = c.Before == nil && c.After != nil
			}
			if !ok {
				t.Errorf("%+v", c)
			}
		}
	})
}

// Stored files are hashed again every month; one that became another is told
// of once, and once more when it is whole again.
func TestRehash(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ids := []string{w.upload(fixture.Reporter, "1.pdf", pdf(1)), w.upload(fixture.Reporter, "2.pdf", pdf(2)), w.upload(fixture.Reporter, "3.pdf", pdf(3))}
		place := func(id string) string {
			return filepath.Join(w.dir, "files", id[len(id)-4:len(id)-2], id[len(id)-2:], id)
		}
		rehash := func() (int, int) {
			t.Helper()
			read, altered, err := w.svc.(interface {
				Rehash(context.Context) (int, int, error)
			}).Rehash(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return read, altered
		}
		if n, _ := rehash(); n != 0 {
			t.Fatalf("%d were hashed at once again", n)
		}
		flipped := pdf(2)
		flipped[20] ^= 1
		if err := os.Chmod(place(ids[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place(ids[1]), flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(place(ids[2]), place(ids[2])+".away"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // told of once
			w.clock.Advance(31 * 24 * time.Hour)
			if n, altered := rehash(); n != 3 || altered != 2 {
				t.Fatalf("%d read, %d altered", n, altered)
			}
		}
		es := w.events(event.FileAltered)
		if len(es) != 2 || es[0].Subject != ids[1] || !strings.Contains(es[0].Reason, "SHA-256") || es[1].Reason != "the file is gone" {
			t.Fatalf("%+v", es)
		}
		var f struct{ Altered bool }
		if w.srv.As(t, fixture.Reporter).Get("/api/v1/files/" + ids[1]).Is(200).Into(&f); !f.Altered {
			t.Fatal("it is not shown")
		}
		if err := os.WriteFile(place(ids[1]), pdf(2), 0o600); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(31 * 24 * time.Hour)
		if _, altered := rehash(); altered != 1 {
			t.Fatalf("%d altered", altered)
		}
		if es := w.events(event.FileRestored); len(es) != 1 || es[0].Subject != ids[1] {
			t.Fatalf("%+v", es)
		}
	})
}

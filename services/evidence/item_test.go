package evidence_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
)

// What does not fit the requirement is refused, with each wrong part named.
func TestItemsAreValidated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s := w.open(fixture.Reporter, "assignment", a.ID)
		rep := w.srv.As(t, fixture.Reporter)
		foreign := w.upload(fixture.Reporter12, "别村.pdf", pdf(1))
		half := filepath.Base(w.announce(fixture.Reporter, 100, "filename", "a.pdf"))
		p1, p2, p3 := w.upload(fixture.Reporter, "1.pdf", pdf(11)), w.upload(fixture.Reporter, "2.pdf", pdf(12)), w.upload(fixture.Reporter, "3.pdf", pdf(13))
		for _, c := range []struct {
			requirement, location string
			body                  map[string]any
		}{
			{"leaflets", "body.value", map[string]any{"value": -1}},
			{"leaflets", "body.value", map[string]any{"value": 1e300}},
			{"leaflets", "body.value", map[string]any{}},
			{"leaflets", "body.text", map[string]any{"value": 1, "text": "x"}},
			{"summary", "body.text", map[string]any{"text": "   "}},
			{"summary", "body.text", map[string]any{"text": strings.Repeat("字", 20001)}},
			{"links", "body.links[0]", map[string]any{"links": []string{"javascript:alert(1)"}}},
			{"links", "body.links[1]", map[string]any{"links": []string{"https://a.cn", "file:///etc/passwd"}}},
			{"links", "body.links[0]", map[string]any{"links": []string{"https://user:secret@a.cn/"}}},
			{"links", "body.links[0]", map[string]any{"links": []string{"//a.cn"}}},
			{"devices", "body.rows[0].name", map[string]any{"rows": []map[string]any{{"count": 1}}}},
			{"devices", "body.rows[0].count", map[string]any{"rows": []map[string]any{{"name": "x", "count": "two"}}}},
			{"devices", "body.rows[0].bought", map[string]any{"rows": []map[string]any{{"name": "x", "bought": "2026-13-01"}}}},
			{"devices", "body.rows[0].online", map[string]any{"rows": []map[string]any{{"name": "x", "online": "maybe"}}}},
			{"devices", "body.rows[0].extra", map[string]any{"rows": []map[string]any{{"name": "x", "extra": 1}}}},
			{"devices", "body.rows[0].name", map[string]any{"rows": []map[string]any{{"name": map[string]any{"a": 1}}}}},
			{"papers", "body.file_ids[0]", map[string]any{"file_ids": []string{foreign}}},
			{"papers", "body.file_ids[0]", map[string]any{"file_ids": []string{half}}},
			{"papers", "body.file_ids[0]", map[string]any{"file_ids": []string{"../../etc/passwd"}}},
			{"papers", "body.file_ids[1]", map[string]any{"file_ids": []string{p1, p1}}},
			{"papers", "body.file_ids", map[string]any{"file_ids": []string{p1, p2, p3}}},
			{"photos", "body.file_ids[0]", map[string]any{"file_ids": []string{p1}}},
		} {
			var p rest.Problem
			rep.Do("PUT", subs+"/"+s.ID+"/items/"+c.requirement, c.body).Problem(422, "invalid").Into(&p)
			found := false
			for _, e := range p.Errors {
				found = found || e.Location == c.location
			}
			if !found {
				t.Errorf("%s %.80v: %+v, want %s", c.requirement, c.body, p.Errors, c.location)
			}
		}
		rep.Do("PUT", subs+"/"+s.ID+"/items/nothing", map[string]any{"value": 1}).Problem(404, "not_found")
		rep.Delete(subs+"/"+s.ID+"/items/leaflets").Problem(404, "not_found")
		rep.Patch(subs+"/"+s.ID, map[string]any{"note": "a\x00"}).Problem(422, "invalid_text")
		rep.Do("PUT", subs+"/"+s.ID+"/items/summary", map[string]any{"text": "a\x00b"}).Problem(422, "invalid_text")
		png := w.upload(fixture.Reporter, "照片.png", toPNG(t, scene(4, 20, 20)))
		s = w.put(fixture.Reporter, s, "photos", map[string]any{"file_ids": []string{png}})
		if s.Items[0].Files[0].Name != "照片.png" {
			t.Fatalf("%+v", s.Items)
		}
		rep.Delete(subs + "/" + s.ID + "/items/photos").Is(200).Into(&s)
		if len(s.Items) != 0 {
			t.Fatalf("%+v", s.Items)
		}
	})
}

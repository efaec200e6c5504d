package evidence_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// hear has the service hear of a campaign of the county, issued and ended.
func (w *world) hear(campaignID string, typ event.Type) {
	w.t.Helper()
	c := fixture.Unit("C")
	w.take(event.New(id.New(), w.clock.Now(), typ, campaignID, 2, event.Campaign{
		ID: campaignID, Title: "网络安全宣传周", UnitID: c.ID, UnitPath: c.Path, OfficeID: fixture.Unit("CO").ID, State: "active", Version: 2,
	}))
}

func (w *world) expire() int {
	w.t.Helper()
	n, err := w.svc.(interface {
		Expire(context.Context) (int, error)
	}).Expire(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// When the retention of a campaign is over its files are deleted, with all
// that was made of them, but not before, and not what something else still
// needs. Manifest and hash stay, and the submission still verifies.
func TestRetention(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		one, two := w.issue("V11"), w.issue("V11")
		for _, a := range []event.Assignment{one, two} {
			w.hear(a.CampaignID, event.CampaignIssuing)
		}
		photo, both := w.upload(fixture.Reporter, "a.jpg", toJPEG(t, scene(5, 400, 300), 80)), w.upload(fixture.Reporter, "b.pdf", pdfText(summary("东一村", 1, 2)))
		w.examine()
		give := func(a event.Assignment, files map[string]string) sub {
			s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
			for requirement, f := range files {
				s = w.put(fixture.Reporter, s, requirement, map[string]any{"file_ids": []string{f}})
			}
			return w.seal(fixture.Reporter, s)
		}
		s1 := give(one, map[string]string{"photos": photo, "papers": both})
		give(two, map[string]string{"papers": both})

		at := "/api/v1/retentions/" + one.CampaignID
		boss := w.srv.As(t, fixture.Manager)
		body := map[string]any{"days": 30, "reason": "保存一个月"}
		w.srv.As(t, fixture.Reporter).Get(at).Problem(404, "not_found")
		w.srv.As(t, fixture.Coordinator).Do("PUT", at, body).Problem(404, "not_found")
		boss.Get("/api/v1/retentions/"+id.New()).Problem(404, "not_found")
		boss.Do("PUT", at, map[string]any{"days": -1, "reason": "x"}).Problem(422, "invalid")
		boss.Do("PUT", at, map[string]any{"days": 5, "reason": " "}).Problem(422, "invalid")
		boss.With("If-Match", "\"9\"").Do("PUT", at, body).Problem(412, "stale")
		boss.Do("PUT", at, body).Is(200).Says("\"days\":30")

		if w.clock.Advance(400 * 24 * time.Hour); w.expire() != 0 {
			t.Fatal("deleted before the end of the campaign")
		}
		w.hear(one.CampaignID, event.CampaignClosed)
		w.clock.Advance(10 * 24 * time.Hour)
		w.hear(one.CampaignID, event.CampaignArchived) // the days run from the first end
		if w.clock.Advance(19 * 24 * time.Hour); w.expire() != 0 {
			t.Fatal("deleted before its time")
		}
		w.clock.Advance(2 * 24 * time.Hour)
		if n := w.expire(); n != 1 {
			t.Fatalf("%d deleted, want the photo alone", n)
		}
		boss.Get(at).Is(200).Says("done_at")
		if w.expire() != 0 {
			t.Fatal("deleted twice")
		}
		f := "/api/v1/files/" + photo
		boss.Get(f).Is(200).Says("deleted_at").Says("\"preview\":\"none\"")
		for _, what := range []string{"/content", "/thumbnail", "/preview"} {
			boss.Get(f+what).Problem(409, "file_deleted")
		}
		boss.Get(f+"/capture").Problem(404, "not_found")
		boss.Get("/api/v1/files/" + both + "/content").Is(200)
		problem(t, w.tus(fixture.Reporter, "DELETE", "/api/v1/uploads/"+photo, nil, nil), 409, "file_deleted")
		problem(t, w.tus(fixture.Reporter, "HEAD", "/api/v1/uploads/"+photo, nil, nil), http.StatusConflict, "")
		boss.Get(subs + "/" + s1.ID + "/manifest").Is(200).Says(photo)
		boss.Get(subs + "/" + s1.ID + "/verify").Is(200).Says("\"ok\":true").Says("\"deleted\":1")
		boss.Get(subs+"/"+s1.ID+"/bundle").Problem(409, "file_deleted")
		if wrong, err := w.svc.Check(context.Background(), false); err != nil || len(wrong) != 0 {
			t.Fatalf("%v %v", wrong, err)
		}
		es := w.events(event.FileDeleted)
		if len(es) != 1 || es[0].Subject != photo || !strings.Contains(es[0].Reason, "30 days") || len(w.events(event.RetentionSet)) != 1 {
			t.Fatalf("%+v", es)
		}
		_ = filepath.WalkDir(w.dir, func(p string, e os.DirEntry, _ error) error {
			if strings.Contains(p, photo) {
				t.Errorf("on disk: %s", p)
			}
			return nil
		})
		// It is no upload that stands still.
		w.clock.Advance(100 * 24 * time.Hour)
		if _, err := w.svc.(interface {
			Sweep(context.Context) (int, error)
		}).Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		boss.Get(f).Is(200)
		// The other campaign's end frees what both had.
		boss.Do("PUT", "/api/v1/retentions/"+two.CampaignID, body).Is(200)
		w.hear(two.CampaignID, event.CampaignCancelled)
		if w.clock.Advance(31 * 24 * time.Hour); w.expire() != 1 {
			t.Fatal("what both had stays")
		}
		boss.Get("/api/v1/files/"+both+"/content").Problem(409, "file_deleted")
	})
}

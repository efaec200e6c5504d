package evidence_test

import (
	"bytes"
	"context"
	"image/jpeg"
	"testing"

	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

func (w *world) ask(a policy.Actor, q rpc.ShowFilesRequest) rpc.ShowFilesReply {
	w.t.Helper()
	q.Asker = rpc.Asker{PersonID: a.PersonID, Name: a.Name, UnitID: a.UnitID, UnitPath: a.UnitPath, UnitLevel: a.UnitLevel}
	for _, g := range a.Grants {
		q.Asker.Grants = append(q.Asker.Grants, rpc.Grant(g))
	}
	r, err := bus.Ask[rpc.ShowFilesRequest, rpc.ShowFilesReply](context.Background(), w.bus, rpc.ShowFiles, q)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// Other services get files only as far as whoever they ask for may see them.
func TestFilesForOtherServices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if err := w.svc.Respond(); err != nil {
			t.Fatal(err)
		}
		photo := w.upload(fixture.Inspector, "现场.jpg", toJPEG(t, scene(3, 640, 480), 85))
		w.examine()
		sealed, handed := w.hand(fixture.Reporter, "V11", "后.jpg", toJPEG(t, scene(4, 640, 480), 85))
		draft := w.open(fixture.Reporter, "assignment", w.issue("V11").ID)
		ids := func(r rpc.ShowFilesReply) (out []string) {
			for _, f := range r.Files {
				out = append(out, f.ID)
			}
			return out
		}
		file := func(by string) rpc.ShowFilesRequest {
			return rpc.ShowFilesRequest{Files: []rpc.GivenFile{{ID: photo, GivenBy: by}, {ID: id.New(), GivenBy: by}}, Pictures: true}
		}
		// The unit may not read the inspector's file, but sees it where the
		// inspector gave it.
		r := w.ask(fixture.Reporter, file(fixture.Inspector.PersonID))
		if len(r.Files) != 1 || r.Files[0].Name != "现场.jpg" {
			t.Fatalf("given by its owner: %v", ids(r))
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(r.Files[0].Thumbnail)); err != nil || c.Width != 320 {
			t.Errorf("shown as %+v: %v", c, err)
		}
		for by, who := range map[string]policy.Actor{"": fixture.Reporter, fixture.Inspector2.PersonID: fixture.Reporter12} {
			if r := w.ask(who, file(by)); len(r.Files) != 0 {
				t.Errorf("given by %q, %s sees %v", by, who.Name, ids(r))
			}
		}
		if r := w.ask(fixture.Inspector, file("")); len(r.Files) != 1 {
			t.Errorf("its owner sees %v", ids(r))
		}
		// Of submissions only what is sealed and may be read.
		q := rpc.ShowFilesRequest{SubmissionIDs: []string{sealed.ID, draft.ID, id.New()}}
		r = w.ask(fixture.Inspector, q)
		found := false
		for _, f := range r.Files {
			found = found || f.ID == handed && f.SubmissionID == sealed.ID && f.RequirementID == "photos" && len(f.Thumbnail) == 0
		}
		if !found || len(r.SubmissionIDs) != 1 || r.SubmissionIDs[0] != sealed.ID {
			t.Errorf("of submissions: %+v", r)
		}
		for _, who := range []policy.Actor{fixture.Reporter12, fixture.Stranger} {
			if r := w.ask(who, q); len(r.Files)+len(r.SubmissionIDs) != 0 {
				t.Errorf("%s sees %+v", who.Name, r)
			}
		}
		many := make([]string, rpc.MaxShownFiles+5)
		for i := range many {
			many[i] = photo
		}
		q = rpc.ShowFilesRequest{}
		for _, x := range many {
			q.Files = append(q.Files, rpc.GivenFile{ID: x})
		}
		if r := w.ask(fixture.Inspector, q); len(r.Files) != rpc.MaxShownFiles || r.Left != 5 {
			t.Errorf("%d files and %d more", len(r.Files), r.Left)
		}
	})
}

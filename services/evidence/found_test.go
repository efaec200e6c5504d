package evidence_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// The files that show a finding are the inspector's, and are seen by whoever
// may read the finding: the unit it is about and those above it, and nobody beside.
func TestFilesOfAFinding(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		before := w.upload(fixture.Inspector, "现场.jpg", toJPEG(t, scene(31, 320, 240), 85), "unit_id", fixture.Unit("C").ID)
		other := w.upload(fixture.Reporter12, "别的.jpg", toJPEG(t, scene(32, 320, 240), 85))
		w.examine()
		see := func(what, file string, who policy.Actor, want int) {
			t.Helper()
			for _, part := range []string{"", "/content", "/thumbnail", "/preview"} {
				if r := w.srv.As(t, who).Get("/api/v1/files/" + file + part); r.Status != want {
					t.Errorf("%s, %s%s: %d, want %d", what, file, part, r.Status, want)
				}
			}
		}
		see("before there is a finding", before, fixture.Reporter, 404)

		f := event.Finding{
			ID: id.New(), UnitID: fixture.Unit("V11").ID, UnitPath: fixture.Unit("V11").Path, OfficeID: fixture.Unit("CO").ID, Title: "未设置开机密码", Category: "technical",
			Severity: "ordinary", State: "open", FileIDs: []string{before, other}, FoundAt: w.clock.Now(), Version: 1,
		}
		tell := func(typ event.Type, f event.Finding) {
			w.take(event.New(id.New(), w.clock.Now(), typ, f.ID, f.Version, f).For(f.UnitID, f.UnitPath))
		}
		tell(event.FindingOpened, f)
		tell(event.FindingOpened, f) // told twice
		see("the unit", before, fixture.Reporter, 200)
		see("its town", before, fixture.Coordinator, 200)
		see("the unit beside", before, fixture.Reporter12, 404)
		see("another town", before, fixture.Coordinator2, 404)
		see("a stranger", before, fixture.Stranger, 404)
		see("the office", before, fixture.Manager, 200)
		see("its inspector", before, fixture.Inspector2, 200)
		see("another office", before, fixture.Actor("CF", "inspector@C"), 404)
		// When and where it was taken stays with those who review it.
		w.srv.As(t, fixture.Reporter).Get("/api/v1/files/"+before+"/capture").Problem(404, "not_found")
		// A finding opens no other unit's files.
		see("what another unit handed in", other, fixture.Reporter, 404)

		// It goes on with the finding where that goes on to another unit; later events do not repeat the files.
		g := f
		g.UnitID, g.UnitPath, g.FileIDs, g.State, g.Version = fixture.Unit("V12").ID, fixture.Unit("V12").Path, nil, "rectifying", 2
		tell(event.FindingRectifying, g)
		see("the unit it is about now", before, fixture.Reporter12, 200)
		see("the unit it was about", before, fixture.Reporter, 404)
		tell(event.FindingOpened, f) // late
		see("the unit it was about, told late", before, fixture.Reporter, 404)
		// Case 54: of a transferred one both units see them, also when an older
		// version did not tell that it was transferred.
		v21 := fixture.Unit("V21")
		g.ResponsibleUnitID, g.ResponsibleUnitPath = v21.ID, v21.Path
		w.take(event.New(id.New(), w.clock.Now(), event.FindingsTold, g.ID, g.Version, event.Findings{Findings: []event.Finding{g}}))
		see("the unit it was found at, transferred", before, fixture.Reporter12, 200)
		see("the unit that has to rectify it", before, fixture.Reporter21, 200)
		g.ResponsibleUnitID, g.ResponsibleUnitPath, g.Version = "", "", 3
		tell(event.FindingReopened, g)
		see("the unit that no longer has to", before, fixture.Reporter21, 404)
	})
}

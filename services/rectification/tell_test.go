package rectification_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/module"
)

// Findings are told again as they are, in parts, and nothing changes by it.
func TestFindingsAreToldAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		f := w.finding(fixture.Inspector, "V11", "ordinary")
		r := w.order(fixture.Inspector, f)
		ctx := context.Background()
		owned, err := w.svc.(module.Owner).Owned(ctx)
		if err != nil || owned["finding numbers "] != 1 {
			t.Fatalf("owned: %v %v", owned, err)
		}
		teller := w.svc.(module.Teller)
		for _, x := range []struct {
			keys []string
			want int
		}{{nil, 0}, {[]string{"finding numbers another-campaign", "rectification versions "}, 0}, {slices.Collect(maps.Keys(owned)), 1}} {
			if n, err := teller.TellAgain(ctx, x.keys); err != nil || n != x.want {
				t.Errorf("%v: %d told, %v; want %d", x.keys, n, err, x.want)
			}
		}
		told := last[event.Findings](w, f.ID).Findings
		if len(told) != 1 || told[0].ID != f.ID || told[0].State != "rectifying" || told[0].RectificationID != r.ID || told[0].Version != 2 {
			t.Errorf("told: %+v", told)
		}
		// Case 54: a copy that does not know of a transfer counts otherwise, and is
		// told who has to rectify it now.
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("V21").ID, "reason": "设备已移交"}).Is(200)
		if owned, err = w.svc.(module.Owner).Owned(ctx); err != nil || owned["finding numbers "] != 2 {
			t.Errorf("owned: %v %v", owned, err)
		}
		if moved := w.lastOf(f.ID); moved.ResponsibleUnitID != fixture.Unit("V21").ID || moved.Version != 3 {
			t.Errorf("told of the transfer: %+v", moved)
		}
		if _, err := teller.TellAgain(ctx, slices.Collect(maps.Keys(owned))); err != nil {
			t.Error(err)
		}
		if told = last[event.Findings](w, f.ID).Findings; len(told) != 1 || told[0].ResponsibleUnitPath != fixture.Unit("V21").Path {
			t.Errorf("told: %+v", told)
		}
		w.check()
	})
}

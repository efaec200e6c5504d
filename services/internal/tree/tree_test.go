package tree_test

import (
	"context"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// A name that several units have is shown with that of the unit above, as it is
// there and called now; what an event does not tell stays as it was.
func TestNamesThatSeveralUnitsHave(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		units := map[string]event.Unit{}
		put := func(unit, parent, name string, shares *bool) {
			t.Helper()
			u := event.Unit{ID: unit, ParentID: parent, Path: units[parent].Path + unit + "/", Level: "unit", Code: unit, Name: name, Active: true,
				SharesName: shares, Version: units[unit].Version + 1}
			units[unit] = u
			if err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return tree.Put(ctx, tx, []event.Unit{u}) }); err != nil {
				t.Fatal(err)
			}
		}
		want := func(unit, name string) {
			t.Helper()
			names, err := tree.Names(ctx, d.Read(), []string{unit, "nobody"})
			if err != nil || len(names) != 1 || names[unit] != name {
				t.Errorf("%s is shown as %q, want %s (%v)", unit, names[unit], name, err)
			}
			if u, err := tree.Get(ctx, d.Read(), unit); err != nil || u.Shown != name || u.Name != units[unit].Name {
				t.Errorf("%s is %q, shown as %q, want %s (%v)", unit, u.Name, u.Shown, name, err)
			}
		}
		yes, no := true, false
		put("c", "", "平县", &no)
		put("t1", "c", "东镇", &no)
		put("t2", "c", "西镇", nil)
		put("v", "t1", "前村", &no)
		want("v", "前村")
		put("v", "t1", "前村", &yes)
		want("v", "前村（东镇）")
		put("v", "t1", "前村", nil)
		want("v", "前村（东镇）")
		put("v", "t2", "前村", &yes) // moved
		want("v", "前村（西镇）")
		put("t2", "c", "城关镇", &no) // the unit above renamed
		want("v", "前村（城关镇）")
		put("t2", "c", "城关镇", &yes)
		want("v", "前村（平县城关镇）")
		want("t2", "城关镇（平县）")
		put("v", "t2", "后村", &no)
		want("v", "后村")
		put("c", "", "平县", &yes) // nothing stands above it
		want("c", "平县")
		want("t2", "城关镇（平县）")
	})
}

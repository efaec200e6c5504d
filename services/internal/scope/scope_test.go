package scope_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/scope"
	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"
)

type thing struct {
	bun.BaseModel `bun:"table:things"`

	ID       string `bun:",pk"`
	UnitID   string
	UnitPath string
	PersonID string
	// Whose it is; empty where no office launched it.
	OfficeID string
	// A thing may be at a second unit; empty where it is not.
	AlsoID   string
	AlsoPath string
}

// On random trees with random grants, whatever a list shows can be read one
// by one, and whatever can be read is listed.
func TestListsShowExactlyWhatCanBeRead(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	roles := slices.Sorted(maps.Keys(policy.Roles))
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		text := "TEXT"
		if d.Engine == db.Postgres {
			text = `TEXT COLLATE "C"`
		}
		create := fmt.Sprintf("CREATE TABLE things (id %[1]s PRIMARY KEY, unit_id %[1]s, unit_path %[1]s, person_id %[1]s, office_id %[1]s, also_id %[1]s, also_path %[1]s)", text)
		if _, err := d.Writer().ExecContext(ctx, create); err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(r *rapid.T) {
			// Ids of different lengths, some the beginning of others: a
			// prefix must end at a "/".
			things := []thing{{ID: "0", UnitID: "1", UnitPath: "1/", PersonID: "p0"}}
			for i := range rapid.IntRange(1, 25).Draw(r, "units") {
				parent := things[rapid.IntRange(0, len(things)-1).Draw(r, "parent")]
				id := fmt.Sprint(i + 2)
				things = append(things, thing{ID: id, UnitID: id, UnitPath: parent.UnitPath + id + "/", PersonID: "p" + id})
			}
			for i := range things {
				if at := rapid.IntRange(0, len(things)+1).Draw(r, "office"); at < len(things) {
					things[i].OfficeID = things[at].UnitID
				}
				if at := rapid.IntRange(0, 3*len(things)).Draw(r, "also"); at < len(things) {
					things[i].AlsoID, things[i].AlsoPath = things[at].UnitID, things[at].UnitPath
				}
			}
			err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
				if _, err := tx.NewDelete().Model((*thing)(nil)).Where("1 = 1").Exec(ctx); err != nil {
					return err
				}
				_, err := tx.NewInsert().Model(&things).Exec(ctx)
				return err
			})
			if err != nil {
				r.Fatal(err)
			}
			home := things[rapid.IntRange(0, len(things)-1).Draw(r, "home")]
			actor := policy.Actor{PersonID: home.PersonID, UnitID: home.UnitID, UnitPath: home.UnitPath, UnitLevel: rapid.SampledFrom(policy.Levels).Draw(r, "level")}
			for range rapid.IntRange(0, 3).Draw(r, "grants") {
				at := things[rapid.IntRange(0, len(things)-1).Draw(r, "at")]
				g := policy.Grant{
					Role: rapid.SampledFrom(roles).Draw(r, "role"), UnitID: at.UnitID, UnitPath: at.UnitPath,
					Level: rapid.SampledFrom(policy.Levels).Draw(r, "grant level"),
				}
				if rapid.Bool().Draw(r, "for an office") {
					g.OfficeID = things[rapid.IntRange(0, len(things)-1).Draw(r, "for")].UnitID
				}
				for range rapid.IntRange(0, 2).Draw(r, "taken over") {
					g.Took = append(g.Took, things[rapid.IntRange(0, len(things)-1).Draw(r, "took")].UnitID)
				}
				actor.Grants = append(actor.Grants, g)
			}
			rule := rapid.SampledFrom(engine.Rules()).Draw(r, "rule")
			reach := engine.Reach(ctx, actor, rule.Resource, rule.Action)
			among := scope.Columns{UnitID: "unit_id", UnitPath: "unit_path", PersonID: "person_id", OfficeAmong: "EXISTS (SELECT 1 FROM things AS x WHERE x.id = thing.id AND (x.office_id IN (?0) OR x.office_id IN (?0)))"}
			at := []scope.Columns{{UnitID: "unit_id", UnitPath: "unit_path", PersonID: "person_id", Offices: []string{"office_id"}}, {UnitID: "also_id", UnitPath: "also_path", Offices: []string{"office_id"}}}
			for _, x := range things {
				at := policy.Target{UnitID: x.UnitID, UnitPath: x.UnitPath, PersonID: x.PersonID}
				of := reach.Whose(at)
				its := at
				its.Offices = []string{x.OfficeID}
				if got := of == nil || x.OfficeID != "" && slices.Contains(of, x.OfficeID); got != reach.Covers(its) {
					r.Fatalf("%s %s: covered is %v, of whose things are in reach (%q) it would be %v", rule.Resource, rule.Action, !got, of, got)
				}
				if got := of == nil || len(of) > 0; got != reach.Anyones(at) {
					r.Fatalf("%s %s: somebody's are in reach: %v, whose: %q", rule.Resource, rule.Action, !got, of)
				}
			}
			for places := 1; places <= 2; places++ {
				var listed []string
				q := d.Read().NewSelect().Model((*thing)(nil)).Column("id")
				if err := scope.Where(q, reach, at[:places]...).Scan(ctx, &listed); err != nil {
					r.Fatal(err)
				}
				var readable []string
				for _, x := range things {
					if reach.Covers(policy.Target{UnitID: x.UnitID, UnitPath: x.UnitPath, PersonID: x.PersonID, Offices: []string{x.OfficeID}}) ||
						places == 2 && x.AlsoID != "" && reach.Covers(policy.Target{UnitID: x.AlsoID, UnitPath: x.AlsoPath, Offices: []string{x.OfficeID}}) {
						readable = append(readable, x.ID)
					}
				}
				slices.Sort(listed)
				slices.Sort(readable)
				if places == 1 {
					var same []string
					q := d.Read().NewSelect().Model((*thing)(nil)).Column("id").OrderExpr("id")
					if err := scope.Where(q, reach, among).Scan(ctx, &same); err != nil {
						r.Fatal(err)
					}
					if diff := cmp.Diff(listed, same); diff != "" {
						r.Fatalf("%s %s: by a column and by a condition differ:\n%s", rule.Resource, rule.Action, diff)
					}
				}
				if diff := cmp.Diff(readable, listed); diff != "" {
					r.Fatalf("%s %s at %d units: readable and listed differ:\n%s", rule.Resource, rule.Action, places, diff)
				}
			}
		})
	})
}

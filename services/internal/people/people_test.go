package people_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/people"
	"github.com/uptrace/bun"
)

func put(t *testing.T, d *db.DB, es ...event.Event) {
	t.Helper()
	c := people.Feed("notice", func(context.Context, bun.Tx, event.Event, event.Persons) error { return nil })
	for _, e := range es {
		if err := d.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error { return c.Take(ctx, tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
}

func persons(ps ...event.Person) event.Event {
	return event.New(id.New(), time.Now(), event.PersonsChanged, ps[0].ID, ps[0].Version, event.Persons{Persons: ps})
}

// state is all that the copy says of people.
func state(t *testing.T, d *db.DB) string {
	t.Helper()
	var ps []people.Person
	var gs []people.Grant
	if err := d.Read().NewSelect().Model(&ps).Order("id").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Read().NewSelect().Model(&gs).Where("NOT withdrawn").Order("id").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%s %s %s %v %d\n", p.ID, p.Name, p.UnitID, p.Disabled, p.Version)
	}
	for _, g := range gs {
		fmt.Fprintf(&b, "%s: %s %s at %s\n", g.ID, g.PersonID, g.Role, g.UnitID)
	}
	return b.String()
}

// Whatever the order in which a person's events arrive, and however often, the
// copy ends as the directory has it.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	reporter := event.Grant{ID: "g1", PersonID: "p", Role: "reporter", UnitID: "u"}
	leader := event.Grant{ID: "g2", PersonID: "p", Role: "leader", UnitID: "u"}
	again := event.Grant{ID: "g3", PersonID: "p", Role: "reporter", UnitID: "u"}
	at := func(version int64, name string, gs ...event.Grant) event.Event {
		return persons(event.Person{ID: "p", Name: name, UnitID: "u", Grants: gs, Version: version})
	}
	given := func(g event.Grant) event.Event { return event.New(id.New(), time.Now(), event.GrantGiven, g.ID, 1, g) }
	gone := event.New(id.New(), time.Now(), event.GrantWithdrawn, "g1", 2, reporter)
	es := []event.Event{
		at(1, "王芳"), given(reporter), at(2, "王芳", reporter), given(leader), at(3, "王芳", reporter, leader),
		gone, at(4, "王芳", leader), given(again), at(5, "王方", leader, again),
	}
	const want = "p 王方 u false 5\ng2: p leader at u\ng3: p reporter at u\n"
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		for range 30 {
			order := slices.Concat(es, es[:rand.N(len(es))])
			rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			put(t, d, order...)
			if got := state(t, d); got != want {
				t.Fatalf("%v\nends as\n%s", order, got)
			}
			for _, table := range []string{"known_people", "known_grants"} {
				if _, err := d.Writer().Exec("DELETE FROM " + table); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// What is told again at the version that is known fills what the copy lacks, and
// leaves a newer one alone; a role holds from its own event on.
func TestToldAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		g := event.Grant{ID: "g1", PersonID: "p", Role: "reporter", UnitID: "u"}
		p := event.Person{ID: "p", Name: "王芳", UnitID: "u", Grants: []event.Grant{g}, Version: 3}
		off := event.Person{ID: "q", Name: "李伟", UnitID: "u", Disabled: true, Grants: []event.Grant{{ID: "g2", Role: "reporter", UnitID: "u"}}, Version: 1}
		put(t, d, persons(p, off))
		whole := state(t, d)
		if _, err := d.Writer().Exec("DELETE FROM known_grants"); err != nil {
			t.Fatal(err)
		}
		put(t, d, persons(p, off))
		if got := state(t, d); got != whole {
			t.Errorf("told again:\n%swant\n%s", got, whole)
		}
		older := p
		older.Name, older.Version, older.Grants = "王", 2, nil
		put(t, d, persons(older))
		if got := state(t, d); got != whole {
			t.Errorf("an older one took effect:\n%s", got)
		}
		hs, err := people.Holders(ctx, d.Read(), []string{"u"}, []string{"reporter", "leader"})
		if err != nil || len(hs) != 1 || hs[0].PersonID != "p" {
			t.Errorf("%+v, %v", hs, err)
		}
		put(t, d, event.New(id.New(), time.Now(), event.GrantWithdrawn, g.ID, 2, g))
		if hs, err = people.Holders(ctx, d.Read(), nil, []string{"reporter"}); err != nil || len(hs) != 0 {
			t.Errorf("%+v, %v", hs, err)
		}
		names, err := people.Names(ctx, d.Read(), []string{"p", "q", "nobody"})
		if err != nil || len(names) != 2 || names["q"] != "李伟" {
			t.Errorf("%v, %v", names, err)
		}
		if got, err := people.Get(ctx, d.Read(), "q"); err != nil || !got.Disabled || got.UnitPath != "" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := people.Get(ctx, d.Read(), "nobody"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

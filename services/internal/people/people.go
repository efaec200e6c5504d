// Package people is a service's copy of the people and of what they were
// granted, fed by the directory's events. A service looks up here who somebody is
// and who holds a role, and never asks the directory in the middle of its work.
//
// What an event tells of a person replaces what was known unless that is of a
// later version, with all grants. A grant that is given or withdrawn holds from
// its own event on, and what was withdrawn stays so, whatever comes late.
package people

import (
	"cmp"
	"context"
	"fmt"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/uptrace/bun"
)

// Person is a line of the table known_people.
type Person struct {
	bun.BaseModel `bun:"table:known_people,alias:p"`

	ID       string `bun:",pk"`
	Name     string
	UnitID   string
	Disabled bool
	Version  int64

	// UnitPath is that of the unit in the copy of the tree; empty where that lacks
	// it. Get fills it.
	UnitPath string `bun:",scanonly"`
}

// Grant is a line of the table known_grants.
type Grant struct {
	bun.BaseModel `bun:"table:known_grants,alias:g"`

	ID        string `bun:",pk"`
	PersonID  string
	Role      string
	UnitID    string
	Withdrawn bool
	// OfficeID is the unit that it is held for.
	OfficeID string
}

// Types are the events that the copy is kept by.
var Types = []event.Type{event.PersonsChanged, event.PersonsTold, event.GrantGiven, event.GrantWithdrawn}

// Feed is the consumer that keeps the copy. Its name is <service>-people. then runs
// after people have changed, in the same transaction.
func Feed(service string, then func(ctx context.Context, tx bun.Tx, e event.Event, ps event.Persons) error) inbox.Consumer {
	return inbox.Consumer{
		Name:  service + "-people",
		Types: Types,
		Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
			if err := Take(ctx, tx, e); err != nil || e.Type != event.PersonsChanged {
				return err
			}
			ps, err := event.Decode[event.Persons](e)
			if err != nil {
				return inbox.Poison(err)
			}
			return then(ctx, tx, e, ps)
		},
	}
}

// Take takes in what an event of one of [Types] tells; of others it takes nothing.
func Take(ctx context.Context, tx bun.Tx, e event.Event) error {
	switch e.Type {
	case event.PersonsChanged, event.PersonsTold:
		ps, err := event.Decode[event.Persons](e)
		if err != nil {
			return inbox.Poison(err)
		}
		return Put(ctx, tx, ps.Persons)
	case event.GrantGiven, event.GrantWithdrawn:
		g, err := event.Decode[event.Grant](e)
		if err != nil {
			return inbox.Poison(err)
		}
		row := grant(g)
		row.Withdrawn = e.Type == event.GrantWithdrawn
		_, err = tx.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE").Set("withdrawn = EXCLUDED.withdrawn").
			Where("EXCLUDED.withdrawn").Exec(ctx)
		if err != nil {
			return fmt.Errorf("copy of grants: %w", err)
		}
	}
	return nil
}

func grant(g event.Grant) Grant {
	return Grant{ID: g.ID, PersonID: g.PersonID, Role: g.Role, UnitID: g.UnitID, OfficeID: cmp.Or(g.OfficeID, g.UnitID)}
}

// Put stores people and their grants as they are now; older versions than those
// already there are passed over.
func Put(ctx context.Context, tx bun.Tx, ps []event.Person) error {
	newest := make(map[string]event.Person, len(ps))
	for _, p := range ps {
		if p.Version >= newest[p.ID].Version {
			newest[p.ID] = p
		}
	}
	if len(newest) == 0 {
		return nil
	}
	rows := make([]Person, 0, len(newest))
	for _, p := range newest {
		rows = append(rows, Person{ID: p.ID, Name: p.Name, UnitID: p.UnitID, Disabled: p.Disabled, Version: p.Version})
	}
	q := tx.NewInsert().Model(&rows).On("CONFLICT (id) DO UPDATE")
	for _, c := range []string{"name", "unit_id", "disabled", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	// What is told again has the version that is known, and may have more to it.
	var taken []string
	err := q.Where("EXCLUDED.version >= p.version").Returning("id").Scan(ctx, &taken)
	if err != nil && !db.NoRows(err) {
		return fmt.Errorf("copy of people: %w", err)
	}
	if len(taken) == 0 {
		return nil
	}
	var grants []Grant
	for _, id := range taken {
		for _, g := range newest[id].Grants {
			g.PersonID = id
			grants = append(grants, grant(g))
		}
	}
	if _, err := tx.NewDelete().Model((*Grant)(nil)).Where("person_id IN (?)", bun.List(taken)).Where("NOT withdrawn").Exec(ctx); err != nil {
		return fmt.Errorf("copy of grants: %w", err)
	}
	if len(grants) == 0 {
		return nil
	}
	if _, err := tx.NewInsert().Model(&grants).On("CONFLICT (id) DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("copy of grants: %w", err)
	}
	return nil
}

// Get returns a person, disabled or not; a fault.NotFound when the copy lacks them.
func Get(ctx context.Context, q bun.IDB, id string) (Person, error) {
	var p Person
	err := q.NewSelect().Model(&p).ColumnExpr("p.*, COALESCE((SELECT u.path FROM tree_units AS u WHERE u.id = p.unit_id), '') AS unit_path").
		Where("p.id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		return p, fault.Missing("person")
	}
	return p, err
}

// ByID returns people, disabled or not, by id; those the copy lacks are absent.
func ByID(ctx context.Context, q bun.IDB, ids []string) (map[string]Person, error) {
	m := make(map[string]Person, len(ids))
	if len(ids) == 0 {
		return m, nil
	}
	var ps []Person
	if err := q.NewSelect().Model(&ps).Where("id IN (SELECT value FROM ?)", db.Each(q, ids)).Scan(ctx); err != nil {
		return nil, db.Translate(fmt.Errorf("find people: %w", err))
	}
	for _, p := range ps {
		m[p.ID] = p
	}
	return m, nil
}

// Names returns by id what people are called; ids the copy lacks are absent.
func Names(ctx context.Context, q bun.IDB, ids []string) (map[string]string, error) {
	ps, err := ByID(ctx, q, ids)
	names := make(map[string]string, len(ps))
	for _, p := range ps {
		names[p.ID] = p.Name
	}
	return names, err
}

// Holders lists the grants, of people who are not disabled, of one of the roles at
// one of the units; no units means anywhere.
func Holders(ctx context.Context, q bun.IDB, unitIDs, roles []string) ([]Grant, error) {
	return holders(ctx, q, roles, func(s *bun.SelectQuery) *bun.SelectQuery {
		if unitIDs != nil {
			s = s.Where("g.unit_id IN (?)", bun.List(unitIDs))
		}
		return s
	})
}

// Serving lists the grants, of people who are not disabled, of one of the roles for
// one of the offices, wherever they are held.
func Serving(ctx context.Context, q bun.IDB, officeIDs, roles []string) ([]Grant, error) {
	return holders(ctx, q, roles, func(s *bun.SelectQuery) *bun.SelectQuery {
		return s.Where("g.office_id IN (?)", bun.List(officeIDs))
	})
}

// OfficeAt is the first of the offices for which somebody holds a role at a unit;
// the unit itself where nobody does.
func OfficeAt(ctx context.Context, q bun.IDB, unitID, role string) (string, error) {
	gs, err := Holders(ctx, q, []string{unitID}, []string{role})
	office := ""
	for _, g := range gs {
		if office == "" || g.OfficeID < office {
			office = g.OfficeID
		}
	}
	return cmp.Or(office, unitID), err
}

func holders(ctx context.Context, q bun.IDB, roles []string, where func(*bun.SelectQuery) *bun.SelectQuery) ([]Grant, error) {
	if len(roles) == 0 {
		return nil, nil
	}
	var gs []Grant
	s := where(q.NewSelect().Model(&gs).Join("JOIN known_people AS p ON p.id = g.person_id").
		Where("g.role IN (?)", bun.List(roles)).Where("NOT g.withdrawn").Where("NOT p.disabled"))
	if err := s.Scan(ctx); err != nil {
		return nil, db.Translate(fmt.Errorf("holders of roles: %w", err))
	}
	return gs, nil
}

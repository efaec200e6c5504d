package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

func (r reader) Person(ctx context.Context, id string) (assignment.Person, error) {
	p, err := people.Get(ctx, r.q, id)
	return assignment.Person{ID: p.ID, Name: p.Name, UnitID: p.UnitID, Disabled: p.Disabled}, err
}

// present takes contacts who were disabled out: they are nobody.
func (r reader) present(ctx context.Context, us []tree.Unit) error {
	var ids []string
	for _, u := range us {
		if u.Contact != "" {
			ids = append(ids, u.Contact)
		}
	}
	known, err := people.ByID(ctx, r.q, ids)
	for i := range us {
		if known[us[i].Contact].Disabled {
			us[i].Contact = ""
		}
	}
	return err
}

// workers are the roles whose holders at a unit are told of its work.
var workers = []string{policy.Reporter, policy.Coordinator}

// reachable is the condition that somebody is told when the assignment a is
// urged: its responsible person, the unit's contact, or who works there. Its
// parameter is workers.
const reachable = `(EXISTS (SELECT 1 FROM known_people AS rp WHERE rp.id = a.responsible_id AND NOT rp.disabled)
 OR EXISTS (SELECT 1 FROM tree_units AS ru JOIN known_people AS rp ON rp.id = ru.contact WHERE ru.id = a.unit_id AND NOT rp.disabled)
 OR EXISTS (SELECT 1 FROM known_grants AS rg JOIN known_people AS rp ON rp.id = rg.person_id WHERE NOT rg.withdrawn AND rg.unit_id = a.unit_id AND rg.role IN (?) AND NOT rp.disabled))`

func (r reader) Told(ctx context.Context, a assignment.Assignment, formal bool) (int, error) {
	roles := workers
	if formal {
		roles = append(slices.Clone(workers), policy.Leader)
	}
	n, err := r.q.NewSelect().TableExpr("known_people AS p").Where("NOT p.disabled").
		Where("(p.id = ? OR p.id = (SELECT u.contact FROM tree_units AS u WHERE u.id = ?) OR EXISTS (SELECT 1 FROM known_grants AS pg WHERE NOT pg.withdrawn AND pg.person_id = p.id AND pg.unit_id = ? AND pg.role IN (?)))",
			a.ResponsibleID, a.UnitID, a.UnitID, bun.List(roles)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("who is told: %w", err)
	}
	return int(n), nil
}

// holds is the condition that p is responsible for the assignment a, and that
// it matters still.
const holds = "a.responsible_id IN (?) AND a.state NOT IN ('approved', 'cancelled')"

func (r reader) Holding(ctx context.Context, personID string) (int64, error) {
	n, err := r.q.NewSelect().TableExpr("assignments AS a").Where(holds, bun.List([]string{personID})).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count what a person holds: %w", err)
	}
	return n, nil
}

func (w *writer) Held(ctx context.Context, holders []string, after string, limit int) ([]assignment.View, error) {
	return w.scan(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where(holds, bun.List(holders)).Where("a.id > ?", after).OrderExpr("a.id").Limit(int64(limit))
	})
}

func (r reader) Reviewers(ctx context.Context, unitIDs, roles []string) ([]policy.Actor, error) {
	var rows []struct {
		PersonID, HomeID, UnitID, Role, Path, Level, OfficeID string
	}
	err := r.q.NewSelect().TableExpr("known_grants AS pg").Where("NOT pg.withdrawn").Join("JOIN known_people AS p ON p.id = pg.person_id").
		Join("JOIN tree_units AS u ON u.id = pg.unit_id").
		ColumnExpr("pg.person_id, p.unit_id AS home_id, pg.unit_id, pg.role, u.path, u.level, pg.office_id").Where("NOT p.disabled").
		Where("pg.person_id IN (SELECT person_id FROM known_grants WHERE NOT withdrawn AND unit_id IN (?) AND role IN (?))", bun.List(unitIDs), bun.List(roles)).
		OrderExpr("pg.person_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reviewers: %w", err)
	}
	var out []policy.Actor
	for _, x := range rows {
		if len(out) == 0 || out[len(out)-1].PersonID != x.PersonID {
			out = append(out, policy.Actor{PersonID: x.PersonID, UnitID: x.HomeID})
		}
		p := &out[len(out)-1]
		p.Grants = append(p.Grants, policy.Grant{Role: x.Role, UnitID: x.UnitID, UnitPath: x.Path, Level: x.Level, OfficeID: x.OfficeID})
	}
	return out, nil
}

func (w *writer) OfficeAt(ctx context.Context, unitID string) (string, error) {
	gs, err := people.Holders(ctx, w.tx, []string{unitID}, []string{policy.Coordinator})
	if err != nil || len(gs) > 0 {
		return unitID, err
	}
	return people.OfficeAt(ctx, w.tx, unitID, policy.CampaignManager)
}

// vacant is the condition that nobody could review at the unit whose turn it
// is, as able says it in Go; its parameters are the roles that review and
// those that do a unit's work.
const vacant = `NOT EXISTS (SELECT 1 FROM known_grants AS pg JOIN known_people AS pp ON pp.id = pg.person_id
 WHERE NOT pg.withdrawn AND pg.unit_id = a.reviewer_id AND pg.role IN (?) AND NOT pp.disabled AND pp.id <> a.submitted_by AND pp.unit_id <> a.unit_id
 AND NOT EXISTS (SELECT 1 FROM known_grants AS own WHERE NOT own.withdrawn AND own.person_id = pp.id AND own.unit_id = a.unit_id AND own.role IN (?)))`

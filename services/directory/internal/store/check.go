package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/uptrace/bun"
)

// maxTold bounds how many breaches of one kind are told.
const maxTold = 100

// breach is one thing that must never be found, and how to mend it.
type breach struct {
	what   string
	find   string // selects the ids
	repair string
	of     kind // what the repair changes
}

// kind is what an id names.
type kind int

const (
	aUnit kind = iota
	aPerson
	aGrant
)

var breaches = []breach{
	{
		what:   "unit %s: its path is not its parent's path and its own id",
		find:   "SELECT u.id FROM units u JOIN units p ON p.id = u.parent_id WHERE u.path <> p.path || u.id || '/'",
		repair: "UPDATE units SET path = (SELECT p.path FROM units p WHERE p.id = units.parent_id) || id || '/', version = version + 1 WHERE id IN (?)",
	},
	{
		what:   "unit %s: it stands at the top, but its path does not say so",
		find:   "SELECT id FROM units WHERE parent_id = '' AND path <> id || '/'",
		repair: "UPDATE units SET path = id || '/', version = version + 1 WHERE id IN (?)",
	},
	{
		what:   "unit %s: whether other units have its name is noted wrongly",
		find:   "SELECT u.id FROM units u WHERE u.shares_name <> EXISTS (SELECT 1 FROM units x WHERE x.name = u.name AND x.id <> u.id)",
		repair: "UPDATE units SET shares_name = NOT shares_name, version = version + 1 WHERE id IN (?)",
	},
	{what: "unit %s: its parent does not exist", find: "SELECT u.id FROM units u LEFT JOIN units p ON p.id = u.parent_id WHERE u.parent_id <> '' AND p.id IS NULL"},
	{what: "unit %s: it is active below a deactivated one", find: "SELECT u.id FROM units u JOIN units p ON p.id = u.parent_id WHERE u.active AND NOT p.active"},
	{what: "unit code %s: more than one unit has it", find: "SELECT code FROM units GROUP BY code HAVING count(*) > 1"},
	{
		what: "person %s: the unit path is not that of the unit",
		find: "SELECT x.id FROM people x LEFT JOIN units u ON u.id = x.unit_id WHERE u.id IS NULL OR x.unit_path <> u.path",
		repair: "UPDATE people SET unit_path = (SELECT u.path FROM units u WHERE u.id = people.unit_id), version = version + 1 " +
			"WHERE id IN (?) AND unit_id IN (SELECT id FROM units)",
		of: aPerson,
	},
	{
		what: "grant %s: the unit path or level is not that of the unit",
		find: "SELECT x.id FROM grants x LEFT JOIN units u ON u.id = x.unit_id WHERE u.id IS NULL OR x.unit_path <> u.path OR x.level <> u.level",
		repair: "UPDATE grants SET unit_path = (SELECT u.path FROM units u WHERE u.id = grants.unit_id), level = (SELECT u.level FROM units u WHERE u.id = grants.unit_id) " +
			"WHERE id IN (?) AND unit_id IN (SELECT id FROM units)",
		of: aGrant,
	},
	{what: "import %s: parts of it are missing", find: "SELECT i.id FROM imports i WHERE i.state = 'applying' AND (SELECT count(*) FROM import_chunks c WHERE c.import_id = i.id) <> i.chunks - i.applied"},
	{what: "grant %s: nobody holds it", find: "SELECT x.id FROM grants x LEFT JOIN people p ON p.id = x.person_id WHERE p.id IS NULL"},
}

// rounds is how often paths are recomputed: once per level that hangs on a
// wrong one.
const rounds = 20

func (s *Store) Breaches(ctx context.Context, mended func(context.Context, directory.Tx, directory.Mended) error) ([]string, error) {
	var told []string
	for _, b := range breaches {
		for round := range rounds {
			var ids []string
			if err := s.q.NewRaw(b.find+" LIMIT ?", maxTold).Scan(ctx, &ids); err != nil {
				return told, fmt.Errorf("check %q: %w", b.what, err)
			}
			if round == 0 || len(ids) == maxTold {
				for _, id := range ids {
					told = append(told, fmt.Sprintf(b.what, id))
				}
			}
			if len(ids) == 0 || mended == nil || b.repair == "" {
				break
			}
			err := s.db.InTx(ctx, func(ctx context.Context, t bun.Tx) error {
				m, err := mend(ctx, t, b, ids)
				if err != nil {
					return err
				}
				return mended(ctx, &tx{reader: reader{t, s.db.Engine}, tx: t}, m)
			})
			if err != nil {
				return told, fmt.Errorf("repair %q: %w", b.what, err)
			}
		}
	}
	var ids []string
	err := s.q.NewRaw("SELECT DISTINCT a.person_id FROM grants a JOIN grants b ON b.person_id = a.person_id AND b.role <> a.role WHERE a.role IN (?) LIMIT ?",
		bun.List(policy.Administrators), maxTold).Scan(ctx, &ids)
	for _, id := range ids {
		told = append(told, fmt.Sprintf("person %s: holds an administrator role together with another role", id))
	}
	return told, err
}

// mend repairs a breach, and tells what that has changed.
func mend(ctx context.Context, t bun.Tx, b breach, ids []string) (directory.Mended, error) {
	var m directory.Mended
	switch b.of {
	case aUnit:
		var before []struct{ ID, Path string }
		if err := t.NewRaw("SELECT id, path FROM units WHERE id IN (?)", bun.List(ids)).Scan(ctx, &before); err != nil {
			return m, err
		}
		m.Units = make(map[string]string, len(before))
		for _, u := range before {
			m.Units[u.ID] = u.Path
		}
	case aPerson:
		m.People = ids
	case aGrant:
		err := t.NewRaw("SELECT DISTINCT person_id FROM grants WHERE id IN (?)", bun.List(ids)).Scan(ctx, &m.People)
		if err != nil {
			return m, err
		}
		if len(m.People) == 0 {
			break
		}
		// Copies go by the version of the person.
		if _, err := t.NewRaw("UPDATE people SET version = version + 1 WHERE id IN (?)", bun.List(m.People)).Exec(ctx); err != nil {
			return m, err
		}
	}
	_, err := t.NewRaw(b.repair, bun.List(ids)).Exec(ctx)
	return m, err
}

// Package tree is a service's copy of the unit tree, fed by the directory's
// events. A service looks up names, levels and paths here and never asks the
// directory in the middle of its work.
package tree

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fold"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

// Unit is a line of the table tree_units.
type Unit struct {
	bun.BaseModel `bun:"table:tree_units,alias:u"`

	ID        string `bun:",pk"`
	ParentID  string
	Path      string
	Level     string
	Kind      string
	Sectors   []string // codes of the lines that it belongs to
	Sector    string   // the first of them, for versions of before there were several
	Code      string
	Name      string
	Active    bool
	Classes   int64
	Staff     int64
	Residents int64
	Longitude float64 // degrees; both 0 is unknown
	Latitude  float64
	Contact   string // person id
	Successor string // id of the unit that a deactivated one was merged into
	Version   int64
	// SharesName tells that other units have the same name; nil was not told.
	SharesName *bool

	// Shown names the unit outside its tree, see [Shown]. Get, ByID
	// and Named fill it.
	Shown string `bun:",scanonly"`
}

// Column names a path column of the service's own tables that follows when a
// unit moves.
type Column struct{ Table, Column string }

// Feed is the consumer that keeps the copy. Its name is <service>-tree. moved
// lists the columns whose paths follow a move; then, when not nil, runs after
// them in the same transaction, with the move.
func Feed(service string, moved []Column, then func(ctx context.Context, tx bun.Tx, m event.Move) error) inbox.Consumer {
	return inbox.Consumer{
		Name:  service + "-tree",
		Types: []event.Type{event.UnitsChanged, event.UnitsTold, event.UnitMoved},
		Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
			if e.Type != event.UnitMoved {
				us, err := event.Decode[event.Units](e)
				if err != nil {
					return inbox.Poison(err)
				}
				return Put(ctx, tx, us.Units)
			}
			m, err := event.Decode[event.Move](e)
			if err != nil {
				return inbox.Poison(err)
			}
			for _, c := range append([]Column{{"tree_units", "path"}}, moved...) {
				if err := Follow(ctx, tx, c, m); err != nil {
					return err
				}
			}
			if then != nil {
				return then(ctx, tx, m)
			}
			return nil
		},
	}
}

// Put stores units as they are now; older versions than those already there
// are passed over. One of the version that is known, which is told again, may have
// more to it; but a move that came after it stays.
func Put(ctx context.Context, tx bun.Tx, units []event.Unit) error {
	if len(units) == 0 {
		return nil
	}
	rows := make([]Unit, len(units))
	for i, u := range units {
		lines := u.Lines()
		rows[i] = Unit{
			ID: u.ID, ParentID: u.ParentID, Path: u.Path, Level: u.Level, Kind: u.Kind, Sectors: slices.Concat([]string{}, lines), Sector: strings.Join(lines[:min(1, len(lines))], ""), Code: u.Code,
			Name: u.Name, Active: u.Active, Classes: u.Classes, Staff: u.Staff, Residents: u.Residents, Longitude: u.Longitude, Latitude: u.Latitude,
			Contact: u.ContactID, Successor: u.SuccessorID, Version: u.Version, SharesName: u.SharesName,
		}
	}
	q := tx.NewInsert().Model(&rows).On("CONFLICT (id) DO UPDATE")
	for _, c := range []string{"parent_id", "level", "kind", "sectors", "sector", "code", "name", "active", "classes", "staff", "residents", "longitude", "latitude", "contact", "successor", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	// Events of before names were compared do not tell.
	q = q.Set("path = CASE WHEN EXCLUDED.version > u.version THEN EXCLUDED.path ELSE u.path END").Set("shares_name = COALESCE(EXCLUDED.shares_name, u.shares_name)")
	if _, err := q.Where("EXCLUDED.version >= u.version").Exec(ctx); err != nil {
		return fmt.Errorf("copy of units: %w", err)
	}
	return nil
}

// Follow changes the paths in one column after a move.
func Follow(ctx context.Context, tx bun.Tx, c Column, m event.Move) error {
	_, err := tx.NewRaw("UPDATE ? SET ? = ? || substr(?, ?) WHERE ? >= ? AND ? < ?",
		bun.Ident(c.Table), bun.Ident(c.Column), m.NewPath, bun.Ident(c.Column), len(m.OldPath)+1,
		bun.Ident(c.Column), m.OldPath, bun.Ident(c.Column), scope.End(m.OldPath)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("paths in %s.%s: %w", c.Table, c.Column, err)
	}
	return nil
}

// Shown is the SQL of the name by which the unit in a row of table, a copy of
// the tree or the tree itself, read as alias, is shown outside its tree: its own
// name and, where other units have the same, that of the unit above behind it,
// 前村（东镇）; and where that is not the only one either, with the one above it
// before it, 前村（平县城关镇）.
func Shown(table, alias string) string {
	return fmt.Sprintf(`CASE WHEN %[2]s.shares_name THEN %[2]s.name || COALESCE('（' || (
 SELECT CASE WHEN above.shares_name THEN COALESCE((SELECT top.name FROM %[1]s AS top WHERE top.id = above.parent_id), '') ELSE '' END || above.name
 FROM %[1]s AS above WHERE above.id = %[2]s.parent_id) || '）', '') ELSE %[2]s.name END`, table, alias)
}

// OfSectors keeps the units, read as u, that belong to one of some lines.
func OfSectors(q *bun.SelectQuery, codes ...string) *bun.SelectQuery {
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, c := range codes {
			q = q.WhereOr(`u.sectors LIKE ? ESCAPE '\'`, fold.Contains(`"`+c+`"`))
		}
		return q
	})
}

// ByID returns units with the names they are shown by; those the copy lacks
// are absent.
func ByID(ctx context.Context, q bun.IDB, ids []string) ([]Unit, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var us []Unit
	if err := Named(q.NewSelect().Model(&us).ColumnExpr("u.*")).Where("u.id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, db.Translate(fmt.Errorf("find units: %w", err))
	}
	return us, nil
}

// Named has a query on [Unit] as u fill Shown.
func Named(q *bun.SelectQuery) *bun.SelectQuery {
	return q.ColumnExpr(Shown("tree_units", "u") + " AS shown")
}

// Get returns a unit; a fault.NotFound when the copy lacks it.
func Get(ctx context.Context, q bun.IDB, id string) (Unit, error) {
	var u Unit
	err := Named(q.NewSelect().Model(&u).ColumnExpr("u.*")).Where("u.id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		return u, fault.Missing("unit")
	}
	return u, err
}

// maxMerges bounds how many mergers are followed.
const maxMerges = 16

// Heir is the unit whose people finish the work of a unit: what it was merged into,
// and that one in turn; the unit itself where it was not. A fault.NotFound when the
// copy lacks it.
func Heir(ctx context.Context, q bun.IDB, id string) (Unit, error) {
	u, err := Get(ctx, q, id)
	for n := 0; err == nil && !u.Active && u.Successor != "" && n < maxMerges; n++ {
		u, err = Get(ctx, q, u.Successor)
	}
	return u, err
}

// Names returns by id the names that units are shown by; ids the copy lacks are
// absent.
func Names(ctx context.Context, q bun.IDB, ids []string) (map[string]string, error) {
	us, err := ByID(ctx, q, ids)
	names := make(map[string]string, len(us))
	for _, u := range us {
		names[u.ID] = u.Shown
	}
	return names, err
}

// Ancestors are the paths from the root down to path itself.
func Ancestors(path string) []string {
	var ps []string
	for i := range path {
		if path[i] == '/' {
			ps = append(ps, path[:i+1])
		}
	}
	return ps
}

// ParentPath is the path of the parent; empty for a root.
func ParentPath(path string) string {
	p := strings.TrimSuffix(path, "/")
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i+1]
	}
	return ""
}

package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fold"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/text"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// unit is a line of the table units: the fields of directory.Unit in their
// order, so that the two convert.
type unit struct {
	ID          string `bun:",pk"`
	ParentID    string
	Path        string
	Code        string
	Level       string
	Kind        string
	Sectors     []string
	Name        string
	SharesName  bool
	Initials    string
	Classes     int64
	Staff       int64
	Residents   int64
	Longitude   float64
	Latitude    float64
	ContactID   string
	Phone       string
	Active      bool
	SuccessorID string
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func units(rows []unit) []directory.Unit {
	us := make([]directory.Unit, len(rows))
	for i, r := range rows {
		us[i] = directory.Unit(r)
	}
	return us
}

func (r reader) Unit(ctx context.Context, id string) (directory.Unit, error) {
	var u unit
	err := r.q.NewSelect().Model(&u).Where("id = ?", id).Scan(ctx)
	return directory.Unit(u), one(err, "unit")
}

func (r reader) Took(ctx context.Context, unitIDs []string) (map[string][]string, error) {
	if len(unitIDs) == 0 {
		return nil, nil
	}
	var rows []struct{ Successor, ID string }
	err := r.q.NewRaw(`WITH RECURSIVE took (successor, id) AS (
		SELECT successor_id, id FROM units WHERE successor_id <> '' AND successor_id IN (?)
		UNION SELECT t.successor, u.id FROM took AS t JOIN units AS u ON u.successor_id <> '' AND u.successor_id = t.id
	) SELECT successor, id FROM took ORDER BY successor, id`, bun.List(unitIDs)).Scan(ctx, &rows)
	if err != nil && !db.NoRows(err) {
		return nil, db.Translate(err)
	}
	m := map[string][]string{}
	for _, x := range rows {
		m[x.Successor] = append(m[x.Successor], x.ID)
	}
	return m, nil
}

func (t *tx) LockUnit(ctx context.Context, id string) (directory.Unit, error) {
	var u unit
	err := t.locked(t.q.NewSelect().Model(&u).Where("id = ?", id)).Scan(ctx)
	return directory.Unit(u), one(err, "unit")
}

func (r reader) UnitsAfter(ctx context.Context, after string, limit int) ([]directory.Unit, error) {
	return listAfter(ctx, r.q, after, limit, func(u unit) directory.Unit { return directory.Unit(u) })
}

// listAfter reads lines of a table in the order of their ids, after one.
func listAfter[R, D any](ctx context.Context, q bun.IDB, after string, limit int, to func(R) D) ([]D, error) {
	var rows []R
	err := q.NewSelect().Model(&rows).Where("id > ?", after).OrderExpr("id").Limit(int64(limit)).Scan(ctx)
	ds := make([]D, len(rows))
	for i, x := range rows {
		ds[i] = to(x)
	}
	return ds, db.Translate(err)
}

func (r reader) UnitsByID(ctx context.Context, ids []string) (map[string]directory.Unit, error) {
	return byKey(ctx, r.q, "id", ids, func(u unit) (string, directory.Unit) { return u.ID, directory.Unit(u) })
}

func (r reader) UnitNames(ctx context.Context, ids []string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var rows []struct{ ID, Shown string }
	err := r.q.NewSelect().TableExpr("units AS u").Column("u.id").ColumnExpr(tree.Shown("units", "u")+" AS shown").
		Where("u.id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	for _, x := range rows {
		names[x.ID] = x.Shown
	}
	return names, db.Translate(err)
}

func (r reader) UnitsByCode(ctx context.Context, codes []string) (map[string]directory.Unit, error) {
	m := make(map[string]directory.Unit, len(codes))
	if len(codes) == 0 {
		return m, nil
	}
	keys := make([]string, len(codes))
	for i, c := range codes {
		keys[i] = directory.CodeKey(c)
	}
	var rows []unit
	if err := r.q.NewSelect().Model(&rows).Where("lower(code) IN (?)", bun.List(keys)).Scan(ctx); err != nil {
		return nil, db.Translate(err)
	}
	for _, u := range rows {
		m[u.Code] = directory.Unit(u)
	}
	return m, nil
}

// byKey reads the rows whose column is one of keys.
func byKey[R, D any](ctx context.Context, q bun.IDB, column string, keys []string, to func(R) (string, D)) (map[string]D, error) {
	m := make(map[string]D, len(keys))
	if len(keys) == 0 {
		return m, nil
	}
	var rows []R
	if err := q.NewSelect().Model(&rows).Where("? IN (?)", bun.Ident(column), bun.List(keys)).Scan(ctx); err != nil {
		return nil, db.Translate(err)
	}
	for _, r := range rows {
		k, d := to(r)
		m[k] = d
	}
	return m, nil
}

// foldedUnit is a line of the table units with what searches compare.
type foldedUnit struct {
	bun.BaseModel `bun:"table:units,alias:unit"`
	unit
	Sector   string // the first of Sectors, for versions of before there were several
	CodeFold string
	folds
}

func foldUnit(u directory.Unit) (foldedUnit, []string) {
	f, words := foldName(u.Name)
	return foldedUnit{unit: unit(u), Sector: strings.Join(u.Sectors[:min(1, len(u.Sectors))], ""), CodeFold: text.Fold(u.Code), folds: f}, words
}

func (r reader) ContactOf(ctx context.Context, personID string) ([]directory.Unit, error) {
	var rows []unit
	err := r.q.NewSelect().Model(&rows).Where("contact_id = ?", personID).OrderExpr("id").Limit(500).Scan(ctx)
	return units(rows), db.Translate(err)
}

var unitScope = scope.Columns{UnitID: "id", UnitPath: "path"}

func (r reader) Units(ctx context.Context, f directory.UnitFilter) ([]directory.Unit, error) {
	if f.Query != "" {
		codes, few, err := r.candidates(ctx, f)
		if err != nil {
			return nil, db.Translate(err)
		}
		if few {
			return r.among(ctx, f, codes)
		}
	}
	var rows []unit
	err := filtered(r.q.NewSelect().Model(&rows), f).OrderExpr("code").Limit(f.Limit).Scan(ctx)
	return units(rows), db.Translate(err)
}

func filtered(q *bun.SelectQuery, f directory.UnitFilter) *bun.SelectQuery {
	q = scope.Where(q, f.Reach, unitScope)
	if f.Top {
		q = top(q, f.Reach)
	}
	if f.ParentID != "" {
		q = q.Where("parent_id = ?", f.ParentID)
	}
	if f.Under != "" {
		q = q.Where(between("path"), f.Under, scope.End(f.Under))
	}
	if f.Sector != "" {
		q = q.Where(`sectors LIKE ? ESCAPE '\'`, fold.Contains(`"`+f.Sector+`"`))
	}
	for column, v := range map[string]string{"level": f.Level, "kind": f.Kind} {
		if v != "" {
			q = q.Where("? = ?", bun.Ident(column), v)
		}
	}
	if f.Active != nil {
		q = q.Where("active = ?", *f.Active)
	}
	q = search(q, "code_fold", f.Query)
	if f.After != "" {
		q = q.Where("code > ?", f.After)
	}
	return q
}

// top keeps the units a reach begins at: the roots when it is everything,
// otherwise the units roles are held at and the home of the actor.
func top(q *bun.SelectQuery, r policy.Reach) *bun.SelectQuery {
	var paths []string
	for _, s := range r.Spans {
		if s.Where == policy.Any {
			return q.Where("parent_id = ''")
		}
		paths = append(paths, s.Path)
	}
	if len(paths) == 0 {
		return q
	}
	return q.Where("path IN (?)", bun.List(paths))
}

func (r reader) ChildCounts(ctx context.Context, ids []string) (map[string]int64, error) {
	m := map[string]int64{}
	if len(ids) == 0 {
		return m, nil
	}
	var rows []struct {
		ParentID string
		N        int64
	}
	err := r.q.NewSelect().Model((*unit)(nil)).Column("parent_id").ColumnExpr("count(*) AS n").
		Where("parent_id IN (?)", bun.List(ids)).Where("active = ?", true).GroupExpr("parent_id").Scan(ctx, &rows)
	for _, x := range rows {
		m[x.ParentID] = x.N
	}
	return m, db.Translate(err)
}

func (t *tx) ShareNames(ctx context.Context, us []directory.Unit, now time.Time) ([]directory.Unit, error) {
	count := make(map[string]int, len(us))
	for _, u := range us {
		count[u.Name]++
	}
	var found []struct{ Name, AnyID, AloneID string }
	// A look into the index for each name, whatever the server thinks of the table:
	// during an import it knows nothing of it yet.
	err := t.tx.NewSelect().TableExpr("?", db.Each(t.tx, slices.Collect(maps.Keys(count)))).ColumnExpr("value AS name").
		ColumnExpr("COALESCE((SELECT id FROM units WHERE name = value LIMIT 1), '') AS any_id").
		ColumnExpr("COALESCE((SELECT id FROM units WHERE name = value AND shares_name = ? LIMIT 1), '') AS alone_id", false).Scan(ctx, &found)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, x := range found {
		if x.AnyID != "" {
			count[x.Name]++
		}
		if x.AloneID != "" {
			ids = append(ids, x.AloneID)
		}
	}
	for i := range us {
		us[i].SharesName = count[us[i].Name] > 1
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var alone []unit
	if err := t.tx.NewSelect().Model(&alone).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, err
	}
	return t.share(ctx, alone, true, now)
}

func (t *tx) LeaveName(ctx context.Context, name, unitID string, now time.Time) ([]directory.Unit, error) {
	var left []unit
	if err := t.tx.NewSelect().Model(&left).Where("name = ?", name).Where("id <> ?", unitID).Limit(2).Scan(ctx); err != nil || len(left) != 1 {
		return nil, err
	}
	return t.share(ctx, left, false, now)
}

// share stores whether others have the names of units.
func (t *tx) share(ctx context.Context, rows []unit, shares bool, now time.Time) ([]directory.Unit, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]string, len(rows))
	for i := range rows {
		rows[i].SharesName, rows[i].UpdatedAt = shares, now
		rows[i].Version++
		ids[i] = rows[i].ID
	}
	_, err := t.tx.NewUpdate().Model((*unit)(nil)).Set("shares_name = ?", shares).Set("version = version + 1").Set("updated_at = ?", now).
		Where("id IN (?)", bun.List(ids)).Exec(ctx)
	return units(rows), err
}

func (t *tx) InsertUnits(ctx context.Context, us []directory.Unit) error {
	rows := make([]foldedUnit, len(us))
	var words []word
	for i, u := range us {
		var ws []string
		rows[i], ws = foldUnit(u)
		words = append(words, wordsOf(u.Code, ws)...)
	}
	if _, err := t.tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return err
	}
	return t.index(ctx, words)
}

func (t *tx) UpdateUnit(ctx context.Context, u directory.Unit) error {
	row, words := foldUnit(u)
	var old []string
	if err := t.tx.NewSelect().Model((*unit)(nil)).Column("name").Where("id = ?", u.ID).Scan(ctx, &old); err != nil {
		return err
	}
	if len(old) == 1 && old[0] != u.Name {
		if err := t.reindex(ctx, old[0], wordsOf(u.Code, words)); err != nil {
			return err
		}
	}
	return must(t.tx.NewUpdate().Model(&row).WherePK().Exec(ctx))
}

func (t *tx) Below(ctx context.Context, path, after string, limit int64) ([]directory.Unit, error) {
	var rows []unit
	err := t.tx.NewSelect().Model(&rows).Where("path > ?", max(path, after)).Where("path < ?", scope.End(path)).
		OrderExpr("path").Limit(limit).Scan(ctx)
	return units(rows), err
}

package store

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fold"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// code is a line of the table codes; it converts to directory.Code.
type code struct {
	ID        string `bun:",pk"`
	List      string
	Code      string
	Chinese   string
	English   string
	Also      []string
	Position  int64
	Open      bool
	BuiltIn   bool
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// leadOffice is a line of the table lead_offices; it converts to directory.LeadOffice.
type leadOffice struct {
	UnitID    string `bun:",pk"`
	Sector    string `bun:",pk"`
	OfficeID  string
	Version   int64
	UpdatedAt time.Time
}

func (r reader) Codes(ctx context.Context) ([]directory.Code, error) {
	var rows []code
	err := r.q.NewSelect().Model(&rows).OrderExpr("list, position, code").Scan(ctx)
	cs := make([]directory.Code, len(rows))
	for i, c := range rows {
		cs[i] = directory.Code(c)
	}
	return cs, db.Translate(err)
}

func (r reader) CodeUses(ctx context.Context, c directory.Code) (int64, error) {
	q := r.q.NewSelect().TableExpr("units AS u")
	switch c.List {
	case directory.KindList:
		q = q.Where("u.kind = ?", c.Code)
	case directory.SectorList:
		q = tree.OfSectors(q, c.Code)
	default:
		return 0, nil
	}
	n, err := q.Count(ctx)
	return n, db.Translate(err)
}

func (r reader) SaidOfUnits(ctx context.Context) (map[string][]string, error) {
	var kinds []string
	if err := r.q.NewSelect().TableExpr("units AS u").ColumnExpr("DISTINCT u.kind").Where("u.kind <> ''").Scan(ctx, &kinds); err != nil {
		return nil, db.Translate(err)
	}
	var rows []struct{ Sectors []string }
	if err := r.q.NewSelect().TableExpr("units AS u").ColumnExpr("DISTINCT u.sectors").Where("u.sectors <> '[]'").Scan(ctx, &rows); err != nil {
		return nil, db.Translate(err)
	}
	var sectors []string
	for _, x := range rows {
		sectors = append(sectors, x.Sectors...)
	}
	slices.Sort(sectors)
	return map[string][]string{directory.KindList: kinds, directory.SectorList: slices.Compact(sectors)}, nil
}

func (t *tx) UnitsSaid(ctx context.Context, kinds, sectors []string, limit int) ([]directory.Unit, error) {
	var rows []unit
	q := t.locked(t.q.NewSelect().Model(&rows)).OrderExpr("id").Limit(int64(limit))
	err := q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		if len(kinds) > 0 {
			q = q.Where("kind IN (?)", bun.List(kinds))
		}
		for _, s := range sectors {
			q = q.WhereOr(`sectors LIKE ? ESCAPE '\'`, fold.Contains(`"`+s+`"`))
		}
		return q
	}).Scan(ctx)
	return units(rows), db.Translate(err)
}

func (t *tx) InsertCodes(ctx context.Context, cs []directory.Code) error {
	rows := make([]code, len(cs))
	for i, c := range cs {
		rows[i] = code(c)
	}
	_, err := t.tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (t *tx) UpdateCode(ctx context.Context, c directory.Code) error {
	row := code(c)
	return must(t.tx.NewUpdate().Model(&row).WherePK().Exec(ctx))
}

func (t *tx) DeleteCode(ctx context.Context, id string) error {
	return must(t.tx.NewDelete().Model((*code)(nil)).Where("id = ?", id).Exec(ctx))
}

func (r reader) LeadOffices(ctx context.Context, unitID string) ([]directory.LeadOffice, error) {
	return leadOffices(ctx, r.q.NewSelect().Where("unit_id = ?", unitID))
}

func (r reader) LeadOfficesAfter(ctx context.Context, unitID, sector string, limit int) ([]directory.LeadOffice, error) {
	return leadOffices(ctx, r.q.NewSelect().Where("unit_id > ? OR unit_id = ? AND sector > ?", unitID, unitID, sector).Limit(int64(limit)))
}

func leadOffices(ctx context.Context, q *bun.SelectQuery) ([]directory.LeadOffice, error) {
	var rows []leadOffice
	err := q.Model(&rows).OrderExpr("unit_id, sector").Scan(ctx)
	ls := make([]directory.LeadOffice, len(rows))
	for i, l := range rows {
		ls[i] = directory.LeadOffice(l)
	}
	return ls, db.Translate(err)
}

func (t *tx) PutLeadOffice(ctx context.Context, l directory.LeadOffice) error {
	row := leadOffice(l)
	_, err := t.tx.NewInsert().Model(&row).On("CONFLICT (unit_id, sector) DO UPDATE").
		Set("office_id = EXCLUDED.office_id").Set("version = EXCLUDED.version").Set("updated_at = EXCLUDED.updated_at").Exec(ctx)
	return err
}

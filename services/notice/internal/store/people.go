package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/notice"
	"github.com/uptrace/bun"
)

type personRow struct {
	bun.BaseModel `bun:"table:persons,alias:p"`

	ID       string `bun:",pk"`
	Name     string
	UnitID   string
	Disabled bool
	Version  int64
}

type grantRow struct {
	bun.BaseModel `bun:"table:person_grants,alias:g"`

	ID        string `bun:",pk"`
	PersonID  string
	Role      string
	UnitID    string
	Withdrawn bool
	Version   int64
}

func (t tx) PutPersons(ctx context.Context, ps []notice.Person) error {
	rows := make([]personRow, len(ps))
	for i, p := range ps {
		rows[i] = personRow{ID: p.ID, Name: p.Name, UnitID: p.UnitID, Disabled: p.Disabled, Version: p.Version}
	}
	var news []string
	err := t.NewInsert().Model(&rows).On("CONFLICT (id) DO UPDATE").
		Set("name = EXCLUDED.name").Set("unit_id = EXCLUDED.unit_id").
		Set("disabled = EXCLUDED.disabled").Set("version = EXCLUDED.version").
		Where("EXCLUDED.version > p.version").Returning("id").Scan(ctx, &news)
	if err != nil && !db.NoRows(err) || len(news) == 0 {
		return ignoreNoRows(err)
	}
	fresh := make(map[string]bool, len(news))
	for _, p := range news {
		fresh[p] = true
	}
	var grants []grantRow
	var ids []string
	for _, p := range ps {
		if !fresh[p.ID] {
			continue
		}
		for _, g := range p.Grants {
			ids = append(ids, g.ID)
			grants = append(grants, grantRow{ID: g.ID, PersonID: p.ID, Role: g.Role, UnitID: g.UnitID, Version: p.Version})
		}
	}
	// What a person's snapshot lacks was withdrawn, unless it was given later.
	gone := t.NewUpdate().Model((*grantRow)(nil)).Set("withdrawn = ?", true).
		Where("person_id IN (?)", bun.List(news)).Where("NOT withdrawn").
		Where("version <= (SELECT p.version FROM persons AS p WHERE p.id = g.person_id)")
	if len(ids) > 0 {
		gone = gone.Where("id NOT IN (?)", bun.List(ids))
	}
	if _, err := gone.Exec(ctx); err != nil || len(grants) == 0 {
		return err
	}
	_, err = t.NewInsert().Model(&grants).On("CONFLICT (id) DO UPDATE").Set("version = EXCLUDED.version").
		Where("EXCLUDED.version > g.version").Where("NOT g.withdrawn").Exec(ctx)
	return err
}

func ignoreNoRows(err error) error {
	if db.NoRows(err) {
		return nil
	}
	return err
}

func (t tx) PutGrant(ctx context.Context, g notice.Grant) error {
	row := grantRow{ID: g.ID, PersonID: g.PersonID, Role: g.Role, UnitID: g.UnitID, Withdrawn: g.Withdrawn, Version: g.Version}
	if !g.Withdrawn {
		// A snapshot of the person at this version or a later one has told
		// already; when it lacks the grant, the grant is gone.
		var p personRow
		err := t.NewSelect().Model(&p).Column("version").Where("id = ?", g.PersonID).Scan(ctx)
		if err != nil && !db.NoRows(err) {
			return err
		}
		row.Withdrawn = err == nil && g.Version > 0 && p.Version > g.Version
	}
	q := t.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE").Set("withdrawn = EXCLUDED.withdrawn").
		Where("EXCLUDED.withdrawn AND ?", g.Withdrawn)
	_, err := q.Exec(ctx)
	return err
}

func (t tx) Holders(ctx context.Context, unitIDs, roles []string) ([]notice.Holder, error) {
	var hs []notice.Holder
	if len(roles) == 0 {
		return nil, nil
	}
	q := t.NewSelect().Model((*grantRow)(nil)).Column("g.person_id", "g.unit_id", "g.role").
		Join("JOIN persons AS p ON p.id = g.person_id").
		Where("g.role IN (?)", bun.List(roles)).Where("NOT g.withdrawn").Where("NOT p.disabled")
	if unitIDs != nil {
		q = q.Where("g.unit_id IN (?)", bun.List(unitIDs))
	}
	if err := q.Scan(ctx, &hs); err != nil {
		return nil, fmt.Errorf("holders of roles: %w", err)
	}
	return hs, nil
}

func (t tx) Enabled(ctx context.Context, personIDs []string) (map[string]bool, error) {
	m := make(map[string]bool, len(personIDs))
	if len(personIDs) == 0 {
		return m, nil
	}
	var ids []string
	err := t.NewSelect().Model((*personRow)(nil)).Column("id").Where("id IN (?)", bun.List(personIDs)).Where("NOT disabled").Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	for _, p := range ids {
		m[p] = true
	}
	return m, nil
}

func (t tx) Names(ctx context.Context, personIDs []string) (map[string]string, error) {
	m := make(map[string]string, len(personIDs))
	if len(personIDs) == 0 {
		return m, nil
	}
	var ps []personRow
	err := t.NewSelect().Model(&ps).Column("id", "name").Where("id IN (?)", bun.List(personIDs)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	for _, p := range ps {
		m[p.ID] = p.Name
	}
	return m, nil
}

package store

import (
	"context"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

// person is a line of the table people; it converts to directory.Person.
type person struct {
	ID           string `bun:",pk"`
	Account      string
	AccountKey   string
	Name         string
	Initials     string
	UnitID       string
	UnitPath     string
	Title        string
	Phone        string
	Disabled     bool
	MustChange   bool
	PasswordHash string
	Failures     int64
	FailedAt     *time.Time
	LockedUntil  *time.Time
	ShutUntil    *time.Time
	Version      int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// grant is a line of the table grants; it converts to directory.Grant.
type grant struct {
	ID        string `bun:",pk"`
	PersonID  string
	Role      string
	UnitID    string
	UnitPath  string
	Level     string
	GivenBy   string
	CreatedAt time.Time
	OfficeID  string
}

// foldedPerson is a line of the table people with what searches compare.
type foldedPerson struct {
	bun.BaseModel `bun:"table:people,alias:person"`
	person
	folds
}

func foldPerson(p directory.Person) foldedPerson {
	f, _ := foldName(p.Name)
	return foldedPerson{person: person(p), folds: f}
}

func (r reader) Person(ctx context.Context, id string) (directory.Person, error) {
	var p person
	err := r.q.NewSelect().Model(&p).Where("id = ?", id).Scan(ctx)
	return directory.Person(p), one(err, "person")
}

func (t *tx) LockPerson(ctx context.Context, id string) (directory.Person, error) {
	var p person
	err := t.locked(t.q.NewSelect().Model(&p).Where("id = ?", id)).Scan(ctx)
	return directory.Person(p), one(err, "person")
}

func (r reader) PersonByAccount(ctx context.Context, account string) (directory.Person, bool, error) {
	m, err := r.PeopleByAccount(ctx, []string{directory.AccountKey(account)})
	p, ok := m[directory.AccountKey(account)]
	return p, ok, err
}

func (r reader) PeopleAfter(ctx context.Context, after string, limit int) ([]directory.Person, error) {
	return listAfter(ctx, r.q, after, limit, func(p person) directory.Person { return directory.Person(p) })
}

func (r reader) PeopleByID(ctx context.Context, ids []string) (map[string]directory.Person, error) {
	return byKey(ctx, r.q, "id", ids, func(p person) (string, directory.Person) { return p.ID, directory.Person(p) })
}

func (r reader) PeopleByAccount(ctx context.Context, keys []string) (map[string]directory.Person, error) {
	return byKey(ctx, r.q, "account_key", keys, func(p person) (string, directory.Person) { return p.AccountKey, directory.Person(p) })
}

func (r reader) People(ctx context.Context, f directory.PersonFilter) ([]directory.Person, error) {
	var rows []person
	q := scope.Where(r.q.NewSelect().Model(&rows), f.Reach, scope.Columns{UnitID: "unit_id", UnitPath: "unit_path", PersonID: "id"})
	if f.UnitID != "" {
		q = q.Where("unit_id = ?", f.UnitID)
	}
	if f.Under != "" {
		q = q.Where(between("unit_path"), f.Under, scope.End(f.Under))
	}
	if f.Disabled != nil {
		q = q.Where("disabled = ?", *f.Disabled)
	}
	q = search(q, "account_key", f.Query)
	if f.After != "" {
		q = q.Where("account_key > ?", f.After)
	}
	err := q.OrderExpr("account_key").Limit(f.Limit).Scan(ctx)
	ps := make([]directory.Person, len(rows))
	for i, x := range rows {
		ps[i] = directory.Person(x)
	}
	return ps, db.Translate(err)
}

func (r reader) Workforce(ctx context.Context, unitID string) (int64, error) {
	n, err := r.q.NewSelect().Model((*person)(nil)).Where("unit_id = ?", unitID).Where("disabled = ?", false).Count(ctx)
	return n, db.Translate(err)
}

func (r reader) AnyPerson(ctx context.Context) (bool, error) {
	ok, err := r.q.NewSelect().Model((*person)(nil)).Exists(ctx)
	return ok, db.Translate(err)
}

func (t *tx) InsertPeople(ctx context.Context, ps []directory.Person) error {
	rows := make([]foldedPerson, len(ps))
	for i, p := range ps {
		rows[i] = foldPerson(p)
	}
	_, err := t.tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (t *tx) UpdatePerson(ctx context.Context, p directory.Person) error {
	row := foldPerson(p)
	return must(t.tx.NewUpdate().Model(&row).WherePK().Exec(ctx))
}

func (r reader) Grant(ctx context.Context, id string) (directory.Grant, error) {
	var g grant
	err := r.q.NewSelect().Model(&g).Where("id = ?", id).Scan(ctx)
	return directory.Grant(g), one(err, "grant")
}

func (r reader) Grants(ctx context.Context, f directory.GrantFilter) ([]directory.Grant, error) {
	var rows []grant
	q := scope.Where(r.q.NewSelect().Model(&rows), f.Reach, scope.Columns{UnitID: "unit_id", UnitPath: "unit_path", PersonID: "person_id"})
	for column, v := range map[string]string{"person_id": f.PersonID, "unit_id": f.UnitID, "role": f.Role} {
		if v != "" {
			q = q.Where("? = ?", bun.Ident(column), v)
		}
	}
	err := q.Where("id > ?", f.After).OrderExpr("id").Limit(f.Limit).Scan(ctx)
	gs := make([]directory.Grant, len(rows))
	for i, x := range rows {
		gs[i] = directory.Grant(x)
	}
	return gs, db.Translate(err)
}

func (r reader) GrantsOf(ctx context.Context, personIDs []string) (map[string][]directory.Grant, error) {
	m := map[string][]directory.Grant{}
	if len(personIDs) == 0 {
		return m, nil
	}
	var rows []grant
	err := r.q.NewSelect().Model(&rows).Where("person_id IN (?)", bun.List(personIDs)).OrderExpr("id").Scan(ctx)
	for _, x := range rows {
		m[x.PersonID] = append(m[x.PersonID], directory.Grant(x))
	}
	return m, db.Translate(err)
}

func (r reader) Holders(ctx context.Context, role string) (int64, error) {
	n, err := r.q.NewSelect().Model((*grant)(nil)).Where("role = ?", role).
		Where("person_id IN (SELECT id FROM people WHERE disabled = ?)", false).Count(ctx)
	return n, db.Translate(err)
}

func (t *tx) InsertGrants(ctx context.Context, gs []directory.Grant) error {
	rows := make([]grant, len(gs))
	for i, g := range gs {
		rows[i] = grant(g)
	}
	_, err := t.tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (t *tx) DeleteGrant(ctx context.Context, id string) error {
	res, err := t.tx.NewDelete().Model((*grant)(nil)).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fault.Missing("grant")
}

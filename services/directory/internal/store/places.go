package store

import (
	"context"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// maxPlaces bounds the places that are kept of one person: so many that the
// account was used from, and so many that it was not.
const maxPlaces = 32

// place is a line of the table person_places; it converts to directory.Place.
type place struct {
	PersonID    string `bun:",pk"`
	Network     string `bun:",pk"`
	UsedAt      *time.Time
	Failures    int64
	FailedAt    *time.Time
	LockedUntil *time.Time
}

type placeRow struct {
	bun.BaseModel `bun:"table:person_places,alias:place"`
	place
}

func (r reader) Place(ctx context.Context, personID, network string) (directory.Place, error) {
	row := placeRow{place: place{PersonID: personID, Network: network}}
	err := r.q.NewSelect().Model(&row).WherePK().Scan(ctx)
	if db.NoRows(err) {
		err = nil
	}
	return directory.Place(row.place), db.Translate(err)
}

func (t *tx) PutPlace(ctx context.Context, at directory.Place) error {
	_, err := t.tx.NewInsert().Model(&placeRow{place: place(at)}).On("CONFLICT (person_id, network) DO UPDATE").
		Set("used_at = EXCLUDED.used_at, failures = EXCLUDED.failures, failed_at = EXCLUDED.failed_at, locked_until = EXCLUDED.locked_until").Exec(ctx)
	if err != nil {
		return err
	}
	kind, latest := "used_at IS NULL", "failed_at DESC"
	if at.UsedAt != nil {
		kind, latest = "used_at IS NOT NULL", "used_at DESC"
	}
	keep := t.tx.NewSelect().TableExpr("person_places").Column("network").Where("person_id = ?", at.PersonID).Where(kind).OrderExpr(latest).Limit(maxPlaces)
	_, err = t.tx.NewDelete().TableExpr("person_places").Where("person_id = ?", at.PersonID).Where(kind).Where("network NOT IN (?)", keep).Exec(ctx)
	return err
}

func (t *tx) UnlockPlaces(ctx context.Context, personID string) error {
	_, err := t.tx.NewUpdate().TableExpr("person_places").Set("failures = 0, failed_at = NULL, locked_until = NULL").
		Where("person_id = ?", personID).Where("failures > 0 OR locked_until IS NOT NULL").Exec(ctx)
	return err
}

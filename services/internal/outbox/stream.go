package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

const (
	// lost is how far back a new stream gets again what was sent to the one
	// before it: what some consumer had not taken yet is nearly always younger,
	// and whoever had it skips it. What is older, duban reconcile finds.
	lost = 24 * time.Hour
	// resendChunk is how many events a transaction marks to be sent once more.
	resendChunk = 1000
)

// streamRow is the line of the table outbox_streams about the stream that the
// events of this database went to.
type streamRow struct {
	bun.BaseModel `bun:"table:outbox_streams"`

	Name string `bun:",pk"`
	Born time.Time
}

// adopt looks whether the stream is still the one that events were sent to.
// When NATS has lost that one, what it held and some consumer may not have
// taken is sent once more. Several relays may do so at once; consumers take
// each event once.
func (r *Relay) adopt(ctx context.Context) error {
	born := r.bus.Born()
	if born.IsZero() || born.Equal(r.born) {
		return nil
	}
	known := streamRow{Name: event.Stream}
	err := r.db.Read().NewSelect().Model(&known).WherePK().Scan(ctx)
	if err != nil && !db.NoRows(err) {
		return fmt.Errorf("read which stream events went to: %w", err)
	}
	if err == nil && known.Born.Equal(born) {
		r.born = born
		return nil
	}
	if err == nil {
		n, err := r.resendLost(ctx)
		if err != nil {
			return fmt.Errorf("send again what a lost stream held: %w", err)
		}
		r.log.Warn("outbox: the stream is a new one; what the lost one was sent within a day is sent again", "events", n)
	}
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&streamRow{Name: event.Stream, Born: born}).
			On("CONFLICT (name) DO UPDATE").Set("born = EXCLUDED.born").Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("note which stream events go to: %w", err)
	}
	r.born = born
	return nil
}

func (r *Relay) resendLost(ctx context.Context) (int64, error) {
	until := time.Now().UTC()
	total := int64(0)
	for {
		var n int64
		err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			of := tx.NewSelect().Model((*row)(nil)).Column("id").
				Where("sent_at > ?", until.Add(-lost)).Where("sent_at <= ?", until).OrderExpr("id").Limit(resendChunk)
			res, err := tx.NewUpdate().Model((*row)(nil)).Set("sent_at = NULL").Set("resent = resent + 1").Where("id IN (?)", of).Exec(ctx)
			if err != nil {
				return err
			}
			db.Did(ctx, appended)
			n, err = res.RowsAffected()
			return err
		})
		total += n
		if err != nil || n < resendChunk {
			return total, err
		}
	}
}

// Backlog is what waits for publication.
type Backlog struct {
	Events int64
	Since  time.Time // when the oldest of them was made; zero when there is none
}

// Waiting tells what waits for publication.
func Waiting(ctx context.Context, d *db.DB) (Backlog, error) {
	var b Backlog
	var err error
	if b.Events, err = d.Read().NewSelect().Model((*row)(nil)).Where("sent_at IS NULL").Count(ctx); err != nil || b.Events == 0 {
		return b, err
	}
	var first row
	err = d.Read().NewSelect().Model(&first).Column("created_at").Where("sent_at IS NULL").OrderExpr("id").Limit(1).Scan(ctx)
	if db.NoRows(err) {
		return Backlog{}, nil // published meanwhile
	}
	b.Since = first.CreatedAt
	return b, err
}

package inbox

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/uptrace/bun"
)

// DeadLetter is an event a consumer could not take.
type DeadLetter struct {
	bun.BaseModel `bun:"table:dead_letters" json:"-"`

	ID         string     `bun:",pk" json:"id"`
	Consumer   string     `json:"consumer"`
	EventID    string     `json:"event_id"`
	Type       event.Type `json:"type"`
	Payload    string     `json:"-"`
	Reason     string     `json:"reason"`
	Deliveries int        `json:"deliveries"`
	CreatedAt  time.Time  `json:"created_at"`
	RetriedAt  *time.Time `json:"retried_at,omitempty"`
}

func (r *Runner) bury(ctx context.Context, c Consumer, data []byte, why error, deliveries int) error {
	var e event.Event
	_ = json.Unmarshal(data, &e)
	e.ID, e.Type = storable(e.ID), event.Type(storable(string(e.Type)))
	if e.ID == "" {
		e.ID = id.New()
	}
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&DeadLetter{
			ID: id.New(), Consumer: c.Name, EventID: e.ID, Type: e.Type, Payload: storable(string(data)),
			Reason: storable(why.Error()), Deliveries: deliveries, CreatedAt: time.Now().UTC(),
		}).On("CONFLICT (consumer, event_id) DO UPDATE").
			Set("reason = EXCLUDED.reason").Set("deliveries = EXCLUDED.deliveries").Set("retried_at = NULL").Exec(ctx)
		return err
	})
}

// storable replaces what no text column takes: whatever is wrong with an event,
// it must be possible to set it aside.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// DeadLetters lists what was set aside and not retried since, oldest first.
func DeadLetters(ctx context.Context, d *db.DB, limit int64) ([]DeadLetter, error) {
	var ls []DeadLetter
	err := d.Read().NewSelect().Model(&ls).Where("retried_at IS NULL").OrderExpr("id").Limit(limit).Scan(ctx)
	return ls, err
}

// Retry handles a dead letter again, now. When it fails again the error says
// why and the letter stays.
func (r *Runner) Retry(ctx context.Context, letterID string) error {
	var l DeadLetter
	if err := r.db.Read().NewSelect().Model(&l).Where("id = ?", letterID).Scan(ctx); err != nil {
		if db.NoRows(err) {
			return fault.Missing("dead letter")
		}
		return err
	}
	for _, c := range r.consumers {
		if c.Name != l.Consumer {
			continue
		}
		return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			if err := r.effect(ctx, tx, c, []byte(l.Payload)); err != nil {
				return err
			}
			_, err := tx.NewUpdate().Model((*DeadLetter)(nil)).Set("retried_at = ?", time.Now().UTC()).Where("id = ?", l.ID).Exec(ctx)
			return err
		})
	}
	return fault.New(fault.Conflict, "consumer_gone", "The consumer %s no longer exists.", l.Consumer)
}

// Dead tells which of the event ids the consumer has set aside.
func Dead(ctx context.Context, d *db.DB, consumer string, ids []string) (map[string]bool, error) {
	return among(ctx, d, (*DeadLetter)(nil), consumer, ids)
}

// Package outbox keeps events together with the change that caused them, and
// publishes them afterwards: what was committed is published, once or, after
// a crash, more than once, and nothing else ever is.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/id"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/uptrace/bun"
)

// batch is how many events are published before the acknowledgements of all
// of them are awaited. Those of a fan-out are 200 kB each, and it may run ahead.
const batch = 64

// linger is the least time from one publication to the next, and busyLinger
// that after one of several events: under load more events then share one, and
// the note that they were sent.
const (
	linger     = 3 * time.Millisecond
	busyLinger = 10 * time.Millisecond
	several    = 8
)

// anyway is how often a relay looks that nobody has woken.
const anyway = time.Minute

// row is a line of the table outbox.
type row struct {
	bun.BaseModel `bun:"table:outbox"`

	ID        string     `bun:",pk"`
	Type      event.Type `bun:""`
	Payload   string
	CreatedAt time.Time
	SentAt    *time.Time
	// Resent counts how often it is sent once more. What is sent once more has
	// an id of its own for NATS, which drops what it has had of late.
	Resent int
}

func (r row) messageID() string {
	if r.Resent == 0 {
		return r.ID
	}
	return r.ID + "." + strconv.Itoa(r.Resent)
}

// Append stores events inside the transaction that made them true.
func Append(ctx context.Context, tx bun.Tx, events ...event.Event) error {
	if len(events) == 0 {
		return nil
	}
	rows := make([]row, len(events))
	for i, e := range events {
		if e.RequestID == "" {
			e.RequestID = id.Request(ctx)
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("append event %s: %w", e.Type, err)
		}
		rows[i] = row{ID: e.ID, Type: e.Type, Payload: string(raw), CreatedAt: e.Time}
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	db.Did(ctx, appended)
	return nil
}

// appended is what a transaction did that left events to publish. Only it
// wakes the relay: whose own commits would wake it never rests.
const appended = "outbox"

// Relay publishes what Append stored. Several may run on one PostgreSQL
// database; they share the work.
type Relay struct {
	db   *db.DB
	bus  *bus.Bus
	log  *slog.Logger
	wake chan struct{}
	born time.Time // the stream that what was sent is known to have gone to
}

// NewRelay makes the relay of one service's database; Run works it.
func NewRelay(d *db.DB, b *bus.Bus, log *slog.Logger) *Relay {
	r := &Relay{db: d, bus: b, log: log, wake: make(chan struct{}, 1)}
	d.OnDid(appended, r.Wake)
	// What a process that died has left, or one that is no server has appended.
	d.Await("outbox", "sent_at IS NULL", r.Wake)
	return r
}

// Wake has the relay look for unsent events now.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run publishes until ctx ends. While NATS is away it tries again, ever more
// slowly up to two seconds; nothing is lost meanwhile.
func (r *Relay) Run(ctx context.Context) {
	tick := time.NewTicker(anyway)
	defer tick.Stop()
	prune := time.NewTicker(time.Hour)
	defer prune.Stop()
	wait := 50 * time.Millisecond
	refused := 0 // how often in a row NATS was there and took nothing
	var last time.Time
	rest := linger
	for {
		time.Sleep(rest - time.Since(last))
		renewed := r.bus.Renewed()
		n, err := 0, r.adopt(ctx)
		if err == nil {
			n, err = r.Flush(ctx)
		}
		if last, rest = time.Now(), linger; n >= several && n < batch {
			rest = busyLinger
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.log.Warn("outbox: not published, will try again", "error", err)
			r.bus.Doubt()
			if refused++; !errors.Is(err, errRefused) {
				refused = 0
			}
			if refused > 1 {
				if err := r.bus.Revive(); err != nil {
					r.log.Error("outbox: the embedded nats does not come back, will try again", "error", err)
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			wait = min(wait*2, 2*time.Second)
			continue
		}
		wait, refused = 50*time.Millisecond, 0
		if n == batch {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-renewed:
		case <-tick.C:
		case <-prune.C:
			if err := r.prune(ctx); err != nil {
				r.log.Warn("outbox: prune", "error", err)
			}
		}
	}
}

// Flush publishes one batch of unsent events and tells how many it was.
func (r *Relay) Flush(ctx context.Context) (int, error) {
	if r.db.Engine == db.Postgres {
		n := 0
		err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			var err error
			n, err = r.flush(ctx, tx, func(ctx context.Context, f func(context.Context, bun.Tx) error) error { return f(ctx, tx) })
			return err
		})
		return n, err
	}
	// On SQLite the writer is not held while waiting for NATS: there is one
	// relay only, so nobody else can take the same rows.
	return r.flush(ctx, r.db.Read(), r.db.InTx)
}

func (r *Relay) flush(ctx context.Context, q bun.IDB, inTx func(context.Context, func(context.Context, bun.Tx) error) error) (int, error) {
	var rows []row
	sel := q.NewSelect().Model(&rows).Column("id", "type", "payload", "resent").Where("sent_at IS NULL").OrderExpr("id").Limit(batch)
	if r.db.Engine == db.Postgres {
		sel = sel.For("UPDATE SKIP LOCKED")
	}
	if err := sel.Scan(ctx); err != nil || len(rows) == 0 {
		return 0, err
	}
	if err := r.bus.EnsureStream(ctx); err != nil {
		return 0, err
	}
	sent, perr := r.publish(ctx, rows)
	if len(sent) > 0 {
		err := inTx(context.WithoutCancel(ctx), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewUpdate().Model((*row)(nil)).Set("sent_at = ?", time.Now().UTC()).
				Where("id IN (SELECT value FROM ?)", db.Each(tx, sent)).Exec(ctx)
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("mark sent: %w", err)
		}
	}
	if perr != nil && r.bus.Connected() {
		perr = fmt.Errorf("%w: %w", errRefused, perr)
	}
	return len(rows), perr
}

var errRefused = errors.New("nats is there and takes no events")

// A server that syncs every message does so once for an atomic batch, but syncs
// eight times or so for the files in which it collects one. What is too little to
// be worth that, or too large for it, goes singly.
const (
	leastAtomic = 8
	mostAtomic  = 2 << 20 // bytes
)

// atomically publishes all rows, or none, in which case it says why. A batch
// is refused whole when the stream has one of its events already.
func (r *Relay) atomically(ctx context.Context, rows []row) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, batchID := r.bus.JetStream().Conn(), id.New()
	for i, x := range rows {
		m := nats.NewMsg(x.Type.Subject())
		m.Data = []byte(x.Payload)
		m.Header.Set(jetstream.MsgIDHeader, x.messageID())
		m.Header.Set("Nats-Batch-Id", batchID)
		m.Header.Set("Nats-Batch-Sequence", strconv.Itoa(i+1))
		if i < len(rows)-1 {
			if err := conn.PublishMsg(m); err != nil {
				return err
			}
			continue
		}
		m.Header.Set("Nats-Batch-Commit", "1")
		reply, err := conn.RequestMsgWithContext(ctx, m)
		if err != nil {
			return err
		}
		var ack struct {
			Count int                 `json:"count"`
			Error *jetstream.APIError `json:"error"`
		}
		if err := json.Unmarshal(reply.Data, &ack); err != nil {
			return err
		}
		if ack.Error != nil {
			return ack.Error
		}
		if ack.Count != len(rows) {
			return fmt.Errorf("%d of a batch of %d were stored", ack.Count, len(rows))
		}
	}
	return nil
}

func (r *Relay) publish(ctx context.Context, rows []row) (sent []string, err error) {
	size := 0
	for _, x := range rows {
		size += len(x.Payload)
	}
	if len(rows) >= leastAtomic && size <= mostAtomic {
		err := r.atomically(ctx, rows)
		if err == nil {
			for _, x := range rows {
				sent = append(sent, x.ID)
			}
			return sent, nil
		}
		r.log.Debug("outbox: the batch was refused, its events go singly", "error", err)
	}
	acks := make([]jetstream.PubAckFuture, 0, len(rows))
	js := r.bus.JetStream()
	for _, x := range rows {
		f, err := js.PublishMsgAsync(&nats.Msg{Subject: x.Type.Subject(), Data: []byte(x.Payload)},
			jetstream.WithMsgID(x.messageID()), jetstream.WithStallWait(2*time.Second))
		if err != nil {
			break
		}
		acks = append(acks, f)
	}
	timeout := time.NewTimer(10 * time.Second)
	defer timeout.Stop()
	for i, f := range acks {
		select {
		case <-f.Ok():
			sent = append(sent, rows[i].ID)
		case e := <-f.Err():
			err = errors.Join(err, e)
		case <-timeout.C:
			return sent, errors.New("no acknowledgement within 10 s")
		case <-ctx.Done():
			return sent, ctx.Err()
		}
	}
	if err == nil && len(acks) < len(rows) {
		err = errors.New("nats does not take messages")
	}
	return sent, err
}

// prune forgets events the stream has forgotten too.
func (r *Relay) prune(ctx context.Context) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*row)(nil)).Where("sent_at < ?", time.Now().UTC().Add(-bus.Retention)).Exec(ctx)
		return err
	})
}

// Resend has events published again, all since a time or those with the given
// ids; consumers that had them skip them. It returns how many.
func Resend(ctx context.Context, d *db.DB, ids []string) (int64, error) {
	var n int64
	err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewUpdate().Model((*row)(nil)).Set("sent_at = NULL").Set("resent = resent + 1").Where("id IN (?)", bun.List(ids)).Exec(ctx)
		if err != nil {
			return err
		}
		db.Did(ctx, appended)
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Past is an event that was published.
type Past struct {
	ID   string
	Type event.Type
}

// Span is a time from Since until Before.
type Span struct{ Since, Before time.Time }

// Sent lists the events made in a span, ascending by id and starting after the
// id given; for reconciliation.
func Sent(ctx context.Context, d *db.DB, span Span, after string, limit int64) ([]Past, error) {
	var rows []row
	err := d.Read().NewSelect().Model(&rows).Column("id", "type").
		Where("sent_at IS NOT NULL").Where("created_at >= ?", span.Since).Where("created_at < ?", span.Before).Where("id > ?", after).
		OrderExpr("id").Limit(limit).Scan(ctx)
	past := make([]Past, len(rows))
	for i, r := range rows {
		past[i] = Past{ID: r.ID, Type: r.Type}
	}
	return past, err
}

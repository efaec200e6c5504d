// Package inbox consumes events so that each takes effect exactly once: the
// effect and the note that it was taken commit together, and only then is the
// event acknowledged.
package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/uptrace/bun"
	"golang.org/x/sync/semaphore"
)

const (
	// window bounds the unacknowledged events of a consumer.
	window = 64
	// windowBytes bounds them too, because a few hundred assignments come in
	// one event: it must be more than the largest event, which is what NATS
	// takes at most (see bus.MaxEvent).
	windowBytes = bus.MaxEvent + 1<<20
	// maxFailures is how often a handler may fail on an event before the
	// event is set aside, so that it does not hold up the others.
	maxFailures = 6
	// share and sqliteShare bound the bytes of the events that share a
	// transaction, of which there is always one: on SQLite other writers wait.
	share       = 1 << 20
	sqliteShare = 64 << 10
	// waiting bounds the bytes of the events that wait in memory for a consumer.
	waiting = 1 << 20
	// linger is the least time from one transaction to the next, and busyLinger
	// that after one of several events: under load more events then share one,
	// and its fsync, which the commands wait for too. Who comes alone never waits.
	linger     = 5 * time.Millisecond
	busyLinger = 20 * time.Millisecond
	// several is from how many events on a transaction tells of load.
	several = 8
	// ackWait is also how long what a crash has interrupted waits to be taken again.
	ackWait = 10 * time.Second
)

// muchData is from how many bytes of events on a transaction waits for its turn
// (see bus.Bulk): a chunk of a fan-out, not what people do one by one.
const muchData = 64 << 10

// Consumer takes effect of some event types in a service's own tables.
type Consumer struct {
	// Name is unique in the installation and stays for ever: <service>-<what>.
	Name string
	// Types that are consumed; empty means all.
	Types []event.Type
	// Handle changes the service's tables inside tx. An error undoes what it
	// did and has the event come again; see Later and Poison.
	Handle func(ctx context.Context, tx bun.Tx, e event.Event) error
	// HandleAll does the same for several events in their order, where together
	// they cost less than one by one. A consumer has either.
	HandleAll func(ctx context.Context, tx bun.Tx, es []event.Event) error
}

// Take takes effect of events, of which none was taken before. An error says
// which event it is about where that is known.
func (c Consumer) Take(ctx context.Context, tx bun.Tx, es ...event.Event) error {
	if c.HandleAll != nil {
		if len(es) == 0 {
			return nil
		}
		if err := c.HandleAll(ctx, tx, es); err != nil {
			return fmt.Errorf("%d events from %s %s: %w", len(es), es[0].Type, es[0].ID, err)
		}
		return nil
	}
	for _, e := range es {
		if err := c.Handle(ctx, tx, e); err != nil {
			return fmt.Errorf("%s %s: %w", e.Type, e.ID, err)
		}
	}
	return nil
}

var (
	errLater  = errors.New("not yet")
	errPoison = errors.New("poison")
)

// Later is what Handle returns when something the event builds on has not
// arrived yet: it comes again, and is set aside only after some minutes.
func Later(what string) error { return fmt.Errorf("%w: %s", errLater, what) }

// Poison is what Handle returns for an event that can never take effect.
func Poison(err error) error { return fmt.Errorf("%w: %w", errPoison, err) }

// taken is a line of the table inbox.
type taken struct {
	bun.BaseModel `bun:"table:inbox"`

	Consumer string    `bun:",pk"`
	EventID  string    `bun:",pk"`
	TakenAt  time.Time `bun:""`
}

// Once notes that consumer takes the events and tells which of them it takes
// for the first time; for the others the handler must do nothing.
func Once(ctx context.Context, tx bun.Tx, consumer string, eventIDs ...string) (map[string]bool, error) {
	var ids []string
	err := tx.NewRaw("INSERT INTO inbox (consumer, event_id, taken_at) SELECT ?, value, ? FROM ? WHERE true ON CONFLICT DO NOTHING RETURNING event_id",
		consumer, time.Now().UTC(), db.Each(tx, eventIDs)).Scan(ctx, &ids)
	if err != nil && !db.NoRows(err) {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	first := make(map[string]bool, len(ids))
	for _, x := range ids {
		first[x] = true
	}
	return first, nil
}

// Runner works the consumers of one service.
type Runner struct {
	db        *db.DB
	bus       *bus.Bus
	log       *slog.Logger
	consumers []Consumer
	older     func(context.Context) error
}

// NewRunner makes a runner; Run works it.
func NewRunner(d *db.DB, b *bus.Bus, log *slog.Logger, consumers ...Consumer) *Runner {
	return &Runner{db: d, bus: b, log: log, consumers: consumers, older: func(context.Context) error { return nil }}
}

// OnOlder has f called when the database is found not to have what the service had
// taken: it was restored from an older copy. Before Run.
func (r *Runner) OnOlder(f func(context.Context) error) { r.older = f }

// Run consumes until ctx ends. While NATS is away it waits.
func (r *Runner) Run(ctx context.Context) {
	done := make(chan struct{})
	for _, c := range r.consumers {
		go func() {
			defer func() { done <- struct{}{} }()
			wait := 50 * time.Millisecond
			for ctx.Err() == nil {
				started := time.Now()
				if err := r.consume(ctx, c); err != nil && ctx.Err() == nil {
					r.log.Warn("consumer: stopped, will start again", "consumer", c.Name, "error", err)
				}
				if time.Since(started) > 10*time.Second {
					wait = 50 * time.Millisecond
				}
				select {
				case <-ctx.Done():
				case <-time.After(wait):
				}
				wait = min(wait*2, 2*time.Second)
			}
		}()
	}
	prune := time.NewTicker(time.Hour)
	defer prune.Stop()
	for left := len(r.consumers); left > 0; {
		select {
		case <-done:
			left--
		case <-prune.C:
			if err := r.prune(ctx); err != nil {
				r.log.Warn("inbox: prune", "error", err)
			}
		}
	}
}

func (r *Runner) consume(ctx context.Context, c Consumer) error {
	renewed := r.bus.Renewed()
	if err := r.bus.EnsureStream(ctx); err != nil {
		return err
	}
	subjects := make([]string, len(c.Types))
	for i, t := range c.Types {
		subjects[i] = t.Subject()
	}
	setup, cancel := context.WithTimeout(ctx, 10*time.Second)
	cons, err := r.bus.JetStream().CreateOrUpdateConsumer(setup, event.Stream, jetstream.ConsumerConfig{
		Durable: c.Name, FilterSubjects: subjects, AckPolicy: jetstream.AckExplicitPolicy,
		DeliverPolicy: jetstream.DeliverAllPolicy, MaxAckPending: window, AckWait: ackWait,
		// Without limit: a crash counts as a delivery, and a crash loop must
		// not bury good events. Failures are judged here instead.
		MaxDeliver: -1,
	})
	cancel()
	if err != nil {
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			r.bus.Doubt()
		}
		return fmt.Errorf("consumer %s: %w", c.Name, err)
	}
	if older, err := r.isOlder(ctx, c, cons.CachedInfo().AckFloor.Stream); err != nil {
		r.log.Debug("consumer: cannot tell whether the database is older", "consumer", c.Name, "error", err)
	} else if older {
		r.log.Warn("consumer: the database lacks what was taken; it was restored from an older copy, see duban reconcile", "consumer", c.Name)
		if err := r.older(ctx); err != nil {
			return err
		}
	}
	msgs := make(chan jetstream.Msg, window)
	room := semaphore.NewWeighted(waiting)
	failed := make(chan error, 1)
	ctx, over := context.WithCancel(ctx)
	defer over()
	cc, err := cons.Consume(func(m jetstream.Msg) {
		// The chunks of a fan-out wait with NATS, not here: 64 of them are 16 MB
		// for each consumer.
		if room.Acquire(ctx, weight(m)) != nil {
			return
		}
		select {
		case msgs <- m:
		case <-ctx.Done():
		}
	},
		jetstream.PullMaxMessagesWithBytesLimit(window, windowBytes), jetstream.PullHeartbeat(5*time.Second), jetstream.PullExpiry(30*time.Second),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrNoHeartbeat) {
				select {
				case failed <- err:
				default:
				}
			}
		}))
	if err != nil {
		return fmt.Errorf("consumer %s: %w", c.Name, err)
	}
	defer cc.Stop()
	var last time.Time
	rest := linger
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			r.bus.Doubt()
			return err
		case <-renewed:
			return nil // with the stream went the consumer
		case m := <-msgs:
			time.Sleep(rest - time.Since(last))
			batch := []jetstream.Msg{m}
			for more := true; more && len(batch) < window; {
				select {
				case m := <-msgs:
					batch = append(batch, m)
				default:
					more = false
				}
			}
			r.take(ctx, c, batch)
			for _, m := range batch {
				room.Release(weight(m))
			}
			if last, rest = time.Now(), linger; len(batch) >= several {
				rest = busyLinger
			}
		}
	}
}

// isOlder tells whether the database lacks the last event that NATS knows the
// consumer to have taken: an event is acknowledged only after its commit.
func (r *Runner) isOlder(ctx context.Context, c Consumer, seq uint64) (bool, error) {
	if seq == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, err := r.bus.JetStream().Stream(ctx, event.Stream)
	if err != nil {
		return false, err
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var e event.Event
	if err := json.Unmarshal(m.Data, &e); err != nil || len(c.Types) > 0 && !slices.Contains(c.Types, e.Type) {
		return false, nil //nolint:nilerr // it is in no inbox anyway
	}
	taken, err := Taken(ctx, r.db, c.Name, []string{e.ID})
	if err != nil || taken[e.ID] {
		return false, err
	}
	dead, err := Dead(ctx, r.db, c.Name, []string{e.ID})
	return err == nil && !dead[e.ID], err
}

// weight is what an event takes of the room, which one alone may fill.
func weight(m jetstream.Msg) int64 { return min(int64(len(m.Data())), waiting) }

// take handles a batch in as few transactions as its size allows. When one
// event fails its whole transaction is undone, and the events of it are
// handled again one by one.
func (r *Runner) take(ctx context.Context, c Consumer, batch []jetstream.Msg) {
	for len(batch) > 0 && ctx.Err() == nil {
		most := share
		if r.db.Engine == db.SQLite {
			most = sqliteShare
		}
		n, size, data := 0, 0, [][]byte{}
		for ; n < len(batch) && (n == 0 || size+len(batch[n].Data()) <= most); n++ {
			size += len(batch[n].Data())
			data = append(data, batch[n].Data())
		}
		var err error
		handle := func() { err = r.handle(ctx, c, data...) }
		if size > muchData {
			r.bus.Bulk(handle)
		} else {
			handle()
		}
		if err == nil {
			r.ack(batch[:n])
		} else {
			for _, m := range batch[:n] {
				r.alone(ctx, c, m)
			}
		}
		batch = batch[n:]
	}
}

// handle takes effect of events in one transaction.
func (r *Runner) handle(ctx context.Context, c Consumer, data ...[]byte) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return r.effect(ctx, tx, c, data...) })
}

func (r *Runner) alone(ctx context.Context, c Consumer, m jetstream.Msg) {
	err := r.handle(ctx, c, m.Data())
	if err == nil {
		r.ack([]jetstream.Msg{m})
		return
	}
	deliveries := 1
	if md, merr := m.Metadata(); merr == nil {
		deliveries = int(md.NumDelivered)
	}
	limit := maxFailures
	switch {
	case ctx.Err() != nil || fault.Is(err, fault.Unavailable):
		limit = 1 << 30 // not the event's fault
	case errors.Is(err, errPoison):
		limit = 0
	case errors.Is(err, errLater):
		limit = 40
	}
	if deliveries < limit {
		delay := min(50*time.Millisecond<<min(deliveries, 8), 10*time.Second)
		r.log.Debug("consumer: event comes again", "consumer", c.Name, "error", err, "deliveries", deliveries)
		if err := m.NakWithDelay(delay); err != nil {
			r.log.Warn("consumer: nak", "consumer", c.Name, "error", err)
		}
		return
	}
	if berr := r.bury(ctx, c, m.Data(), err, deliveries); berr != nil {
		r.log.Error("consumer: cannot set event aside", "consumer", c.Name, "error", berr)
		return // it comes again after ackWait
	}
	r.log.Error("consumer: event set aside, see dead letters", "consumer", c.Name, "error", err, "deliveries", deliveries)
	if err := m.TermWithReason("dead letter"); err != nil {
		r.log.Warn("consumer: term", "consumer", c.Name, "error", err)
	}
}

func (r *Runner) effect(ctx context.Context, tx bun.Tx, c Consumer, data ...[]byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	events, ids := make([]event.Event, len(data)), make([]string, len(data))
	for i, raw := range data {
		if err := json.Unmarshal(raw, &events[i]); err != nil {
			return Poison(fmt.Errorf("not an event: %w", err))
		}
		if ids[i] = events[i].ID; ids[i] == "" || events[i].SpecVersion != "1.0" {
			return Poison(errors.New("not a CloudEvents 1.0 envelope"))
		}
	}
	first, err := Once(ctx, tx, c.Name, ids...)
	if err != nil {
		return err
	}
	fresh := events[:0]
	for _, e := range events {
		if first[e.ID] {
			delete(first, e.ID) // it may be there twice
			fresh = append(fresh, e)
		}
	}
	return c.Take(ctx, tx, fresh...)
}

func (r *Runner) ack(batch []jetstream.Msg) {
	for _, m := range batch {
		if err := m.Ack(); err != nil {
			// It comes again and the inbox skips it.
			r.log.Debug("consumer: ack", "error", err)
		}
	}
}

// Taken tells which of the event ids the consumer has taken.
func Taken(ctx context.Context, d *db.DB, consumer string, ids []string) (map[string]bool, error) {
	return among(ctx, d, (*taken)(nil), consumer, ids)
}

// among tells which of the event ids a consumer has in the table of a model.
func among(ctx context.Context, d *db.DB, model any, consumer string, ids []string) (map[string]bool, error) {
	var got []string
	err := d.Read().NewSelect().Model(model).Column("event_id").
		Where("consumer = ?", consumer).Where("event_id IN (?)", bun.List(ids)).Scan(ctx, &got)
	if err != nil {
		return nil, err
	}
	m := make(map[string]bool, len(got))
	for _, x := range got {
		m[x] = true
	}
	return m, nil
}

// Consumers returns what the runner consumes.
func (r *Runner) Consumers() []Consumer { return r.consumers }

// prune forgets events that can no longer come again.
func (r *Runner) prune(ctx context.Context) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*taken)(nil)).Where("taken_at < ?", time.Now().UTC().Add(-bus.Retention-24*time.Hour)).Exec(ctx)
		return err
	})
}

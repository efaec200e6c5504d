package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/nats-io/nats.go/jetstream"
)

// settle is how old an event must be before reconciliation expects it to have
// arrived everywhere. What is under way for longer is sent once more, which
// does no harm.
const settle = 5 * time.Second

// offline opens the databases and makes the services without NATS, for
// commands that look at the data; the server may be running meanwhile.
func offline(ctx context.Context, cfg Config) ([]*unit, func(), error) {
	if cfg.DatabaseURL == "" {
		for _, name := range cfg.Names() {
			if _, err := os.Stat(filepath.Join(cfg.Data, name+".db")); err != nil {
				return nil, nil, fmt.Errorf("there is no database of %s in %s: is that the data folder?", name, cfg.Data)
			}
		}
	}
	units, err := open(ctx, cfg, false)
	if err != nil {
		return nil, nil, err
	}
	done := func() {
		for _, u := range units {
			_ = u.db.Close()
		}
	}
	for _, u := range units {
		if n, err := u.db.Pending(ctx, u.name); err != nil || n > 0 {
			done()
			return nil, nil, errors.Join(err, fmt.Errorf("%d migrations of %s wait: run duban migrate first", n, u.name))
		}
	}
	engine, err := policy.New()
	if err == nil {
		err = build(units, cfg, engine, nil, slog.New(slog.DiscardHandler))
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return units, done, nil
}

// Check verifies in every service what must always hold, and that the
// services agree with each other. It writes a sentence for each breach and
// returns how many there are. At a moment when events are under way,
// differences between services are to be expected.
func Check(ctx context.Context, cfg Config, repair bool, w io.Writer) (int, error) {
	units, done, err := offline(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer done()
	breaches := 0
	tell := func(service, what string) {
		breaches++
		fmt.Fprintf(w, "%-14s %s\n", service, what)
	}
	for _, u := range units {
		found, err := u.svc.Check(ctx, repair)
		if err != nil {
			return breaches, fmt.Errorf("check %s: %w", u.name, err)
		}
		for _, f := range found {
			tell(u.name, f)
		}
		ls, err := inbox.DeadLetters(ctx, u.db, 1000)
		if err != nil {
			return breaches, err
		}
		if len(ls) > 0 {
			tell(u.name, fmt.Sprintf("%d events could not be taken; see its dead letters", len(ls)))
		}
		b, err := outbox.Waiting(ctx, u.db)
		if err != nil {
			return breaches, err
		}
		if b.Events > 0 {
			fmt.Fprintf(w, "%-14s note: %d events wait for publication, the oldest for %s\n", u.name, b.Events, age(b).Round(time.Second))
		}
	}
	ds, err := differences(ctx, units)
	for _, d := range ds {
		tell(d.copier, fmt.Sprintf("%s: %d here, %d at its owner", d.key, d.copied, d.owned))
	}
	return breaches, err
}

// difference is a key under which an owner and those who keep copies count
// differently.
type difference struct {
	key, copier   string
	owned, copied int64
}

// differences compares owners with copies, by key. Only all services together
// can be compared; of some of them there are none.
func differences(ctx context.Context, units []*unit) ([]difference, error) {
	if len(units) < len(migrations.Services) {
		return nil, nil
	}
	owned, copied := map[string]int64{}, map[string]int64{}
	copier := ""
	for _, u := range units {
		if o, ok := u.svc.(module.Owner); ok {
			if err := add(ctx, owned, o.Owned); err != nil {
				return nil, fmt.Errorf("count %s: %w", u.name, err)
			}
		}
		if c, ok := u.svc.(module.Copier); ok {
			copier = u.name
			if err := add(ctx, copied, c.Copied); err != nil {
				return nil, fmt.Errorf("count %s: %w", u.name, err)
			}
		}
	}
	var ds []difference
	for _, k := range slices.Sorted(maps.Keys(union(owned, copied))) {
		if owned[k] != copied[k] {
			ds = append(ds, difference{k, copier, owned[k], copied[k]})
		}
	}
	return ds, nil
}

func add(ctx context.Context, sum map[string]int64, count func(context.Context) (map[string]int64, error)) error {
	m, err := count(ctx)
	for k, n := range m {
		sum[k] += n
	}
	return err
}

func union(a, b map[string]int64) map[string]int64 {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// Reconcile compares what every service published with what every consumer
// took, and has events published again that a consumer lacks; where a copy
// counts differently from its owner, the owner tells those things again. It
// returns how many events and things. Consumers skip what they have had, so
// running it is always safe, and once is enough.
func Reconcile(ctx context.Context, cfg Config, w io.Writer) (int, error) {
	units, done, err := offline(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer done()
	total := 0
	now := time.Now().UTC()
	for _, from := range units {
		missing := 0
		after := ""
		for {
			past, err := outbox.Sent(ctx, from.db, outbox.Span{Since: now.Add(-bus.Retention), Before: now.Add(-settle)}, after, 500)
			if err != nil {
				return total, fmt.Errorf("read outbox of %s: %w", from.name, err)
			}
			if len(past) == 0 {
				break
			}
			after = past[len(past)-1].ID
			again, err := lacking(ctx, units, past)
			if err != nil {
				return total, err
			}
			if len(again) > 0 {
				if _, err := outbox.Resend(ctx, from.db, again); err != nil {
					return total, fmt.Errorf("resend from %s: %w", from.name, err)
				}
				missing += len(again)
			}
		}
		fmt.Fprintf(w, "%-14s %d events are published again\n", from.name, missing)
		total += missing
	}
	told, err := tellAgain(ctx, units, w)
	return total + told, err
}

// tellAgain has owners tell what a copy took at a time when less of it was
// counted. It returns how many things they told.
func tellAgain(ctx context.Context, units []*unit, w io.Writer) (int, error) {
	ds, err := differences(ctx, units)
	if err != nil || len(ds) == 0 {
		return 0, err
	}
	keys := make([]string, len(ds))
	for i, d := range ds {
		keys[i] = d.key
	}
	total := 0
	for _, u := range units {
		if t, ok := u.svc.(module.Teller); ok {
			n, err := t.TellAgain(ctx, keys)
			if err != nil {
				return total, fmt.Errorf("tell again from %s: %w", u.name, err)
			}
			fmt.Fprintf(w, "%-14s %d things are told again\n", u.name, n)
			total += n
		}
	}
	return total, nil
}

// lacking tells which of the events some consumer should have taken and has not.
func lacking(ctx context.Context, units []*unit, past []outbox.Past) ([]string, error) {
	lack := map[string]bool{}
	for _, to := range units {
		for _, c := range to.consumers() {
			var ids []string
			for _, p := range past {
				if len(c.Types) == 0 || slices.Contains(c.Types, p.Type) {
					ids = append(ids, p.ID)
				}
			}
			if len(ids) == 0 {
				continue
			}
			taken, err := inbox.Taken(ctx, to.db, c.Name, ids)
			if err != nil {
				return nil, fmt.Errorf("read inbox of %s: %w", to.name, err)
			}
			dead, err := inbox.Dead(ctx, to.db, c.Name, ids)
			if err != nil {
				return nil, fmt.Errorf("read dead letters of %s: %w", to.name, err)
			}
			for _, id := range ids {
				if !taken[id] && !dead[id] {
					lack[id] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(lack)), nil
}

// Migrate brings every database up to date.
func Migrate(ctx context.Context, cfg Config, w io.Writer) error {
	units, err := open(ctx, cfg, false)
	if err != nil {
		return err
	}
	for _, u := range units {
		defer u.db.Close()
	}
	for _, u := range units {
		applied, err := u.db.Migrate(ctx, u.name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-14s %d migrations applied\n", u.name, len(applied))
	}
	return nil
}

// Doctor looks at what the system needs from its surroundings, writes a line
// each, and returns how many things are wrong.
func Doctor(ctx context.Context, cfg Config, w io.Writer) int {
	bad := 0
	report := func(ok bool, what, why string) {
		mark := "ok  "
		if !ok {
			mark = "BAD "
			bad++
		}
		fmt.Fprintf(w, "%s %s %s\n", mark, what, why)
	}
	if err := cfg.Validate(); err != nil {
		report(false, "configuration:", err.Error())
		return bad
	}
	probe := filepath.Join(cfg.Data, ".doctor")
	err := os.MkdirAll(cfg.Data, 0o700)
	if err == nil {
		err = os.WriteFile(probe, []byte("ok"), 0o600)
		_ = os.Remove(probe)
	}
	report(err == nil, "data folder "+cfg.Data+":", text(err, "can be written"))
	free, err := freeBytes(cfg.Data)
	report(err == nil && free > 1<<30, "disk:", text(err, fmt.Sprintf("%d MiB free, at least 1024 are wanted", free>>20)))
	if cfg.DatabaseURL != "" {
		unfit, err := db.Unfit(ctx, cfg.DatabaseURL)
		for _, why := range unfit {
			report(false, "PostgreSQL:", why)
		}
		if len(unfit) == 0 {
			report(err == nil, "PostgreSQL:", text(err, "fit"))
		}
	}
	units, err := open(ctx, cfg, false)
	report(err == nil, "databases:", text(err, "open"))
	for _, u := range units {
		n, err := u.db.Pending(ctx, u.name)
		report(err == nil && n == 0, "tables of "+u.name+":", text(err, fmt.Sprintf("%d migrations wait (duban migrate applies them)", n)))
		if err == nil && n == 0 {
			b, err := outbox.Waiting(ctx, u.db)
			report(err == nil && age(b) < late, "events of "+u.name+":", text(err, waits(b)))
		}
		_ = u.db.Close()
	}
	if cfg.NATSURL != "" {
		b, err := bus.Start(ctx, bus.Config{URL: cfg.NATSURL, Observer: true, Name: "duban-doctor", Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = b.Fit(ctx)
		}
		report(err == nil, "NATS:", text(err, "in reach, with JetStream"))
		if err == nil {
			report(streamFit(ctx, b))
		}
		if b != nil {
			b.Close()
		}
	}
	for _, year := range []int{time.Now().Year(), time.Now().AddDate(0, 2, 0).Year()} {
		why := "the official holidays are known"
		if !clock.Official.Known(year) {
			why = "note: the official holidays are not known yet; working days are counted as plain weekdays"
		}
		report(true, fmt.Sprintf("calendar %d:", year), why)
	}
	return bad
}

func waits(b outbox.Backlog) string {
	if b.Events == 0 {
		return "none waits"
	}
	return fmt.Sprintf("%d wait for publication, the oldest for %s", b.Events, age(b).Round(time.Second))
}

// streamFit reports on the event stream. A command only looks: a running
// service makes the stream.
func streamFit(ctx context.Context, b *bus.Bus) (bool, string, string) {
	const what = "event stream:"
	s, err := b.Stream(ctx)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return false, what, "there is none; a running service makes it within seconds, and sends what the lost one held"
	case err != nil:
		return false, what, err.Error()
	case s.Well() != "":
		return false, what, s.Well()
	}
	return true, what, fmt.Sprintf("%d events, %d of %d replicas", s.Events, s.Current, s.Replicas)
}

func text(err error, fine string) string {
	if err != nil {
		return err.Error()
	}
	return fine
}

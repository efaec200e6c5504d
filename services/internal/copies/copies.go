// Package copies has copies of what other services own fill themselves: a service
// that is new, whose tables hold more than before, or whose database was restored
// from an older one, asks the owners at its start to tell again all that they own,
// and only then.
//
// The copier notes in one transaction that it has asked ([Ask]) and appends the
// question to its outbox. The owner takes it ([Consumer]), and tells in the
// background ([Loop]), a chunk a transaction together with how far it is, by events
// of types of their own that nobody but copies takes. Both sides go on where they
// died. Versions decide: what a copy knows better stays.
package copies

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/job"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/uptrace/bun"
)

// Copy is what a service keeps of one kind of things that another owns.
type Copy struct {
	Owner  string // the service
	Things string // as the owner's [Teller] calls them
	// Version is of the copy's shape, from 1: one more has everything told again.
	Version int64
}

func (c Copy) name() string { return c.Owner + " " + c.Things }

// Ask asks the owners of those copies that were not asked for in their version.
func Ask(ctx context.Context, d *db.DB, clk clock.Clock, service string, cs ...Copy) error {
	err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, c := range cs {
			var asked []string
			err := tx.NewRaw(`INSERT INTO asked_copies (things, version) VALUES (?, ?) ON CONFLICT (things) DO UPDATE SET version = EXCLUDED.version
				WHERE EXCLUDED.version > asked_copies.version RETURNING things`, c.name(), c.Version).Scan(ctx, &asked)
			if err != nil && !db.NoRows(err) {
				return err
			}
			if len(asked) == 0 {
				continue
			}
			question := event.New(id.New(), clk.Now(), event.Type(service+".copy.asked.v1"), c.name(), c.Version, event.CopyAsked{Owner: c.Owner, Things: c.Things})
			if err := outbox.Append(ctx, tx, question); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ask for copies: %w", err)
	}
	return nil
}

// Forget has [Ask] ask for everything anew: the database was found to be older than
// what the service had taken.
func Forget(ctx context.Context, d *db.DB) error {
	return d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("DELETE FROM asked_copies").Exec(ctx)
		return err
	})
}

// Teller tells one kind of things again.
type Teller struct {
	Things string
	// Next makes the events about the things with the next ids after one, as they
	// are now, and returns the last id; empty when there are no more.
	Next func(ctx context.Context, tx bun.Tx, after string) (es []event.Event, last string, err error)
}

// Tells makes a teller of a use case; bind gives the service's view of a
// transaction.
func Tells[Tx any](things string, bind func(bun.Tx) Tx, next func(ctx context.Context, tx Tx, after string) ([]event.Event, string, error)) Teller {
	return Teller{things, func(ctx context.Context, tx bun.Tx, after string) ([]event.Event, string, error) {
		return next(ctx, bind(tx), after)
	}}
}

// telling is a line of the table tellings.
type telling struct {
	bun.BaseModel `bun:"table:tellings"`

	ID       string `bun:",pk"`
	Things   string
	Position string
}

var queue = job.Queue{Table: "tellings", Key: []string{"id"}, Open: "1 = 1", Until: "not_before"}

// Consumer takes the questions to a service. Its name is <service>-tellings.
func Consumer(service string, clk clock.Clock, ts []Teller) inbox.Consumer {
	return inbox.Consumer{
		Name:  service + "-tellings",
		Types: event.Carrying(event.CopyAsked{}),
		Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
			q, err := event.Decode[event.CopyAsked](e)
			if err != nil {
				return inbox.Poison(err)
			}
			if q.Owner != service {
				return nil
			}
			if !slices.ContainsFunc(ts, func(t Teller) bool { return t.Things == q.Things }) {
				return inbox.Poison(fmt.Errorf("nobody tells %s of %s", q.Things, service))
			}
			// One that has not begun tells this one as well.
			_, err = tx.NewRaw(`INSERT INTO tellings (id, things, position, attempts, lease_owner, not_before)
				SELECT ?, ?, '', 0, '', ? WHERE NOT EXISTS (SELECT 1 FROM tellings WHERE things = ? AND position = '')`,
				e.ID, q.Things, clk.Now().UTC(), q.Things).Exec(ctx)
			queue.Added(ctx)
			return err
		},
	}
}

// Loop tells what was asked for.
func Loop(d *db.DB, clk clock.Clock, log *slog.Logger, ts []Teller) *job.Loop {
	return queue.Loop(d, log, func(ctx context.Context) error {
		_, err := queue.Work(ctx, d, clk, job.Work{Do: func(ctx context.Context, c job.Claim) error {
			for over := false; !over; {
				err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
					over, err = tell(ctx, tx, c.Key[0], ts)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		}})
		return err
	})
}

// tell tells the next chunk; true when it was the last.
func tell(ctx context.Context, tx bun.Tx, tellingID string, ts []Teller) (bool, error) {
	row := telling{ID: tellingID}
	if err := tx.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
		return false, err
	}
	i := slices.IndexFunc(ts, func(t Teller) bool { return t.Things == row.Things })
	if i < 0 {
		return false, fmt.Errorf("nobody tells %s", row.Things)
	}
	es, last, err := ts[i].Next(ctx, tx, row.Position)
	if err != nil {
		return false, fmt.Errorf("tell %s again: %w", row.Things, err)
	}
	if err := outbox.Append(ctx, tx, es...); err != nil {
		return false, err
	}
	if last == "" {
		_, err = tx.NewDelete().Model(&row).WherePK().Exec(ctx)
		return true, err
	}
	row.Position = last
	_, err = tx.NewUpdate().Model(&row).Column("position").WherePK().Exec(ctx)
	return false, err
}

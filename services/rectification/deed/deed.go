// Package deed is the frame of every change in the service: somebody does
// something at a moment, in one transaction, and leaves a line of history and
// an event.
package deed

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/id"
)

// Entry is one line of the history of a thing.
type Entry struct {
	ID        string
	Thing     string // checklist, inspection, finding, rectification, draw, device
	ThingID   string
	Action    string
	FromState string
	ToState   string
	UnitID    string
	ActorID   string
	Actor     string
	ActorUnit string
	At        time.Time
	Reason    string
	Text      string
	DueAt     *time.Time // the deadline after it
	Version   int64
}

// By is the line with who did it, and when.
func (e Entry) By(actor policy.Actor, at time.Time) Entry {
	e.ID, e.ActorID, e.Actor, e.ActorUnit, e.At = id.New(), actor.PersonID, actor.Name, actor.UnitID, at
	return e
}

// Tx keeps what deeds leave.
type Tx interface {
	AddHistory(ctx context.Context, es ...Entry) error
	// Emit publishes events when the transaction has committed.
	Emit(ctx context.Context, es ...event.Event) error
}

// Deed is what somebody does at a moment, within a transaction.
type Deed[T Tx] struct {
	Tx    T
	Actor policy.Actor
	Now   time.Time
}

// Told is the event of a deed: its type, the path of the unit that it is at,
// and what it says.
type Told struct {
	Type event.Type
	Path string
	Data any
}

// Note leaves a line of history and its event, with the same reason.
func (d Deed[T]) Note(ctx context.Context, e Entry, t Told) error {
	if err := d.Tx.AddHistory(ctx, e.By(d.Actor, d.Now)); err != nil {
		return err
	}
	return d.Tx.Emit(ctx, event.New(id.New(), d.Now, t.Type, e.ThingID, e.Version, t.Data).
		By(d.Actor.PersonID, d.Actor.Name).For(e.UnitID, t.Path).Because(e.Reason))
}

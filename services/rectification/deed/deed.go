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
func (e Entry) By(d Doer) Entry {
	e.ID, e.ActorID, e.Actor, e.ActorUnit, e.At = id.New(), d.Actor.PersonID, d.Actor.Name, d.Actor.UnitID, d.Now
	return e
}

// Tx keeps what deeds leave.
type Tx interface {
	AddHistory(ctx context.Context, es ...Entry) error
	// Emit publishes events when the transaction has committed.
	Emit(ctx context.Context, es ...event.Event) error
}

// Doer is who does something, and when.
type Doer struct {
	Actor policy.Actor
	Now   time.Time
}

// Deed is what somebody does at a moment, within a transaction.
type Deed[T Tx] struct {
	Doer
	Tx T
}

// Subject is what a command concerns, at the version that the caller has seen; 0
// for whatever it is at.
type Subject struct {
	ID      string
	Version int64
}

// Permission is a right that a command asks for, and the verb that is said
// where it is lacking.
type Permission struct{ Right, Verb string }

// Thing is what a deed has changed, as it is now, and what its event says.
type Thing struct {
	Kind, ID, State  string
	UnitID, UnitPath string
	Version          int64
	Data             any
}

// Step is what was done to it, and from which state.
type Step struct {
	Action, From string
	Event        event.Type
	Reason, Text string
}

// Note leaves a line of history and its event, with the same reason.
func (d Deed[T]) Note(ctx context.Context, t Thing, x Step) error {
	e := Entry{
		Thing: t.Kind, ThingID: t.ID, Action: x.Action, FromState: x.From, ToState: t.State, UnitID: t.UnitID,
		Reason: x.Reason, Text: x.Text, Version: t.Version,
	}
	if err := d.Tx.AddHistory(ctx, e.By(d.Doer)); err != nil {
		return err
	}
	return d.Tx.Emit(ctx, event.New(id.New(), d.Now, x.Event, t.ID, t.Version, t.Data).
		By(d.Actor.PersonID, d.Actor.Name).For(t.UnitID, t.UnitPath).Because(x.Reason))
}

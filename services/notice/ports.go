package notice

import (
	"context"
	"time"
)

// Store keeps inboxes and the copies they are made from.
type Store interface {
	// List returns up to q.Limit notices, newest first, with the names and
	// paths of their units.
	List(ctx context.Context, q Query) ([]Notice, error)
	// After returns up to limit notices of a person with a greater seq, oldest first.
	After(ctx context.Context, personID string, seq int64, limit int) ([]Notice, error)
	// Get is a fault.NotFound for a notice the person does not have.
	Get(ctx context.Context, personID, id string) (Notice, error)
	// Counts returns the state of the inboxes there are.
	Counts(ctx context.Context, personIDs []string) (map[string]Count, error)
	// Breaches looks for what must never be and returns a sentence for each;
	// repair mends the counters.
	Breaches(ctx context.Context, repair bool) ([]string, error)
	InTx(ctx context.Context, f func(context.Context, Tx) error) error
}

// Tx is what can be done inside one transaction.
type Tx interface {
	// MarkRead marks one notice, or those up to seq, that are unread, and
	// returns how many it was.
	MarkRead(ctx context.Context, personID, id string, at time.Time) (int64, error)
	MarkReadUpTo(ctx context.Context, personID string, seq int64, at time.Time) (int64, error)
	// ForgetRead removes up to limit read notices made before a time.
	ForgetRead(ctx context.Context, before time.Time, limit int) (int64, error)

	// Units returns the units there are of these, by id.
	Units(ctx context.Context, ids []string) (map[string]Unit, error)
	// Holders lists the enabled people who hold one of the roles at one of
	// the units; no units means anywhere.
	Holders(ctx context.Context, unitIDs, roles []string) ([]Holder, error)
	// Serving lists the enabled people who hold one of the roles for an office, or
	// for what it was merged into.
	Serving(ctx context.Context, officeID string, roles []string) ([]Holder, error)
	// Enabled tells which of these people exist and are not disabled.
	Enabled(ctx context.Context, personIDs []string) (map[string]bool, error)
	// Names of people by id.
	Names(ctx context.Context, personIDs []string) (map[string]string, error)
	// Insert stores notices of one event for people who have none of it yet,
	// numbers them and counts them as unread. It returns the new counts.
	Insert(ctx context.Context, ns []Notice) (map[string]Count, error)
}

package insight

import (
	"time"

	"github.com/duban/duban/services/internal/clock"
)

// States of an assignment, as its events tell them.
const (
	StateIssued       = "issued"
	StateAcknowledged = "acknowledged"
	StateSubmitted    = "submitted"
	StateApproved     = "approved"
	StateReturned     = "returned"
	StateDeclined     = "declined"
	StateCancelled    = "cancelled"
)

// Micros is an instant as counters hold it: microseconds since 1970 in UTC, 0
// for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Instant is the time behind Micros.
func Instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func micros(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return Micros(*t)
}

// Deadlines are the instants that decide what an assignment's state means at a
// moment. Counters are kept apart by them.
type Deadlines struct {
	DueUS      int64 // deadline in force
	OriginalUS int64 // deadline before any extension
	AckUS      int64 // deadline of acknowledging
}

// Assignment is the source row of one assignment. Its unit never changes.
type Assignment struct {
	CampaignID string
	TaskID     string
	UnitID     string
	ID         string
	State      string
	Deadlines
	Acknowledged bool
	SubmittedUS  int64 // when what stands was handed in
	IssuedUS     int64 // 0 for one told of by an older version, which is not counted by day
	AckedUS      int64 // when it was acknowledged
	ApprovedUS   int64
	Version      int64
}

// Tally counts assignments by state.
type Tally struct {
	Issued         int64 // in state issued, not the total
	Acknowledged   int64
	Submitted      int64
	Approved       int64
	Returned       int64
	Declined       int64
	Cancelled      int64
	Unacknowledged int64 // in state issued, and not acknowledged before
	Late           int64 // handed in after the deadline in force
	LateOriginal   int64 // handed in after the original deadline
}

// Tally is what the assignment contributes.
func (a Assignment) Tally() Tally {
	var t Tally
	switch a.State {
	case StateIssued:
		t.Issued = 1
	case StateAcknowledged:
		t.Acknowledged = 1
	case StateSubmitted:
		t.Submitted = 1
	case StateApproved:
		t.Approved = 1
	case StateReturned:
		t.Returned = 1
	case StateDeclined:
		t.Declined = 1
	case StateCancelled:
		t.Cancelled = 1
	}
	t.Unacknowledged = flag(a.State == StateIssued && !a.Acknowledged)
	if t.HandedIn() > 0 {
		at := Instant(a.SubmittedUS)
		t.Late = flag(a.DueUS > 0 && clock.Past(at, Instant(a.DueUS)))
		t.LateOriginal = flag(a.OriginalUS > 0 && clock.Past(at, Instant(a.OriginalUS)))
	}
	return t
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Plus adds o, sign times.
func (t Tally) Plus(o Tally, sign int64) Tally {
	t.Issued += sign * o.Issued
	t.Acknowledged += sign * o.Acknowledged
	t.Submitted += sign * o.Submitted
	t.Approved += sign * o.Approved
	t.Returned += sign * o.Returned
	t.Declined += sign * o.Declined
	t.Cancelled += sign * o.Cancelled
	t.Unacknowledged += sign * o.Unacknowledged
	t.Late += sign * o.Late
	t.LateOriginal += sign * o.LateOriginal
	return t
}

// Live counts all but the cancelled.
func (t Tally) Live() int64 { return t.Open() + t.HandedIn() + t.Declined }

// Accepted counts what its units have taken on.
func (t Tally) Accepted() int64 { return t.Open() + t.HandedIn() - t.Unacknowledged }

// Open counts what waits for its unit.
func (t Tally) Open() int64 { return t.Issued + t.Acknowledged + t.Returned }

// HandedIn counts what was handed in and stands.
func (t Tally) HandedIn() int64 { return t.Submitted + t.Approved }

// All counts every assignment there ever was.
func (t Tally) All() int64 { return t.Live() + t.Cancelled }

// TallyKey names a counter of assignments strictly below a node.
type TallyKey struct {
	NodeID     string
	CampaignID string
	TaskID     string
	Deadlines
}

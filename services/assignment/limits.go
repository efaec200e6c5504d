package assignment

import (
	"time"

	"github.com/duban/duban/services/internal/fault"
)

// What the use cases take in parts; what it is held to stands here and at the
// inputs, once, see fault.Check.

// Saying is what is said with something that is about saying it.
type Saying struct {
	Text string `limit:"1..2000"`
}

// Reason is why something is done.
type Reason struct {
	Reason string `limit:"1..2000"`
}

// OwnWill is why somebody takes back what is theirs, or nothing.
type OwnWill struct {
	Reason string `limit:"..2000"`
}

// HowFar says how far the work is.
type HowFar struct {
	Text    string `limit:"1..2000"`
	Percent *int   `limit:"0..100"` // nil where it is not known
}

// Responsible names who answers for an assignment.
type Responsible struct {
	PersonID string `limit:"1..64"`
}

// Urging is what is said with it, or nothing.
type Urging struct {
	Text   string `limit:"..2000"`
	Formal bool   // a supervision notice
}

// CampaignUrging says whom to urge, or, as a preview, whom it would be.
type CampaignUrging struct {
	Which           string `limit:"not_acknowledged|overdue|not_submitted"`
	Text            string `limit:"..2000"`
	Formal, Preview bool
}

// StandIn is why the issuer reviews in the place of a level that has nobody.
type StandIn struct {
	StandIn string `limit:"..2000"`
}

// Approval is what is said with one.
type Approval struct {
	Comment string `limit:"..2000"`
	StandIn string `limit:"..2000"`
}

// GivingBack is why a submission is given back.
type GivingBack struct {
	Reasons []string `limit:"..20" each:"1..200"`
	Text    string   `limit:"..2000"`
	StandIn string   `limit:"..2000"`
}

// ExtensionWanted is the deadline a unit asks for, and why.
type ExtensionWanted struct {
	DueAt  time.Time
	Reason string `limit:"1..2000"`
}

// Granting is what is said with a later deadline.
type Granting struct {
	DueAt  *time.Time // nil: the one asked for
	Answer string     `limit:"..2000"`
}

// Refusing is why there is none.
type Refusing struct {
	Answer string `limit:"1..2000"`
}

// take adds what a check has found.
func (p *problems) take(err error) {
	f := fault.As(err)
	switch {
	case f == nil:
	case p.f == nil:
		p.f = f
	default:
		p.f.Fields = append(p.f.Fields, f.Fields...)
	}
}

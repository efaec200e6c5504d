// Package rpc holds the few questions services ask each other. Requests and
// answers are JSON; a question never changes anything.
package rpc

import (
	"time"

	"github.com/duban/duban/api/event"
)

// Subjects of the questions; answered by the service in the second place.
const (
	// ResolveSession asks the directory who a session token belongs to.
	ResolveSession = "rpc.directory.session.resolve.v1"
	// GetAssignment asks for one assignment that a consumer's copy lacks.
	GetAssignment = "rpc.assignment.assignment.get.v1"
	// AssignmentHoldings asks what of the assignment service hangs on a person.
	AssignmentHoldings = "rpc.assignment.holdings.v1"
	// RectificationHoldings asks the same of the rectification service.
	RectificationHoldings = "rpc.rectification.holdings.v1"
	// GetRectification asks for one rectification that a consumer's copy lacks.
	GetRectification = "rpc.rectification.get.v1"
	// ShowFiles asks the evidence service for files as far as somebody may see
	// them, on request with what is shown of pictures.
	ShowFiles = "rpc.evidence.files.show.v1"
)

// ResolveSessionRequest carries the SHA-256 of the token in hex, never the token.
type ResolveSessionRequest struct {
	TokenHash string `json:"token_hash"`
}

// ResolveSessionReply says who it is; Found is false for an unknown, ended or
// expired session and for a disabled person.
type ResolveSessionReply struct {
	Found     bool      `json:"found"`
	SessionID string    `json:"session_id"`
	ExpiresAt time.Time `json:"expires_at"`
	PersonID  string    `json:"person_id"`
	Name      string    `json:"name"`
	UnitID    string    `json:"unit_id"`
	UnitPath  string    `json:"unit_path"`
	UnitLevel string    `json:"unit_level"`
	Grants    []Grant   `json:"grants"`
}

// Grant is a role held at a unit.
type Grant struct {
	Role     string `json:"role"`
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	Level    string `json:"level"`
	// OfficeID is the unit that it is held for, Took what that took over.
	OfficeID string   `json:"office_id"`
	Took     []string `json:"took,omitempty"`
}

// HoldingsRequest names a person.
type HoldingsRequest struct {
	PersonID string `json:"person_id"`
}

// HoldingsReply is what of a service hangs on a person.
type HoldingsReply struct {
	Holdings []Holding `json:"holdings"`
}

// Holding is how much of one kind hangs on a person.
type Holding struct {
	Kind  string `json:"kind"` // one of event.Held...
	Count int64  `json:"count"`
}

// Offer is a submission that is about to be sealed.
type Offer struct {
	UnitID         string `json:"unit_id"`
	ChildrenReason string `json:"children_reason,omitempty"`
	FixedOnSpot    bool   `json:"fixed_on_spot,omitempty"`
}

// Decided is the last thing that was decided about a submission of something:
// an event about it may be a moment behind whoever was told.
type Decided struct {
	ID           string     `json:"id"` // of the entry in the history
	Type         event.Type `json:"type"`
	At           time.Time  `json:"at"`
	SubmissionID string     `json:"submission_id,omitempty"`
	ActorID      string     `json:"actor_id,omitempty"`
	ActorName    string     `json:"actor_name,omitempty"`
	Reason       string     `json:"reason,omitempty"`
}

// GetAssignmentRequest names the assignment.
type GetAssignmentRequest struct {
	ID    string `json:"id"`
	Offer *Offer `json:"offer,omitempty"` // asks whether it would be taken in
}

// GetAssignmentReply is the assignment with its task, in the form of the event
// that issued it.
type GetAssignmentReply struct {
	Found  bool         `json:"found"`
	Issued event.Issued `json:"issued"`
	// Refused is the code of the reason why the offer would not be taken in.
	Refused string   `json:"refused,omitempty"`
	Decided *Decided `json:"decided,omitempty"`
}

// GetRectificationRequest names the rectification.
type GetRectificationRequest struct {
	ID    string `json:"id"`
	Offer *Offer `json:"offer,omitempty"` // asks whether it would be taken in
}

// GetRectificationReply is the rectification as it is now, as events carry it.
type GetRectificationReply struct {
	Found         bool                `json:"found"`
	Rectification event.Rectification `json:"rectification"`
	// Refused is the code of the reason why the offer would not be taken in.
	Refused string   `json:"refused,omitempty"`
	Decided *Decided `json:"decided,omitempty"`
}

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
	// GetRectification asks for one rectification that a consumer's copy lacks.
	GetRectification = "rpc.rectification.get.v1"
	// ShowFiles asks the evidence service for files as far as somebody may see
	// them, on request with what is shown of pictures.
	ShowFiles = "rpc.evidence.files.show.v1"
	// CountFindings asks the insight service what it counts of findings.
	CountFindings = "rpc.insight.findings.count.v1"
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
}

// GetAssignmentRequest names the assignment.
type GetAssignmentRequest struct {
	ID string `json:"id"`
}

// GetAssignmentReply is the assignment with its task, in the form of the event
// that issued it.
type GetAssignmentReply struct {
	Found  bool         `json:"found"`
	Issued event.Issued `json:"issued"`
}

// GetRectificationRequest names the rectification.
type GetRectificationRequest struct {
	ID string `json:"id"`
}

// GetRectificationReply is the rectification as it is now, as events carry it.
type GetRectificationReply struct {
	Found         bool                `json:"found"`
	Rectification event.Rectification `json:"rectification"`
}

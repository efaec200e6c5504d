package notice

import "time"

// KeepRead is how long a notice stays after it was made, once it is read.
const KeepRead = 180 * 24 * time.Hour

// Notice tells one person of one event.
type Notice struct {
	// ID is the id of the event; it is unique within an inbox.
	ID       string
	PersonID string
	// Seq counts within the person, from 1, in the order of commit.
	Seq  int64
	Kind string // see texts.go
	// SubjectType and SubjectID name what the notice is about: assignment,
	// campaign, rectification, inspection, file, unit or person.
	SubjectType, SubjectID string
	// UnitID is the unit concerned; empty where there is none. UnitName and
	// UnitPath are what it is called and where it is now.
	UnitID, UnitName, UnitPath string
	// Params fill the {placeholders} of the text. Names that end in _at hold
	// RFC 3339 times.
	Params             map[string]string
	ActorID, ActorName string
	At                 time.Time // of the event
	CreatedAt          time.Time
	ReadAt             *time.Time
}

// Count is the state of an inbox.
type Count struct {
	Unread int64
	// LastSeq is the newest notice's seq, 0 for an empty inbox.
	LastSeq int64
}

// Query bounds a list of one person's notices, newest first.
type Query struct {
	PersonID string
	Unread   bool   // only those not read
	Kind     string // exactly this kind; empty for all
	Before   int64  // only with a smaller seq; 0 for all
	Limit    int
}

// Holder is a person found at a unit.
type Holder struct{ PersonID, UnitID, Role string }

// Unit is what the copy of the tree tells of a unit.
type Unit struct{ ID, ParentID, Name, ContactID string }

package evidence

import (
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/filename"
)

// Limits of uploads.
const (
	// MaxFile is the largest file taken, in bytes.
	MaxFile int64 = 2 << 30
	// KeepUnfinished is how long an upload may stand still before it is swept.
	KeepUnfinished = 7 * 24 * time.Hour
)

// FileState is where a file is in its life.
type FileState string

// The states of a file.
const (
	Receiving FileState = "receiving"
	Received  FileState = "received"
	Refused   FileState = "refused"
	Deleted   FileState = "deleted" // received once; its time has run out
)

// File is an upload and, once received, the file it became.
type File struct {
	ID        string
	OwnerID   string // person
	OwnerName string
	ClientID  string // the owner's own id of it; empty for none
	UnitID    string
	UnitPath  string
	Name      string
	Size      int64 // bytes, as announced and, once received, as stored
	State     FileState
	Refusal   string // stable code, while refused
	Type      string // sniffed media type, once received
	// Allowed is what the requirement allows that the file was announced for;
	// Cautions what is in it of that, once received.
	Allowed, Cautions []string
	SHA256            string // hex, once received
	SM3               string // hex, some time after that, where it is switched on
	// Quarantined: received, and not found clean yet.
	Quarantined bool
	CreatedAt   time.Time
	ReceivedAt  *time.Time
	DeletedAt   *time.Time
	Version     int64
}

// Target is what the policy looks at; offices are whose the file is, see
// Reader.OfficesOf.
func (f File) Target(offices []string) policy.Target {
	return policy.Target{UnitID: f.UnitID, UnitPath: f.UnitPath, PersonID: f.OwnerID, Offices: offices}
}

// Event is the file as events carry it.
func (f File) Event() event.File {
	return event.File{
		ID: f.ID, OwnerID: f.OwnerID, UnitID: f.UnitID, UnitPath: f.UnitPath,
		Size: f.Size, SHA256: f.SHA256, Type: f.Type,
	}
}

// CleanName makes the name of a file harmless; see filename.Clean.
func CleanName(name string) string { return filename.Clean(name) }

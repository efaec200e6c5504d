package rectification

import (
	"context"

	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// Unit is what the copy of the unit tree knows.
type Unit struct {
	ID, Path, Level, Name string
	Active                bool
}

// Person is what is known of a person.
type Person struct {
	ID, Name, UnitID, UnitPath string
	Disabled                   bool
}

// Campaign is what is known of a campaign.
type Campaign struct {
	ID, Title, UnitID, UnitPath, State string
	NearDays, OverdueDays, AckDays     int
	Version                            int64
}

// Reader reads; what is not there is a fault.NotFound.
type Reader interface {
	Unit(ctx context.Context, id string) (Unit, error)
	// Heir is the unit whose people finish the work of a unit: what it was merged
	// into, or itself.
	Heir(ctx context.Context, unitID string) (Unit, error)
	// Names are the names of units by id; unknown ids are absent.
	Names(ctx context.Context, ids []string) (map[string]string, error)
	Person(ctx context.Context, id string) (Person, error)
	// Campaigns are those of the ids that are known.
	Campaigns(ctx context.Context, ids []string) (map[string]Campaign, error)
	Checklist(ctx context.Context, id string) (checklist.Checklist, error)
	Inspection(ctx context.Context, id string) (Inspection, error)
	Finding(ctx context.Context, id string) (Finding, error)
	// Findings are those of the ids that exist, by id.
	Findings(ctx context.Context, ids []string) ([]Finding, error)
	Device(ctx context.Context, id string) (Registered, error)
	Draw(ctx context.Context, id string) (Draw, error)
	FindingOfAnswer(ctx context.Context, inspectionID, itemKey, deviceID string) (Finding, error)
	Case(ctx context.Context, id string) (Case, error)
	// MajorFinders are those who found the major findings of each rectification.
	MajorFinders(ctx context.Context, ids []string) (map[string][]string, error)
	// Report tells for which rectification a submission was taken in.
	Report(ctx context.Context, submissionID string) (string, error)
}

// Store keeps everything.
type Store interface {
	Reader
	InspectionStore
	DeviceStore
	DrawStore
	FindingStore
	OrderStore
	CopyStore
	LeaverStore
	// Check names every breach of what must always hold; repair mends paths.
	Check(ctx context.Context, repair bool) ([]string, error)
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// Tx writes, and reads what it wrote. Rows that have a version are changed
// only when they are still at version was; else the fault is a Conflict.
type Tx interface {
	Reader
	deed.Tx
	InspectionTx
	DeviceTx
	DrawTx
	FindingTx
	OrderTx
	PlanTx
	VerificationTx
	CopyTx
	LeaverTx
	PutCampaign(ctx context.Context, c Campaign) error
	// OfficesBelow are the offices that act on what is open at a unit and below it.
	OfficesBelow(ctx context.Context, path string) ([]string, error)
	// InspectsAt is the first of the offices that inspect at a unit; it itself where
	// none does.
	InspectsAt(ctx context.Context, unitID string) (string, error)
	// TakeOver gives what is open at a unit and below it from one office to another.
	TakeOver(ctx context.Context, path, from, to string) error
}

package rectification

import (
	"slices"
	"time"

	"github.com/duban/duban/services/rectification/checklist"
)

// The states of a finding.
const (
	FindingOpen       = "open"
	FindingRectifying = "rectifying"
	FindingClosed     = "closed"
	FindingDismissed  = "dismissed"
)

// What can be done to a finding.
const (
	FindingOrder   = "order"
	FindingClose   = "close"
	FindingDismiss = "dismiss"
	FindingReopen  = "reopen"
	FindingRelease = "release" // its order was withdrawn
)

var findingMachine = map[string]map[string]string{
	FindingOpen:       {FindingOrder: FindingRectifying, FindingDismiss: FindingDismissed},
	FindingRectifying: {FindingClose: FindingClosed, FindingRelease: FindingOpen},
	FindingClosed:     {FindingReopen: FindingOpen},
	FindingDismissed:  {},
}

// NextFinding is the state of a finding after action; a fault when its state
// does not allow that.
func NextFinding(state, action string) (string, error) {
	to, ok := findingMachine[state][action]
	if !ok {
		return "", findingVerbs.WrongState(action, state)
	}
	return to, nil
}

// Where findings come from.
const (
	SourceInspection = "inspection"
	SourceReview     = "review" // of a unit's submission
	SourceReport     = "report" // somebody told of it
	SourceOther      = "other"
)

// FindingHead is a finding without its files.
type FindingHead struct {
	ID              string
	ContentHash     string
	CampaignID      string
	InspectionID    string
	ChecklistSeries string
	ItemKey         string
	ItemTitle       string // as the checklist called it
	DeviceID        string
	Device          string // label
	RectificationID string // the order it is under, or was closed by
	UnitID          string // where it was found
	UnitPath        string
	// ResponsibleUnitID and ResponsibleUnitPath: the unit that has to rectify it
	// now, where its order was transferred to another one; else empty.
	ResponsibleUnitID   string
	ResponsibleUnitPath string
	Title               string
	Text                string
	Place               string
	Category            string
	Severity            string
	Clause              string
	DeadlineDays        int // working days
	State               string
	RepeatsID           string // the earlier one that it is a relapse of
	DuplicateOf         string // the earlier one that it records again
	Source              string // inspection, review, report, other
	SourceID            string
	FixEvidence         string // what proves that it was fixed: none, note, file
	FoundBy             string
	Finder              string
	FoundAt             time.Time
	DismissedBy         string
	DismissReason       string
	ClosedAt            *time.Time
	// While closed: the report it was closed by was made by its deadline in
	// force, and by the one it was ordered with.
	OnTime         *bool
	OnTimeOriginal *bool
	Version        int64
}

// Finding is something that is not as it should be.
type Finding struct {
	FindingHead
	FileIDs []string
}

// Worst is the highest severity among findings.
func Worst(fs []Finding) string {
	w := 0
	for _, f := range fs {
		w = max(w, slices.Index(checklist.Severities, f.Severity))
	}
	return checklist.Severities[w]
}

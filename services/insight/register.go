package insight

import (
	"slices"

	"github.com/duban/duban/api/event"
)

// Kinds of entries of the register.
const (
	KindFinding       = "finding"
	KindRectification = "rectification"
	KindInspection    = "inspection"
)

// Entry is the source row of a finding, rectification or inspection.
type Entry struct {
	Kind       string
	ID         string
	UnitID     string // of a finding, the one that has to rectify it
	CampaignID string // empty outside a campaign
	OfficeID   string // whose it is
	Category   string // of a finding; kind of an inspection
	Severity   string // of a finding or rectification
	State      string
	DueUS      int64 // only while a rectification waits for its unit
	EntryNumbers
	Facets  // of a finding
	Version int64
}

// EntryNumbers is what one entry adds besides itself.
type EntryNumbers struct {
	Relapses     int64
	Suspended    int64
	Late         int64 // reported after the deadline in force
	LateOriginal int64 // reported after the original deadline
	Failed       int64 // failed answers of an inspection
}

// EntryPart tells entries apart that are counted apart.
type EntryPart struct {
	CampaignID string
	OfficeID   string
	Kind       string
	Category   string
	Severity   string
	State      string
	DueUS      int64
}

// EntryKey names a counter of entries.
type EntryKey struct {
	NodeID string
	Own    bool
	EntryPart
}

// EntryTally counts entries.
type EntryTally struct {
	Entries int64
	EntryNumbers
}

func (t EntryTally) plus(o EntryTally, sign int64) EntryTally {
	t.Entries += sign * o.Entries
	t.Relapses += sign * o.Relapses
	t.Suspended += sign * o.Suspended
	t.Late += sign * o.Late
	t.LateOriginal += sign * o.LateOriginal
	t.Failed += sign * o.Failed
	return t
}

func (e Entry) part() EntryPart {
	return EntryPart{e.CampaignID, e.OfficeID, e.Kind, e.Category, e.Severity, e.State, e.DueUS}
}

func (e Entry) tally() EntryTally { return EntryTally{1, e.EntryNumbers} }

func findingEntry(f event.Finding) Entry {
	unit, _ := f.Duty()
	item := ""
	if f.ItemKey != "" {
		item = f.ChecklistSeries + "/" + f.ItemKey
	}
	return Entry{
		Facets: Facets{
			Clause: f.Clause, Item: item, ItemTitle: f.ItemTitle, FoundUS: Micros(f.FoundAt), ClosedUS: micros(f.ClosedAt),
			OnTime: flag(f.OnTime != nil && *f.OnTime), OnTimeOriginal: flag(f.OnTimeOriginal != nil && *f.OnTimeOriginal),
			Duplicate: flag(f.DuplicateOf != ""), Transferred: flag(unit != f.UnitID),
		},
		Kind: KindFinding, ID: f.ID, UnitID: unit, CampaignID: f.CampaignID, OfficeID: f.OfficeID, Category: f.Category, Severity: f.Severity,
		State: f.State, EntryNumbers: EntryNumbers{Relapses: flag(f.RepeatsID != "")}, Version: f.Version,
	}
}

// Waiting are the states in which a rectification waits for its unit.
var Waiting = []string{"ordered", "acknowledged", "rectifying", "rejected"}

func rectificationEntry(r event.Rectification) Entry {
	e := Entry{
		Kind: KindRectification, ID: r.ID, UnitID: r.UnitID, CampaignID: r.CampaignID, OfficeID: r.OfficeID, Severity: r.Severity, State: r.State,
		EntryNumbers: EntryNumbers{Relapses: int64(r.Relapses), Suspended: flag(r.Suspended)}, Version: r.Version,
	}
	waits := slices.Contains(Waiting, r.State)
	if waits {
		e.DueUS = Micros(r.DueAt)
	}
	if at := micros(r.ReportedAt); !waits && at > 0 && r.State != "withdrawn" {
		e.Late = flag(!r.DueAt.IsZero() && at > Micros(r.DueAt))
		e.LateOriginal = flag(!r.OriginalDueAt.IsZero() && at > Micros(r.OriginalDueAt))
	}
	return e
}

func inspectionEntry(i event.Inspection) Entry {
	return Entry{
		Kind: KindInspection, ID: i.ID, UnitID: i.UnitID, CampaignID: i.CampaignID, OfficeID: i.OfficeID, Category: i.Kind, State: i.State,
		EntryNumbers: EntryNumbers{Failed: int64(i.Failed)}, Version: i.Version,
	}
}

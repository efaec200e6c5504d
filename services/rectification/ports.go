package rectification

import (
	"context"
	"time"

	"github.com/duban/duban/policy"
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
	Inspections(ctx context.Context, q InspectionQuery) ([]InspectionHead, error)
	Devices(ctx context.Context, q DeviceQuery) ([]Registered, error)
	// Units are active units, by id.
	Units(ctx context.Context, q UnitQuery) ([]Unit, error)
	// FindingNumbers counts the findings by campaign, those solved in time again.
	FindingNumbers(ctx context.Context) (map[string]int64, error)
	// Risks are what is known of units since a time; units without any are absent.
	Risks(ctx context.Context, unitIDs []string, since time.Time) (map[string]Risk, error)
	Draws(ctx context.Context, q DrawQuery) ([]DrawHead, error)
	ListFindings(ctx context.Context, q FindingQuery) ([]Finding, error)
	// FindingTerms are the terms of findings that are under an order, or were
	// closed by it; others are absent.
	FindingTerms(ctx context.Context, findingIDs []string) (map[string]Term, error)
	// ToLookBack are the findings that are, or were, for a unit to rectify: those
	// not closed, then those closed since, each the first found first; no duplicates.
	ToLookBack(ctx context.Context, unitID string, since time.Time, limit int) ([]Finding, error)
	// Earlier are the findings of the same unit before f, from other visits and
	// not dismissed, the latest first.
	Earlier(ctx context.Context, f Finding, reach policy.Reach, limit int) ([]Finding, error)
	Rectifications(ctx context.Context, q RectificationQuery) ([]Rectification, error)
	Count(ctx context.Context, q RectificationQuery) (int64, error)
	History(ctx context.Context, thing, id string, after int64, limit int) ([]deed.Entry, error)
	// Latest is the latest entry of one of the actions; false when there is none.
	Latest(ctx context.Context, thing, id string, actions []string) (deed.Entry, bool, error)
	// Holding counts by kind what hangs on a person: that they are responsible
	// for, have to do, or began, and that has not ended.
	Holding(ctx context.Context, personID string) (map[string]int64, error)
	// Check names every breach of what must always hold; repair mends paths.
	Check(ctx context.Context, repair bool) ([]string, error)
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// Tx writes, and reads what it wrote. Rows that have a version are changed
// only when they are still at version was; else the fault is a Conflict.
type Tx interface {
	Reader
	deed.Tx
	InsertChecklist(ctx context.Context, c checklist.Checklist) error

	InsertInspection(ctx context.Context, in Inspection) error
	UpdateInspection(ctx context.Context, in InspectionHead, was int64) error
	SetInspectors(ctx context.Context, id string, ps []Inspector) error
	SetDevices(ctx context.Context, id string, ds []Device) error
	PutAnswers(ctx context.Context, id string, as []Answer) error
	AddResponse(ctx context.Context, id string, r Response) error
	UpdateResponse(ctx context.Context, r Response) error
	AddAmendment(ctx context.Context, id string, a Amendment) error

	InsertDevice(ctx context.Context, d Registered) error
	UpdateDevice(ctx context.Context, d Registered, was int64) error
	InsertDraw(ctx context.Context, d Draw) error
	UpdateDraw(ctx context.Context, d Draw, was int64) error

	// InspectionsAfter lists inspections in the order of ids, after one.
	InspectionsAfter(ctx context.Context, after string, limit int) ([]InspectionHead, error)
	// RectificationsAfter does the same with rectifications, with the ids of their
	// findings.
	RectificationsAfter(ctx context.Context, after string, limit int) ([]Rectification, map[string][]string, error)
	InsertFindings(ctx context.Context, fs []Finding) error
	// FindingsOf are findings of campaigns after an id, by id.
	FindingsOf(ctx context.Context, campaignIDs []string, after string, limit int) ([]Finding, error)
	// UpdateFinding leaves the units as they are, but that one under no order
	// is with the unit where it was found.
	UpdateFinding(ctx context.Context, f FindingHead, was int64) error

	// NextNumber takes the next number of an office and year; it is given
	// back when the transaction fails.
	NextNumber(ctx context.Context, officeID string, year int) (int64, error)
	InsertRectification(ctx context.Context, r Rectification, dues []FindingDue) error
	// UpdateRectification leaves the unit as it is; see SetUnit.
	UpdateRectification(ctx context.Context, r Rectification, was int64) error
	// SetUnit gives a rectification, with its findings, to a unit.
	SetUnit(ctx context.Context, rectificationID, unitID string) error
	// MoveDues moves the current deadline of findings; all of them when none is named.
	MoveDues(ctx context.Context, id string, due time.Time, findingIDs []string) error
	AddMove(ctx context.Context, id string, m Move) error
	// DropMoves marks how it went so far as no longer counting.
	DropMoves(ctx context.Context, id string) error
	// SetMeasures drops the measures there are and adds new ones.
	SetMeasures(ctx context.Context, id string, ms []Measure) error
	UpdateMeasure(ctx context.Context, m Measure) error
	// SetStages drops the stages there are and adds new ones.
	SetStages(ctx context.Context, id string, ss []Stage) error
	UpdateStage(ctx context.Context, s Stage) error
	AddProgress(ctx context.Context, id string, p Progress) error
	AddApplication(ctx context.Context, id string, a Application) error
	UpdateApplication(ctx context.Context, a Application) error
	AddReport(ctx context.Context, id string, r Report) error
	AddVerification(ctx context.Context, id string, v Verification) error
	AddExtension(ctx context.Context, id string, e Extension) error
	UpdateExtension(ctx context.Context, e Extension) error

	// HeldCases are the ids of what has not ended and has one of the people
	// responsible for it, for a measure that is not done, or verifying it;
	// HeldInspections of what is planned for them to inspect, HeldDraws of the draws
	// that are for them to plan. Each in ascending order after the one given.
	HeldCases(ctx context.Context, people []string, after string, limit int) ([]string, error)
	HeldInspections(ctx context.Context, people []string, after string, limit int) ([]string, error)
	HeldDraws(ctx context.Context, people []string, after string, limit int) ([]string, error)

	PutCampaign(ctx context.Context, c Campaign) error
}

// InspectionQuery selects inspections, latest planned day first.
type InspectionQuery struct {
	States                          []string
	Reach                           policy.Reach
	UnitID, UnderID, Kind, Campaign string
	InspectorID, Response           string
	AfterDay, AfterID               string
	Limit                           int
}

// FindingQuery selects findings, latest first. Its units and sector are those
// of the unit where a finding was found or of the one that has to rectify it;
// with Counted of the one that it counts at.
type FindingQuery struct {
	Reach                                         policy.Reach
	UnitID, UnderID, Category, Severity, Campaign string
	States                                        []string
	InspectionID, DeviceID                        string
	Clause, ChecklistSeries, ItemKey              string
	Sector                                        string    // of the unit
	FoundFrom, FoundBefore                        time.Time // zero for no bound
	Relapse                                       *bool
	Distinct                                      bool   // neither dismissed nor recording an earlier one again
	Counted                                       string // one of the numbers of the roll-ups
	AfterAt                                       time.Time
	AfterID                                       string
	Limit                                         int
}

// RectificationQuery selects rectifications, the earliest deadline first.
type RectificationQuery struct {
	Reach          policy.Reach
	UnitID         string
	UnderID        string `limit:"..64"`
	IssuerID       string `limit:"..64"`
	Campaign       string `limit:"..64"`
	Severity       string
	States         []State `limit:"..8" each:"ordered|acknowledged|rectifying|reported|verifying|rejected|closed|withdrawn"`
	Now            time.Time
	Overdue        *bool // it is the unit's turn, and past its deadline
	Near           bool  // it is the unit's turn, and the deadline is near
	ExtensionAsked bool
	Contested      bool
	Relapsed       bool
	Counted        string // one of the numbers of the roll-ups; overdue is Overdue
	AfterAt        time.Time
	AfterID        string
	Limit          int
}

package event

import (
	"slices"
	"time"
)

// Events of the rectification service: checklists, inspections, findings and
// rectifications.
const (
	ChecklistDrafted   Type = "rectification.checklist.drafted.v1"
	ChecklistRevised   Type = "rectification.checklist.revised.v1"
	ChecklistPublished Type = "rectification.checklist.published.v1"

	InspectionPlanned          Type = "rectification.inspection.planned.v1"
	InspectionRevised          Type = "rectification.inspection.revised.v1"
	InspectionAmended          Type = "rectification.inspection.amended.v1"
	InspectionConfirmed        Type = "rectification.inspection.confirmed.v1"
	InspectionObjected         Type = "rectification.inspection.objected.v1"
	InspectionObjectionDecided Type = "rectification.inspection.objection_decided.v1"
	InspectionSent             Type = "rectification.inspection.sent.v1"
	InspectionCancelled        Type = "rectification.inspection.cancelled.v1"

	DrawDrawn   Type = "rectification.draw.drawn.v1"
	DrawPlanned Type = "rectification.draw.planned.v1"
	DrawRevised Type = "rectification.draw.revised.v1"

	DeviceRegistered Type = "rectification.device.registered.v1"
	DeviceChanged    Type = "rectification.device.changed.v1"

	FindingOpened      Type = "rectification.finding.opened.v1"
	FindingRectifying  Type = "rectification.finding.rectifying.v1"
	FindingClosed      Type = "rectification.finding.closed.v1"
	FindingDismissed   Type = "rectification.finding.dismissed.v1"
	FindingLinked      Type = "rectification.finding.linked.v1"
	FindingReopened    Type = "rectification.finding.reopened.v1"
	FindingTransferred Type = "rectification.finding.transferred.v1"

	RectificationOrdered           Type = "rectification.rectification.ordered.v1"
	RectificationAcknowledged      Type = "rectification.rectification.acknowledged.v1"
	RectificationStarted           Type = "rectification.rectification.started.v1"
	RectificationPlanned           Type = "rectification.rectification.planned.v1"
	RectificationMeasureDone       Type = "rectification.rectification.measure_done.v1"
	RectificationMeasureProgressed Type = "rectification.rectification.measure_progressed.v1"
	RectificationPlanApproved      Type = "rectification.rectification.plan_approved.v1"
	RectificationPlanReturned      Type = "rectification.rectification.plan_returned.v1"
	RectificationSignedOff         Type = "rectification.rectification.signed_off.v1"
	RectificationCloseOutAsked     Type = "rectification.rectification.close_out_requested.v1"
	RectificationReported          Type = "rectification.rectification.reported.v1"
	RectificationReportRefused     Type = "rectification.rectification.report_refused.v1"
	RectificationVerifying         Type = "rectification.rectification.verifying.v1"
	RectificationRejected          Type = "rectification.rectification.rejected.v1"
	RectificationClosed            Type = "rectification.rectification.closed.v1"
	RectificationReopened          Type = "rectification.rectification.reopened.v1"
	RectificationTransferred       Type = "rectification.rectification.transferred.v1"
	RectificationContested         Type = "rectification.rectification.contested.v1"
	RectificationSettled           Type = "rectification.rectification.settled.v1"
	RectificationSuspended         Type = "rectification.rectification.suspended.v1"
	RectificationResumed           Type = "rectification.rectification.resumed.v1"
	RectificationWithdrawn         Type = "rectification.rectification.withdrawn.v1"
	RectificationExtended          Type = "rectification.rectification.extended.v1"
	RectificationExtensionAsked    Type = "rectification.rectification.extension_requested.v1"
	RectificationExtensionDenied   Type = "rectification.rectification.extension_refused.v1"
	RectificationExtensionEnded    Type = "rectification.rectification.extension_withdrawn.v1"
	RectificationStageChecked      Type = "rectification.rectification.stage_checked.v1"
	RectificationHandedOver        Type = "rectification.rectification.handed_over.v1"
)

func init() {
	define(Checklist{}, map[Type]string{
		ChecklistDrafted:   "A checklist, or a new version of one, was drafted.",
		ChecklistRevised:   "The draft of a checklist was changed.",
		ChecklistPublished: "A version of a checklist was published; it never changes again.",
	})
	define(Inspection{}, map[Type]string{
		InspectionPlanned:          "An inspection of a unit was planned.",
		InspectionRevised:          "The plan, the devices or the answers of an inspection were changed before it was sent.",
		InspectionAmended:          "Something was added to the record of a sent inspection.",
		InspectionConfirmed:        "The inspected unit confirmed the results.",
		InspectionObjected:         "The inspected unit objected to the results.",
		InspectionObjectionDecided: "Another inspector upheld the unit's objection, or overruled it.",
		InspectionSent:             "An inspector sent the results of an inspection.",
		InspectionCancelled:        "A planned inspection was called off.",
	})
	define(Draw{}, map[Type]string{
		DrawDrawn:   "Units and inspectors were drawn at random for inspections.",
		DrawPlanned: "The inspections of a draw were planned.",
		DrawRevised: "Who is to plan the inspections of a draw has left it; somebody else is, or the office.",
	})
	define(Device{}, map[Type]string{
		DeviceRegistered: "A device was added to the register of a unit.",
		DeviceChanged:    "What the register says of a device was changed, or it was retired.",
	})
	define(Finding{}, map[Type]string{
		FindingOpened:      "An inspector recorded a finding.",
		FindingRectifying:  "A rectification was ordered for a finding.",
		FindingClosed:      "A finding was closed after verification.",
		FindingDismissed:   "Another inspector dismissed a finding with a reason.",
		FindingLinked:      "A finding was linked to an earlier one as a relapse or a duplicate, or the link was taken back.",
		FindingReopened:    "A finding is open again: found again, not really fixed, or its order was withdrawn.",
		FindingTransferred: "A finding has to be rectified by another unit now, which its order was given to.",
	})
	define(RectificationChange{}, map[Type]string{
		RectificationOrdered:           "A unit was ordered to rectify findings.",
		RectificationAcknowledged:      "The unit acknowledged the order.",
		RectificationStarted:           "The unit began to rectify, without a plan or again after a rejection.",
		RectificationPlanned:           "The unit gave its plan of measures; rectifying has begun.",
		RectificationMeasureDone:       "The unit marked a measure as done.",
		RectificationMeasureProgressed: "The unit said how far a measure is.",
		RectificationPlanApproved:      "The office approved the plan.",
		RectificationPlanReturned:      "The office returned the plan with a reason.",
		RectificationSignedOff:         "A leader of the unit signed off what is to be reported.",
		RectificationCloseOutAsked:     "The unit applied for what it reported to be closed out.",
		RectificationReported:          "The unit reported the rectification with evidence.",
		RectificationReportRefused:     "A sealed report could not be taken in, because the rectification does not accept one now.",
		RectificationVerifying:         "An inspector began to verify.",
		RectificationRejected:          "Verification failed; it says what is still wrong.",
		RectificationClosed:            "Verification passed; the rectification is closed out.",
		RectificationReopened:          "A closed rectification was reopened: relapse or failed look-back.",
		RectificationTransferred:       "The order was transferred to the unit really responsible, bounced by it, or given to a unit by an arbiter.",
		RectificationContested:         "A unit says that the order is not its own; an arbiter has to settle whose it is.",
		RectificationSettled:           "An arbiter settled that the order is with the unit that has it.",
		RectificationSuspended:         "The rectification became a long-term one with stages.",
		RectificationResumed:           "A long-term rectification goes on in the ordinary way.",
		RectificationWithdrawn:         "The order was withdrawn.",
		RectificationExtended:          "The deadline was extended; the original one stays visible.",
		RectificationExtensionAsked:    "The unit asked for a later deadline.",
		RectificationExtensionDenied:   "A later deadline was refused.",
		RectificationExtensionEnded:    "A request for a later deadline was taken back, or became pointless.",
		RectificationStageChecked:      "An inspector checked off a stage of a long-term rectification.",
		RectificationHandedOver:        "Somebody has left what they had of it: being responsible for it, measures of its plan, its verification. Somebody else has it, or nobody.",
	})
}

// Checklist is a published version of a checklist.
type Checklist struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Series   string `json:"series,omitempty"` // the same for all versions
	State    string `json:"state,omitempty"`  // draft, published
	Number   int    `json:"number"`           // version number, from 1
	Items    int    `json:"items"`
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	OfficeID string `json:"office_id,omitempty"` // empty for the built-in ones
}

// Inspection is an inspection as it is now.
type Inspection struct {
	ID          string     `json:"id"`
	CampaignID  string     `json:"campaign_id,omitempty"`
	ChecklistID string     `json:"checklist_id"`
	Kind        string     `json:"kind"` // planned, spot, self, remote, lookback
	UnitID      string     `json:"unit_id"`
	UnitPath    string     `json:"unit_path"`
	State       string     `json:"state"` // planned, sent, cancelled
	SentAt      *time.Time `json:"sent_at,omitempty"`
	Failed      int        `json:"failed"`              // failed answers
	Response    string     `json:"response,omitempty"`  // of the unit: confirmed, objected, upheld, overruled
	OfficeID    string     `json:"office_id,omitempty"` // of whoever planned it
	Version     int64      `json:"version"`
}

// ResultsSent is the state of an inspection from which on its unit knows of it,
// whatever its kind.
const ResultsSent = "sent"

// UnannouncedKinds are the kinds of inspection that the inspected unit is not to
// know of before the results are sent: they are worth nothing once it expects them.
var UnannouncedKinds = []string{"spot", "lookback"}

// Unannounced tells whether the inspected unit is not to know of it yet.
func (i Inspection) Unannounced() bool {
	return i.State != ResultsSent && slices.Contains(UnannouncedKinds, i.Kind)
}

// Draw is a double random draw; the service keeps what it was drawn from.
type Draw struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Algorithm  string   `json:"algorithm"`
	Seed       string   `json:"seed"`
	UnitID     string   `json:"unit_id"` // drawn from units below it
	UnitPath   string   `json:"unit_path"`
	Weighted   bool     `json:"weighted"`
	Candidates int      `json:"candidates"`
	UnitIDs    []string `json:"unit_ids"` // drawn, in this order
	State      string   `json:"state"`    // drawn, planned
	Version    int64    `json:"version"`
}

// Device is a device in the register of a unit.
type Device struct {
	ID       string `json:"id"`
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	Label    string `json:"label"`
	Kind     string `json:"kind,omitempty"`
	Network  string `json:"network"` // inner, outer, none
	State    string `json:"state"`   // active, retired
	Version  int64  `json:"version"`
}

// Finding is a finding as it is now.
type Finding struct {
	ID              string `json:"id"`
	CampaignID      string `json:"campaign_id,omitempty"`
	InspectionID    string `json:"inspection_id,omitempty"`
	RectificationID string `json:"rectification_id,omitempty"`
	UnitID          string `json:"unit_id"`
	UnitPath        string `json:"unit_path"`
	OfficeID        string `json:"office_id,omitempty"` // for which it was recorded
	// ResponsibleUnitID and ResponsibleUnitPath: the unit that has to rectify
	// it, or did, where that is not the one where it was found.
	ResponsibleUnitID   string `json:"responsible_unit_id,omitempty"`
	ResponsibleUnitPath string `json:"responsible_unit_path,omitempty"`
	Title               string `json:"title"`
	Category            string `json:"category"` // institutions, awareness, organisation, technical
	Severity            string `json:"severity"` // minor, ordinary, major
	Clause              string `json:"clause,omitempty"`
	State               string `json:"state"` // open, rectifying, closed, dismissed
	// RepeatsID is the earlier finding this one repeats: a relapse.
	RepeatsID string `json:"repeats_id,omitempty"`
	// DuplicateOf is the earlier finding that this one records again.
	DuplicateOf string `json:"duplicate_of,omitempty"`
	Source      string `json:"source,omitempty"` // inspection, review, report, other
	// FileIDs are the files that show it; told when it is opened, and when it is told again.
	FileIDs []string `json:"file_ids,omitempty"`
	// ChecklistSeries and ItemKey: the item of a checklist that failed, whatever
	// its version; ItemTitle is what it was called.
	ChecklistSeries string     `json:"checklist_series,omitempty"`
	ItemKey         string     `json:"item_key,omitempty"`
	ItemTitle       string     `json:"item_title,omitempty"`
	FoundAt         time.Time  `json:"found_at"`
	ClosedAt        *time.Time `json:"closed_at,omitempty"`
	// OnTime tells of a closed one whether the report it was closed by was made
	// by its deadline in force, OnTimeOriginal whether by the one it was ordered
	// with.
	OnTime         *bool `json:"on_time,omitempty"`
	OnTimeOriginal *bool `json:"on_time_original,omitempty"`
	Version        int64 `json:"version"`
}

// Duty is the unit whose finding it is: the one that has to rectify it, or did.
// Whoever counts findings counts each there, and nowhere else.
func (f Finding) Duty() (unitID, unitPath string) {
	if f.ResponsibleUnitID != "" {
		return f.ResponsibleUnitID, f.ResponsibleUnitPath
	}
	return f.UnitID, f.UnitPath
}

// Rectification is a rectification as it is now.
type Rectification struct {
	ID         string `json:"id"`
	CampaignID string `json:"campaign_id,omitempty"`
	// Number as printed on the order: 整改〔2026〕1号.
	Number     string   `json:"number"`
	Title      string   `json:"title"`
	UnitID     string   `json:"unit_id"`
	UnitPath   string   `json:"unit_path"`
	IssuerID   string   `json:"issuer_id"`
	IssuerPath string   `json:"issuer_path"`
	OfficeID   string   `json:"office_id,omitempty"` // that acts on it: the issuer, or who took it over
	FindingIDs []string `json:"finding_ids"`
	// State: ordered, acknowledged, rectifying, reported, verifying, rejected, closed, withdrawn.
	State         string     `json:"state"`
	Suspended     bool       `json:"suspended,omitempty"`
	Outcome       string     `json:"outcome,omitempty"` // fixed, not_fixable, not_responsible, duplicate
	Severity      string     `json:"severity"`          // highest of its findings
	ResponsibleID string     `json:"responsible_id,omitempty"`
	ReportedBy    string     `json:"reported_by,omitempty"` // person
	SubmissionID  string     `json:"submission_id,omitempty"`
	OrderedAt     time.Time  `json:"ordered_at"`
	DueAt         time.Time  `json:"due_at"`
	OriginalDueAt time.Time  `json:"original_due_at"`
	ReportedAt    *time.Time `json:"reported_at,omitempty"`
	ClosedAt      *time.Time `json:"closed_at,omitempty"`
	Relapses      int        `json:"relapses,omitempty"`
	// CopyToSuperior asks for a copy of the order to the unit above.
	CopyToSuperior bool `json:"copy_to_superior,omitempty"`
	// AwaitsSignOff: a leader of the unit has to sign it off before it is
	// reported, and everything that was planned is done.
	AwaitsSignOff bool  `json:"awaits_sign_off,omitempty"`
	Version       int64 `json:"version"`
}

// RectificationChange is a rectification as it is now and what was done to it.
type RectificationChange struct {
	Rectification Rectification `json:"rectification"`
	From          string        `json:"from"`
	Text          string        `json:"text,omitempty"`
	FromUnitID    string        `json:"from_unit_id,omitempty"` // on transfer
	ToPersonID    string        `json:"to_person_id,omitempty"` // on handed_over; empty for nobody
	// SubmissionID is the submission it is about: on reported, report_refused, rejected and closed.
	SubmissionID string `json:"submission_id,omitempty"`
}

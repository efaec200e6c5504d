package store

import (
	"time"

	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
	"github.com/uptrace/bun"
)

// The rows embed the domain's flat types; what is a list there is JSON or a
// table of its own here.

type campaignRow struct {
	bun.BaseModel `bun:"table:campaigns,alias:c"`
	rectification.Campaign
}

type checklistRow struct {
	bun.BaseModel `bun:"table:checklists,alias:c"`
	checklist.Head
	Items string
}

type inspectionRow struct {
	bun.BaseModel `bun:"table:inspections,alias:i"`
	rectification.InspectionHead
}

type inspectorRow struct {
	bun.BaseModel `bun:"table:inspection_inspectors"`
	InspectionID  string
	rectification.Inspector
}

type deviceRow struct {
	bun.BaseModel `bun:"table:inspection_devices"`
	InspectionID  string
	Position      int
	rectification.Device
}

type answerRow struct {
	bun.BaseModel `bun:"table:inspection_answers,alias:a"`
	InspectionID  string
	ItemKey       string
	DeviceID      string
	Result        string
	Value         string
	Note          string
	FileIDs       string `bun:"file_ids"`
	AnsweredBy    string
	AnsweredAt    time.Time
}

type amendmentRow struct {
	bun.BaseModel `bun:"table:inspection_amendments"`
	InspectionID  string
	rectification.AmendmentHead
	FileIDs string `bun:"file_ids"`
}

type responseRow struct {
	bun.BaseModel `bun:"table:inspection_responses"`
	InspectionID  string
	rectification.Response
}

type registeredRow struct {
	bun.BaseModel `bun:"table:devices,alias:d"`
	rectification.Registered
}

type drawRow struct {
	bun.BaseModel `bun:"table:draws,alias:d"`
	rectification.DrawHead
	Units      string
	Inspectors string
	Picks      string
}

type findingRow struct {
	bun.BaseModel `bun:"table:findings,alias:f"`
	rectification.FindingHead
	FileIDs string `bun:"file_ids"`
}

func (f findingRow) finding() (rectification.Finding, error) {
	x := rectification.Finding{FindingHead: f.FindingHead}
	return x, fromJSON(f.FileIDs, &x.FileIDs)
}

type rectificationRow struct {
	bun.BaseModel `bun:"table:rectifications,alias:r"`
	rectification.Rectification
}

type linkRow struct {
	bun.BaseModel   `bun:"table:rectification_findings"`
	RectificationID string
	rectification.FindingDue
}

type moveRow struct {
	bun.BaseModel   `bun:"table:transfers"`
	RectificationID string
	rectification.Move
}

type measureRow struct {
	bun.BaseModel   `bun:"table:measures"`
	RectificationID string
	rectification.Measure
}

type progressRow struct {
	bun.BaseModel   `bun:"table:measure_progress"`
	RectificationID string
	rectification.Progress
}

type applicationRow struct {
	bun.BaseModel   `bun:"table:applications"`
	RectificationID string
	rectification.Application
}

type stageRow struct {
	bun.BaseModel   `bun:"table:stages"`
	RectificationID string
	rectification.Stage
}

type reportRow struct {
	bun.BaseModel   `bun:"table:reports"`
	RectificationID string
	rectification.Report
}

type verificationRow struct {
	bun.BaseModel   `bun:"table:verifications"`
	ID              string
	RectificationID string
	ReportID        string
	PersonID        string
	Person          string
	UnitID          string
	At              time.Time
	Method          string
	Decision        string
	Outcome         string
	StillWrong      string
	NewDueAt        *time.Time
}

type resultRow struct {
	bun.BaseModel  `bun:"table:verification_results"`
	VerificationID string
	rectification.Result
}

type extensionRow struct {
	bun.BaseModel   `bun:"table:extensions"`
	RectificationID string
	rectification.Extension
}

type historyRow struct {
	bun.BaseModel `bun:"table:history"`
	deed.Entry
}

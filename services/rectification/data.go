package rectification

import (
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/rectification/deed"
)

// What deeds and events say of things.

func (in InspectionHead) thing() deed.Thing {
	return deed.Thing{Kind: "inspection", ID: in.ID, State: in.State, UnitID: in.UnitID, UnitPath: in.UnitPath, Version: in.Version, Data: inspectionData(in)}
}

func inspectionData(in InspectionHead) event.Inspection {
	return event.Inspection{
		ID: in.ID, CampaignID: in.CampaignID, ChecklistID: in.ChecklistID, Kind: in.Kind, UnitID: in.UnitID,
		UnitPath: in.UnitPath, State: in.State, SentAt: in.SentAt, Failed: in.Failed, Response: in.Response, OfficeID: in.OfficeID, Version: in.Version,
	}
}

func (d Draw) thing() deed.Thing {
	e := event.Draw{
		ID: d.ID, Title: d.Title, Algorithm: d.Algorithm, Seed: d.Seed, UnitID: d.UnitID, UnitPath: d.UnitPath, Weighted: d.Weighted,
		Candidates: len(d.Units), State: d.State, Version: d.Version,
	}
	for _, p := range d.Picks {
		e.UnitIDs = append(e.UnitIDs, p.UnitID)
	}
	return deed.Thing{Kind: "draw", ID: d.ID, State: d.State, UnitID: d.UnitID, UnitPath: d.UnitPath, Version: d.Version, Data: e}
}

func (d Registered) thing() deed.Thing {
	return deed.Thing{Kind: "device", ID: d.ID, State: d.State, UnitID: d.UnitID, UnitPath: d.UnitPath, Version: d.Version, Data: event.Device{
		ID: d.ID, UnitID: d.UnitID, UnitPath: d.UnitPath, Label: d.Label, Kind: d.Kind, Network: d.Network, State: d.State, Version: d.Version,
	}}
}

// thing is the finding; the files are told where it is recorded only.
func (f FindingHead) thing(fileIDs ...string) deed.Thing {
	return deed.Thing{Kind: "finding", ID: f.ID, State: f.State, UnitID: f.UnitID, UnitPath: f.UnitPath, Version: f.Version, Data: findingData(f, fileIDs)}
}

func findingData(f FindingHead, fileIDs []string) event.Finding {
	return event.Finding{
		ID: f.ID, CampaignID: f.CampaignID, InspectionID: f.InspectionID, RectificationID: f.RectificationID,
		UnitID: f.UnitID, UnitPath: f.UnitPath, OfficeID: f.OfficeID, ResponsibleUnitID: f.ResponsibleUnitID, ResponsibleUnitPath: f.ResponsibleUnitPath, Title: f.Title, Category: f.Category, Severity: f.Severity,
		Clause: f.Clause, State: f.State, RepeatsID: f.RepeatsID, DuplicateOf: f.DuplicateOf, Source: f.Source, FileIDs: fileIDs, FoundAt: f.FoundAt, Version: f.Version,
		ChecklistSeries: f.ChecklistSeries, ItemKey: f.ItemKey, ItemTitle: f.ItemTitle, ClosedAt: f.ClosedAt, OnTime: f.OnTime, OnTimeOriginal: f.OnTimeOriginal,
	}
}

func rectificationData(r Rectification, findingIDs []string) event.Rectification {
	return event.Rectification{
		ID: r.ID, CampaignID: r.CampaignID, Number: r.Number, Title: r.Title, UnitID: r.UnitID, UnitPath: r.UnitPath,
		IssuerID: r.IssuerID, IssuerPath: r.IssuerPath, OfficeID: r.OfficeID, FindingIDs: findingIDs, State: string(r.State),
		Suspended: r.Suspended, Outcome: r.Outcome, Severity: r.Severity, ResponsibleID: r.ResponsibleID,
		ReportedBy: r.ReportedBy, SubmissionID: r.SubmissionID, OrderedAt: r.OrderedAt, DueAt: r.DueAt,
		OriginalDueAt: r.OriginalDueAt, ReportedAt: r.ReportedAt, ClosedAt: r.ClosedAt, Relapses: r.Relapses,
		CopyToSuperior: r.CopyToSuperior, Version: r.Version,
	}
}

// What somebody may do to a thing now: computed for each answer, never stored.

// InspectionMay is what somebody may do to an inspection.
type InspectionMay struct{ Update, Answer, Send, Cancel, Amend, Respond, DecideObjection, RecordFindings bool }

// DrawMay is what somebody may do to a draw.
type DrawMay struct{ Plan bool }

// DeviceMay is what somebody may do to a registered device.
type DeviceMay struct{ Update bool }

// FindingMay is what somebody may do to a finding.
type FindingMay struct{ Dismiss, Link, Order bool }

// CaseMay is what somebody may do to a rectification.
type CaseMay struct {
	Acknowledge, Start, Plan, Report, ApprovePlan, SignOff, ApplyCloseOut, FixOnSpot bool
	BeginVerification, Verify, Reopen                                                bool
	Transfer, Bounce, Settle, Suspend, CheckStage, Resume, Withdraw                  bool
	RequestExtension, WithdrawExtension, DecideExtension                             bool
}

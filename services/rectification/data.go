package rectification

import (
	"github.com/duban/duban/api/event"
)

func inspectionData(in InspectionHead) event.Inspection {
	return event.Inspection{
		ID: in.ID, CampaignID: in.CampaignID, ChecklistID: in.ChecklistID, Kind: in.Kind, UnitID: in.UnitID,
		UnitPath: in.UnitPath, State: in.State, SentAt: in.SentAt, Failed: in.Failed, Response: in.Response, OfficeID: in.OfficeID, Version: in.Version,
	}
}

func drawData(d Draw) event.Draw {
	e := event.Draw{
		ID: d.ID, Title: d.Title, Algorithm: d.Algorithm, Seed: d.Seed, UnitID: d.UnitID, UnitPath: d.UnitPath, Weighted: d.Weighted,
		Candidates: len(d.Units), State: d.State, Version: d.Version,
	}
	for _, p := range d.Picks {
		e.UnitIDs = append(e.UnitIDs, p.UnitID)
	}
	return e
}

func findingData(f FindingHead, fileIDs []string) event.Finding {
	return event.Finding{
		ID: f.ID, CampaignID: f.CampaignID, InspectionID: f.InspectionID, RectificationID: f.RectificationID,
		UnitID: f.UnitID, UnitPath: f.UnitPath, ResponsibleUnitID: f.ResponsibleUnitID, ResponsibleUnitPath: f.ResponsibleUnitPath, Title: f.Title, Category: f.Category, Severity: f.Severity,
		Clause: f.Clause, State: f.State, RepeatsID: f.RepeatsID, DuplicateOf: f.DuplicateOf, Source: f.Source, FileIDs: fileIDs, FoundAt: f.FoundAt, Version: f.Version,
		ChecklistSeries: f.ChecklistSeries, ItemKey: f.ItemKey, ItemTitle: f.ItemTitle, ClosedAt: f.ClosedAt, OnTime: f.OnTime, OnTimeOriginal: f.OnTimeOriginal,
	}
}

func rectificationData(r Rectification, findingIDs []string) event.Rectification {
	return event.Rectification{
		ID: r.ID, CampaignID: r.CampaignID, Number: r.Number, Title: r.Title, UnitID: r.UnitID, UnitPath: r.UnitPath,
		IssuerID: r.IssuerID, IssuerPath: r.IssuerPath, FindingIDs: findingIDs, State: string(r.State),
		Suspended: r.Suspended, Outcome: r.Outcome, Severity: r.Severity, ResponsibleID: r.ResponsibleID,
		ReportedBy: r.ReportedBy, SubmissionID: r.SubmissionID, OrderedAt: r.OrderedAt, DueAt: r.DueAt,
		OriginalDueAt: r.OriginalDueAt, ReportedAt: r.ReportedAt, ClosedAt: r.ClosedAt, Relapses: r.Relapses,
		CopyToSuperior: r.CopyToSuperior, Version: r.Version,
	}
}

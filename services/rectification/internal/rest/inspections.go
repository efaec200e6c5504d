package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

type inspectionsIn struct {
	rest.Page
	UnitID      string   `query:"unit_id" maxLength:"64" doc:"Only of this unit"`
	Under       string   `query:"under" maxLength:"64" doc:"Only of this unit and the units below it"`
	State       []string `query:"state" words:"state.inspection" doc:"Only in these states" example:"planned,sent"`
	Kind        string   `query:"kind" words:"inspection_kind" doc:"Only of this kind"`
	CampaignID  string   `query:"campaign_id" maxLength:"64" doc:"Only of this campaign"`
	Response    string   `query:"response" words:"response" doc:"Only where the unit said this of the results" example:"objected"`
	InspectorID string   `query:"inspector_id" maxLength:"64" doc:"Only with this inspector; me is yourself" example:"me"`
}

type planInspectionBody struct {
	ID           string   `json:"id,omitempty" doc:"A UUID of your own making, so that you may send it again; the same content is the same inspection" example:"01985b2e-7c1a-7000-8000-000000000101"`
	UnitID       string   `json:"unit_id" doc:"Unit to inspect" example:"01985b2e-7c1a-7000-8000-000000000007"`
	ChecklistID  string   `json:"checklist_id" doc:"Published checklist" example:"00000000-0000-7000-8000-0000000c0001"`
	CampaignID   string   `json:"campaign_id,omitempty" doc:"Campaign it belongs to"`
	Kind         string   `json:"kind,omitempty" default:"planned" doc:"Kind" example:"spot"`
	PlannedDay   string   `json:"planned_on,omitempty" format:"date" doc:"Local day; today when left out" example:"2026-09-21"`
	Note         string   `json:"note,omitempty" doc:"Note"`
	InspectorIDs []string `json:"inspector_ids,omitempty" doc:"Who carries it out; you, when left out. Nobody of the inspected unit; of a self-check, only people of it"`
	Devices      []device `json:"devices,omitempty" doc:"Devices to inspect one by one"`
	Registered   bool     `json:"registered_devices,omitempty" doc:"Inspect the active devices of the unit's register, instead of naming them"`
	OfficeID     string   `json:"office_id,omitempty" doc:"Office that you act for; needed only by somebody who acts there for several"`
}

type updateInspectionBody struct {
	PlannedDay   *string   `json:"planned_on,omitempty" format:"date" doc:"Local day" example:"2026-09-22"`
	Note         *string   `json:"note,omitempty" doc:"Note"`
	InspectorIDs []string  `json:"inspector_ids,omitempty" doc:"Who carries it out"`
	Devices      *[]device `json:"devices,omitempty" doc:"All devices; those with answers must stay"`
}

type answersBody struct {
	Answers []answer `json:"answers" doc:"Answers; each replaces the earlier one to the same item and device"`
}

type sendInspectionBody struct {
	RecordFindings *bool `json:"record_findings,omitempty" doc:"Record an open finding for every failed answer; true when left out, but for a self-check, where the office records them" example:"true"`
}

type reasonBody struct {
	Reason string `json:"reason" doc:"Why" example:"单位当日停电，改期检查"`
}

type amendInspectionBody struct {
	ItemKey  string   `json:"item_key,omitempty" doc:"The item it is about"`
	DeviceID string   `json:"device_id,omitempty" doc:"The device it is about"`
	Text     string   `json:"text" doc:"What is added to the record" example:"补记：该机已于次日安装杀毒软件"`
	FileIDs  []string `json:"file_ids,omitempty" doc:"Pictures and files of it"`
}

func devices(in []device) []rectification.Device {
	return mapped(in, func(d device) rectification.Device { return rectification.Device(d) })
}

func mountInspections(g *rest.Group, svc *rectification.Inspections) {
	register(g, rest.Op{
		ID: "list-inspections", Method: http.MethodGet, Path: "/inspections", Resource: "inspection", Action: "read",
		Summary: "List inspections", Description: "Inspections in your reach, the latest planned day first. Of those that are not open to you there is the outline, and filters that ask for more (response, inspector_id) leave them out. The inspected unit learns of a spot check or a look-back when its results are sent.",
	}, func(ctx context.Context, in *inspectionsIn) (*rest.Reply[rest.List[InspectionHead]], error) {
		actor := rest.Actor(ctx)
		q := rectification.InspectionQuery{
			UnitID: in.UnitID, UnderID: in.Under, States: in.State, Kind: in.Kind, Campaign: in.CampaignID, Response: in.Response, InspectorID: in.InspectorID, Limit: in.Limit + 1,
		}
		if q.InspectorID == "me" {
			q.InspectorID = actor.PersonID
		}
		var after [2]string
		if ok, err := in.Decode(&after); err != nil {
			return nil, err
		} else if ok {
			q.AfterDay, q.AfterID = after[0], after[1]
		}
		rows, err := svc.Inspections(ctx, actor, q)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.Items(mapped(rows, inspectionRow), in.Limit, func(i InspectionHead) any { return [2]string{i.PlannedDay, i.ID} })), nil
	})
	register(g, rest.Op{
		ID: "get-inspection", Method: http.MethodGet, Path: "/inspections/{id}", Resource: "inspection", Action: "read",
		Summary: "Read an inspection", Description: "With the items of its checklist, devices, answers and amendments; or its outline where no more is open to you.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[inspection], error) {
		return replyInspection(svc.Inspection(ctx, rest.Actor(ctx), in.ID))
	})
	register(g, rest.Op{
		ID: "plan-inspection", Input: rectification.InspectionInput{}, Method: http.MethodPost, Path: "/inspections", Resource: "inspection", Action: "plan", Status: http.StatusCreated,
		Summary: "Plan an inspection",
		Description: "Plans an inspection of a unit, never your own; a self-check is planned by the office and answered and sent by the unit itself. A phone may make the id itself and send the request again until it is answered: " +
			"the same id with the same content answers the same, with other content 409 and what is stored.",
		Example: planInspectionBody{
			ID: "01985b2e-7c1a-7000-8000-000000000101", UnitID: "01985b2e-7c1a-7000-8000-000000000007", ChecklistID: checklist.TerminalRulesID, Kind: "spot",
			PlannedDay: "2026-09-21", Devices: []device{{ID: "pc-1", Label: "财务室 1 号机", Kind: "desktop", Network: "inner", Serial: "CN-0042"}},
		},
	}, func(ctx context.Context, in *struct{ Body planInspectionBody }) (*rest.Reply[inspection], error) {
		b := in.Body
		return replyInspection(svc.PlanInspection(ctx, rest.Actor(ctx), rectification.InspectionInput{
			ID: b.ID, UnitID: b.UnitID, ChecklistID: b.ChecklistID, CampaignID: b.CampaignID, Kind: b.Kind, PlannedDay: b.PlannedDay,
			Note: b.Note, InspectorIDs: b.InspectorIDs, Devices: devices(b.Devices), Registered: b.Registered, OfficeID: b.OfficeID,
		}))
	})
	register(g, rest.Op{
		ID: "update-inspection", Input: rectification.InspectionPatch{}, Method: http.MethodPatch, Path: "/inspections/{id}", Resource: "inspection", Action: "conduct",
		Summary: "Change a planned inspection", Description: "Changes day, note, inspectors or devices before it is sent; what is left out stays.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: map[string]any{"planned_on": "2026-09-22"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body updateInspectionBody
	}) (*rest.Reply[inspection], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		p := rectification.InspectionPatch{PlannedDay: in.Body.PlannedDay, Note: in.Body.Note, InspectorIDs: in.Body.InspectorIDs}
		if in.Body.Devices != nil {
			ds := devices(*in.Body.Devices)
			p.Devices = &ds
		}
		return replyInspection(svc.UpdateInspection(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, p))
	})
	register(g, rest.Op{
		ID: "put-answers", Input: rectification.Answers{}, Method: http.MethodPut, Path: "/inspections/{id}/answers", Resource: "inspection", Action: "conduct",
		Summary: "Save answers", Description: "Saves any number of answers, all or none. Saving what is stored already changes nothing, so a phone may send again.",
		IfMatch: true, Errors: []int{http.StatusConflict},
		Example: answersBody{Answers: []answer{{ItemKey: "antivirus", DeviceID: "pc-1", Result: "fail", Note: "未安装杀毒软件"}}},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body answersBody
	}) (*rest.Reply[inspection], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		as := mapped(in.Body.Answers, func(a answer) rectification.Answer {
			return rectification.Answer{ItemKey: a.ItemKey, DeviceID: a.DeviceID, Result: a.Result, Value: a.Value, Note: a.Note, FileIDs: a.FileIDs}
		})
		return replyInspection(svc.PutAnswers(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.Answers{Answers: as}))
	})
	register(g, rest.Op{
		ID: "send-inspection", Method: http.MethodPost, Path: "/inspections/{id}/send", Resource: "inspection", Action: "conduct",
		Summary: "Send an inspection", Description: "Makes the results final; 422 lists what is not answered or lacks evidence. Records an open finding for every failed answer unless told otherwise.",
		IfMatch: true, Example: sendInspectionBody{RecordFindings: ptr(true)},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body *sendInspectionBody `required:"false"`
	}) (*rest.Reply[inspection], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		var record *bool
		if in.Body != nil {
			record = in.Body.RecordFindings
		}
		return replyInspection(svc.SendInspection(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, record))
	})
	register(g, rest.Op{
		ID: "cancel-inspection", Input: rectification.Reason{}, Method: http.MethodPost, Path: "/inspections/{id}/cancel", Resource: "inspection", Action: "conduct",
		Summary: "Call an inspection off", Description: "Only while it is planned; a sent one stays.",
		IfMatch: true, Example: reasonBody{Reason: "单位当日停电，改期检查"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body reasonBody
	}) (*rest.Reply[inspection], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyInspection(svc.CancelInspection(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.Reason(in.Body)))
	})
	register(g, rest.Op{
		ID: "amend-inspection", Input: rectification.Amendment{}, Method: http.MethodPost, Path: "/inspections/{id}/amend", Resource: "inspection", Action: "conduct",
		Summary: "Add to a sent inspection", Description: "Adds what was overlooked to the record; the answers stay as they were sent.",
		Example: amendInspectionBody{ItemKey: "antivirus", DeviceID: "pc-1", Text: "补记：该机已于次日安装杀毒软件"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body amendInspectionBody
	}) (*rest.Reply[inspection], error) {
		return replyInspection(svc.AmendInspection(ctx, rest.Actor(ctx), in.ID, rectification.Amendment{
			AmendmentHead: rectification.AmendmentHead{ItemKey: in.Body.ItemKey, DeviceID: in.Body.DeviceID, Text: in.Body.Text}, FileIDs: in.Body.FileIDs,
		}))
	})
}

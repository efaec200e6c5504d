package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/deed"
)

type objectBody struct {
	ItemKey  string `json:"item_key,omitempty" doc:"The item it is about; the whole when left out" example:"antivirus"`
	DeviceID string `json:"device_id,omitempty" doc:"The device it is about" example:"pc-1"`
	Text     string `json:"text" doc:"Why the results are wrong" example:"该机已装有统一部署的杀毒软件，图标被隐藏"`
}

type objectionBody struct {
	Uphold bool   `json:"uphold" doc:"The unit is right, or the results stand" example:"true"`
	Answer string `json:"answer" doc:"Why; added to the record where the unit is right" example:"经复核属实，该项改为合格"`
}

type lookBackBody struct {
	ID           string   `json:"id,omitempty" doc:"A UUID of your own making, so that you may send it again; the same content is the same inspection" example:"01985b2e-7c1a-7000-8000-000000000102"`
	UnitID       string   `json:"unit_id" doc:"Unit to look back at" example:"01985b2e-7c1a-7000-8000-000000000007"`
	ClosedDays   int      `json:"closed_days,omitempty" default:"180" doc:"Findings closed in the last so many days too" example:"180"`
	CampaignID   string   `json:"campaign_id,omitempty" doc:"Campaign it belongs to"`
	PlannedDay   string   `json:"planned_on,omitempty" format:"date" doc:"Local day; today when left out" example:"2026-11-02"`
	Note         string   `json:"note,omitempty" doc:"Note"`
	InspectorIDs []string `json:"inspector_ids,omitempty" doc:"Who carries it out; you, when left out"`
	OfficeID     string   `json:"office_id,omitempty" doc:"Office that you act for; needed only by somebody who acts there for several"`
}

type recorded struct {
	Recorded int `json:"recorded" doc:"How many findings were recorded now" example:"3"`
}

// onInspection adds an action on one inspection.
func onInspection[B any](g *rest.Group, op rest.Op, do func(ctx context.Context, on deed.Subject, body B) (rectification.InspectionView, error)) {
	op.Method, op.Resource, op.IfMatch = http.MethodPost, "inspection", true
	type in struct {
		rest.ByID
		Body B
	}
	register(g, op, func(ctx context.Context, x *in) (*rest.Reply[inspection], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyInspection(do(ctx, deed.Subject{ID: x.ID, Version: want}, x.Body))
	})
}

func mountResponses(g *rest.Group, svc *rectification.Inspections) {
	register(g, rest.Op{
		ID: "plan-look-back", Input: rectification.LookBackInput{}, Method: http.MethodPost, Path: "/inspections/look-back", Resource: "inspection", Action: "plan", Status: http.StatusCreated,
		Summary: "Plan a look-back", Description: "Plans an inspection whose items are the unit's findings that are not closed and those closed not long ago; the key of an item is the id of its finding. " +
			"What fails is recorded as a relapse of what was closed, or a duplicate of what was not. Error: `nothing_to_look_back`.",
		Example: lookBackBody{UnitID: "01985b2e-7c1a-7000-8000-000000000007", ClosedDays: 180, PlannedDay: "2026-11-02"},
	}, func(ctx context.Context, in *struct{ Body lookBackBody }) (*rest.Reply[inspection], error) {
		return replyInspection(svc.PlanLookBack(ctx, rest.Actor(ctx), rectification.LookBackInput(in.Body)))
	})
	onInspection(g, rest.Op{
		ID: "confirm-inspection", Input: rectification.Note{}, Path: "/inspections/{id}/confirm", Action: "respond",
		Summary: "Confirm the results", Description: "The inspected unit's word that the results of a sent inspection are right. It responds once.",
		Example: noteBody{Note: "情况属实"},
	}, func(ctx context.Context, on deed.Subject, b *noteBody) (rectification.InspectionView, error) {
		return svc.ConfirmInspection(ctx, rest.Actor(ctx), on, rectification.Note(or(b)))
	})
	onInspection(g, rest.Op{
		ID: "object-to-inspection", Input: rectification.Objection{}, Path: "/inspections/{id}/object", Action: "respond",
		Summary: "Object to the results", Description: "The inspected unit's word that the results, or one of them, are wrong, and why. Orders stand until it is decided.",
		Example: objectBody{ItemKey: "antivirus", DeviceID: "pc-1", Text: "该机已装有统一部署的杀毒软件，图标被隐藏"},
	}, func(ctx context.Context, on deed.Subject, b objectBody) (rectification.InspectionView, error) {
		return svc.ObjectToInspection(ctx, rest.Actor(ctx), on, rectification.Objection(b))
	})
	onInspection(g, rest.Op{
		ID: "decide-objection", Input: rectification.ObjectionDecision{}, Path: "/inspections/{id}/decide-objection", Action: "conduct",
		Summary: "Decide an objection", Description: "Another inspector than the one who sent the results upholds the objection, which is then added to the record, or overrules it.",
		Example: objectionBody{Uphold: true, Answer: "经复核属实，该项改为合格"},
	}, func(ctx context.Context, on deed.Subject, b objectionBody) (rectification.InspectionView, error) {
		return svc.DecideObjection(ctx, rest.Actor(ctx), on, rectification.ObjectionDecision(b))
	})
	register(g, rest.Op{
		ID: "record-findings", Method: http.MethodPost, Path: "/inspections/{id}/record-findings", Resource: "finding", Action: "take_up",
		Summary: "Record findings from an inspection", Description: "Records an open finding for every failed answer of a sent inspection that has none yet: how the office takes up a self-check. Again, it records nothing more.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[recorded], error) {
		n, err := svc.RecordFindings(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return rest.Answer(recorded{Recorded: n}), nil
	})
}

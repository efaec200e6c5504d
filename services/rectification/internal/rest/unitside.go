package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/deed"
)

type acknowledgeBody struct {
	ResponsibleID string `json:"responsible_id,omitempty" doc:"Responsible person of the unit"`
}

type measureBody struct {
	Text     string     `json:"text" doc:"What is done" example:"安装杀毒软件并升级病毒库"`
	PersonID string     `json:"person_id,omitempty" doc:"Who does it, where they have an account"`
	Person   string     `json:"person_name,omitempty" doc:"Name of who does it, where they have none" example:"王会计"`
	DueAt    rest.DueOn `json:"due_on" doc:"By the end of this local day" example:"2026-09-25"`
}

type planBody struct {
	Measures      []measureBody `json:"measures" doc:"Measures, each with a person and a date"`
	Funds         string        `json:"funds,omitempty" doc:"Funds; compulsory for a major finding" example:"由本级预算安排 2 万元"`
	Contingency   string        `json:"contingency,omitempty" doc:"What is done until it is fixed; compulsory for a major finding" example:"整改期间断开外网"`
	ResponsibleID string        `json:"responsible_id,omitempty" doc:"Responsible person; compulsory for a major finding unless named before"`
}

type progressBody struct {
	Percent int    `json:"percent" doc:"How far it is, in percent; mark it as done at 100" example:"60"`
	Note    string `json:"note" doc:"What was done" example:"设备已到货，待安装"`
}

type closeOutBody struct {
	Text string `json:"text" doc:"What was done" example:"已整改到位，申请销号"`
}

type requestExtensionBody struct {
	At       *rest.DueOn `json:"due_on,omitempty" doc:"Deadline asked for: the end of this local day; or workdays" example:"2026-10-15"`
	Workdays int         `json:"workdays,omitempty" doc:"Deadline asked for, in working days from now" example:"15"`
	Reason   string      `json:"reason" doc:"Why" example:"设备采购需要时间"`
}

func mountUnitSide(g *rest.Group, svc *rectification.Service) {
	action(g, rest.Op{
		ID: "bounce-rectification", Input: rectification.Reason{}, Path: "/rectifications/{id}/bounce", Action: "acknowledge",
		Summary: "Bounce an order", Description: "Says that an order your unit has not acknowledged is not its own. A transferred one goes back to the unit before, twice at most; otherwise an arbiter settles whose it is. The deadline runs on.",
		Example: reasonBody{Reason: "该机房由镇信息中心管理"},
	}, func(ctx context.Context, on deed.Subject, b reasonBody) (rectification.CaseView, error) {
		return svc.Bounce(ctx, rest.Actor(ctx), on, rectification.Reason(b))
	})
	action(g, rest.Op{
		ID: "acknowledge-rectification", Input: rectification.Responsible{}, Path: "/rectifications/{id}/acknowledge", Action: "acknowledge",
		Summary: "Acknowledge an order", Description: "Takes the order on for your unit and may name the responsible person.",
		Example: acknowledgeBody{},
	}, func(ctx context.Context, on deed.Subject, b *acknowledgeBody) (rectification.CaseView, error) {
		return svc.Acknowledge(ctx, rest.Actor(ctx), on, rectification.Responsible(or(b)))
	})
	bare(g, rest.Op{
		ID: "start-rectification", Path: "/rectifications/{id}/start", Action: "plan",
		Summary: "Begin to rectify", Description: "Begins without a plan where none is asked for, or again after a rejection.",
	}, func(ctx context.Context, on deed.Subject) (rectification.CaseView, error) {
		return svc.Start(ctx, rest.Actor(ctx), on)
	})
	action(g, rest.Op{
		ID: "plan-rectification", Input: rectification.PlanInput{}, Path: "/rectifications/{id}/plan", Action: "plan",
		Summary: "Give the plan", Description: "Sets the measures, each with a person and a date, and begins to rectify. A major finding also needs the responsible person, funds and contingency (五落实). A new plan replaces the old one, which stays in the record.",
		Example: planBody{Measures: []measureBody{{Text: "安装杀毒软件并升级病毒库", Person: "王会计", DueAt: rest.OnDay(time.Date(2026, 9, 25, 15, 59, 59, 0, time.UTC))}}},
	}, func(ctx context.Context, on deed.Subject, b planBody) (rectification.CaseView, error) {
		return svc.Plan(ctx, rest.Actor(ctx), on, rectification.PlanInput{
			Measures: mapped(b.Measures, func(m measureBody) rectification.Measure {
				return rectification.Measure{Text: m.Text, PersonID: m.PersonID, Person: m.Person, DueAt: m.DueAt.Time()}
			}), Funds: b.Funds, Contingency: b.Contingency, ResponsibleID: b.ResponsibleID,
		})
	})
	register(g, rest.Op{
		ID: "finish-measure", Input: rectification.MeasureDone{}, Method: http.MethodPost, Path: "/rectifications/{id}/measures/{measure_id}/done", Resource: "rectification", Action: "plan",
		Summary: "Mark a measure as done", Description: "Marks a measure of the plan as done. The rectification itself is reported through a sealed submission of the evidence service.",
		IfMatch: true, Example: noteBody{Note: "已安装并完成全盘查杀"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		MeasureID string `path:"measure_id" maxLength:"64" doc:"Id of the measure" example:"01985b2e-7c1a-7000-8000-000000000501"`
		Body      *noteBody
	}) (*rest.Reply[rectificationCase], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyCase(svc.MeasureDone(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.MeasureDone{MeasureID: in.MeasureID, Note: or(in.Body).Note}))
	})
	register(g, rest.Op{
		ID: "report-measure-progress", Input: rectification.HowFar{}, Method: http.MethodPost, Path: "/rectifications/{id}/measures/{measure_id}/progress", Resource: "rectification", Action: "plan",
		Summary: "Say how far a measure is", Description: "Records how far a measure of the plan is and why; every word of it stays in the record.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: progressBody{Percent: 60, Note: "设备已到货，待安装"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		MeasureID string `path:"measure_id" maxLength:"64" doc:"Id of the measure" example:"01985b2e-7c1a-7000-8000-000000000501"`
		Body      progressBody
	}) (*rest.Reply[rectificationCase], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyCase(svc.MeasureProgress(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.HowFar{MeasureID: in.MeasureID, Percent: in.Body.Percent, Note: in.Body.Note}))
	})
	action(g, rest.Op{
		ID: "sign-off-rectification", Input: rectification.Note{}, Path: "/rectifications/{id}/sign-off", Action: "sign_off",
		Summary: "Sign off for the unit", Description: "The unit leader's word that it may be reported, where the order asks for it or not. A rejection, a new plan, a transfer and a reopening take it back.",
		Example: noteBody{Note: "情况属实，同意上报"},
	}, func(ctx context.Context, on deed.Subject, b *noteBody) (rectification.CaseView, error) {
		return svc.SignOff(ctx, rest.Actor(ctx), on, rectification.Note(or(b)))
	})
	action(g, rest.Op{
		ID: "apply-close-out", Input: rectification.CloseOut{}, Path: "/rectifications/{id}/apply-close-out", Action: "report",
		Summary: "Apply to be closed out", Description: "Applies for what was reported to be closed out (销号). Closing grants it, a rejection refuses it; an order that asks for an application is closed with one only.",
		Example: closeOutBody{Text: "已整改到位，申请销号"},
	}, func(ctx context.Context, on deed.Subject, b closeOutBody) (rectification.CaseView, error) {
		return svc.ApplyCloseOut(ctx, rest.Actor(ctx), on, rectification.CloseOut(b))
	})
	action(g, rest.Op{
		ID: "request-rectification-extension", Input: rectification.ExtensionRequest{}, Path: "/rectifications/{id}/request-extension", Action: "request_extension",
		Summary: "Ask for a later deadline", Description: "One request at a time; the deadline stays until it is granted, original_due_at for ever.",
		Example: requestExtensionBody{Workdays: 15, Reason: "设备采购需要时间"},
	}, func(ctx context.Context, on deed.Subject, b requestExtensionBody) (rectification.CaseView, error) {
		return svc.RequestExtension(ctx, rest.Actor(ctx), on, rectification.ExtensionRequest{Due: deadline(b.At, b.Workdays), Reason: b.Reason})
	})
	bare(g, rest.Op{
		ID: "withdraw-rectification-extension", Path: "/rectifications/{id}/withdraw-extension", Action: "request_extension",
		Summary: "Take an extension request back", Description: "Takes the waiting request for a later deadline back.",
	}, func(ctx context.Context, on deed.Subject) (rectification.CaseView, error) {
		return svc.WithdrawExtension(ctx, rest.Actor(ctx), on)
	})
}

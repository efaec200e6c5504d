package rest

import (
	"context"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/deed"
)

type verifyBody struct {
	Decision   string      `json:"decision" doc:"Close it, or reject the report" example:"close"`
	Results    []result    `json:"results" doc:"A result for every finding of the order"`
	Method     string      `json:"method,omitempty" default:"documents" doc:"Verified on site or by documents" example:"on_site"`
	Outcome    string      `json:"outcome,omitempty" default:"fixed" doc:"What it came to, on close" example:"fixed"`
	Note       string      `json:"note,omitempty" doc:"A note; compulsory to close what is not fixed" example:"现场复查合格"`
	StillWrong string      `json:"still_wrong,omitempty" doc:"What is still wrong; compulsory to reject" example:"2 号机仍未安装"`
	At         *rest.DueOn `json:"due_on,omitempty" doc:"The new deadline, on reject: the end of this local day; or workdays" example:"2026-10-15"`
	Workdays   int         `json:"workdays,omitempty" doc:"The new deadline in working days from now, on reject" example:"5"`
}

type decideExtensionBody struct {
	Grant    bool        `json:"grant" doc:"Grant or refuse" example:"true"`
	At       *rest.DueOn `json:"due_on,omitempty" doc:"Another deadline than the one asked for: the end of this local day" example:"2026-10-15"`
	Workdays int         `json:"workdays,omitempty" doc:"Another deadline, in working days from now" example:"10"`
	Answer   string      `json:"answer,omitempty" doc:"Answer; compulsory to refuse" example:"同意延期"`
}

type planDecision struct {
	Approve bool   `json:"approve" doc:"Approve or return" example:"true"`
	Answer  string `json:"answer,omitempty" doc:"Answer; compulsory to return" example:"措施可行，同意"`
}

func mountVerification(g *rest.Group, svc *rectification.Service) {
	action(g, rest.Op{
		ID: "decide-rectification-plan", Input: rectification.PlanDecision{}, Path: "/rectifications/{id}/decide-plan", Action: "approve_plan",
		Summary: "Approve or return a plan", Description: "Decides about the plan of an order that asks for approval. Until it is approved no measure is marked and nothing is reported; a returned one is given anew.",
		Example: planDecision{Approve: true, Answer: "措施可行，同意"},
	}, func(ctx context.Context, on deed.Subject, b planDecision) (rectification.CaseView, error) {
		return svc.DecidePlan(ctx, rest.Actor(ctx), on, rectification.PlanDecision(b))
	})
	bare(g, rest.Op{
		ID: "begin-verification", Path: "/rectifications/{id}/begin-verification", Action: "verify",
		Summary: "Begin to verify", Description: "Takes a report up. Not for the rectified unit, not for who reported it and, for a major finding, not for who found it.",
	}, func(ctx context.Context, on deed.Subject) (rectification.CaseView, error) {
		return svc.BeginVerification(ctx, rest.Actor(ctx), on)
	})
	action(g, rest.Op{
		ID: "verify-rectification", Input: rectification.VerifyInput{}, Path: "/rectifications/{id}/verify", Action: "verify",
		Summary: "Close or reject", Description: "Decides about a report with a result for every finding. A rejection says what is still wrong and sets a new date; closing records the outcome and closes the findings.",
		Example: verifyBody{Decision: "close", Method: "on_site", Outcome: "fixed", Results: []result{{FindingID: "01985b2e-7c1a-7000-8000-000000000201", Result: "fixed"}}, Note: "现场复查合格"},
	}, func(ctx context.Context, on deed.Subject, b verifyBody) (rectification.CaseView, error) {
		return svc.Verify(ctx, rest.Actor(ctx), on, rectification.VerifyInput{
			Decision: b.Decision, Method: b.Method, Outcome: b.Outcome, StillWrong: b.StillWrong, Note: b.Note, NewDue: deadline(b.At, b.Workdays),
			Results: mapped(b.Results, func(r result) rectification.Result { return rectification.Result(r) }),
		})
	})
	action(g, rest.Op{
		ID: "decide-rectification-extension", Input: rectification.ExtensionDecision{}, Path: "/rectifications/{id}/decide-extension", Action: "decide_extension",
		Summary: "Decide an extension request", Description: "Grants the waiting request, with its date or another one, or refuses it with a reason. original_due_at stays.",
		Example: decideExtensionBody{Grant: true, Answer: "同意延期"},
	}, func(ctx context.Context, on deed.Subject, b decideExtensionBody) (rectification.CaseView, error) {
		return svc.DecideExtension(ctx, rest.Actor(ctx), on, rectification.ExtensionDecision{Grant: b.Grant, Due: deadline(b.At, b.Workdays), Answer: b.Answer})
	})
}

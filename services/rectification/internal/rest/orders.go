package rest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/deed"
)

type rectificationsIn struct {
	rest.Page
	RectificationFilters
	Can string `query:"can" enum:"open,acknowledge,report,verify,decide_extension" doc:"Only where you hold this right"`
}

// RectificationFilters select rectifications.
type RectificationFilters struct {
	State          []string  `query:"state" words:"state.rectification" doc:"Only in these states, separated by commas"`
	UnitID         string    `query:"unit_id" maxLength:"64" doc:"Only of this unit"`
	Under          string    `query:"under" maxLength:"64" doc:"Only of this unit and the units below it"`
	IssuerID       string    `query:"issuer_id" maxLength:"64" doc:"Only ordered by this office"`
	CampaignID     string    `query:"campaign_id" maxLength:"64" doc:"Only of this campaign"`
	Severity       string    `query:"severity" words:"severity" doc:"Only of this severity"`
	Overdue        rest.Flag `query:"overdue" doc:"Only where it is the unit's turn and past the deadline, or not"`
	Near           bool      `query:"near" doc:"Only where it is the unit's turn and the deadline is near"`
	ExtensionAsked bool      `query:"extension_asked" doc:"Only where a request for a later deadline waits"`
	Contested      bool      `query:"contested" doc:"Only where an arbiter has to settle whose it is"`
	Relapsed       bool      `query:"relapsed" doc:"Only those that were reopened"`
	Counted        string    `query:"counted" enum:"open,overdue,on_time,late,late_original,suspended,relapses" doc:"Only what counts as this number of a roll-up" example:"open"`
}

func (in RectificationFilters) query() rectification.RectificationQuery {
	q := rectification.RectificationQuery{
		UnitID: in.UnitID, UnderID: in.Under, IssuerID: in.IssuerID, Campaign: in.CampaignID, Severity: in.Severity, Near: in.Near,
		ExtensionAsked: in.ExtensionAsked, Relapsed: in.Relapsed, Contested: in.Contested, Overdue: in.Overdue.Ptr(), Counted: in.Counted,
		States: mapped(in.State, func(s string) rectification.State { return rectification.State(s) }),
	}
	if in.Counted == "overdue" {
		q.Overdue, q.Counted = ptr(true), ""
	}
	return q
}

type orderBody struct {
	FindingIDs     []string    `json:"finding_ids" doc:"Open findings of one unit"`
	Title          string      `json:"title" doc:"Title" example:"关于终端安全问题的整改通知"`
	Note           string      `json:"note,omitempty" doc:"What is required" example:"请于期限内逐项整改并报送整改前后照片"`
	At             *rest.DueOn `json:"due_on,omitempty" doc:"Deadline: the end of this local day; or workdays; without either the shortest deadline of the findings" example:"2026-10-15"`
	Workdays       int         `json:"workdays,omitempty" doc:"Deadline in working days from now" example:"10"`
	ResponsibleID  string      `json:"responsible_id,omitempty" doc:"Responsible person of the unit"`
	CopyToSuperior bool        `json:"copy_to_superior,omitempty" doc:"Send a copy to the unit above" example:"true"`
	NeedsPlan      bool        `json:"needs_plan,omitempty" doc:"Ask for a plan before the report; a major finding always does"`

	ApprovePlan  bool `json:"approve_plan,omitempty" doc:"Ask for a plan and approve it before the measures are carried out"`
	NeedsSignOff bool `json:"needs_sign_off,omitempty" doc:"A leader of the unit signs it off before it is reported"`
	NeedsApp     bool `json:"needs_application,omitempty" doc:"Close it only when the unit has applied for it"`

	Deadlines []findingDeadline `json:"deadlines,omitempty" doc:"Findings with a deadline of their own, not after the order's; the others have the order's. Where the order has none, it is the last of its findings' then"`
}

type findingDeadline struct {
	FindingID string      `json:"finding_id" doc:"The finding" example:"01985b2e-7c1a-7000-8000-000000000201"`
	At        *rest.DueOn `json:"due_on,omitempty" doc:"Its deadline: the end of this local day; or workdays" example:"2026-10-15"`
	Workdays  int         `json:"workdays,omitempty" doc:"Its deadline in working days from now" example:"3"`
}

type settleBody struct {
	UnitID   string      `json:"unit_id,omitempty" doc:"Unit whose it is; the one that has it when left out" example:"01985b2e-7c1a-7000-8000-000000000008"`
	Reason   string      `json:"reason" doc:"Why" example:"设备台账登记在该单位名下"`
	At       *rest.DueOn `json:"due_on,omitempty" doc:"New deadline: the end of this local day; the old one stays when left out" example:"2026-10-15"`
	Workdays int         `json:"workdays,omitempty" doc:"New deadline in working days from now" example:"10"`
}

type transferBody struct {
	UnitID   string      `json:"unit_id" doc:"Unit really responsible" example:"01985b2e-7c1a-7000-8000-000000000008"`
	Reason   string      `json:"reason" doc:"Why" example:"该机房由镇信息中心管理"`
	At       *rest.DueOn `json:"due_on,omitempty" doc:"New deadline: the end of this local day; the old one stays when left out" example:"2026-10-15"`
	Workdays int         `json:"workdays,omitempty" doc:"New deadline in working days from now" example:"10"`
}

type stageBody struct {
	Title string     `json:"title" doc:"What is reached" example:"完成机房改造招标"`
	DueAt rest.DueOn `json:"due_on" doc:"By the end of this local day" example:"2026-12-31"`
}

type suspendBody struct {
	Reason string      `json:"reason" doc:"Why it takes long" example:"需财政立项"`
	Stages []stageBody `json:"stages" doc:"Stages, the earliest first; the last one's date becomes the deadline"`
}

type resumeBody struct {
	Reason   string      `json:"reason,omitempty" doc:"Why" example:"资金已到位"`
	At       *rest.DueOn `json:"due_on,omitempty" doc:"New deadline: the end of this local day; the last stage's stays when left out" example:"2026-10-15"`
	Workdays int         `json:"workdays,omitempty" doc:"New deadline in working days from now" example:"10"`
}

type reopenBody struct {
	Kind     string      `json:"kind" doc:"Found again, or a look-back showed that it was never gone" example:"relapse"`
	Reason   string      `json:"reason" doc:"What was found" example:"回头看发现杀毒软件已被卸载"`
	At       *rest.DueOn `json:"due_on,omitempty" doc:"Deadline: the end of this local day; or workdays" example:"2026-10-15"`
	Workdays int         `json:"workdays,omitempty" doc:"Deadline in working days from now" example:"5"`
}

type noteBody struct {
	Note string `json:"note,omitempty" doc:"What was found or done" example:"现场核对无误"`
}

type counts struct {
	ToAcknowledge     rest.Count `json:"to_acknowledge" doc:"Orders of your unit to acknowledge"`
	DueSoon           rest.Count `json:"due_soon" doc:"The unit's turn, and the deadline is near"`
	Overdue           rest.Count `json:"overdue" doc:"The unit's turn, and past the deadline"`
	Rejected          rest.Count `json:"rejected" doc:"Reports that were rejected"`
	ToVerify          rest.Count `json:"to_verify" doc:"Reports that you may verify"`
	ExtensionRequests rest.Count `json:"extension_requests" doc:"Requests for a later deadline that you may decide"`
}

func deadline(on *rest.DueOn, days int) rectification.Deadline {
	return rectification.Deadline{At: on.At(), Workdays: days}
}

// or is a body that may be left out.
func or[B any](b *B) B {
	if b == nil {
		var none B
		return none
	}
	return *b
}

// action adds an action on one rectification.
func action[B any](g *rest.Group, op rest.Op, do func(ctx context.Context, on deed.Subject, body B) (rectification.CaseView, error)) {
	op.Method, op.Resource, op.IfMatch = http.MethodPost, "rectification", true
	type in struct {
		rest.ByID
		Body B
	}
	register(g, op, func(ctx context.Context, x *in) (*rest.Reply[rectificationCase], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyCase(do(ctx, deed.Subject{ID: x.ID, Version: want}, x.Body))
	})
}

// bare adds an action without a body.
func bare(g *rest.Group, op rest.Op, do func(ctx context.Context, on deed.Subject) (rectification.CaseView, error)) {
	op.Method, op.Resource, op.IfMatch = http.MethodPost, "rectification", true
	register(g, op, func(ctx context.Context, x *rest.ByID) (*rest.Reply[rectificationCase], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyCase(do(ctx, deed.Subject{ID: x.ID, Version: want}))
	})
}

// handedOver are the actions whose text names who has it now, or says that nobody has.
var handedOver = map[string]bool{
	string(rectification.ActChangeResponsible): true, string(rectification.ActHandMeasures): true, string(rectification.ActChangeVerifier): true,
}

func mountOrders(g *rest.Group, svc *rectification.Service) {
	register(g, rest.Op{
		ID: "list-rectifications", Method: http.MethodGet, Path: "/rectifications", Resource: "rectification", Action: "read",
		Summary: "List rectifications", Description: "Rectifications in your reach, the earliest deadline first. Of those that are not open to you there is the outline, and filters that ask for more (severity, extension_asked, contested, relapsed, counted=relapses) leave them out.",
	}, func(ctx context.Context, in *rectificationsIn) (*rest.Reply[rest.List[RectificationHead]], error) {
		q := in.query()
		q.Limit = in.Limit + 1
		var a after
		if _, err := in.Decode(&a); err != nil {
			return nil, err
		}
		q.AfterAt, q.AfterID = a.At, a.ID
		rows, err := svc.Rectifications(ctx, rest.Actor(ctx), in.Can, q)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.Items(mapped(rows, rectificationRow), in.Limit, func(r RectificationHead) any { return after{r.DueAt, r.ID} })), nil
	})
	register(g, rest.Op{
		ID: "count-rectifications", Method: http.MethodGet, Path: "/rectifications/counts", Resource: "rectification", Action: "read",
		Summary: "What waits for me", Description: "The numbers of the workbench, each with the query that lists what it counts.",
	}, func(ctx context.Context, _ *struct{}) (*rest.Reply[counts], error) {
		c, err := svc.Counts(ctx, rest.Actor(ctx))
		if err != nil {
			return nil, err
		}
		waiting := func(t rectification.Tally) rest.Count {
			return rest.Count{Count: t.Count, Query: "/rectifications?" + t.Query}
		}
		return rest.Answer(counts{
			ToAcknowledge: waiting(c.ToAcknowledge), DueSoon: waiting(c.DueSoon), Overdue: waiting(c.Overdue), Rejected: waiting(c.Rejected),
			ToVerify: waiting(c.ToVerify), ExtensionRequests: waiting(c.ExtensionRequests),
		}), nil
	})
	register(g, rest.Op{
		ID: "get-rectification", Method: http.MethodGet, Path: "/rectifications/{id}", Resource: "rectification", Action: "read",
		Summary: "Read a rectification", Description: "With findings, plan, stages, reports, verifications and extensions, and whether it was on time; or its outline where no more is open to you.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[rectificationCase], error) {
		return replyCase(svc.Rectification(ctx, rest.Actor(ctx), in.ID))
	})
	type historyIn struct {
		rest.ByID
		rest.Page
	}
	register(g, rest.Op{
		ID: "list-rectification-history", Method: http.MethodGet, Path: "/rectifications/{id}/history", Resource: "rectification", Action: "open",
		Summary: "History of a rectification", Description: "Who did what, when and why, the first thing first.",
	}, func(ctx context.Context, in *historyIn) (*rest.Reply[rest.List[rest.HistoryEntry]], error) {
		var a int64
		if _, err := in.Decode(&a); err != nil {
			return nil, err
		}
		es, err := svc.History(ctx, rest.Actor(ctx), in.ID, a, in.Limit+1)
		if err != nil {
			return nil, err
		}
		page := rest.Items(es, in.Limit, func(e deed.Entry) any { return e.Version })
		rows := mapped(page.Items, func(e deed.Entry) rest.HistoryEntry {
			if e.Action == string(rectification.ActRefuseReport) { // a sentence of the system's own
				e.Reason = rest.Say(ctx, fault.Text(e.Reason))
			}
			if handedOver[e.Action] { // a sentence too where nobody has it now, else a name
				e.Text = rest.Say(ctx, fault.Text(e.Text))
			}
			return rest.HistoryEntry{
				ID: strconv.FormatInt(e.Version, 10), Action: e.Action, FromState: e.FromState, ToState: e.ToState, By: rest.Named(e.ActorID, e.Actor),
				UnitID: e.UnitID, At: e.At.UTC(), Reason: e.Reason, Note: e.Text, DueAt: utc(e.DueAt),
			}
		})
		return rest.Answer(rest.List[rest.HistoryEntry]{Items: rows, NextCursor: page.NextCursor}), nil
	})
	register(g, rest.Op{
		ID: "order-rectification", Input: rectification.OrderInput{}, Method: http.MethodPost, Path: "/rectifications", Resource: "rectification", Action: "order", Status: http.StatusCreated,
		Summary: "Order a rectification", Errors: []int{http.StatusConflict},
		Description: "Orders a unit, never your own, to rectify open findings, under the next number of your office and year. " +
			"warnings tells of a deadline on a holiday or in a year whose holidays are not known.",
		Example: orderBody{FindingIDs: []string{"01985b2e-7c1a-7000-8000-000000000201"}, Title: "关于终端安全问题的整改通知", Workdays: 10, CopyToSuperior: true},
	}, func(ctx context.Context, in *struct{ Body orderBody }) (*rest.Reply[rectificationCase], error) {
		b := in.Body
		return replyCase(svc.Order(ctx, rest.Actor(ctx), rectification.OrderInput{
			FindingIDs: b.FindingIDs, Title: b.Title, Note: b.Note, Due: deadline(b.At, b.Workdays), ResponsibleID: b.ResponsibleID,
			CopyToSuperior: b.CopyToSuperior, NeedsPlan: b.NeedsPlan,
			ApprovePlan: b.ApprovePlan, NeedsSignOff: b.NeedsSignOff, NeedsApp: b.NeedsApp,
			Deadlines: mapped(b.Deadlines, func(d findingDeadline) rectification.FindingDeadline {
				return rectification.FindingDeadline{FindingID: d.FindingID, Deadline: deadline(d.At, d.Workdays)}
			}),
		}))
	})
	action(g, rest.Op{
		ID: "transfer-rectification", Input: rectification.Passing{}, Path: "/rectifications/{id}/transfer", Action: "transfer",
		Summary: "Transfer to another unit", Description: "Gives the order to the unit really responsible, which acknowledges it anew or bounces it. The old plan stays in the record. A unit that had the order before answers 409 transfer_loop.",
		Example: transferBody{UnitID: "01985b2e-7c1a-7000-8000-000000000008", Reason: "该机房由镇信息中心管理", Workdays: 10},
	}, func(ctx context.Context, on deed.Subject, b transferBody) (rectification.CaseView, error) {
		return svc.Transfer(ctx, rest.Actor(ctx), on, rectification.Passing{UnitID: b.UnitID, Reason: b.Reason, Due: deadline(b.At, b.Workdays)})
	})
	action(g, rest.Op{
		ID: "settle-rectification", Input: rectification.Settlement{}, Path: "/rectifications/{id}/settle", Action: "transfer",
		Summary: "Settle whose a contested order is", Description: "The arbiter's word, which neither a transfer nor a bounce changes until the order is reopened. Not by whoever ordered or transferred it.",
		Example: settleBody{Reason: "设备台账登记在该单位名下"},
	}, func(ctx context.Context, on deed.Subject, b settleBody) (rectification.CaseView, error) {
		return svc.Settle(ctx, rest.Actor(ctx), on, rectification.Settlement{UnitID: b.UnitID, Reason: b.Reason, Due: deadline(b.At, b.Workdays)})
	})
	action(g, rest.Op{
		ID: "withdraw-rectification", Input: rectification.Reason{}, Path: "/rectifications/{id}/withdraw", Action: "withdraw",
		Summary: "Withdraw an order", Description: "Takes an order back that is not closed; its findings are open again. The number is not given out again.",
		Example: reasonBody{Reason: "问题认定有误"},
	}, func(ctx context.Context, on deed.Subject, b reasonBody) (rectification.CaseView, error) {
		return svc.Withdraw(ctx, rest.Actor(ctx), on, rectification.Reason(b))
	})
	action(g, rest.Op{
		ID: "suspend-rectification", Input: rectification.Suspension{}, Path: "/rectifications/{id}/suspend", Action: "suspend",
		Summary: "Make it long-term", Description: "Gives a rectification that takes long stages with dates; original_due_at stays.",
		Example: suspendBody{Reason: "需财政立项", Stages: []stageBody{{Title: "完成立项", DueAt: rest.OnDay(time.Date(2026, 12, 31, 15, 59, 59, 0, time.UTC))}}},
	}, func(ctx context.Context, on deed.Subject, b suspendBody) (rectification.CaseView, error) {
		return svc.Suspend(ctx, rest.Actor(ctx), on, rectification.Suspension{Reason: b.Reason, Stages: mapped(b.Stages, func(s stageBody) rectification.Stage {
			return rectification.Stage{Title: s.Title, DueAt: s.DueAt.Time()}
		})})
	})
	register(g, rest.Op{
		ID: "check-stage", Input: rectification.StageDone{}, Method: http.MethodPost, Path: "/rectifications/{id}/stages/{stage_id}/check", Resource: "rectification", Action: "suspend",
		Summary: "Check a stage off", Description: "Records that a stage of a long-term rectification is reached.",
		IfMatch: true, Example: noteBody{Note: "现场核对无误"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		StageID string `path:"stage_id" maxLength:"64" doc:"Id of the stage" example:"01985b2e-7c1a-7000-8000-000000000401"`
		Body    *noteBody
	}) (*rest.Reply[rectificationCase], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return replyCase(svc.CheckStage(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.StageDone{StageID: in.StageID, Note: or(in.Body).Note}))
	})
	action(g, rest.Op{
		ID: "resume-rectification", Input: rectification.Resumption{}, Path: "/rectifications/{id}/resume", Action: "suspend",
		Summary: "End the long-term way", Description: "A long-term rectification goes on in the ordinary way, with a new deadline when one is given.",
		Example: resumeBody{Reason: "资金已到位", Workdays: 10},
	}, func(ctx context.Context, on deed.Subject, in *resumeBody) (rectification.CaseView, error) {
		b := or(in)
		return svc.Resume(ctx, rest.Actor(ctx), on, rectification.Resumption{Due: deadline(b.At, b.Workdays), Reason: b.Reason})
	})
	action(g, rest.Op{
		ID: "reopen-rectification", Input: rectification.Reopening{}, Path: "/rectifications/{id}/reopen", Action: "reopen",
		Summary: "Reopen", Description: "Opens a closed rectification and its findings again; counts as a relapse. The unit acknowledges anew; the history stays.",
		Example: reopenBody{Kind: "relapse", Reason: "回头看发现杀毒软件已被卸载", Workdays: 5},
	}, func(ctx context.Context, on deed.Subject, b reopenBody) (rectification.CaseView, error) {
		return svc.Reopen(ctx, rest.Actor(ctx), on, rectification.Reopening{Kind: b.Kind, Reason: b.Reason, Due: deadline(b.At, b.Workdays)})
	})
}

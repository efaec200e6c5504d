package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
)

// BeginReviewBody is the body of begin-review, which may be left out.
type BeginReviewBody struct {
	StandIn string `json:"stand_in,omitempty" doc:"Why you review in the place of a level that has nobody; compulsory then" example:"镇街联络员空缺"`
}

// ApproveBody is the body of approve-assignment.
type ApproveBody struct {
	Comment string `json:"comment,omitempty" doc:"What to say with it" example:"数据属实"`
	StandIn string `json:"stand_in,omitempty" doc:"Why you review in the place of a level that has nobody; compulsory then" example:"镇街联络员空缺"`
}

// RecallBody is the body of recall-assignment.
type RecallBody struct {
	Reason string `json:"reason,omitempty" doc:"Why" example:"数据填错"`
}

// ReturnBody is the body of return-assignment.
type ReturnBody struct {
	Reasons []string `json:"reasons,omitempty" doc:"Reasons from the list" example:"[\"数据与上报表不符\"]"`
	Text    string   `json:"text,omitempty" doc:"The reason in words; this or reasons is needed" example:"请核对宣传册数量。"`
	StandIn string   `json:"stand_in,omitempty" doc:"Why you review in the place of a level that has nobody; compulsory then" example:"镇街联络员空缺"`
}

// Extension is a request for a later deadline.
type Extension struct {
	ID              string       `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000040"`
	AssignmentID    string       `json:"assignment_id" doc:"Assignment" example:"01985b2e-7c1a-7000-8000-000000000003"`
	CampaignID      string       `json:"campaign_id" doc:"Campaign" example:"01985b2e-7c1a-7000-8000-000000000001"`
	CampaignTitle   string       `json:"campaign_title" doc:"Its title" example:"2026年网络安全宣传周"`
	TaskTitle       string       `json:"task_title" doc:"Title of the task" example:"发放宣传资料"`
	UnitID          string       `json:"unit_id" doc:"Unit that asks" example:"01900000-0000-7000-8000-000000000007"`
	UnitName        string       `json:"unit_name" doc:"Its name" example:"东一村"`
	State           string       `json:"state" words:"state.extension" doc:"State" example:"requested"`
	AssignmentState string       `json:"assignment_state" doc:"State of the assignment" example:"acknowledged"`
	AskedDueAt      time.Time    `json:"asked_due_at" doc:"Deadline asked for" example:"2026-09-30T15:59:59Z"`
	DueAt           time.Time    `json:"due_at" doc:"Deadline granted; until then the one asked for" example:"2026-09-30T15:59:59Z"`
	CurrentDueAt    time.Time    `json:"current_due_at" doc:"Deadline of the assignment now" example:"2026-09-25T15:59:59Z"`
	OriginalDueAt   time.Time    `json:"original_due_at" doc:"Deadline of the assignment at issue" example:"2026-09-25T15:59:59Z"`
	Reason          string       `json:"reason" doc:"Why it is asked" example:"汛期抽调人员"`
	Answer          string       `json:"answer,omitempty" doc:"What the issuer answered" example:"同意"`
	EndedBecause    fault.Text   `json:"ended_because,omitempty" doc:"Why it ended by itself, without an answer" example:"因已办结而撤销"`
	Blocked         fault.Text   `json:"blocked,omitempty" doc:"Why it cannot be granted now, though it waits" example:"该任务已报送，正待审核：退回后可批准延期，也可以不批准。"`
	RequestedBy     *rest.Person `json:"requested_by,omitempty" doc:"Who asked"`
	RequestedAt     time.Time    `json:"requested_at" doc:"When" example:"2026-09-20T02:00:00Z"`
	DecidedBy       *rest.Person `json:"decided_by,omitempty" doc:"Who decided"`
	DecidedAt       *time.Time   `json:"decided_at,omitempty" doc:"When"`
	May             ExtensionMay `json:"may" doc:"What the caller may do to it now"`
	Version         int64        `json:"version" doc:"Grows with every change" example:"1"`
}

// ExtensionMay says what the caller may do to an extension request now.
type ExtensionMay struct {
	Grant    bool `json:"grant" doc:"Grant it" example:"true"`
	Refuse   bool `json:"refuse" doc:"Refuse it" example:"true"`
	Withdraw bool `json:"withdraw" doc:"Withdraw it" example:"false"`
}

func extension(d assignment.ExtensionDetail) Extension {
	answer, ended := d.Answer, fault.Text("")
	if d.State == assignment.Withdrawn { // whoever takes a request back says nothing with it
		answer, ended = "", fault.Text(d.Answer)
	}
	return Extension{
		EndedBecause: ended, Blocked: d.Blocked,
		ID: d.ID, AssignmentID: d.AssignmentID, CampaignID: d.CampaignID, CampaignTitle: d.CampaignTitle, TaskTitle: d.TaskTitle,
		UnitID: d.UnitID, UnitName: d.UnitName, State: d.State, AssignmentState: string(d.AssignmentState), AskedDueAt: d.AskedDueAt, DueAt: d.DueAt,
		CurrentDueAt: d.CurrentDueAt, OriginalDueAt: d.OriginalDueAt, Reason: d.Reason, Answer: answer, RequestedBy: rest.Named(d.RequestedBy, d.RequestedByName),
		RequestedAt: d.RequestedAt, DecidedBy: rest.Named(d.DecidedBy, d.DecidedByName), DecidedAt: d.DecidedAt, May: ExtensionMay(d.May), Version: d.Version,
	}
}

// ExtensionRequestBody is the body of request-extension.
type ExtensionRequestBody struct {
	DueAt  rest.DueOn `json:"due_on" doc:"Deadline wanted: the end of this local day" example:"2026-09-30"`
	Reason string     `json:"reason" doc:"Why" example:"汛期抽调人员"`
}

// ListExtensions is the input of list-extension-requests.
type ListExtensions struct {
	rest.Page
	CampaignID   string   `query:"campaign_id" maxLength:"64" doc:"Only of this campaign"`
	AssignmentID string   `query:"assignment_id" maxLength:"64" doc:"Only of this assignment"`
	State        []string `query:"state" words:"state.extension" doc:"Only in these states" example:"requested"`
	ToDecide     bool     `query:"to_decide" doc:"Only those that wait for the caller's decision"`
}

// AssignmentExtensions is the input of list-assignment-extension-requests.
type AssignmentExtensions struct {
	rest.ByID
	rest.Page
}

// GrantExtensionBody is the body of grant-extension.
type GrantExtensionBody struct {
	DueAt  *rest.DueOn `json:"due_on,omitempty" doc:"Deadline granted: the end of this local day; the one asked for when absent" example:"2026-09-28"`
	Answer string      `json:"answer,omitempty" doc:"What to say with it" example:"同意"`
}

// RefuseExtensionBody is the body of refuse-extension.
type RefuseExtensionBody struct {
	Answer string `json:"answer" doc:"Why not" example:"时间充足，请按期完成"`
}

const standIn = "Where the level that reviews now has nobody who could, the issuer, or who stands above it, may review in its place, with the reason; that is recorded."

func (h *handlers) mountReviews(g *rest.Group) {
	command(g, rest.Op{ID: "recall-assignment", Input: assignment.OwnWill{}, Path: "/assignments/{id}/recall", Action: "recall",
		Summary: "Take a submission back", Description: "Until its review has begun. The assignment is then as it was before it was handed in.", Example: map[string]any{"reason": "数据填错"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[RecallBody], want int64) (assignment.Detail, error) {
			return h.svc.Recall(ctx, a, in.ID, want, in.Body.Reason)
		})
	command(g, rest.Op{ID: "begin-review", Input: assignment.StandIn{}, Path: "/assignments/{id}/begin-review", Action: "review",
		Summary: "Begin the review", Description: "Opens the submission; it can no longer be recalled. Beginning again changes nothing. " + standIn,
		Example: map[string]any{"stand_in": "镇街联络员空缺"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[*BeginReviewBody], want int64) (assignment.Detail, error) {
			why := ""
			if in.Body != nil {
				why = in.Body.StandIn
			}
			return h.svc.BeginReview(ctx, a, in.ID, want, why)
		})
	command(g, rest.Op{ID: "approve-assignment", Input: assignment.Approval{}, Path: "/assignments/{id}/approve", Action: "review",
		Summary: "Approve", Description: "Where the task is reviewed level by level the next level reviews now; after the last one the assignment is complete. Nobody approves their own unit's work or what they handed in themselves. " + standIn,
		Example: map[string]any{"comment": "数据属实"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ApproveBody], want int64) (assignment.Detail, error) {
			return h.svc.Approve(ctx, a, in.ID, want, assignment.Approval(in.Body))
		})
	command(g, rest.Op{ID: "return-assignment", Input: assignment.GivingBack{}, Path: "/assignments/{id}/return", Action: "review",
		Summary: "Return", Description: "Gives the submission back to the unit with the reason; the work is kept. " + standIn, Example: map[string]any{"reasons": []string{"数据与上报表不符"}, "text": "请核对宣传册数量。"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ReturnBody], want int64) (assignment.Detail, error) {
			return h.svc.Return(ctx, a, in.ID, want, assignment.GivingBack(in.Body))
		})
}

func (h *handlers) mountExtensions(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "request-extension", Input: assignment.ExtensionWanted{}, Method: http.MethodPost, Path: "/assignments/{id}/extension-requests", Resource: "assignment", Action: "request_extension", Status: http.StatusCreated,
		Summary: "Ask for a later deadline", Description: "One request at a time. The original deadline stays visible whatever is granted.", Example: map[string]any{"due_on": "2026-09-30", "reason": "汛期抽调人员"}},
		func(ctx context.Context, in *rest.Act[ExtensionRequestBody]) (*rest.Reply[Extension], error) {
			d, err := h.svc.RequestExtension(ctx, rest.Actor(ctx), in.ID, assignment.ExtensionWanted{DueAt: in.Body.DueAt.Time(), Reason: in.Body.Reason})
			return answer(d, err, extension)
		})
	rest.Register(g, rest.Op{ID: "list-assignment-extension-requests", Method: http.MethodGet, Path: "/assignments/{id}/extension-requests", Resource: "assignment", Action: "open",
		Summary: "List the extension requests of an assignment", Description: "Oldest first."},
		func(ctx context.Context, in *AssignmentExtensions) (*rest.Reply[rest.List[Extension]], error) {
			return h.extensions(ctx, in.Page, assignment.ExtensionQuery{AssignmentID: in.ID}, false)
		})
	rest.Register(g, rest.Op{ID: "list-extension-requests", Method: http.MethodGet, Path: "/extension-requests", Resource: "assignment", Action: "open",
		Summary: "List extension requests", Description: "Those of the assignments in reach, oldest first; with to_decide those that wait for the caller."},
		func(ctx context.Context, in *ListExtensions) (*rest.Reply[rest.List[Extension]], error) {
			return h.extensions(ctx, in.Page, assignment.ExtensionQuery{CampaignID: in.CampaignID, AssignmentID: in.AssignmentID, States: in.State}, in.ToDecide)
		})
	rest.Register(g, rest.Op{ID: "grant-extension", Input: assignment.Granting{}, Method: http.MethodPost, Path: "/extension-requests/{id}/grant", Resource: "assignment", Action: "decide_extension",
		Summary: "Grant a later deadline", Description: "The one asked for, or another one after the current. Only the issuer, or who stands above it.", Example: map[string]any{"answer": "同意"}},
		func(ctx context.Context, in *rest.Act[GrantExtensionBody]) (*rest.Reply[Extension], error) {
			d, err := h.svc.GrantExtension(ctx, rest.Actor(ctx), in.ID, assignment.Granting{DueAt: in.Body.DueAt.At(), Answer: in.Body.Answer})
			return answer(d, err, extension)
		})
	rest.Register(g, rest.Op{ID: "refuse-extension", Input: assignment.Refusing{}, Method: http.MethodPost, Path: "/extension-requests/{id}/refuse", Resource: "assignment", Action: "decide_extension",
		Summary: "Refuse a later deadline", Description: "With the reason; the deadline stays.", Example: map[string]any{"answer": "时间充足，请按期完成"}},
		func(ctx context.Context, in *rest.Act[RefuseExtensionBody]) (*rest.Reply[Extension], error) {
			d, err := h.svc.RefuseExtension(ctx, rest.Actor(ctx), in.ID, in.Body.Answer)
			return answer(d, err, extension)
		})
	rest.Register(g, rest.Op{ID: "withdraw-extension", Method: http.MethodPost, Path: "/extension-requests/{id}/withdraw", Resource: "assignment", Action: "request_extension",
		Summary: "Take an extension request back", Description: "While it waits for an answer."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Extension], error) {
			d, err := h.svc.WithdrawExtension(ctx, rest.Actor(ctx), in.ID)
			return answer(d, err, extension)
		})
}

func (h *handlers) extensions(ctx context.Context, page rest.Page, q assignment.ExtensionQuery, toDecide bool) (*rest.Reply[rest.List[Extension]], error) {
	if _, err := page.Decode(&q.After); err != nil {
		return nil, err
	}
	q.Limit = page.Limit + 1
	ds, err := h.svc.ListExtensions(ctx, rest.Actor(ctx), q, toDecide)
	if err != nil {
		return nil, err
	}
	items := make([]Extension, len(ds))
	for i, d := range ds {
		items[i] = extension(d)
	}
	return &rest.Reply[rest.List[Extension]]{Body: rest.Items(items, page.Limit, func(x Extension) any { return x.ID })}, nil
}

package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/rest"
)

// ListAssignments is the input of list-assignments.
type ListAssignments struct {
	rest.Page
	CampaignID string   `query:"campaign_id" maxLength:"64" doc:"Only of this campaign"`
	TaskID     string   `query:"task_id" maxLength:"64" doc:"Only of this task"`
	ParentID   string   `query:"parent_id" maxLength:"64" doc:"Only those delegated from this assignment"`
	UnitID     string   `query:"unit_id" maxLength:"64" doc:"Only of this unit"`
	Under      string   `query:"under" maxLength:"64" doc:"Only of this unit and those below it"`
	State      []string `query:"state" enum:"issued,acknowledged,submitted,approved,returned,declined,cancelled" maxItems:"7" doc:"Only these states" example:"issued,acknowledged"`
	Overdue    bool     `query:"overdue" doc:"Only what is not handed in although the deadline has passed"`
	Attention  string   `query:"attention" enum:"to_acknowledge,due_soon,overdue,returned,to_review,declines_to_decide" doc:"What waits for the caller; the lists behind the numbers of count-assignments"`
	Order      string   `query:"order" enum:"due_at,id" default:"due_at" doc:"By deadline, or by id, which is by time of issue" example:"due_at"`
}

type dueKey struct {
	Due time.Time `json:"d"`
	ID  string    `json:"i"`
}

// Counts are the numbers of the workbench.
type Counts struct {
	ToAcknowledge     int `json:"to_acknowledge" doc:"Wait for the caller's unit to acknowledge" example:"3"`
	DueSoon           int `json:"due_soon" doc:"Deadline is near" example:"2"`
	Overdue           int `json:"overdue" doc:"Not handed in although the deadline has passed" example:"1"`
	Returned          int `json:"returned" doc:"Returned by a reviewer" example:"0"`
	ToReview          int `json:"to_review" doc:"Wait for the caller's review" example:"12"`
	DeclinesToDecide  int `json:"declines_to_decide" doc:"Declines that wait for the caller's decision" example:"1"`
	ExtensionRequests int `json:"extension_requests" doc:"Extension requests that wait for the caller's decision" example:"1"`
}

// History is one thing that was done with an assignment.
type History struct {
	ID        string    `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000020"`
	At        time.Time `json:"at" doc:"Server time" example:"2026-09-03T02:00:00Z"`
	Action    string    `json:"action" doc:"issue, acknowledge, submit, refuse_submission, recall, begin_review, approve_level, approve, return, decline, reinstate, reassign, cancel, delegate, report_progress, urge, instruct, change_responsible, request_extension, grant_extension, refuse_extension or withdraw_extension" example:"acknowledge"`
	FromState string    `json:"from_state,omitempty" doc:"State before" example:"issued"`
	ToState   string    `json:"to_state" doc:"State after" example:"acknowledged"`
	ActorID   string    `json:"actor_id,omitempty" doc:"Person"`
	ActorName string    `json:"actor_name,omitempty" doc:"Their name" example:"王芳"`
	UnitID    string    `json:"unit_id,omitempty" doc:"Their unit"`
	UnitName  string    `json:"unit_name,omitempty" doc:"Its name" example:"东一村"`
	Text      string    `json:"text,omitempty" doc:"Reason or text" example:"数据与上报表不符"`
	Level     string    `json:"level,omitempty" doc:"Level that reviewed" example:"town"`
	Percent   *int      `json:"percent,omitempty" doc:"Reported progress" example:"60"`
	Formal    bool      `json:"formal,omitempty" doc:"A supervision notice" example:"false"`
	RelatedID string    `json:"related_id,omitempty" doc:"Submission, extension request, person or other assignment it is about"`
}

// HistoryInput is the input of get-assignment-history.
type HistoryInput struct {
	rest.ByID
	rest.Page
}

// InstructBody is the body of instruct-assignment.
type InstructBody struct {
	Text string `json:"text" minLength:"1" maxLength:"2000" doc:"What to say" example:"请主要负责同志亲自过问。"`
}

// ReasonBody is the body of decline-assignment and cancel-assignment.
type ReasonBody struct {
	Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why" example:"不属于本单位职责"`
}

// DecideDeclineBody is the body of decide-decline.
type DecideDeclineBody struct {
	Accept   bool   `json:"accept" doc:"Whether the unit was right to decline" example:"true"`
	ToUnitID string `json:"to_unit_id,omitempty" maxLength:"64" doc:"Unit that gets the task instead; absent when nobody does"`
	DueAt    string `json:"due_at,omitempty" maxLength:"40" doc:"Its deadline; the old one when absent" example:"2026-09-28"`
	Reason   string `json:"reason,omitempty" maxLength:"2000" doc:"Why; needed when the assignment stands" example:"属于你单位职责"`
}

// DelegateBody is the body of delegate-assignment.
type DelegateBody struct {
	UnitIDs []string `json:"unit_ids" minItems:"1" maxItems:"500" doc:"Units below that are to do it" example:"[\"01900000-0000-7000-8000-000000000007\"]"`
	DueAt   string   `json:"due_at,omitempty" maxLength:"40" doc:"Their deadline, not after the own; the own when absent" example:"2026-09-23"`
	Note    string   `json:"note,omitempty" maxLength:"2000" doc:"What to say with it" example:"请各村 23 日前报镇网信办。"`
}

// ProgressReportBody is the body of report-assignment-progress.
type ProgressReportBody struct {
	Text    string `json:"text" minLength:"1" maxLength:"2000" doc:"How it is going" example:"已发放宣传册 150 份"`
	Percent *int   `json:"percent,omitempty" minimum:"0" maximum:"100" doc:"How far it is" example:"60"`
}

// ResponsibleBody is the body of change-assignment-responsible.
type ResponsibleBody struct {
	PersonID string `json:"person_id" minLength:"1" maxLength:"64" doc:"An active person of the unit" example:"01985b2e-7c1a-7000-8000-000000000030"`
}

// UrgeBody is the body of urge-assignment.
type UrgeBody struct {
	Text   string `json:"text,omitempty" maxLength:"2000" doc:"What to say" example:"请尽快报送。"`
	Formal bool   `json:"formal,omitempty" doc:"Send a supervision notice, copied to the superior" example:"false"`
}

// command registers an action on one assignment.
func command[I any](g *rest.Group, op rest.Op, f func(ctx context.Context, actor policy.Actor, in *I, want int64) (assignment.Detail, error)) {
	op.Method, op.Resource, op.IfMatch = http.MethodPost, "assignment", true
	rest.Register(g, op, func(ctx context.Context, in *I) (*rest.Reply[Assignment], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		d, err := f(ctx, rest.Actor(ctx), in, want)
		return answer(d, err, shown)
	})
}

// due reads an optional deadline.
func due(s string) (*time.Time, error) {
	if s == "" {
		return nil, nil
	}
	t, err := assignment.ParseDue("due_at", s)
	return &t, err
}

func (h *handlers) mountAssignments(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "list-assignments", Method: http.MethodGet, Path: "/assignments", Resource: "assignment", Action: "read",
		Summary: "List assignments", Description: "The assignments in reach, by deadline or by id, with lights and what the caller may do to each."}, h.list)

	rest.Register(g, rest.Op{ID: "count-assignments", Method: http.MethodGet, Path: "/assignments/counts", Resource: "assignment", Action: "read",
		Summary: "Count what waits for the caller", Description: "The numbers of the workbench, each up to 10,000. list-assignments shows the rows of each with attention; list-extension-requests the last with to_decide. " +
			"Who does the work sees the own units' numbers, who urges those of the units below."},
		func(ctx context.Context, _ *none) (*rest.Reply[Counts], error) {
			c, err := h.svc.CountAttention(ctx, rest.Actor(ctx))
			return answer(c, err, func(c assignment.Counts) Counts {
				return Counts{ToAcknowledge: c[assignment.ToAcknowledge], DueSoon: c[assignment.DueSoon], Overdue: c[assignment.Overdue], Returned: c[assignment.ToReturn],
					ToReview: c[assignment.ToReview], DeclinesToDecide: c[assignment.DeclinesToDecide], ExtensionRequests: c[assignment.ExtensionRequests]}
			})
		})

	rest.Register(g, rest.Op{ID: "get-assignment", Method: http.MethodGet, Path: "/assignments/{id}", Resource: "assignment", Action: "read",
		Summary: "Read an assignment", Description: "One assignment in reach, with its task and what that asks for."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Assignment], error) {
			d, err := h.svc.Assignment(ctx, rest.Actor(ctx), in.ID)
			return answer(d, err, shown)
		})

	rest.Register(g, rest.Op{ID: "get-assignment-history", Method: http.MethodGet, Path: "/assignments/{id}/history", Resource: "assignment", Action: "read",
		Summary: "Read what was done with an assignment", Description: "Every transition and recorded action, oldest first: who, for which unit, when and why."}, h.history)

	command(g, rest.Op{ID: "acknowledge-assignment", Path: "/assignments/{id}/acknowledge", Action: "acknowledge",
		Summary: "Acknowledge", Description: "The unit takes the assignment on. Submitting acknowledges too; the deadline runs from issue either way."},
		func(ctx context.Context, a policy.Actor, in *rest.ByID, want int64) (assignment.Detail, error) {
			return h.svc.Acknowledge(ctx, a, in.ID, want)
		})
	command(g, rest.Op{ID: "decline-assignment", Path: "/assignments/{id}/decline", Action: "decline",
		Summary: "Decline", Description: "The task is not this unit's, with the reason; the issuer decides.", Example: map[string]any{"reason": "不属于本单位职责"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ReasonBody], want int64) (assignment.Detail, error) {
			return h.svc.Decline(ctx, a, in.ID, want, in.Body.Reason)
		})
	command(g, rest.Op{ID: "decide-decline", Path: "/assignments/{id}/decide-decline", Action: "decide_decline",
		Summary: "Decide a decline", Description: "Accept it, and give the task to another unit or to nobody; or let the assignment stand, with the reason. Only the issuer, or who stands above it.",
		Example: map[string]any{"accept": true, "to_unit_id": "01900000-0000-7000-8000-000000000008"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[DecideDeclineBody], want int64) (assignment.Detail, error) {
			at, err := due(in.Body.DueAt)
			if err != nil {
				return assignment.Detail{}, err
			}
			return h.svc.DecideDecline(ctx, a, in.ID, want, assignment.DeclineDecision{Accept: in.Body.Accept, ToUnitID: in.Body.ToUnitID, DueAt: at, Reason: in.Body.Reason})
		})
	command(g, rest.Op{ID: "delegate-assignment", Path: "/assignments/{id}/delegate", Action: "delegate",
		Summary: "Delegate to units below", Description: "Gives the task to units below as well. The delegating unit reviews what they hand in, and can itself submit once all are approved, or with the reason why not.",
		Example: map[string]any{"unit_ids": []string{"01900000-0000-7000-8000-000000000007"}, "due_at": "2026-09-23"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[DelegateBody], want int64) (assignment.Detail, error) {
			at, err := due(in.Body.DueAt)
			if err != nil {
				return assignment.Detail{}, err
			}
			return h.svc.Delegate(ctx, a, in.ID, want, assignment.Delegation{UnitIDs: in.Body.UnitIDs, DueAt: at, Note: in.Body.Note})
		})
	command(g, rest.Op{ID: "report-assignment-progress", Path: "/assignments/{id}/progress-reports", Action: "report_progress",
		Summary: "Report progress", Description: "How it is going, in words and, if known, per cent. Changes no state.", Example: map[string]any{"text": "已发放宣传册 150 份", "percent": 60}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ProgressReportBody], want int64) (assignment.Detail, error) {
			return h.svc.ReportProgress(ctx, a, in.ID, want, in.Body.Text, in.Body.Percent)
		})
	command(g, rest.Op{ID: "change-assignment-responsible", Path: "/assignments/{id}/responsible", Action: "change_responsible",
		Summary: "Name the responsible person", Description: "An active person of the unit.", Example: map[string]any{"person_id": "01985b2e-7c1a-7000-8000-000000000030"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ResponsibleBody], want int64) (assignment.Detail, error) {
			return h.svc.ChangeResponsible(ctx, a, in.ID, want, in.Body.PersonID)
		})
	command(g, rest.Op{ID: "urge-assignment", Path: "/assignments/{id}/urge", Action: "urge",
		Summary: "Urge a unit", Description: "At most once in 24 hours. With formal it is a supervision notice, copied to the superior.", Example: map[string]any{"text": "请尽快报送。"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[UrgeBody], want int64) (assignment.Detail, error) {
			return h.svc.Urge(ctx, a, in.ID, want, in.Body.Text, in.Body.Formal)
		})
	command(g, rest.Op{ID: "instruct-assignment", Path: "/assignments/{id}/instruct", Action: "instruct",
		Summary: "Give an instruction", Description: "A leader's word on an assignment in reach. Changes no state.", Example: map[string]any{"text": "请主要负责同志亲自过问。"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[InstructBody], want int64) (assignment.Detail, error) {
			return h.svc.Instruct(ctx, a, in.ID, want, in.Body.Text)
		})
	command(g, rest.Op{ID: "cancel-assignment", Path: "/assignments/{id}/cancel", Action: "cancel",
		Summary: "Cancel an assignment", Description: "Takes an open assignment back, and what was delegated from it. Only the issuer, or who stands above it.", Example: map[string]any{"reason": "任务已并入其他行动"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ReasonBody], want int64) (assignment.Detail, error) {
			return h.svc.Cancel(ctx, a, in.ID, want, in.Body.Reason)
		})
}

func (h *handlers) list(ctx context.Context, in *ListAssignments) (*rest.Reply[rest.List[Assignment]], error) {
	actor := rest.Actor(ctx)
	q := assignment.AssignmentQuery{
		CampaignID: in.CampaignID, TaskID: in.TaskID, ParentID: in.ParentID, UnitID: in.UnitID, Overdue: in.Overdue,
		Attention: in.Attention, Person: actor.PersonID, ByID: in.Order == "id", Limit: in.Limit + 1,
	}
	for _, s := range in.State {
		q.States = append(q.States, assignment.State(s))
	}
	var after dueKey
	if _, err := in.Decode(&after); err != nil {
		return nil, err
	}
	q.AfterDue, q.AfterID = after.Due, after.ID
	ds, err := h.svc.ListAssignments(ctx, actor, q, in.Under)
	if err != nil {
		return nil, err
	}
	items := make([]Assignment, len(ds))
	for i, d := range ds {
		items[i] = shown(d)
	}
	return &rest.Reply[rest.List[Assignment]]{Body: rest.Items(items, in.Limit, func(a Assignment) any { return dueKey{a.DueAt, a.ID} })}, nil
}

func (h *handlers) history(ctx context.Context, in *HistoryInput) (*rest.Reply[rest.List[History]], error) {
	var after string
	if _, err := in.Decode(&after); err != nil {
		return nil, err
	}
	hs, err := h.svc.History(ctx, rest.Actor(ctx), in.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(hs))
	for _, x := range hs {
		if x.ActorUnitID != "" {
			ids = append(ids, x.ActorUnitID)
		}
	}
	names, err := h.svc.UnitNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	items := make([]History, len(hs))
	for i, x := range hs {
		items[i] = History{
			ID: x.ID, At: x.At, Action: string(x.Action), FromState: string(x.FromState), ToState: string(x.ToState), ActorID: x.ActorID, ActorName: x.ActorName,
			UnitID: x.ActorUnitID, UnitName: names[x.ActorUnitID], Text: x.Text, Level: x.Level, Percent: x.Percent, Formal: x.Formal, RelatedID: x.RelatedID,
		}
	}
	return &rest.Reply[rest.List[History]]{Body: rest.Items(items, in.Limit, func(x History) any { return x.ID })}, nil
}

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

// AssignmentFilters select assignments. Embed it, exported.
type AssignmentFilters struct {
	CampaignID string   `query:"campaign_id" maxLength:"64" doc:"Only of this campaign"`
	TaskID     string   `query:"task_id" maxLength:"64" doc:"Only of this task"`
	ParentID   string   `query:"parent_id" maxLength:"64" doc:"Only those delegated from this assignment"`
	UnitID     string   `query:"unit_id" maxLength:"64" doc:"Only of this unit"`
	Under      string   `query:"under" maxLength:"64" doc:"Only of this unit and those below it"`
	State      []string `query:"state" words:"state.assignment" doc:"Only these states" example:"issued,acknowledged"`
	Overdue    bool     `query:"overdue" doc:"Only what is not handed in although the deadline has passed"`
	Attention  string   `query:"attention" enum:"to_acknowledge,due_soon,overdue,returned,to_review,declines_to_decide" doc:"What waits for the caller; the lists behind the numbers of count-assignments"`
	Counted    string   `query:"counted" enum:"issued,acknowledged,submitted,approved,returned,declined,overdue,seriously_overdue,overdue_original,near,acknowledge_overdue,in_time,late,late_original" doc:"Only what counts as this number of a roll-up" example:"overdue"`
}

func (f AssignmentFilters) query(person string) assignment.AssignmentQuery {
	q := assignment.AssignmentQuery{
		CampaignID: f.CampaignID, TaskID: f.TaskID, ParentID: f.ParentID, UnitID: f.UnitID, Overdue: f.Overdue,
		Attention: f.Attention, Counted: f.Counted, Person: person,
	}
	for _, s := range f.State {
		q.States = append(q.States, assignment.State(s))
	}
	return q
}

// ListAssignments is the input of list-assignments.
type ListAssignments struct {
	rest.Page
	AssignmentFilters
	Order string `query:"order" enum:"due_at,id" default:"due_at" doc:"By deadline, or by id, which is by time of issue" example:"due_at"`
}

type dueKey struct {
	Due time.Time `json:"d"`
	ID  string    `json:"i"`
}

// Counts are the numbers of the workbench.
type Counts struct {
	ToAcknowledge     rest.Count `json:"to_acknowledge" doc:"Wait for the caller's unit to acknowledge"`
	DueSoon           rest.Count `json:"due_soon" doc:"Deadline is near"`
	Overdue           rest.Count `json:"overdue" doc:"Not handed in although the deadline has passed"`
	Returned          rest.Count `json:"returned" doc:"Returned by a reviewer"`
	ToReview          rest.Count `json:"to_review" doc:"Wait for the caller's review, also in the place of a level that has nobody"`
	DeclinesToDecide  rest.Count `json:"declines_to_decide" doc:"Declines that wait for the caller's decision"`
	ExtensionRequests rest.Count `json:"extension_requests" doc:"Extension requests that wait for the caller's decision"`
}

// HistoryInput is the input of list-assignment-history.
type HistoryInput struct {
	rest.ByID
	rest.Page
}

// InstructBody is the body of instruct-assignment.
type InstructBody struct {
	Text string `json:"text" doc:"What to say" example:"请主要负责同志亲自过问。"`
}

// ReasonBody is the body of decline-assignment and cancel-assignment.
type ReasonBody struct {
	Reason string `json:"reason" doc:"Why" example:"不属于本单位职责"`
}

// DecideDeclineBody is the body of decide-decline.
type DecideDeclineBody struct {
	Accept   bool        `json:"accept" doc:"Whether the unit was right to decline" example:"true"`
	ToUnitID string      `json:"to_unit_id,omitempty" doc:"Unit that gets the task instead; absent when nobody does"`
	DueAt    *rest.DueOn `json:"due_on,omitempty" doc:"Its deadline: the end of this local day; the old one when absent" example:"2026-09-28"`
	Reason   string      `json:"reason,omitempty" doc:"Why; needed when the assignment stands" example:"属于你单位职责"`
}

// DelegateBody is the body of delegate-assignment.
type DelegateBody struct {
	UnitIDs []string    `json:"unit_ids" doc:"Units below that are to do it" example:"[\"01900000-0000-7000-8000-000000000007\"]"`
	DueAt   *rest.DueOn `json:"due_on,omitempty" doc:"Their deadline: the end of this local day, not after the own; the own when absent" example:"2026-09-23"`
	Note    string      `json:"note,omitempty" doc:"What to say with it" example:"请各村 23 日前报镇网信办。"`
}

// ProgressReportBody is the body of report-assignment-progress.
type ProgressReportBody struct {
	Text    string `json:"text" doc:"How it is going" example:"已发放宣传册 150 份"`
	Percent *int   `json:"percent,omitempty" doc:"How far it is" example:"60"`
}

// ResponsibleBody is the body of change-assignment-responsible.
type ResponsibleBody struct {
	PersonID string `json:"person_id" doc:"An active person of the unit" example:"01985b2e-7c1a-7000-8000-000000000030"`
}

// UrgeBody is the body of urge-assignment.
type UrgeBody struct {
	Text   string `json:"text,omitempty" doc:"What to say" example:"请尽快报送。"`
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

func (h *handlers) mountAssignments(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "list-assignments", Method: http.MethodGet, Path: "/assignments", Resource: "assignment", Action: "read",
		Summary: "List assignments", Description: "The assignments in reach, by deadline or by id, with lights and what the caller may do to each."}, h.list)

	rest.Register(g, rest.Op{ID: "count-assignments", Method: http.MethodGet, Path: "/assignments/counts", Resource: "assignment", Action: "read",
		Summary: "Count what waits for the caller", Description: "The numbers of the workbench, each up to 10,000, with the list of the rows it counts. " +
			"Who does the work sees the own units' numbers, who urges those of the units below."},
		func(ctx context.Context, _ *none) (*rest.Reply[Counts], error) {
			c, err := h.svc.CountAttention(ctx, rest.Actor(ctx))
			return answer(c, err, func(c assignment.Counts) Counts {
				waiting := func(name string) rest.Count {
					return rest.Count{Count: int64(c[name]), Query: "/assignments?attention=" + name}
				}
				return Counts{
					ToAcknowledge: waiting(assignment.ToAcknowledge), DueSoon: waiting(assignment.DueSoon), Overdue: waiting(assignment.Overdue),
					Returned: waiting(assignment.ToReturn), ToReview: waiting(assignment.ToReview), DeclinesToDecide: waiting(assignment.DeclinesToDecide),
					ExtensionRequests: rest.Count{Count: int64(c[assignment.ExtensionRequests]), Query: "/extension-requests?to_decide=true"},
				}
			})
		})

	rest.Register(g, rest.Op{ID: "get-assignment", Method: http.MethodGet, Path: "/assignments/{id}", Resource: "assignment", Action: "read",
		Summary: "Read an assignment", Description: "One assignment in reach, with its task and what that asks for."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Assignment], error) {
			d, err := h.svc.Assignment(ctx, rest.Actor(ctx), in.ID)
			return answer(d, err, shown)
		})

	rest.Register(g, rest.Op{ID: "list-assignment-history", Method: http.MethodGet, Path: "/assignments/{id}/history", Resource: "assignment", Action: "open",
		Summary: "Read what was done with an assignment", Description: "Every transition and recorded action, oldest first: who, for which unit, when and why."}, h.history)

	command(g, rest.Op{ID: "acknowledge-assignment", Path: "/assignments/{id}/acknowledge", Action: "acknowledge",
		Summary: "Acknowledge", Description: "The unit takes the assignment on. Submitting acknowledges too; the deadline runs from issue either way."},
		func(ctx context.Context, a policy.Actor, in *rest.ByID, want int64) (assignment.Detail, error) {
			return h.svc.Acknowledge(ctx, a, in.ID, want)
		})
	command(g, rest.Op{ID: "decline-assignment", Input: assignment.Reason{}, Path: "/assignments/{id}/decline", Action: "decline",
		Summary: "Decline", Description: "The task is not this unit's, with the reason; the issuer decides.", Example: map[string]any{"reason": "不属于本单位职责"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ReasonBody], want int64) (assignment.Detail, error) {
			return h.svc.Decline(ctx, a, in.ID, want, in.Body.Reason)
		})
	command(g, rest.Op{ID: "decide-decline", Input: assignment.DeclineDecision{}, Path: "/assignments/{id}/decide-decline", Action: "decide_decline",
		Summary: "Decide a decline", Description: "Accept it, and give the task to another unit or to nobody; or let the assignment stand, with the reason. Only the issuer, or who stands above it.",
		Example: map[string]any{"accept": true, "to_unit_id": "01900000-0000-7000-8000-000000000008"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[DecideDeclineBody], want int64) (assignment.Detail, error) {
			return h.svc.DecideDecline(ctx, a, in.ID, want, assignment.DeclineDecision{Accept: in.Body.Accept, ToUnitID: in.Body.ToUnitID, DueAt: in.Body.DueAt.At(), Reason: in.Body.Reason})
		})
	command(g, rest.Op{ID: "delegate-assignment", Input: assignment.Delegation{}, Path: "/assignments/{id}/delegate", Action: "delegate",
		Summary: "Delegate to units below", Description: "Gives the task to units below as well. The delegating unit reviews what they hand in, and can itself submit once all are approved, or with the reason why not. Its own figures are what it did itself; what they report is added by the system.",
		Example: map[string]any{"unit_ids": []string{"01900000-0000-7000-8000-000000000007"}, "due_on": "2026-09-23"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[DelegateBody], want int64) (assignment.Detail, error) {
			return h.svc.Delegate(ctx, a, in.ID, want, assignment.Delegation{UnitIDs: in.Body.UnitIDs, DueAt: in.Body.DueAt.At(), Note: in.Body.Note})
		})
	command(g, rest.Op{ID: "report-assignment-progress", Input: assignment.HowFar{}, Path: "/assignments/{id}/progress-reports", Action: "report_progress",
		Summary: "Report progress", Description: "How it is going, in words and, if known, per cent. Changes no state.", Example: map[string]any{"text": "已发放宣传册 150 份", "percent": 60}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ProgressReportBody], want int64) (assignment.Detail, error) {
			return h.svc.ReportProgress(ctx, a, in.ID, want, assignment.HowFar(in.Body))
		})
	command(g, rest.Op{ID: "change-assignment-responsible", Input: assignment.Responsible{}, Path: "/assignments/{id}/responsible", Action: "change_responsible",
		Summary: "Name the responsible person", Description: "An active person of the unit.", Example: map[string]any{"person_id": "01985b2e-7c1a-7000-8000-000000000030"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ResponsibleBody], want int64) (assignment.Detail, error) {
			return h.svc.ChangeResponsible(ctx, a, in.ID, want, in.Body.PersonID)
		})
	command(g, rest.Op{ID: "urge-assignment", Input: assignment.Urging{}, AnswersMore: true, Path: "/assignments/{id}/urge", Action: "urge",
		Summary: "Urge a unit", Description: "At most once in 24 hours. With formal it is a supervision notice, copied to the superior. `told` says how many people of the unit hear of it; where that is nobody the answer is 409 nobody_to_urge.", Example: map[string]any{"text": "请尽快报送。"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[UrgeBody], want int64) (assignment.Detail, error) {
			return h.svc.Urge(ctx, a, in.ID, want, assignment.Urging(in.Body))
		})
	command(g, rest.Op{ID: "instruct-assignment", Input: assignment.Saying{}, Path: "/assignments/{id}/instruct", Action: "instruct",
		Summary: "Give an instruction", Description: "A leader's word on an assignment in reach. Changes no state.", Example: map[string]any{"text": "请主要负责同志亲自过问。"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[InstructBody], want int64) (assignment.Detail, error) {
			return h.svc.Instruct(ctx, a, in.ID, want, in.Body.Text)
		})
	command(g, rest.Op{ID: "cancel-assignment", Input: assignment.Reason{}, Path: "/assignments/{id}/cancel", Action: "cancel",
		Summary: "Cancel an assignment", Description: "Takes an open assignment back, and what was delegated from it. Only the issuer, or who stands above it.", Example: map[string]any{"reason": "任务已并入其他行动"}},
		func(ctx context.Context, a policy.Actor, in *rest.Act[ReasonBody], want int64) (assignment.Detail, error) {
			return h.svc.Cancel(ctx, a, in.ID, want, in.Body.Reason)
		})
}

func (h *handlers) list(ctx context.Context, in *ListAssignments) (*rest.Reply[rest.List[Assignment]], error) {
	actor := rest.Actor(ctx)
	q := in.query(actor.PersonID)
	q.ByID, q.Limit = in.Order == "id", in.Limit+1
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

// reasoned are the actions whose text says why.
var reasoned = map[assignment.Action]bool{
	assignment.Recall: true, assignment.Return: true, assignment.Decline: true, assignment.Reinstate: true, assignment.Reassign: true,
	assignment.Cancel: true, assignment.RequestExtension: true, assignment.RefuseExtension: true, assignment.WithdrawExtension: true,
	"refuse_submission": true,
}

func (h *handlers) history(ctx context.Context, in *HistoryInput) (*rest.Reply[rest.List[rest.HistoryEntry]], error) {
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
	items := make([]rest.HistoryEntry, len(hs))
	for i, x := range hs {
		items[i] = rest.HistoryEntry{
			ID: x.ID, At: x.At, Action: string(x.Action), FromState: string(x.FromState), ToState: string(x.ToState), By: rest.Named(x.ActorID, x.ActorName),
			UnitID: x.ActorUnitID, UnitName: names[x.ActorUnitID], Level: x.Level, StandIn: x.StandIn, Percent: x.Percent, Formal: x.Formal, RelatedID: x.RelatedID,
		}
		if reasoned[x.Action] {
			items[i].Reason = x.Text
			if x.Action == "refuse_submission" || x.Action == assignment.WithdrawExtension { // a sentence of the system's own
				items[i].Reason = rest.Say(ctx, fault.Text(x.Text))
			}
		} else {
			items[i].Note = x.Text
			if x.Action == assignment.ChangeResponsible && x.RelatedID == "" { // nobody is: a sentence too
				items[i].Note = rest.Say(ctx, fault.Text(x.Text))
			}
		}
	}
	return &rest.Reply[rest.List[rest.HistoryEntry]]{Body: rest.Items(items, in.Limit, func(x rest.HistoryEntry) any { return x.ID })}, nil
}

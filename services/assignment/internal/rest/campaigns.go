package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/rest"
)

type handlers struct{ svc *assignment.Service }

// Mount adds the operations.
func Mount(g *rest.Group, svc *assignment.Service) {
	h := &handlers{svc: svc}
	h.mountTemplates(g)
	h.mountCampaigns(g)
	h.mountTasks(g)
	h.mountTargets(g)
	h.mountAssignments(g)
	h.mountReviews(g)
	h.mountExtensions(g)
}

// ListCampaigns is the input of list-campaigns.
type ListCampaigns struct {
	rest.Page
	State  []string `query:"state" words:"state.campaign" doc:"Only these states" example:"active"`
	UnitID string   `query:"unit_id" maxLength:"64" doc:"Only those issued in the name of this unit"`
	Office string   `query:"office_id" maxLength:"64" doc:"Only those of this office"`
	Q      string   `query:"q" maxLength:"100" doc:"Part of the title or the document number, in any case and width" example:"宣传周"`
}

// CreateCampaign is the input of create-campaign.
type CreateCampaign struct{ Body NewCampaign }

// EndCampaignBody is the body of close- and archive-campaign.
type EndCampaignBody struct {
	Reason    string `json:"reason,omitempty" doc:"Why; needed with leave_open where something is unfinished" example:"宣传周已结束，未报单位另行通报"`
	LeaveOpen bool   `json:"leave_open,omitempty" doc:"The office knows that something is unfinished and leaves it so" example:"true"`
}

// CancelCampaignBody is the body of cancel-campaign.
type CancelCampaignBody struct {
	Reason string `json:"reason,omitempty" doc:"Why; needed" example:"与市级活动合并"`
}

func (h *handlers) mountCampaigns(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "list-campaigns", Method: http.MethodGet, Path: "/campaigns", Resource: "campaign", Action: "read",
		Summary: "List campaigns", Description: "The campaigns in reach, newest first: those issued by units in reach, and those that gave an assignment to a unit in reach."},
		func(ctx context.Context, in *ListCampaigns) (*rest.Reply[rest.List[Campaign]], error) {
			q := assignment.CampaignQuery{UnitID: in.UnitID, OfficeID: in.Office, Text: in.Q, Limit: in.Limit + 1}
			for _, s := range in.State {
				q.States = append(q.States, assignment.CampaignState(s))
			}
			if _, err := in.Decode(&q.After); err != nil {
				return nil, err
			}
			ds, err := h.svc.ListCampaigns(ctx, rest.Actor(ctx), q)
			if err != nil {
				return nil, err
			}
			items := make([]Campaign, len(ds))
			for i, d := range ds {
				items[i] = campaign(d)
			}
			return &rest.Reply[rest.List[Campaign]]{Body: rest.Items(items, in.Limit, func(c Campaign) any { return c.ID })}, nil
		})

	rest.Register(g, rest.Op{ID: "create-campaign", Input: assignment.NewCampaign{}, Method: http.MethodPost, Path: "/campaigns", Resource: "campaign", Action: "create", Status: http.StatusCreated,
		Summary: "Draft a campaign", Description: "From a template, with its tasks and themed days on the dates that follow from starts_on, or empty. It is issued in the name of the unit the caller manages campaigns for. 409 too_many_drafts: the unit has 200 drafts.",
		Errors:  []int{http.StatusConflict},
		Example: map[string]any{"template": "publicity", "title": "2026年网络安全宣传周", "basis": "平网办〔2026〕12号", "starts_on": "2026-09-19", "ends_on": "2026-09-25"}},
		func(ctx context.Context, in *CreateCampaign) (*rest.Reply[Campaign], error) {
			d, err := h.svc.CreateCampaign(ctx, rest.Actor(ctx), assignment.NewCampaign{Template: in.Body.Template, UnitID: in.Body.UnitID, OfficeID: in.Body.OfficeID, CampaignPatch: in.Body.patch()})
			return answer(d, err, campaign)
		})

	rest.Register(g, rest.Op{ID: "get-campaign", Method: http.MethodGet, Path: "/campaigns/{id}", Resource: "campaign", Action: "read",
		Summary: "Read a campaign", Description: "One campaign in reach."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Campaign], error) {
			d, err := h.svc.Campaign(ctx, rest.Actor(ctx), in.ID)
			return answer(d, err, campaign)
		})

	rest.Register(g, rest.Op{ID: "update-campaign", Input: assignment.CampaignPatch{}, Method: http.MethodPatch, Path: "/campaigns/{id}", Resource: "campaign", Action: "update", IfMatch: true, Errors: []int{409},
		Summary: "Change a draft", Description: "Fields that are absent stay as they are. Only a draft can be changed.",
		Example: map[string]any{"theme": "网络安全为人民，网络安全靠人民"}},
		func(ctx context.Context, in *rest.Act[CampaignChange]) (*rest.Reply[Campaign], error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			d, err := h.svc.UpdateCampaign(ctx, rest.Actor(ctx), in.ID, want, in.Body.patch())
			return answer(d, err, campaign)
		})

	rest.Register(g, rest.Op{ID: "delete-campaign", Method: http.MethodDelete, Path: "/campaigns/{id}", Resource: "campaign", Action: "update", IfMatch: true, Errors: []int{409},
		Summary: "Throw a draft away", Description: "Only a draft, with its tasks. A campaign that was issued can be cancelled instead."},
		func(ctx context.Context, in *rest.ByID) (*struct{}, error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			return nil, h.svc.DeleteCampaign(ctx, rest.Actor(ctx), in.ID, want)
		})

	for _, e := range []struct{ action, summary, description string }{
		{"close", "Close a campaign", "Nothing more is taken in: no submission and no other change. What was handed in before can still be approved or returned; a return is final then, for the unit can hand in nothing more. " +
			"While something is unfinished the answer is 409 work_open, with the counts in current: in_review, open, declined, extension_requests. With leave_open and the reason it is closed all the same, and everything stays as it is."},
		{"archive", "Archive a closed campaign", "A closed campaign is put away; it stays readable, and nothing is reviewed any more. While submissions wait for a review the answer is 409 work_open, unless leave_open and the reason are given."},
	} {
		rest.Register(g, rest.Op{ID: e.action + "-campaign", Input: assignment.Ending{}, Method: http.MethodPost, Path: "/campaigns/{id}/" + e.action, Resource: "campaign", Action: e.action, IfMatch: true,
			Summary: e.summary, Description: e.description, Errors: []int{409}, Example: map[string]any{"reason": "宣传周已结束，未报单位另行通报", "leave_open": true}},
			func(ctx context.Context, in *rest.Act[EndCampaignBody]) (*rest.Reply[Campaign], error) {
				want, err := rest.Wanted(ctx)
				if err != nil {
					return nil, err
				}
				d, err := h.svc.EndCampaign(ctx, rest.Actor(ctx), in.ID, want, assignment.Ending{Action: e.action, Reason: in.Body.Reason, LeaveOpen: in.Body.LeaveOpen})
				return answer(d, err, campaign)
			})
	}
	rest.Register(g, rest.Op{ID: "cancel-campaign", Input: assignment.Ending{}, Method: http.MethodPost, Path: "/campaigns/{id}/cancel", Resource: "campaign", Action: "cancel", IfMatch: true,
		Summary: "Cancel a campaign", Description: "A draft, or an active campaign: its open assignments are cancelled in the background, see get-campaign-progress. The reason is needed.",
		Example: map[string]any{"reason": "与市级活动合并"}},
		func(ctx context.Context, in *rest.Act[CancelCampaignBody]) (*rest.Reply[Campaign], error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			d, err := h.svc.EndCampaign(ctx, rest.Actor(ctx), in.ID, want, assignment.Ending{Action: "cancel", Reason: in.Body.Reason})
			return answer(d, err, campaign)
		})
	h.mountIssue(g)
	h.mountBurden(g)
	h.mountExport(g)
}

// answer turns what a use case returned into a reply.
func answer[D, W any](d D, err error, wire func(D) W) (*rest.Reply[W], error) {
	if err != nil {
		return nil, err
	}
	return rest.Answer(wire(d)), nil
}

// Job is background work of a campaign.
type Job struct {
	ID         string     `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000009"`
	Kind       string     `json:"kind" enum:"issue,cancel,urge" doc:"What it does" example:"issue"`
	State      string     `json:"state" enum:"running,done" doc:"State" example:"running"`
	Total      int64      `json:"total" doc:"How much there is to do; 0 where that is not known" example:"380"`
	Done       int64      `json:"done" doc:"How much is done" example:"120"`
	StartedAt  time.Time  `json:"started_at" doc:"When it was asked for" example:"2026-09-02T02:00:00Z"`
	FinishedAt *time.Time `json:"finished_at,omitempty" doc:"When it was finished"`
}

func job(j assignment.Job) Job {
	return Job{ID: j.ID, Kind: j.Kind, State: j.State, Total: j.Total, Done: j.Done, StartedAt: j.StartedAt, FinishedAt: j.FinishedAt}
}

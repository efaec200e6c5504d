package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
)

// Remark is a sentence of a dry run.
type Remark struct {
	Code      string     `json:"code" enum:"no_tasks,no_targets,no_units,invalid_task,photo_without_why,deadline_passed,no_contact,holiday,no_requirements,calendar_unknown,targets_inactive,targets_not_below,targets_unknown,targets_nowhere,asked_before" doc:"Stable name" example:"holiday"`
	TaskID    string     `json:"task_id,omitempty" doc:"Task it is about"`
	TaskTitle string     `json:"task_title,omitempty" doc:"Its title" example:"主题班会"`
	Text      fault.Text `json:"text" doc:"What it is, in the language of the request" example:"截止日期2026-10-01不是工作日。"`
}

func remarks(rs []assignment.Remark) []Remark {
	out := make([]Remark, len(rs))
	for i, r := range rs {
		out[i] = Remark(r)
	}
	return out
}

// SampleUnit is one of the units a task is for.
type SampleUnit struct {
	ID      string `json:"id" doc:"Id" example:"01900000-0000-7000-8000-000000000007"`
	Name    string `json:"name" doc:"Name" example:"东一村"`
	Level   string `json:"level" doc:"Level" example:"unit"`
	Contact bool   `json:"contact" doc:"Whether a responsible person is on record" example:"true"`
}

// TaskPlan is what issuing would do for a task.
type TaskPlan struct {
	TaskID         string        `json:"task_id" doc:"Task" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Title          string        `json:"title" doc:"Its title" example:"发放宣传资料"`
	Units          int64         `json:"units" doc:"How many units get it" example:"380"`
	WithoutContact int64         `json:"without_contact" doc:"How many of them have no responsible person on record" example:"4"`
	DueAt          time.Time     `json:"due_at" doc:"Deadline" example:"2026-09-25T15:59:59Z"`
	Workday        bool          `json:"workday" doc:"Whether the day of the deadline is a working day" example:"true"`
	Sample         []SampleUnit  `json:"sample" doc:"The first of the units"`
	DroppedCount   int           `json:"dropped_count" doc:"How many units were chosen by name and get nothing" example:"1"`
	Nowhere        []Chosen      `json:"nowhere" doc:"Chosen kinds and lines that no unit of the area has"`
	Dropped        []DroppedUnit `json:"dropped" doc:"At most 20 of them; inactive ones are a warning, the others keep the campaign from being issued"`
}

// DroppedUnit is a unit that was chosen by name and gets nothing.
type DroppedUnit struct {
	ID     string `json:"id" doc:"Id as it was chosen" example:"01900000-0000-7000-8000-000000000007"`
	Name   string `json:"name,omitempty" doc:"Name, of an inactive one" example:"东一村"`
	Reason string `json:"reason" enum:"inactive,unknown,not_below" doc:"Why: no longer active; not known; not below the campaign's unit any more" example:"inactive"`
}

// Asked is what another campaign asked of the same units.
type Asked struct {
	CampaignID  string `json:"campaign_id" doc:"Campaign" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Title       string `json:"title" doc:"Its title" example:"反诈宣传月"`
	Units       int64  `json:"units" doc:"How many of the units it went to" example:"210"`
	Assignments int64  `json:"assignments" doc:"How many assignments they got" example:"630"`
}

// Cost is what issuing would ask of all units together.
type Cost struct {
	Items    int64 `json:"items" doc:"Units × items" example:"7600"`
	Minutes  int64 `json:"minutes" doc:"Units × the minutes their items are expected to take" example:"114000"`
	Pictures int64 `json:"pictures" doc:"Units × compulsory photos and videos" example:"0"`
}

// Overlap is how much of it was asked of the same units lately.
type Overlap struct {
	Items    int64    `json:"items" doc:"Units × items" example:"7600"`
	Repeated int64    `json:"repeated" doc:"Of these, asked of the same unit in the last 90 days" example:"4408"`
	Percent  int      `json:"percent" doc:"The same in percent, rounded down" example:"58"`
	Repeats  []Repeat `json:"repeats" doc:"The requirements behind it, at most 50, the most repeated first"`
}

// Repeat is a requirement that asks again.
type Repeat struct {
	TaskID        string `json:"task_id" doc:"Task of the draft" example:"01985b2e-7c1a-7000-8000-000000000002"`
	RequirementID string `json:"requirement_id" doc:"Requirement of it" example:"leaflets"`
	Title         string `json:"title" doc:"Its title" example:"发放宣传册数"`
	Units         int64  `json:"units" doc:"How many of the units were asked for it" example:"210"`
	CampaignID    string `json:"campaign_id" doc:"Campaign that asked for it last" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Campaign      string `json:"campaign" doc:"Its title" example:"反诈宣传月"`
}

// DryRun is what issuing would do.
type DryRun struct {
	Version        int64      `json:"version" doc:"Version of the campaign it looked at: with it as If-Match exactly this is issued" example:"3"`
	Ready          bool       `json:"ready" doc:"Whether it can be issued" example:"true"`
	Assignments    int64      `json:"assignments" doc:"How many assignments it would make" example:"3420"`
	Units          int64      `json:"units" doc:"How many units would get anything, each counted once" example:"380"`
	WithoutContact int64      `json:"without_contact" doc:"How many of these have no responsible person on record" example:"4"`
	Tasks          []TaskPlan `json:"tasks" doc:"For each task"`
	Errors         []Remark   `json:"errors" doc:"What keeps it from being issued"`
	Warnings       []Remark   `json:"warnings" doc:"What should be looked at first"`
	Asked          []Asked    `json:"asked" doc:"What was asked of the same units in the last 90 days, most first"`
	Cost           Cost       `json:"cost" doc:"What it would ask of all units together"`
	Overlap        Overlap    `json:"overlap" doc:"How much of it was asked of the same units in the last 90 days: the same figure, register or table, or the same kind of item under the same title"`
}

// DryRunInput is the input of dry-run-campaign.
type DryRunInput struct {
	rest.ByID
	Sample int `query:"sample" minimum:"0" maximum:"100" default:"10" doc:"How many units to name for each task" example:"10"`
}

// TaskProgress is how far a task's fan-out is.
type TaskProgress struct {
	TaskID   string `json:"task_id" doc:"Task" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Title    string `json:"title" doc:"Its title" example:"发放宣传资料"`
	Total    int64  `json:"total" doc:"Units it is for" example:"380"`
	Done     int64  `json:"done" doc:"Units that have it" example:"120"`
	Finished bool   `json:"finished" doc:"Whether all have it" example:"false"`
}

// Progress is how far the background work of a campaign is.
type Progress struct {
	CampaignID string         `json:"campaign_id" doc:"Campaign" example:"01985b2e-7c1a-7000-8000-000000000001"`
	State      string         `json:"state" words:"state.campaign" doc:"Its state" example:"issuing"`
	Total      int64          `json:"total" doc:"Assignments to issue" example:"3420"`
	Done       int64          `json:"done" doc:"Assignments issued" example:"1200"`
	Tasks      []TaskProgress `json:"tasks" doc:"For each task"`
	Jobs       []Job          `json:"jobs" doc:"Background work, newest first"`
}

func progress(p assignment.Progress) Progress {
	out := Progress{CampaignID: p.Campaign.ID, State: string(p.Campaign.State), Tasks: []TaskProgress{}, Jobs: []Job{}}
	for _, t := range p.Tasks {
		out.Total += t.Total
		out.Done += t.Done
		out.Tasks = append(out.Tasks, TaskProgress{TaskID: t.TaskID, Title: p.Titles[t.TaskID], Total: t.Total, Done: t.Done, Finished: t.Finished})
	}
	for _, j := range p.Jobs {
		out.Jobs = append(out.Jobs, job(j))
	}
	return out
}

// UrgeCampaignBody is the body of urge-campaign.
type UrgeCampaignBody struct {
	Which   string `json:"which" doc:"Whom to urge" example:"overdue"`
	Text    string `json:"text,omitempty" doc:"What to say" example:"请尽快报送。"`
	Formal  bool   `json:"formal,omitempty" doc:"Send a supervision notice, copied to the superior" example:"false"`
	Preview bool   `json:"preview,omitempty" doc:"Only tell whom it would reach" example:"true"`
}

// UrgeAnswer tells whom an urging reaches.
type UrgeAnswer struct {
	Count     int      `json:"count" doc:"How many assignments are urged" example:"17"`
	Cooling   int      `json:"cooling" doc:"How many are left out because they were urged less than 24 hours ago" example:"2"`
	Unreached int      `json:"unreached" doc:"How many are left out because nobody at the unit would be told: give these units responsible people" example:"1"`
	First     []string `json:"first" doc:"Names of the first units" example:"[\"东一村\"]"`
	Job       *Job     `json:"job,omitempty" doc:"The work that does it; absent in a preview and where there is nobody to urge"`
}

func (h *handlers) mountIssue(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "dry-run-campaign", Method: http.MethodPost, Path: "/campaigns/{id}/dry-run", Resource: "campaign", Action: "issue", Errors: []int{409},
		Summary: "See what issuing would do", Description: "How many units get each task and which, who has no contact, which of the units chosen by name get nothing and why, deadlines on holidays or in the past, what was asked of the same units lately and how much of this repeats it, and what it costs them: units × items × estimated minutes. Changes nothing."},
		func(ctx context.Context, in *DryRunInput) (*rest.Reply[DryRun], error) {
			d, err := h.svc.DryRun(ctx, rest.Actor(ctx), in.ID, in.Sample)
			return answer(d, err, func(d assignment.DryRun) DryRun {
				out := DryRun{Version: d.Version, Ready: len(d.Errors) == 0, Assignments: d.Assignments, Units: d.Units, WithoutContact: d.WithoutContact, Tasks: []TaskPlan{}, Errors: remarks(d.Errors), Warnings: remarks(d.Warnings), Asked: []Asked{},
					Cost: Cost(d.Cost), Overlap: Overlap{Items: d.Overlap.Items, Repeated: d.Overlap.Repeated, Percent: d.Overlap.Percent(), Repeats: []Repeat{}}}
				for _, t := range d.Tasks {
					p := TaskPlan{TaskID: t.Task.ID, Title: t.Task.Title, Units: t.Units, WithoutContact: t.WithoutContact, DueAt: t.Task.DueAt, Workday: t.Workday, Sample: []SampleUnit{},
						DroppedCount: len(t.Dropped), Dropped: dropped(t.Dropped), Nowhere: mapped(t.Nowhere, func(v assignment.Value) Chosen { return Chosen(v) })}
					for _, u := range t.Sample {
						p.Sample = append(p.Sample, SampleUnit{ID: u.ID, Name: u.Name, Level: u.Level, Contact: u.Contact != ""})
					}
					out.Tasks = append(out.Tasks, p)
				}
				for _, r := range d.Overlap.Repeats {
					out.Overlap.Repeats = append(out.Overlap.Repeats, Repeat(r))
				}
				for _, a := range d.Asked {
					out.Asked = append(out.Asked, Asked(a))
				}
				return out
			})
		})

	rest.Register(g, rest.Op{ID: "issue-campaign", Method: http.MethodPost, Path: "/campaigns/{id}/issue", Resource: "campaign", Action: "issue", Status: http.StatusAccepted, IfMatch: true,
		Summary: "Issue a campaign", Description: "Gives every task to its units, in the background; see get-campaign-progress, and the messages progress of stream-notices. Refused while the dry run shows errors."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Progress], error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			p, err := h.svc.Issue(ctx, rest.Actor(ctx), in.ID, want)
			return answer(p, err, progress)
		})

	rest.Register(g, rest.Op{ID: "get-campaign-progress", Method: http.MethodGet, Path: "/campaigns/{id}/progress", Resource: "campaign", Action: "read",
		Summary: "See how far issuing is", Description: "Totals for each task and the state of the background work."},
		func(ctx context.Context, in *rest.ByID) (*rest.Reply[Progress], error) {
			p, err := h.svc.Progress(ctx, rest.Actor(ctx), in.ID)
			return answer(p, err, progress)
		})

	rest.Register(g, rest.Op{ID: "urge-campaign", Input: assignment.CampaignUrging{}, Method: http.MethodPost, Path: "/campaigns/{id}/urge", Resource: "campaign", Action: "urge", Status: http.StatusAccepted,
		Summary: "Urge everybody who is late", Description: "Urges, in the background, all who have not acknowledged, are overdue, or have not submitted, except those urged less than 24 hours ago. With preview it only tells whom.",
		Example: map[string]any{"which": "overdue", "text": "请尽快报送。", "preview": true}},
		func(ctx context.Context, in *rest.Act[UrgeCampaignBody]) (*rest.Reply[UrgeAnswer], error) {
			b := in.Body
			p, err := h.svc.UrgeCampaign(ctx, rest.Actor(ctx), in.ID, assignment.CampaignUrging{Which: b.Which, Text: b.Text, Formal: b.Formal, Preview: b.Preview})
			return answer(p, err, func(p assignment.UrgePreview) UrgeAnswer {
				out := UrgeAnswer{Count: p.Count, Cooling: p.Cooling, Unreached: p.Unreached, First: []string{}}
				for _, v := range p.First {
					out.First = append(out.First, v.UnitName)
				}
				if p.Job != nil {
					j := job(*p.Job)
					out.Job = &j
				}
				return out
			})
		})
}

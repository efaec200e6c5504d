package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/rest"
)

// ItemSource is where an item was taken over from.
type ItemSource struct {
	SubmissionID   string     `json:"submission_id" doc:"Submission of the same unit" example:"01985b2e-7c1a-7000-8000-000000000001"`
	RequirementID  string     `json:"requirement_id" doc:"What it answered there" example:"leaflets"`
	Number         int64      `json:"number" doc:"Number of that version" example:"1"`
	TaskTitle      string     `json:"task_title" doc:"Task it was handed in for" example:"发放宣传资料"`
	CampaignTitle  string     `json:"campaign_title" doc:"Its campaign" example:"反诈宣传月"`
	SealedAt       *time.Time `json:"sealed_at,omitempty" doc:"When it was handed in" example:"2026-08-30T08:00:00Z"`
	State          string     `json:"state" doc:"Whether it still stands: sealed or accepted" example:"accepted"`
	ManifestSHA256 string     `json:"manifest_sha256" doc:"SHA-256 of the manifest that proves it" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// Days is a range of local days.
type Days struct {
	From string `json:"from" doc:"First local day" example:"2026-09-01"`
	To   string `json:"to" doc:"Last local day" example:"2026-09-30"`
}

// Proposal is something the unit has given before.
type Proposal struct {
	RequirementID string     `json:"requirement_id" doc:"Requirement of the assignment that it answers" example:"leaflets"`
	Title         string     `json:"title" doc:"Title of that requirement" example:"发放宣传单"`
	From          ItemSource `json:"from" doc:"Where it was given"`
	Period        Days       `json:"period" doc:"Days it is about"`
	Item          Item       `json:"item" doc:"What was given"`
}

// Comparison sets a figure beside others.
type Comparison struct {
	RequirementID string    `json:"requirement_id" doc:"Requirement it is about" example:"leaflets"`
	LastYear      *LastYear `json:"last_year,omitempty" doc:"What the unit gave for the same thing a year before"`
	Similar       *Similar  `json:"similar,omitempty" doc:"Only for reviewers: what at least five units of the same kind gave for the same task"`
	Odd           []string  `json:"odd" enum:"unlike_last_year,unlike_similar" doc:"More than three times, or less than a third, of that; worth a second look, no more" example:"[\"unlike_last_year\"]"`
}

// LastYear is what the unit gave a year before.
type LastYear struct {
	SubmissionID string  `json:"submission_id" doc:"Where" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Period       Days    `json:"period" doc:"Days it was about"`
	Value        float64 `json:"value" doc:"The figure" example:"240"`
}

// Similar is what units of the same kind gave.
type Similar struct {
	Units  int     `json:"units" doc:"How many units" example:"24"`
	Kind   string  `json:"kind" doc:"Their kind" example:"school"`
	Per    string  `json:"per,omitempty" doc:"Denominator by which all these numbers are divided; absent for none" example:"class"`
	Low    float64 `json:"low" doc:"A quarter gave less" example:"4"`
	Median float64 `json:"median" doc:"Half gave less" example:"6"`
	High   float64 `json:"high" doc:"A quarter gave more" example:"9"`
	Own    float64 `json:"own" doc:"The figure itself, by the same denominator" example:"26"`
}

// TakeOverBody is the body of take-over-items.
type TakeOverBody struct {
	Items []TakenItem `json:"items" doc:"What to take over; all of it or nothing"`
}

// TakenItem is one thing to take over.
type TakenItem struct {
	RequirementID     string `json:"requirement_id" doc:"Requirement of the draft that it answers" example:"leaflets"`
	FromSubmissionID  string `json:"from_submission_id" doc:"Submission it was given in" example:"01985b2e-7c1a-7000-8000-000000000001"`
	FromRequirementID string `json:"from_requirement_id" doc:"What it answered there" example:"leaflets"`
}

// ProposalsInput is the input of list-proposals.
type ProposalsInput struct {
	AssignmentID string `query:"assignment_id" required:"true" minLength:"1" maxLength:"64" doc:"Assignment to find answers for"`
}

// ProposalsReply is the answer of list-proposals.
type ProposalsReply struct{ Body rest.List[Proposal] }

func sourceOf(e evidence.Earlier, requirementID string) ItemSource {
	return ItemSource{
		SubmissionID: e.ID, RequirementID: requirementID, Number: e.Number, TaskTitle: e.Title, CampaignTitle: e.Campaign,
		SealedAt: e.SealedAt, State: string(e.State), ManifestSHA256: e.ManifestHash,
	}
}

func comparisons(v evidence.View) []Comparison {
	var out []Comparison
	for _, c := range v.Comparisons {
		w := Comparison{RequirementID: c.RequirementID, Odd: c.Odd}
		if l := c.LastYear; l != nil {
			w.LastYear = &LastYear{SubmissionID: l.SubmissionID, Period: Days(l.Period), Value: l.Value}
		}
		if c.Similar != nil {
			w.Similar = new(Similar(*c.Similar))
		}
		out = append(out, w)
	}
	return out
}

func (h handlers) once(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-proposals", Method: http.MethodGet, Path: "/submissions/proposals", Summary: "See what has been given before",
		Description: "What the unit of an assignment has already handed in for another task that answers a requirement of this one: the same figure, table or kind of document, for days in common. " +
			"Figures come from other campaigns only, for a campaign adds up its own tasks; a register lives on, so its days do not matter. take-over-items answers with it. At most five for a requirement, newest first.",
		Resource: "submission", Action: "read",
	}, func(ctx context.Context, in *ProposalsInput) (*ProposalsReply, error) {
		ps, err := h.s.Proposals(ctx, rest.Actor(ctx), in.AssignmentID)
		if err != nil {
			return nil, err
		}
		l := rest.List[Proposal]{Items: make([]Proposal, len(ps))}
		for i, p := range ps {
			l.Items[i] = Proposal{
				RequirementID: p.RequirementID, Title: p.Title, From: sourceOf(p.From, p.Item.RequirementID), Period: Days(p.Period),
				Item: itemOf(p.Item, evidence.View{Examinations: p.Examinations}, p.Files),
			}
		}
		return &ProposalsReply{Body: l}, nil
	})
	rest.Register(g, rest.Op{
		ID: "take-over-items", Input: evidence.Takings{}, Method: http.MethodPost, Path: "/submissions/{id}/take-over", Summary: "Answer with what was given before",
		Description: "Answers requirements of a draft with what list-proposals shows, instead of giving it again. The item keeps where it comes from, and the manifest names the sealed submission that proves it. " +
			"What is taken over can be changed or emptied like any item; then it is given anew. 422 not_proposed names what cannot be taken over; nothing is changed then.",
		Resource: "submission", Action: "write", IfMatch: true, Errors: []int{http.StatusConflict},
		Example: map[string]any{"items": []any{map[string]any{
			"requirement_id": "leaflets", "from_submission_id": "01985b2e-7c1a-7000-8000-000000000001", "from_requirement_id": "leaflets",
		}}},
	}, func(ctx context.Context, in *rest.Act[TakeOverBody]) (*SubmissionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		ks := make([]evidence.Taking, len(in.Body.Items))
		for i, x := range in.Body.Items {
			ks[i] = evidence.Taking{RequirementID: x.RequirementID, From: evidence.Source{SubmissionID: x.FromSubmissionID, RequirementID: x.FromRequirementID}}
		}
		return reply(h.s.TakeOver(ctx, rest.Actor(ctx), in.ID, ks, want))
	})
}

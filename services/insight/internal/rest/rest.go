// Package rest offers the roll-ups over HTTP.
package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/rest"
)

// Node says which unit to look from. Embed it, exported.
type Node struct {
	UnitID string `query:"unit_id" maxLength:"64" doc:"The unit to look at; your own highest one when left out" example:"01985b2e-7c1a-7000-8000-000000000012"`
}

// OfTask bounds a roll-up to one task. Embed it, exported.
type OfTask struct {
	TaskID string `query:"task_id" maxLength:"64" doc:"Only this task of the campaign" example:"01985b2e-7c1a-7000-8000-000000000030"`
}

// OfCampaign bounds a roll-up to one campaign. Embed it, exported.
type OfCampaign struct {
	CampaignID string `query:"campaign_id" maxLength:"64" doc:"Only what belongs to this campaign" example:"01985b2e-7c1a-7000-8000-000000000020"`
}

// after is the cursor of the lists of children.
type after struct {
	ID string `json:"id"`
}

// Mount adds the operations.
func Mount(g *rest.Group, s *insight.Service) {
	h := handler{s}
	op := func(id, path, summary, description string) rest.Op {
		return rest.Op{ID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description, Resource: "rollup", Action: "read"}
	}
	rest.Register(g, op("list-campaign-rollups", "/rollups/campaigns", "List campaigns with their headline numbers",
		"The campaigns that were issued by or to units in your reach, newest first, each with its numbers over everything you may see."), h.campaigns)
	rest.Register(g, op("get-campaign-rollup", "/rollups/campaigns/{id}", "Read how far a campaign is at a unit",
		"Numbers, light and sums of figures of the unit and everything below it. Overdue and lights are as of now. Costs the same whatever the number of units below."), h.campaign)
	rest.Register(g, op("list-campaign-rollup-children", "/rollups/campaigns/{id}/children", "List a campaign's numbers by unit",
		"One line for each unit directly below the unit looked at, in a fixed order. Added up, and with the unit's own numbers, they make those of the unit."), h.children)
	rest.Register(g, op("list-campaign-rollup-tasks", "/rollups/campaigns/{id}/tasks", "List a campaign's numbers by task",
		"One line for each task of the campaign, at the unit looked at and below."), h.tasks)
	rest.Register(g, op("list-campaign-rollup-days", "/rollups/campaigns/{id}/days", "Read a campaign day by day",
		"How many assignments were issued, fell due, were acknowledged, handed in and approved on each local day at the unit looked at and below, and how many by then; at most 366 days. Assignments are told as they stand now: what was returned is not handed in until it is again. Costs the number of days, whatever the number of units below."), h.days)
	rest.Register(g, op("get-campaign-matrix", "/rollups/campaigns/{id}/matrix", "Read a campaign's units by tasks",
		"A table of the units directly below the unit looked at (rows, in pages) by the tasks of the campaign (columns)."), h.matrix)
	rest.Register(g, op("get-findings-rollup", "/rollups/findings", "Read the register at a unit",
		"Findings by category, severity and state with relapses, rectifications by state with what is overdue now, and inspections, of the unit and everything below it; of one campaign or of all."), h.findings)
	rest.Register(g, op("list-findings-rollup-children", "/rollups/findings/children", "List the register by unit",
		"The same as get-findings-rollup for each unit directly below the unit looked at."), h.findingsChildren)
	rest.Register(g, op("get-finding-numbers", "/rollups/findings/numbers", "Read the numbers of findings at a unit",
		"Found, open, closed, closed on time, relapse rate, mean days to close and the oldest open one, of the unit and everything below it; altogether, and by category, severity, clause, checklist item, sector or month. Costs the same whatever the number of units below."), h.findingNumbers)
	rest.Register(g, op("list-finding-numbers-children", "/rollups/findings/numbers/children", "List the numbers of findings by unit",
		"The totals of get-finding-numbers for each unit directly below the unit looked at, in a fixed order."), h.findingNumbersChildren)
	rest.Register(g, op("list-relapsed-units", "/rollups/findings/relapsed", "List the units where findings were found again",
		"Every unit at or below the unit looked at with a relapse in the months asked for, each with its own numbers; in a fixed order, which is no ranking."), h.relapsed)
}

type handler struct{ s *insight.Service }

// CampaignsInput is the input of list-campaign-rollups.
type CampaignsInput struct {
	rest.Page
	State []string `query:"state" words:"state.campaign" except:"draft" doc:"Only in these states" example:"active"`
}

func (h handler) campaigns(ctx context.Context, in *CampaignsInput) (*rest.Reply[rest.List[CampaignLine]], error) {
	var k after
	if _, err := in.Decode(&k); err != nil {
		return nil, err
	}
	lines, err := h.s.Campaigns(ctx, rest.Actor(ctx), in.State, k.ID, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := make([]CampaignLine, len(lines))
	for i, l := range lines {
		out[i] = CampaignLine{Campaign: wireCampaign(l.Campaign), Numbers: wireNumbers(l.Numbers, assignments(l.Campaign.ID, "", "", ""))}
	}
	return rest.Answer(rest.Items(out, in.Limit, func(l CampaignLine) any { return after{l.Campaign.ID} })), nil
}

// CampaignInput is the input of get-campaign-rollup.
type CampaignInput struct {
	rest.ByID
	Node
	OfTask
}

func (h handler) campaign(ctx context.Context, in *CampaignInput) (*rest.Reply[CampaignRollup], error) {
	r, err := h.s.CampaignRollup(ctx, rest.Actor(ctx), in.ID, in.UnitID, in.TaskID)
	if err != nil {
		return nil, err
	}
	return rest.Answer(CampaignRollup{
		Campaign: wireCampaign(r.Campaign), Unit: wireUnit(r.Unit), OwnOnly: r.OwnOnly, Numbers: wireNumbers(r.Numbers, assignments(in.ID, in.TaskID, "under", r.Unit.ID)),
		Own: wireNumbers(r.Own, assignments(in.ID, in.TaskID, "unit_id", r.Unit.ID)), Open: r.Open, Figures: wireFigures(r.Figures),
	}), nil
}

// ChildrenInput is the input of list-campaign-rollup-children.
type ChildrenInput struct {
	rest.ByID
	Node
	OfTask
	rest.Page
}

func (h handler) children(ctx context.Context, in *ChildrenInput) (*rest.Reply[rest.List[ChildRollup]], error) {
	var k after
	if _, err := in.Decode(&k); err != nil {
		return nil, err
	}
	r, err := h.s.CampaignChildren(ctx, rest.Actor(ctx), insight.CampaignAt{CampaignID: in.ID, UnitID: in.UnitID, TaskID: in.TaskID}, insight.Page{After: k.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	out := make([]ChildRollup, len(r.Items))
	for i, x := range r.Items {
		out[i] = ChildRollup{Unit: wireUnit(x.Unit), Numbers: wireNumbers(x.Numbers, assignments(in.ID, in.TaskID, "under", x.Unit.ID)), Figures: wireFigures(x.Figures)}
	}
	return rest.Answer(rest.Items(out, in.Limit, func(x ChildRollup) any { return after{x.Unit.ID} })), nil
}

// TasksInput is the input of list-campaign-rollup-tasks.
type TasksInput struct {
	rest.ByID
	Node
}

func (h handler) tasks(ctx context.Context, in *TasksInput) (*rest.Reply[TaskRollups], error) {
	u, ts, err := h.s.CampaignTasks(ctx, rest.Actor(ctx), in.ID, in.UnitID)
	if err != nil {
		return nil, err
	}
	return rest.Answer(TaskRollups{Unit: wireUnit(u), Items: wireTasks(in.ID, u.ID, ts)}), nil
}

// MatrixInput is the input of get-campaign-matrix.
type MatrixInput struct {
	rest.ByID
	Node
	rest.Page
}

func (h handler) matrix(ctx context.Context, in *MatrixInput) (*rest.Reply[Matrix], error) {
	var k after
	if _, err := in.Decode(&k); err != nil {
		return nil, err
	}
	m, err := h.s.CampaignMatrix(ctx, rest.Actor(ctx), in.ID, in.UnitID, insight.Page{After: k.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	out := Matrix{Unit: wireUnit(m.Unit), Tasks: make([]Task, len(m.Campaign.Tasks))}
	for i, t := range m.Campaign.Tasks {
		out.Tasks[i] = wireTask(t)
	}
	rows := make([]MatrixRow, len(m.Rows))
	for i, r := range m.Rows {
		rows[i] = MatrixRow{Unit: wireUnit(r.Unit), Cells: make([]Cell, len(r.Cells))}
		for j, c := range r.Cells {
			n := c.Numbers
			rows[i].Cells[j] = Cell{TaskID: c.Task.ID, Query: assignments(in.ID, c.Task.ID, "under", r.Unit.ID), Issued: n.Live(), Overdue: n.Overdue, Light: string(n.Light), States: wireStates(n.Tally)}
		}
	}
	page := rest.Items(rows, in.Limit, func(x MatrixRow) any { return after{x.Unit.ID} })
	out.Items, out.NextCursor = page.Items, page.NextCursor
	return rest.Answer(out), nil
}

// FindingsInput is the input of get-findings-rollup.
type FindingsInput struct {
	Node
	OfCampaign
}

func (h handler) findings(ctx context.Context, in *FindingsInput) (*rest.Reply[FindingsRollup], error) {
	r, err := h.s.Findings(ctx, rest.Actor(ctx), in.UnitID, in.CampaignID)
	if err != nil {
		return nil, err
	}
	return rest.Answer(FindingsRollup{Unit: wireUnit(r.Unit), OwnOnly: r.OwnOnly, Register: wireRegister(r.Register, r.Unit.ID, in.CampaignID)}), nil
}

// FindingsChildrenInput is the input of list-findings-rollup-children.
type FindingsChildrenInput struct {
	Node
	OfCampaign
	rest.Page
}

func (h handler) findingsChildren(ctx context.Context, in *FindingsChildrenInput) (*rest.Reply[rest.List[FindingsChild]], error) {
	var k after
	if _, err := in.Decode(&k); err != nil {
		return nil, err
	}
	rs, err := h.s.FindingsChildren(ctx, rest.Actor(ctx), in.UnitID, in.CampaignID, insight.Page{After: k.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	out := make([]FindingsChild, len(rs))
	for i, r := range rs {
		out[i] = FindingsChild{Unit: wireUnit(r.Unit), Register: wireRegister(r.Register, r.Unit.ID, in.CampaignID)}
	}
	return rest.Answer(rest.Items(out, in.Limit, func(x FindingsChild) any { return after{x.Unit.ID} })), nil
}

package insight

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Rollup is the numbers of a campaign at one node.
type Rollup struct {
	Campaign Campaign
	Unit     Unit
	Numbers  Numbers     // at the node and below
	Own      Numbers     // of the node's own unit alone
	Figures  []FigureSum // where Open
	Open     bool
	// OwnOnly tells that the caller sees the unit itself and nothing below it.
	OwnOnly bool
}

// CampaignRollup reads a campaign at a node; an empty unitID is where the
// actor looks from, an empty taskID all tasks.
func (s *Service) CampaignRollup(ctx context.Context, a policy.Actor, campaignID, unitID, taskID string) (Rollup, error) {
	c, u, w, err := s.open(ctx, a, campaignID, unitID)
	if err != nil {
		return Rollup{}, err
	}
	tasks, err := chosen(c, taskID)
	if err != nil {
		return Rollup{}, err
	}
	rows, err := s.store.Tallies(ctx, tasks, w)
	if err != nil {
		return Rollup{}, err
	}
	r := Rollup{Campaign: c, Unit: u, Open: w.opens(c), OwnOnly: w.OwnOnly}
	if r.Open {
		figures, err := s.store.Figures(ctx, c.ID, w)
		if err != nil {
			return Rollup{}, err
		}
		r.Figures = sums(figures, c, taskID)
	}
	count, all, own := s.counting(c), newNumbers(), newNumbers()
	for _, x := range rows {
		count.add(all, x)
		if x.Own {
			count.add(own, x)
		}
	}
	r.Numbers, r.Own = *all, *own
	return r, nil
}

// open finds a campaign and a node that are in the actor's sight.
func (s *Service) open(ctx context.Context, a policy.Actor, campaignID, unitID string) (Campaign, Unit, Window, error) {
	v := s.sight(ctx, a)
	c, err := s.campaign(ctx, v, campaignID)
	if err != nil {
		return c, Unit{}, Window{}, err
	}
	u, w, err := s.node(ctx, v, unitID)
	return c, u, w, err
}

func chosen(c Campaign, taskID string) ([]Task, error) {
	if taskID == "" {
		return c.Tasks, nil
	}
	for _, t := range c.Tasks {
		if t.ID == taskID {
			return []Task{t}, nil
		}
	}
	return nil, fault.Missing("task")
}

// ChildRollup is the numbers of a campaign at a child of a node.
type ChildRollup struct {
	Unit    Unit
	Numbers Numbers
	Figures []FigureSum // where Open
	Open    bool
}

// Children is a page of the units directly below a node.
type Children struct {
	Campaign Campaign
	Unit     Unit
	Items    []ChildRollup
}

// CampaignAt is a campaign as it is looked at: at a node, the actor's highest
// where none is named, and in one of its tasks or in all.
type CampaignAt struct{ CampaignID, UnitID, TaskID string }

// Page is which of the children of a node are read: at most so many, in order of
// id, after the one with this id.
type Page struct {
	After string
	Limit int
}

// CampaignChildren reads a campaign at a page of the children of a node. Where the actor sees the node's own unit
// only, there are none.
func (s *Service) CampaignChildren(ctx context.Context, a policy.Actor, at CampaignAt, page Page) (Children, error) {
	c, u, w, err := s.open(ctx, a, at.CampaignID, at.UnitID)
	if err != nil {
		return Children{}, err
	}
	tasks, err := chosen(c, at.TaskID)
	if err != nil {
		return Children{}, err
	}
	out := Children{Campaign: c, Unit: u}
	units, below, err := s.below(ctx, u, w, page)
	if err != nil || len(units) == 0 {
		return out, err
	}
	rows, err := s.store.Tallies(ctx, tasks, below)
	if err != nil {
		return out, err
	}
	var figures []FigureRow
	if w.opens(c) {
		if figures, err = s.store.Figures(ctx, c.ID, below); err != nil {
			return out, err
		}
	}
	numbers := make(map[string]*Numbers, len(units))
	for _, u := range units {
		numbers[u.ID] = newNumbers()
	}
	count := s.counting(c)
	for _, r := range rows {
		count.add(numbers[r.NodeID], r)
	}
	byNode := map[string][]FigureRow{}
	for _, f := range figures {
		byNode[f.NodeID] = append(byNode[f.NodeID], f)
	}
	for _, u := range units {
		out.Items = append(out.Items, ChildRollup{Unit: u, Numbers: *numbers[u.ID], Figures: sums(byNode[u.ID], c, at.TaskID), Open: w.opens(c)})
	}
	return out, nil
}

// below opens a window on a page of the children of u. What is open there is what is
// open at u.
func (s *Service) below(ctx context.Context, u Unit, w Window, page Page) ([]Unit, Window, error) {
	if w.OwnOnly {
		return nil, w, nil
	}
	units, err := s.store.Children(ctx, u.ID, page.After, page.Limit)
	below := Window{NodeIDs: make([]string, len(units)), Offices: w.Offices}
	for i, u := range units {
		below.NodeIDs[i] = u.ID
	}
	return units, below, err
}

// TaskRollup is the numbers of one task at a node.
type TaskRollup struct {
	Task    Task
	Numbers Numbers
}

// CampaignTasks reads every task of a campaign at a node.
func (s *Service) CampaignTasks(ctx context.Context, a policy.Actor, campaignID, unitID string) (Unit, []TaskRollup, error) {
	c, u, w, err := s.open(ctx, a, campaignID, unitID)
	if err != nil {
		return u, nil, err
	}
	rows, err := s.store.Tallies(ctx, c.Tasks, w)
	if err != nil {
		return u, nil, err
	}
	return u, s.byTask(c, rows), nil
}

func (s *Service) byTask(c Campaign, rows []TallyRow) []TaskRollup {
	at := make(map[string]*Numbers, len(c.Tasks))
	for _, t := range c.Tasks {
		at[t.ID] = newNumbers()
	}
	count := s.counting(c)
	for _, r := range rows {
		if n := at[r.TaskID]; n != nil {
			count.add(n, r)
		}
	}
	out := make([]TaskRollup, len(c.Tasks))
	for i, t := range c.Tasks {
		out[i] = TaskRollup{Task: t, Numbers: *at[t.ID]}
	}
	return out
}

// MatrixRow is a child of a node with its numbers per task, in the order of
// the campaign's tasks.
type MatrixRow struct {
	Unit  Unit
	Cells []TaskRollup
}

// Matrix is children by tasks.
type Matrix struct {
	Campaign Campaign
	Unit     Unit
	Rows     []MatrixRow
}

// CampaignMatrix reads a page of the children of a node by task.
func (s *Service) CampaignMatrix(ctx context.Context, a policy.Actor, campaignID, unitID string, page Page) (Matrix, error) {
	c, u, w, err := s.open(ctx, a, campaignID, unitID)
	if err != nil {
		return Matrix{}, err
	}
	out := Matrix{Campaign: c, Unit: u}
	units, below, err := s.below(ctx, u, w, page)
	if err != nil || len(units) == 0 {
		return out, err
	}
	rows, err := s.store.Tallies(ctx, c.Tasks, below)
	if err != nil {
		return out, err
	}
	byNode := map[string][]TallyRow{}
	for _, r := range rows {
		byNode[r.NodeID] = append(byNode[r.NodeID], r)
	}
	for _, u := range units {
		out.Rows = append(out.Rows, MatrixRow{Unit: u, Cells: s.byTask(c, byNode[u.ID])})
	}
	return out, nil
}

// CampaignLine is a campaign with its numbers over everything in the actor's sight.
type CampaignLine struct {
	Campaign Campaign
	Numbers  Numbers
}

// Campaigns lists the campaigns in the actor's sight, newest first.
func (s *Service) Campaigns(ctx context.Context, a policy.Actor, states []string, before string, limit int) ([]CampaignLine, error) {
	v := s.sight(ctx, a)
	ws := v.windows()
	if len(ws) == 0 {
		return nil, nil
	}
	cs, err := s.store.Campaigns(ctx, CampaignFilter{Reach: v.reach, Windows: ws, States: states, Before: before, Limit: limit})
	if err != nil || len(cs) == 0 {
		return nil, err
	}
	ids, at := make([]string, len(cs)), make(map[string]int, len(cs))
	for i, c := range cs {
		ids[i], at[c.ID] = c.ID, i
	}
	tasks, err := s.store.Tasks(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		c := &cs[at[t.CampaignID]]
		c.Tasks = append(c.Tasks, t)
	}
	numbers := make([]*Numbers, len(cs))
	for i := range cs {
		numbers[i] = newNumbers()
	}
	count := s.counting(cs...)
	for _, w := range ws {
		rows, err := s.store.Tallies(ctx, tasks, w)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			count.add(numbers[at[r.CampaignID]], r)
		}
	}
	out := make([]CampaignLine, len(cs))
	for i, c := range cs {
		out[i] = CampaignLine{Campaign: c, Numbers: *numbers[i]}
	}
	return out, nil
}

package insight

import (
	"context"

	"github.com/duban/duban/policy"

	"github.com/duban/duban/services/internal/clock"
)

// FindingCount counts findings that are alike: where they are not open to whoever
// looks, in their state alone.
type FindingCount struct {
	Category string
	Severity string
	State    string
	Count    int64
	Relapses int64 // of them, repeats of an earlier finding
}

// StateCount counts things in one state.
type StateCount struct {
	State string
	Count int64
}

// Register is what inspections found at a node and what became of it.
type Register struct {
	Findings       []FindingCount
	FindingsTotal  int64
	FindingsOpen   int64 // open or being rectified
	FindingsClosed int64
	Relapses       int64

	Rectifications        []StateCount
	RectificationsTotal   int64
	RectificationsOpen    int64 // neither closed nor withdrawn
	RectificationsOverdue int64
	RectificationsOnTime  int64 // reported within the deadline in force
	RectificationsLate    int64
	LateOriginal          int64 // reported after the original deadline
	Suspended             int64
	Reopened              int64 // how often closed ones were reopened

	Inspections   []StateCount
	FailedAnswers int64
}

// FindingsRollup is the register at a node.
type FindingsRollup struct {
	Unit     Unit
	OwnOnly  bool
	Register Register
}

// Findings reads the register at a node, of one campaign or of all.
func (s *Service) Findings(ctx context.Context, a policy.Actor, unitID, campaignID string) (FindingsRollup, error) {
	u, w, err := s.openRegister(ctx, a, unitID, campaignID)
	if err != nil {
		return FindingsRollup{}, err
	}
	rows, err := s.store.Entries(ctx, campaignID, w)
	if err != nil {
		return FindingsRollup{}, err
	}
	return FindingsRollup{Unit: u, OwnOnly: w.OwnOnly, Register: s.register(rows, w)}, nil
}

func (s *Service) openRegister(ctx context.Context, a policy.Actor, unitID, campaignID string) (Unit, Window, error) {
	v := s.sight(ctx, a)
	if campaignID != "" {
		if _, err := s.campaign(ctx, v, campaignID); err != nil {
			return Unit{}, Window{}, err
		}
	}
	return s.node(ctx, v, unitID)
}

// FindingsChild is the register at a child of a node.
type FindingsChild struct {
	Unit     Unit
	Register Register
}

// FindingsChildren reads the register at a page of the children of a node.
func (s *Service) FindingsChildren(ctx context.Context, a policy.Actor, unitID, campaignID string, page Page) ([]FindingsChild, error) {
	u, w, err := s.openRegister(ctx, a, unitID, campaignID)
	if err != nil {
		return nil, err
	}
	units, below, err := s.below(ctx, u, w, page)
	if err != nil || len(units) == 0 {
		return nil, err
	}
	rows, err := s.store.Entries(ctx, campaignID, below)
	if err != nil {
		return nil, err
	}
	byNode := map[string][]EntryRow{}
	for _, r := range rows {
		byNode[r.NodeID] = append(byNode[r.NodeID], r)
	}
	out := make([]FindingsChild, len(units))
	for i, u := range units {
		out[i] = FindingsChild{Unit: u, Register: s.register(byNode[u.ID], below)}
	}
	return out, nil
}

// register puts the counters of one node together.
func (s *Service) register(rows []EntryRow, w Window) Register {
	now := Micros(clock.Second(s.clock.Now()))
	r := Register{Findings: []FindingCount{}, Rectifications: []StateCount{}, Inspections: []StateCount{}}
	byState := func(list *[]StateCount, state string, n int64) {
		for i := range *list {
			if (*list)[i].State == state {
				(*list)[i].Count += n
				return
			}
		}
		*list = append(*list, StateCount{state, n})
	}
	for _, x := range rows {
		n := x.Entries
		if !w.shows(x.OfficeID) {
			x.Category, x.Severity, x.Relapses, x.Failed = "", "", 0, 0
		}
		switch x.Kind {
		case KindFinding:
			r.add(FindingCount{x.Category, x.Severity, x.State, n, x.Relapses})
		case KindRectification:
			byState(&r.Rectifications, x.State, n)
			r.RectificationsTotal += n
			if x.State != "closed" && x.State != "withdrawn" {
				r.RectificationsOpen += n
			}
			if x.DueUS > 0 && now > x.DueUS {
				r.RectificationsOverdue += n
			}
			switch x.State {
			case "reported", "verifying", "closed":
				r.RectificationsOnTime += n - x.Late
			}
			r.RectificationsLate += x.Late
			r.LateOriginal += x.LateOriginal
			r.Suspended += x.Suspended
			r.Reopened += x.Relapses
		case KindInspection:
			byState(&r.Inspections, x.State, n)
			r.FailedAnswers += x.Failed
		}
	}
	return r
}

func (r *Register) add(f FindingCount) {
	r.FindingsTotal += f.Count
	r.Relapses += f.Relapses
	switch f.State {
	case "open", "rectifying":
		r.FindingsOpen += f.Count
	case "closed":
		r.FindingsClosed += f.Count
	}
	for i := range r.Findings {
		if o := &r.Findings[i]; o.Category == f.Category && o.Severity == f.Severity && o.State == f.State {
			o.Count += f.Count
			o.Relapses += f.Relapses
			return
		}
	}
	r.Findings = append(r.Findings, f)
}

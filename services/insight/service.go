package insight

import (
	"context"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Service holds the use cases.
type Service struct {
	store  Store
	policy *policy.Engine
	clock  clock.Clock
	cal    *clock.Calendar
}

// New makes the service.
func New(store Store, engine *policy.Engine, clk clock.Clock, cal *clock.Calendar) *Service {
	return &Service{store: store, policy: engine, clock: clk, cal: cal}
}

// sight is what an actor may see.
type sight struct {
	reach policy.Reach // all
	whole policy.Reach // with everything below; the rest is own units only
	open  policy.Reach // with figures, and what findings are about
}

func (s *Service) sight(ctx context.Context, a policy.Actor) sight {
	rights := s.policy.Rights(ctx, a, "rollup")
	r := rights.Reach("read")
	w := r
	w.Spans = slices.DeleteFunc(slices.Clone(r.Spans), func(x policy.Span) bool { return x.Where == policy.Own || x.Where == policy.Home })
	return sight{reach: r, whole: w, open: rights.Reach("open")}
}

// window opens on one unit; a fault.NotFound when it is out of reach.
func (v sight) window(u Unit) (Window, error) {
	t := policy.Target{UnitID: u.ID, UnitPath: u.Path}
	if !v.reach.Covers(t) {
		return Window{}, fault.Missing("unit")
	}
	return Window{NodeIDs: []string{u.ID}, OwnOnly: !v.whole.Covers(t), Unaware: !v.reach.FromAbove().Covers(t), Offices: v.open.Whose(t)}, nil
}

// tops are the units an actor looks from: those of the grants, without those
// that another one covers, the highest first.
func (v sight) tops() []Seat {
	var ts []Seat
	for _, path := range v.reach.Paths() {
		covered := slices.ContainsFunc(v.whole.Spans, func(x policy.Span) bool {
			return x.Path != path && strings.HasPrefix(path, x.Path)
		})
		if !covered {
			ts = append(ts, Seat{UnitID: id.LastOf(path), Path: path})
		}
	}
	slices.SortStableFunc(ts, func(a, b Seat) int {
		if d := strings.Count(a.Path, "/") - strings.Count(b.Path, "/"); d != 0 {
			return d
		}
		return strings.Compare(a.Path, b.Path)
	})
	return ts
}

// windows open on the tops: one on those with everything below, one on those
// seen alone.
func (v sight) windows() []Window {
	var whole, own Window
	own.OwnOnly = true
	for _, t := range v.tops() {
		if v.whole.Covers(policy.Target{UnitID: t.UnitID, UnitPath: t.Path}) {
			whole.NodeIDs = append(whole.NodeIDs, t.UnitID)
		} else {
			own.NodeIDs = append(own.NodeIDs, t.UnitID)
		}
	}
	var ws []Window
	for _, w := range []Window{whole, own} {
		if len(w.NodeIDs) > 0 {
			ws = append(ws, w)
		}
	}
	return ws
}

// node is the unit asked for, or where the actor looks from.
func (s *Service) node(ctx context.Context, v sight, unitID string) (Unit, Window, error) {
	if unitID == "" {
		if ts := v.tops(); len(ts) > 0 {
			unitID = ts[0].UnitID
		} else {
			return Unit{}, Window{}, fault.Missing("unit")
		}
	}
	u, err := s.store.Unit(ctx, unitID)
	if err != nil {
		return Unit{}, Window{}, err
	}
	w, err := v.window(u)
	return u, w, err
}

// campaign returns one that is in sight, with its tasks.
func (s *Service) campaign(ctx context.Context, v sight, id string) (Campaign, error) {
	cs, err := s.store.Campaigns(ctx, CampaignFilter{Reach: v.reach, Windows: v.windows(), ID: id, Limit: 1})
	if err != nil {
		return Campaign{}, err
	}
	if len(cs) == 0 {
		return Campaign{}, fault.Missing("campaign")
	}
	c := cs[0]
	c.Tasks, err = s.store.Tasks(ctx, []string{id})
	return c, err
}

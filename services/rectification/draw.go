package rectification

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// The states of a draw.
const (
	DrawDrawn   = "drawn"
	DrawPlanned = "planned" // its inspections are planned
)

// DrawAlgorithm is how draws are made now; a change gets another name.
//
// Units are drawn one after the other, none twice. For the k-th, from 0, take
// SHA-256 of "<seed>|unit|<k>" as a number without sign, modulo the sum of the
// weights of the units that are left; go through them in ascending order of
// their ids, and the one in whose share of the sum that number falls is drawn.
// For each drawn unit its inspectors are drawn in the same way, each with
// weight 1, with "<seed>|inspector|<unit id>|<k>", from all but those who work
// at that unit, in ascending order of their ids.
const DrawAlgorithm = "sha256-weighted-v1"

// Draw is a double random draw: units, and inspectors for each of them.
type Draw struct {
	DrawHead
	Units      []DrawUnit
	Inspectors []DrawInspector
	Picks      []Pick
}

// DrawHead is a draw without its lists.
type DrawHead struct {
	ID          string
	ContentHash string
	Title       string
	Algorithm   string
	Seed        string
	UnitID      string
	UnitPath    string
	OfficeID    string
	Wanted      int
	PerUnit     int
	Weighted    bool
	State       string
	CreatedBy   string
	Author      string
	CreatedAt   time.Time
	PlannerID   string // who plans its inspections; empty for anybody of the office
	Version     int64
}

// DrawUnit is a unit that can be drawn, with what its weight is made of.
type DrawUnit struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Weight   int64  `json:"weight"`
	Findings int    `json:"findings"` // of the last two years
	Relapses int    `json:"relapses"` // of them
	Months   int    `json:"months"`   // since the last visit, at most 24; 24 when there was none
}

// DrawInspector is a person who can be drawn.
type DrawInspector struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	UnitID string `json:"unit_id"`
}

// Pick is a drawn unit with its inspectors.
type Pick struct {
	UnitID       string   `json:"unit_id"`
	InspectorIDs []string `json:"inspector_ids"`
	InspectionID string   `json:"inspection_id,omitempty"` // once it is planned
}

// Weigh sets the weight by risk: 1, and 2 for each finding (of at most 10), 5
// for each relapse (of at most 4), and 1 for each month since the last visit.
func (u *DrawUnit) Weigh() {
	u.Weight = int64(1 + 2*min(u.Findings, 10) + 5*min(u.Relapses, 4) + min(u.Months, 24))
}

// pick takes the thing in whose share of the sum of weights a number made of
// text falls.
func pick(text string, weights []int64) int {
	sum := sha256.Sum256([]byte(text))
	var total int64
	for _, w := range weights {
		total += w
	}
	at := new(big.Int).Mod(new(big.Int).SetBytes(sum[:]), big.NewInt(total)).Int64()
	for i, w := range weights {
		if at < w {
			return i
		}
		at -= w
	}
	panic("draw: the shares do not add up")
}

// Drawn makes the draw from what is recorded of it; the same record always
// gives the same picks.
func (d Draw) Drawn() ([]Pick, error) {
	if len(d.Units) == 0 {
		return nil, fault.New(fault.Invalid, "draw_empty", "There is no unit to draw from; widen the scope or the filters.")
	}
	if d.Wanted < 1 || d.Wanted > len(d.Units) {
		return nil, fault.New(fault.Invalid, "draw_too_few", "%d units were asked for, and there are %d to draw from.", d.Wanted, len(d.Units)).
			WithField("count", fault.Textf("expected 1 to %d", len(d.Units)), d.Wanted)
	}
	units := slices.SortedFunc(slices.Values(d.Units), func(a, b DrawUnit) int { return strings.Compare(a.ID, b.ID) })
	people := slices.SortedFunc(slices.Values(d.Inspectors), func(a, b DrawInspector) int { return strings.Compare(a.ID, b.ID) })
	var ps []Pick
	for k := range d.Wanted {
		weights := make([]int64, len(units))
		for i, u := range units {
			weights[i] = 1
			if d.Weighted {
				weights[i] = u.Weight
			}
		}
		i := pick(fmt.Sprintf("%s|unit|%d", d.Seed, k), weights)
		p := Pick{UnitID: units[i].ID}
		units = slices.Delete(units, i, i+1)
		free := slices.DeleteFunc(slices.Clone(people), func(x DrawInspector) bool { return x.UnitID == p.UnitID })
		if len(free) < d.PerUnit {
			return nil, fault.New(fault.Invalid, "draw_inspectors", "%d inspectors were asked for each unit, and there are %d who do not work at unit %s.", d.PerUnit, len(free), p.UnitID).
				WithField("inspector_ids", "name more inspectors", nil)
		}
		for n := range d.PerUnit {
			ones := make([]int64, len(free))
			for i := range ones {
				ones[i] = 1
			}
			i := pick(fmt.Sprintf("%s|inspector|%s|%d", d.Seed, p.UnitID, n), ones)
			p.InspectorIDs = append(p.InspectorIDs, free[i].ID)
			free = slices.Delete(free, i, i+1)
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// monthsSince counts whole months from a local day; 24 at most, and for an
// empty day.
func monthsSince(day string, now time.Time) int {
	then, err := time.ParseInLocation(time.DateOnly, day, clock.Shanghai)
	if err != nil {
		return 24
	}
	n := 0
	for n < 24 && !then.AddDate(0, n+1, 0).After(now) {
		n++
	}
	return n
}

// DrawStore lists draws, and what is drawn from.
type DrawStore interface {
	// Units are active units, by id.
	Units(ctx context.Context, q UnitQuery) ([]Unit, error)
	// Risks are what is known of units since a time; units without any are absent.
	Risks(ctx context.Context, unitIDs []string, since time.Time) (map[string]Risk, error)
	Draws(ctx context.Context, q DrawQuery) ([]DrawHead, error)
}

// DrawTx writes draws.
type DrawTx interface {
	InsertDraw(ctx context.Context, d Draw) error
	UpdateDraw(ctx context.Context, d Draw, was int64) error
}

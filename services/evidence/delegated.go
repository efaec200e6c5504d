package evidence

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Delegated is what the units an assignment was delegated to have handed in:
// their newest sealed or accepted submissions. It is read when it is shown, so
// that a return or a recall below counts at once.
type Delegated struct {
	Units int // it was delegated to, cancelled ones aside
	// Shown tells that the caller may read the submissions of all of them; the
	// rest is empty otherwise.
	Shown    bool
	HandedIn int                 // how many of the units have
	Figures  map[string]Subtotal // by requirement; absent when nobody gave it
}

// Subtotal is a figure over the units an assignment was delegated to.
type Subtotal struct {
	Units    int // that gave it
	Sum, Max float64
}

// Of is the figure of r over the units: their sum, or the greatest value where
// it is not added up.
func (d Delegated) Of(r event.Requirement) float64 {
	if r.Aggregate == "max" {
		return d.Figures[r.ID].Max
	}
	return d.Figures[r.ID].Sum
}

// with is a value of the unit itself together with those of the units below.
func (d Delegated) with(r event.Requirement, own float64) float64 {
	if r.Aggregate == "max" {
		return max(own, d.Of(r))
	}
	return own + d.Of(r)
}

// delegated looks up what was delegated from a target.
func (s *Service) delegated(ctx context.Context, rights policy.Rights, kind Kind, targetID string) (Delegated, error) {
	if kind != Assignment {
		return Delegated{}, nil
	}
	return s.store.Delegated(ctx, targetID, rights.Reach("read"))
}

// assessFigure adds what is odd about a number. A figure is what the unit did
// itself; what it delegated is added by the system.
func (c *Completeness) assessFigure(r event.Requirement, value float64, u UnitInfo, d Delegated) {
	warn := func(code string, text fault.Text, args ...any) {
		c.Warnings = append(c.Warnings, Gap{RequirementID: r.ID, Title: r.Title, Code: code, Message: fault.Textf(text, args...)})
	}
	// The minimum is for all of the unit's work, what it delegated included.
	// Whoever cannot see that is not told to give more.
	if r.Minimum != nil && (d.Units == 0 || d.Shown) {
		have := d.with(r, value)
		if want := *r.Minimum * u.per(r.Per); want > 0 && have < want {
			warn("below_minimum", "%q is %g; at least %g is asked for. %s", r.Title, have, want, r.Measure)
		}
	}
	if below := d.Of(r); r.Aggregate != "max" && below > 0 && value >= below {
		warn("includes_delegated", "%q is %g, and the units it was delegated to have handed in %g: it looks like a total. Give only what the unit did itself; theirs is added by the system.",
			r.Title, value, below)
	}
}

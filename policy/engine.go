package policy

import (
	"context"
	_ "embed" // the model and the policy
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	stringadapter "github.com/casbin/casbin/v2/persist/string-adapter"
)

//go:embed model.conf
var modelText string

//go:embed policy.csv
var policyText string

// Engine decides. Safe for concurrent use.
type Engine struct {
	rules []Rule
	// An enforcer goes through all its lines at each decision, so each holder
	// (a role at a level) has one of its own, with some twenty lines.
	casbin map[holder]*casbin.Enforcer
	cache  sync.Map // question → []extent; of a role and resource alone → []string, its actions
	asked  atomic.Int64
}

type holder struct{ role, level string }

// New reads the built-in policy.
func New() (*Engine, error) {
	e := &Engine{casbin: map[holder]*casbin.Enforcer{}}
	lines := map[holder]*strings.Builder{}
	for line := range strings.Lines(policyText) {
		f := strings.Split(strings.TrimSpace(line), ", ")
		if f[0] != "p" {
			continue
		}
		if len(f) != 7 {
			return nil, fmt.Errorf("policy: line %q has not seven fields", strings.TrimSpace(line))
		}
		for level := range strings.SplitSeq(f[2], "|") {
			e.rules = append(e.rules, Rule{Role: f[1], Level: level, Resource: f[3], Action: f[4], Where: f[5], Whose: f[6]})
			h := holder{f[1], level}
			if lines[h] == nil {
				lines[h] = &strings.Builder{}
			}
			f[2] = level
			lines[h].WriteString(strings.Join(f, ", ") + "\n")
		}
	}
	for h, text := range lines {
		if any, ok := lines[holder{h.role, "*"}]; ok && h.level != "*" {
			text.WriteString(any.String())
		}
		m, err := model.NewModelFromString(modelText)
		if err != nil {
			return nil, fmt.Errorf("policy model: %w", err)
		}
		if e.casbin[h], err = casbin.NewEnforcer(m, stringadapter.NewAdapter(text.String())); err != nil {
			return nil, fmt.Errorf("policy of %s: %w", h.role, err)
		}
		e.casbin[h].EnableLog(false)
	}
	return e, nil
}

func (e *Engine) enforcer(role, level string) *casbin.Enforcer {
	if c, ok := e.casbin[holder{role, level}]; ok {
		return c
	}
	return e.casbin[holder{role, "*"}]
}

// Rule is a line of the policy.
type Rule struct {
	Role     string // person is what everybody holds at their own unit
	Level    string // of the unit the role is held at; * for any
	Resource string
	Action   string
	Where    string // one of Own … Any
	Whose    string // Anyone or Office
}

// Rules lists the policy, for people to read.
func (e *Engine) Rules() []Rule { return slices.Clone(e.rules) }

type question struct{ role, level, resource, action string }

// extent is how far a line reaches.
type extent struct{ where, whose string }

// extents asks Casbin how far every line reaches that allows it, once per
// question: there are as many as roles × levels × resources × actions.
func (e *Engine) extents(q question) []extent {
	if r, ok := e.cache.Load(q); ok {
		return r.([]extent)
	}
	var out []extent
	if c := e.enforcer(q.role, q.level); c != nil {
		if ok, _ := c.Enforce(q.role, q.level, q.resource, q.action); ok {
			// Enforce stops at the first line that allows; lines of one
			// question may differ in reach, so all of them are read.
			ps, _ := c.GetFilteredPolicy(0, q.role, "", q.resource, q.action)
			for _, p := range ps {
				if x := (extent{p[4], p[5]}); (p[1] == "*" || p[1] == q.level) && !slices.Contains(out, x) {
					out = append(out, x)
				}
			}
		}
	}
	e.cache.Store(q, out)
	return out
}

type counterKey struct{}

// WithCounter counts the decisions made under the returned context.
func WithCounter(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, counterKey{}, n), n
}

// Forget empties the cache of decisions; for measurements.
func (e *Engine) Forget() { e.cache.Clear() }

// Decisions is how many decisions the engine has made since it was made.
func (e *Engine) Decisions() int64 { return e.asked.Load() }

// Reach tells on what the actor may do action; one decision.
func (e *Engine) Reach(ctx context.Context, a Actor, resource, action string) Reach {
	e.count(ctx)
	return e.reach(&a, resource, action)
}

// Right is an action on a kind of resource.
type Right struct{ Resource, Action string }

// Reaches tells the same of several rights; one decision, which is for who follows
// all of them at once.
func (e *Engine) Reaches(ctx context.Context, a Actor, rights ...Right) map[Right]Reach {
	e.count(ctx)
	out := make(map[Right]Reach, len(rights))
	for _, r := range rights {
		out[r] = e.reach(&a, r.Resource, r.Action)
	}
	return out
}

func (e *Engine) reach(a *Actor, resource, action string) Reach {
	r := Reach{actor: a}
	e.holds(*a, func(h held) {
		for _, x := range e.extents(question{h.role, h.level, resource, action}) {
			r.Spans = append(r.Spans, h.span(x))
		}
	})
	return r
}

func (e *Engine) count(ctx context.Context) {
	e.asked.Add(1)
	if n, ok := ctx.Value(counterKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}

// held is a role that somebody holds: by a grant, or as everybody does at their
// own unit.
type held struct {
	role, level, path, office string
	took                      []string
}

func (h held) span(x extent) Span {
	return Span{Where: x.where, Whose: x.whose, Path: h.path, Role: h.role, office: h.office, took: h.took}
}

// holds calls add for every role that the actor holds.
func (e *Engine) holds(a Actor, add func(held)) {
	if a.PersonID == "" {
		return
	}
	if scoped(a.UnitPath) {
		add(held{role: person, level: a.UnitLevel, path: a.UnitPath})
	}
	for _, g := range a.Grants {
		if scoped(g.UnitPath) {
			add(held{g.Role, g.Level, g.UnitPath, g.Office(), g.Took})
		}
	}
}

// scoped refuses an empty scope, which would reach everything.
func scoped(path string) bool { return path != "" && strings.HasSuffix(path, "/") }

// Held lists what the actor may do at all, on whatever it may be, as
// "resource.action" in the order of the policy; one decision. For pages, to
// show only the ways that lead somewhere.
func (e *Engine) Held(ctx context.Context, a Actor) []string {
	e.count(ctx)
	names := []string{}
	seen := map[string]bool{}
	for _, rule := range e.rules {
		name := rule.Resource + "." + rule.Action
		if seen[name] {
			continue
		}
		seen[name] = true
		if !e.reach(&a, rule.Resource, rule.Action).Empty() {
			names = append(names, name)
		}
	}
	return names
}

// Can tells whether the actor may do action on the target; one decision.
func (e *Engine) Can(ctx context.Context, a Actor, resource, action string, t Target) bool {
	return e.Reach(ctx, a, resource, action).Covers(t)
}

// Rights is what an actor may do on one kind of resource: every action with
// its reach.
type Rights struct {
	actor   *Actor
	actions map[string][]Span
}

// Rights tells everything the actor may do on a kind of resource; one
// decision, however many actions are looked at and however many rows shown.
func (e *Engine) Rights(ctx context.Context, a Actor, resource string) Rights {
	e.count(ctx)
	r := Rights{actor: &a, actions: map[string][]Span{}}
	e.holds(a, func(h held) {
		for _, action := range e.actions(h.role, resource) {
			for _, x := range e.extents(question{h.role, h.level, resource, action}) {
				r.actions[action] = append(r.actions[action], h.span(x))
			}
		}
	})
	return r
}

// actions lists the actions on resource that any line gives to role.
func (e *Engine) actions(role, resource string) []string {
	q := question{role: role, resource: resource}
	if as, ok := e.cache.Load(q); ok {
		return as.([]string)
	}
	var as []string
	for _, r := range e.rules {
		if r.Role == role && r.Resource == resource && !slices.Contains(as, r.Action) {
			as = append(as, r.Action)
		}
	}
	e.cache.Store(q, as)
	return as
}

// Reach is the reach of one action.
func (r Rights) Reach(action string) Reach { return Reach{Spans: r.actions[action], actor: r.actor} }

// Covers tells whether the actor may do action on the target.
func (r Rights) Covers(action string, t Target) bool { return r.Reach(action).Covers(t) }

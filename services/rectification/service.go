package rectification

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// Service holds the use cases of findings and of orders, and what events and
// questions of other services ask for. Each decides what the caller may do
// first, then changes rows and emits events in one transaction.
type Service struct{ core }

// Inspections holds the use cases of inspections, of the devices that they look
// at, and of draws.
type Inspections struct{ core }

// core is what both ask of others.
type core struct {
	store  Store
	policy *policy.Engine
	clock  clock.Clock
	cal    *clock.Calendar
	lists  *checklist.Service
	files  Files
}

// Deps is what the use cases need.
type Deps struct {
	Store      Store
	Policy     *policy.Engine
	Clock      clock.Clock
	Calendar   *clock.Calendar
	Checklists *checklist.Service
	Files      Files
}

func (d Deps) core() core {
	return core{store: d.Store, policy: d.Policy, clock: d.Clock, cal: d.Calendar, lists: d.Checklists, files: d.Files}
}

// New makes the service.
func New(d Deps) *Service { return &Service{d.core()} }

// NewInspections makes the use cases of inspections.
func NewInspections(d Deps) *Inspections { return &Inspections{d.core()} }

// Check names every breach of what must always hold; repair mends what can be
// recomputed.
func (s *Service) Check(ctx context.Context, repair bool) ([]string, error) {
	return s.store.Check(ctx, repair)
}

// Row is a thing with the names and answers a list shows beside it; M is what
// the caller may do to it. Where the thing has an outline, Open tells whether all
// of it is open to them; else only the outline is here, and nothing may be done.
type Row[T, M any] struct {
	Thing    T
	Names    map[string]string // of units
	Campaign string            // title
	Light    clock.Light
	Open     bool
	May      M
}

// Warning is something the caller should know that does not stop them.
type Warning struct {
	Code string // deadline_holiday, calendar_unknown
	Text fault.Text
}

// target is something at a unit, and the offices whose it is.
func target(unitID, unitPath string, offices ...string) policy.Target {
	return policy.Target{UnitID: unitID, UnitPath: unitPath, Offices: offices}
}

// officeFor is the office for which somebody acts on a target; wanted is the one
// that they name, empty for the usual one.
func officeFor(r policy.Reach, t policy.Target, wanted string) (string, error) {
	o, ok := r.OfficeFor(t, wanted)
	if !ok {
		return "", fault.BadField("office_id", "expected one of the offices that you act for there", wanted)
	}
	return o, nil
}

// hash is how the content of a client-made thing is known again.
func hash(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("hash: " + err.Error())
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// clientID accepts an id made by the client, or makes one.
func clientID(given string) (string, error) {
	if given == "" {
		return id.New(), nil
	}
	if !id.Valid(given) {
		return "", fault.BadField("id", "expected a UUID in lower case with dashes", given)
	}
	return given, nil
}

// taken is the answer to an id that is in use for something else.
func taken(what fault.Text, stored any) error {
	return fault.New(fault.Conflict, "id_taken", "Another %s with this id is stored already; current shows it. Send yours with an id of its own if both are right.", what).WithCurrent(stored)
}

func needText(location, text string) error {
	if strings.TrimSpace(text) == "" {
		return fault.BadField(location, "expected a text", text)
	}
	return nil
}

// campaignFor reads a campaign that takes in new work for a unit; an empty id
// is no campaign, with the default limits.
func (s core) campaignFor(ctx context.Context, campaignID, unitPath string) (Campaign, error) {
	th := clock.DefaultThresholds()
	none := Campaign{NearDays: th.NearDays, OverdueDays: th.OverdueDays, AckDays: th.AckDays}
	if campaignID == "" {
		return none, nil
	}
	cs, err := s.store.Campaigns(ctx, []string{campaignID})
	if err != nil {
		return none, err
	}
	c, ok := cs[campaignID]
	if !ok || !strings.HasPrefix(unitPath, c.UnitPath) {
		return none, fault.BadField("campaign_id", "there is no such campaign for this unit", campaignID)
	}
	if c.State != "active" && c.State != "issuing" {
		return none, fault.New(fault.Conflict, "campaign_not_active", "The campaign is %s; it takes in nothing new.", fault.Word("state.campaign", c.State))
	}
	return c, nil
}

func (c Campaign) thresholds() clock.Thresholds {
	if c.ID == "" {
		return clock.DefaultThresholds()
	}
	return clock.Thresholds{NearDays: c.NearDays, OverdueDays: c.OverdueDays, AckDays: c.AckDays}
}

// doer is actor, now.
func (s core) doer(actor policy.Actor) deed.Doer {
	return deed.Doer{Actor: actor, Now: s.clock.Now()}
}

// do has a deed done in one transaction.
func (s core) do(ctx context.Context, by deed.Doer, what func(ctx context.Context, d deed.Deed[Tx]) error) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return what(ctx, deed.Deed[Tx]{Doer: by, Tx: tx}) })
}

// person resolves somebody who is to do something for a unit: they work there
// or below it, or where it was merged into.
func (s core) person(ctx context.Context, location, personID, unitPath string) (Person, error) {
	heir, err := s.store.Heir(ctx, id.LastOf(unitPath))
	if err != nil {
		return Person{}, err
	}
	p, err := s.store.Person(ctx, personID)
	if fault.Is(err, fault.NotFound) || err == nil && (p.Disabled || !strings.HasPrefix(p.UnitPath, unitPath) && !strings.HasPrefix(p.UnitPath, heir.Path)) {
		return p, fault.BadField(location, "there is no such active person at this unit", personID)
	}
	return p, err
}

// colleague resolves somebody active of a county, given by its path; the
// caller may name themselves.
func (s core) colleague(ctx context.Context, actor policy.Actor, location, personID, county string) (Person, error) {
	if personID == actor.PersonID {
		return Person{ID: actor.PersonID, Name: actor.Name, UnitID: actor.UnitID, UnitPath: actor.UnitPath}, nil
	}
	p, err := s.store.Person(ctx, personID)
	if fault.Is(err, fault.NotFound) || err == nil && (p.Disabled || !strings.HasPrefix(p.UnitPath, county)) {
		return p, fault.BadField(location, "there is no such active person in this county", personID)
	}
	return p, err
}

// IDsOf collects ids, without repeats and empty ones.
func IDsOf[T any](ts []T, of func(T) []string) []string {
	seen := map[string]bool{"": true}
	var out []string
	for _, t := range ts {
		for _, x := range of(t) {
			if !seen[x] {
				seen[x] = true
				out = append(out, x)
			}
		}
	}
	return out
}

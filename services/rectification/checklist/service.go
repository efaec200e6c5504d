package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/deed"
)

// Service holds the use cases.
type Service struct {
	store  Store
	policy *policy.Engine
	clock  clock.Clock
	sheets Sheets
}

// New makes the service.
func New(store Store, engine *policy.Engine, clk clock.Clock, sheets Sheets) *Service {
	return &Service{store: store, policy: engine, clock: clk, sheets: sheets}
}

// Seed stores the built-in checklists that are not there yet.
func (s *Service) Seed(ctx context.Context) error {
	now := s.clock.Now()
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		for _, c := range BuiltIn(now) {
			if err := validItems(c.Items); err != nil {
				return fmt.Errorf("built-in checklist %s: %w", c.Title, err)
			}
			fresh, err := tx.SeedChecklist(ctx, c)
			if err != nil {
				return fmt.Errorf("seed checklist %s: %w", c.Title, err)
			}
			if fresh {
				if err := tx.Emit(ctx, event.New(id.New(), now, event.ChecklistPublished, c.ID, 1, c.data())); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Input is what a draft is made of. UnitID is needed only by somebody who
// writes for several units.
type Input struct {
	UnitID   string `limit:"..64"`
	OfficeID string `json:",omitempty" limit:"..64"` // empty: the usual one
	Title    string `limit:"1..200"`
	Note     string `limit:"..2000"`
	Items    []Item `limit:"..500"`
}

// May is what somebody may do to a checklist now.
type May struct{ Update, Publish, NewVersion bool }

// Row is a Head or a Checklist as somebody sees it.
type Row[T any] struct {
	Thing    T
	UnitName string // empty for the built-in ones
	May      May
}

// verbs are what is said of the actions on a checklist, and on a unit for which
// one is written.
var verbs = fault.Verbs{States: "state.checklist", Of: map[string]fault.Verb{
	"update":           {Denied: "You may see this checklist, but not change it.", Cannot: "The checklist is %s; it can no longer be changed."},
	"publish":          {Denied: "You may see this checklist, but not publish it.", Cannot: "The checklist is %s; it cannot be published."},
	"new_version":      {Denied: "You may see this checklist, but not make a new version of it; copy its items into one of your own.", Cannot: "The checklist is %s; no new version can be made of it."},
	"write checklists": {Denied: "You may see this unit, but not write checklists for it."},
}}

// reads tells whether a checklist is in reach: built in, published to a unit of
// the reach from above, or written by it.
func reads(r policy.Reach, c Head) bool {
	return r.Covers(c.target()) || slices.ContainsFunc(r.Spans, func(s policy.Span) bool {
		if s.Where != policy.Targeted {
			return false
		}
		return c.BuiltIn() || c.State == Published && strings.HasPrefix(s.Path, c.UnitPath)
	})
}

// writes tells whether a checklist is somebody's to change. A new version of a
// built-in one would be nobody's: it is copied instead.
func writes(r policy.Rights, c Head) bool {
	return !c.BuiltIn() && r.Covers("write", c.target())
}

func may(r policy.Rights, c Head) May {
	own := writes(r, c)
	return May{Update: own && c.State == Draft, Publish: own && c.State == Draft, NewVersion: own && c.State == Published}
}

func (s *Service) rights(ctx context.Context, actor policy.Actor) policy.Rights {
	return s.policy.Rights(ctx, actor, "checklist")
}

func (s *Service) row(ctx context.Context, r policy.Rights, c Checklist) (Row[Checklist], error) {
	names, err := s.store.Names(ctx, []string{c.UnitID})
	return Row[Checklist]{Thing: c, UnitName: names[c.UnitID], May: may(r, c.Head)}, err
}

// List lists the checklists in reach, newest first.
func (s *Service) List(ctx context.Context, actor policy.Actor, q Query) ([]Row[Head], error) {
	r := s.rights(ctx, actor)
	q.Reach = r.Reach("read")
	cs, err := s.store.Checklists(ctx, q)
	if err != nil {
		return nil, err
	}
	var units []string
	for _, c := range cs {
		if !c.BuiltIn() && !slices.Contains(units, c.UnitID) {
			units = append(units, c.UnitID)
		}
	}
	names, err := s.store.Names(ctx, units)
	if err != nil {
		return nil, err
	}
	rows := make([]Row[Head], len(cs))
	for i, c := range cs {
		rows[i] = Row[Head]{Thing: c, UnitName: names[c.UnitID], May: may(r, c)}
	}
	return rows, nil
}

// Get reads one version with its items.
func (s *Service) Get(ctx context.Context, actor policy.Actor, checklistID string) (Row[Checklist], error) {
	r := s.rights(ctx, actor)
	c, err := s.read(ctx, r, checklistID)
	if err != nil {
		return Row[Checklist]{}, err
	}
	return s.row(ctx, r, c)
}

// ToUse reads a published version in the actor's reach; an unpublished one is a
// wrong field checklist_id.
func (s *Service) ToUse(ctx context.Context, actor policy.Actor, checklistID string) (Checklist, error) {
	c, err := s.read(ctx, s.rights(ctx, actor), checklistID)
	if err == nil && c.State != Published {
		return c, fault.BadField("checklist_id", "only a published checklist can be used", checklistID)
	}
	return c, err
}

func (s *Service) read(ctx context.Context, r policy.Rights, checklistID string) (Checklist, error) {
	c, err := s.store.Checklist(ctx, checklistID)
	if err != nil {
		return c, err
	}
	if c.Purpose != "" || !reads(r.Reach("read"), c.Head) {
		return Checklist{}, fault.Missing("checklist")
	}
	return c, nil
}

// Create drafts a checklist.
func (s *Service) Create(ctx context.Context, actor policy.Actor, in Input) (Row[Checklist], error) {
	if err := fault.Check(in); err != nil {
		return Row[Checklist]{}, err
	}
	r := s.rights(ctx, actor)
	u, err := s.writesFor(ctx, r, in.UnitID, in.OfficeID)
	if err != nil {
		return Row[Checklist]{}, err
	}
	c, err := s.draft(ctx, actor, u, in)
	if err != nil {
		return Row[Checklist]{}, err
	}
	return s.row(ctx, r, c)
}

// writesFor is the unit in whose name somebody writes a checklist, and the office
// for which they do: the one wanted, or the usual one.
func (s *Service) writesFor(ctx context.Context, r policy.Rights, unitID, wanted string) (policy.Target, error) {
	create := r.Reach("create")
	if unitID == "" {
		paths := create.Paths()
		switch len(paths) {
		case 0:
			return policy.Target{}, fault.Denied("You may not write checklists.")
		case 1:
			unitID = id.LastOf(paths[0])
		default:
			return policy.Target{}, fault.BadField("unit_id", "you write for several units; say for which", nil)
		}
	}
	path, err := s.store.Place(ctx, unitID)
	if err != nil {
		return policy.Target{}, err
	}
	u := policy.Target{UnitID: unitID, UnitPath: path}
	if err := fault.Unless(create.Covers(u), readsUnit(r, path), "unit", verbs.Denied("write checklists")); err != nil {
		return u, err
	}
	office, ok := create.OfficeFor(u, wanted)
	if !ok {
		return u, fault.BadField("office_id", "expected one of the offices that you act for there", wanted)
	}
	u.Offices = []string{office}
	return u, nil
}

// readsUnit tells whether any right comes from the part of the tree a unit is
// in, so that a refusal tells nothing new.
func readsUnit(r policy.Rights, path string) bool {
	for _, p := range r.Reach("read").Paths() {
		if strings.HasPrefix(path, p) || strings.HasPrefix(p, path) {
			return true
		}
	}
	return false
}

func (s *Service) draft(ctx context.Context, actor policy.Actor, u policy.Target, in Input) (Checklist, error) {
	if err := in.valid(); err != nil {
		return Checklist{}, err
	}
	c := Checklist{Head: Head{
		Number: 1, Title: strings.TrimSpace(in.Title), Note: in.Note, UnitID: u.UnitID, UnitPath: u.UnitPath, OfficeID: u.Offices[0], ItemCount: len(in.Items),
	}, Items: in.Items}
	return s.insert(ctx, actor, c, "create", func(_ context.Context, _ Tx, c *Checklist) error {
		c.Series = c.ID
		return nil
	})
}

// insert stores c as a new draft of the actor; number completes it.
func (s *Service) insert(ctx context.Context, actor policy.Actor, c Checklist, action string, number func(context.Context, Tx, *Checklist) error) (Checklist, error) {
	by := deed.Doer{Actor: actor, Now: s.clock.Now()}
	c.ID, c.State, c.PublishedAt, c.Version = id.New(), Draft, nil, 1
	c.CreatedBy, c.Author, c.CreatedAt = actor.PersonID, actor.Name, by.Now
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := number(ctx, tx, &c); err != nil {
			return err
		}
		if err := tx.InsertChecklist(ctx, c); err != nil {
			return err
		}
		return deed.Deed[Tx]{Doer: by, Tx: tx}.Note(ctx, c.thing(), deed.Step{Action: action, Event: event.ChecklistDrafted})
	})
	return c, err
}

func (in Input) valid() error {
	if strings.TrimSpace(in.Title) == "" {
		return fault.BadField("title", "expected a text", in.Title)
	}
	return validItems(in.Items)
}

// change changes a draft.
func (s *Service) change(ctx context.Context, actor policy.Actor, on deed.Subject, x deed.Step, do func(*Checklist, time.Time) error) (Row[Checklist], error) {
	r := s.rights(ctx, actor)
	var none Row[Checklist]
	c, err := s.toWrite(ctx, r, on.ID, x.Action)
	if err != nil {
		return none, err
	}
	if err := fault.Version(on.Version, c.Version); err != nil {
		return none, err
	}
	if x.From = Draft; c.State != x.From {
		return none, verbs.WrongState(x.Action, c.State)
	}
	was, by := c.Version, deed.Doer{Actor: actor, Now: s.clock.Now()}
	c.Version++
	if err := do(&c, by.Now); err != nil {
		return none, err
	}
	c.ItemCount = len(c.Items)
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateChecklist(ctx, c, was); err != nil {
			return err
		}
		return deed.Deed[Tx]{Doer: by, Tx: tx}.Note(ctx, c.thing(), x)
	})
	if err != nil {
		return none, err
	}
	return s.row(ctx, r, c)
}

// toWrite reads a version that is the actor's to write.
func (s *Service) toWrite(ctx context.Context, r policy.Rights, checklistID, action string) (Checklist, error) {
	c, err := s.read(ctx, r, checklistID)
	if err == nil && !writes(r, c.Head) {
		err = fault.Denied(verbs.Denied(action))
	}
	return c, err
}

var revise = deed.Step{Action: "update", Event: event.ChecklistRevised}

// Update replaces title, note and items of a draft.
func (s *Service) Update(ctx context.Context, actor policy.Actor, on deed.Subject, in Input) (Row[Checklist], error) {
	if err := fault.Check(in); err != nil {
		return Row[Checklist]{}, err
	}
	return s.change(ctx, actor, on, revise, func(c *Checklist, _ time.Time) error {
		c.Title, c.Note, c.Items = strings.TrimSpace(in.Title), in.Note, in.Items
		return in.valid()
	})
}

// Publish freezes a draft.
func (s *Service) Publish(ctx context.Context, actor policy.Actor, on deed.Subject) (Row[Checklist], error) {
	return s.change(ctx, actor, on, deed.Step{Action: "publish", Event: event.ChecklistPublished}, func(c *Checklist, now time.Time) error {
		if len(c.Items) == 0 {
			return fault.New(fault.Invalid, "no_items", "The checklist has no items; add some before publishing it.")
		}
		c.State, c.PublishedAt = Published, &now
		return nil
	})
}

// NewVersion drafts the next version of a published checklist.
func (s *Service) NewVersion(ctx context.Context, actor policy.Actor, checklistID string) (Row[Checklist], error) {
	r := s.rights(ctx, actor)
	c, err := s.toWrite(ctx, r, checklistID, "new_version")
	if err != nil {
		return Row[Checklist]{}, err
	}
	if c.State != Published {
		return Row[Checklist]{}, verbs.WrongState("new_version", c.State)
	}
	c, err = s.insert(ctx, actor, c, "new_version", func(ctx context.Context, tx Tx, c *Checklist) error {
		last, err := tx.LastChecklist(ctx, c.Series)
		if err != nil {
			return err
		}
		if last.State == Draft {
			return fault.New(fault.Conflict, "draft_exists", "Version %d is being drafted already; go on with that one.", last.Number)
		}
		c.Number = last.Number + 1
		return nil
	})
	if err != nil {
		return Row[Checklist]{}, err
	}
	return s.row(ctx, r, c)
}

package rectification

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// ChecklistInput is what a draft is made of. UnitID is needed only by
// somebody who writes for several units.
type ChecklistInput struct {
	UnitID string `limit:"..64"`
	Title  string `limit:"1..200"`
	Note   string `limit:"..2000"`
	Items  []Item `limit:"..500"`
}

// readsChecklist tells whether a checklist is in reach: built in, published to
// a unit of the reach from above, or written by it.
func readsChecklist(r policy.Reach, c ChecklistHead) bool {
	return r.Covers(target(c.UnitID, c.UnitPath)) || slices.ContainsFunc(r.Spans, func(s policy.Span) bool {
		if s.Mode != policy.Targeted {
			return false
		}
		return c.BuiltIn() || s.Path == c.UnitPath || c.State == ChecklistPublished && strings.HasPrefix(s.Path, c.UnitPath)
	})
}

func mayChecklist(r policy.Rights, c ChecklistHead) ChecklistMay {
	own := !c.BuiltIn() && r.Covers("write", target(c.UnitID, c.UnitPath))
	// A new version of a built-in checklist would be nobody's: it is copied
	// with create-checklist instead.
	return ChecklistMay{
		Update: own && c.State == ChecklistDraft, Publish: own && c.State == ChecklistDraft,
		NewVersion: own && c.State == ChecklistPublished,
	}
}

func (s *Service) checklistRow(ctx context.Context, r policy.Rights, c Checklist) (Row[Checklist, ChecklistMay], error) {
	names, err := s.store.Names(ctx, []string{c.UnitID})
	return Row[Checklist, ChecklistMay]{Thing: c, Names: names, May: mayChecklist(r, c.ChecklistHead)}, err
}

// Checklists lists the checklists in reach, newest first.
func (s *Service) Checklists(ctx context.Context, actor policy.Actor, q ChecklistQuery) ([]Row[ChecklistHead, ChecklistMay], error) {
	r := s.policy.Rights(ctx, actor, "checklist")
	q.Reach = r.Reach("read")
	cs, err := s.store.Checklists(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, idsOf(cs, func(c ChecklistHead) []string { return []string{c.UnitID} }))
	if err != nil {
		return nil, err
	}
	rows := make([]Row[ChecklistHead, ChecklistMay], len(cs))
	for i, c := range cs {
		rows[i] = Row[ChecklistHead, ChecklistMay]{Thing: c, Names: names, May: mayChecklist(r, c)}
	}
	return rows, nil
}

// Checklist reads one version with its items.
func (s *Service) Checklist(ctx context.Context, actor policy.Actor, checklistID string) (Row[Checklist, ChecklistMay], error) {
	r := s.policy.Rights(ctx, actor, "checklist")
	c, err := s.readChecklist(ctx, r, checklistID)
	if err != nil {
		return Row[Checklist, ChecklistMay]{}, err
	}
	return s.checklistRow(ctx, r, c)
}

func (s *Service) readChecklist(ctx context.Context, r policy.Rights, checklistID string) (Checklist, error) {
	c, err := s.store.Checklist(ctx, checklistID)
	if err != nil {
		return c, err
	}
	if c.Purpose != "" || !readsChecklist(r.Reach("read"), c.ChecklistHead) {
		return Checklist{}, fault.Missing("checklist")
	}
	return c, nil
}

// CreateChecklist drafts a checklist.
func (s *Service) CreateChecklist(ctx context.Context, actor policy.Actor, in ChecklistInput) (Row[Checklist, ChecklistMay], error) {
	if err := fault.Check(in); err != nil {
		return Row[Checklist, ChecklistMay]{}, err
	}
	r := s.policy.Rights(ctx, actor, "checklist")
	u, err := s.writesFor(ctx, r, in.UnitID)
	if err != nil {
		return Row[Checklist, ChecklistMay]{}, err
	}
	return s.draftChecklist(ctx, actor, r, u, in)
}

// writesFor is the unit in whose name somebody writes a checklist.
func (s *Service) writesFor(ctx context.Context, r policy.Rights, unitID string) (Unit, error) {
	if unitID == "" {
		paths := r.Reach("write").Paths()
		switch len(paths) {
		case 0:
			return Unit{}, fault.Denied("You may not write checklists.")
		case 1:
			unitID = id.LastOf(paths[0])
		default:
			return Unit{}, fault.BadField("body.unit_id", "you write for several units; say for which", nil)
		}
	}
	u, err := s.store.Unit(ctx, unitID)
	if err != nil {
		return u, err
	}
	return u, fault.Unless(r.Covers("write", target(u.ID, u.Path)), readsUnit(r, u.Path), "unit", unitVerbs.Denied("write checklists"))
}

func (s *Service) draftChecklist(ctx context.Context, actor policy.Actor, r policy.Rights, u Unit, in ChecklistInput) (Row[Checklist, ChecklistMay], error) {
	var none Row[Checklist, ChecklistMay]
	if err := validDraft(in); err != nil {
		return none, err
	}
	now := s.clock.Now()
	c := Checklist{ChecklistHead: ChecklistHead{
		ID: id.New(), Number: 1, Title: strings.TrimSpace(in.Title), Note: in.Note, UnitID: u.ID, UnitPath: u.Path, State: ChecklistDraft,
		ItemCount: len(in.Items), CreatedBy: actor.PersonID, Author: actor.Name, CreatedAt: now, Version: 1,
	}, Items: in.Items}
	c.Series = c.ID
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.InsertChecklist(ctx, c); err != nil {
			return err
		}
		return s.noteChecklist(ctx, tx, actor, now, c, event.ChecklistDrafted, "create", "")
	})
	if err != nil {
		return none, err
	}
	return s.checklistRow(ctx, r, c)
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

func validDraft(in ChecklistInput) error {
	if err := needText("body.title", in.Title); err != nil {
		return err
	}
	return validItems(in.Items)
}

func (s *Service) noteChecklist(ctx context.Context, tx Tx, actor policy.Actor, now time.Time, c Checklist, t event.Type, action, from string) error {
	if err := tx.AddHistory(ctx, entry(now, actor, "checklist", c.ID, action, from, c.State, c.UnitID, c.Version)); err != nil {
		return err
	}
	return tx.Append(ctx, event.New(id.New(), now, t, c.ID, c.Version, checklistData(c)).By(actor.PersonID, actor.Name).For(c.UnitID, c.UnitPath))
}

// writeChecklist changes a version that is still in state.
func (s *Service) writeChecklist(ctx context.Context, actor policy.Actor, checklistID string, want int64, state, action string, t event.Type, change func(*Checklist, time.Time) error) (Row[Checklist, ChecklistMay], error) {
	r := s.policy.Rights(ctx, actor, "checklist")
	var none Row[Checklist, ChecklistMay]
	c, err := s.readChecklist(ctx, r, checklistID)
	if err != nil {
		return none, err
	}
	if c.BuiltIn() || !r.Covers("write", target(c.UnitID, c.UnitPath)) {
		return none, fault.Denied(checklistVerbs.Denied(action))
	}
	if err := fault.Version(want, c.Version); err != nil {
		return none, err
	}
	if c.State != state {
		return none, checklistVerbs.WrongState(action, c.State)
	}
	was, now := c.Version, s.clock.Now()
	c.Version++
	if err := change(&c, now); err != nil {
		return none, err
	}
	c.ItemCount = len(c.Items)
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateChecklist(ctx, c, was); err != nil {
			return err
		}
		return s.noteChecklist(ctx, tx, actor, now, c, t, action, state)
	})
	if err != nil {
		return none, err
	}
	return s.checklistRow(ctx, r, c)
}

// UpdateChecklist replaces title, note and items of a draft.
func (s *Service) UpdateChecklist(ctx context.Context, actor policy.Actor, checklistID string, want int64, in ChecklistInput) (Row[Checklist, ChecklistMay], error) {
	if err := fault.Check(in); err != nil {
		return Row[Checklist, ChecklistMay]{}, err
	}
	return s.writeChecklist(ctx, actor, checklistID, want, ChecklistDraft, "update", event.ChecklistRevised, func(c *Checklist, _ time.Time) error {
		if err := validDraft(in); err != nil {
			return err
		}
		c.Title, c.Note, c.Items = strings.TrimSpace(in.Title), in.Note, in.Items
		return nil
	})
}

// PublishChecklist freezes a draft.
func (s *Service) PublishChecklist(ctx context.Context, actor policy.Actor, checklistID string, want int64) (Row[Checklist, ChecklistMay], error) {
	return s.writeChecklist(ctx, actor, checklistID, want, ChecklistDraft, "publish", event.ChecklistPublished, func(c *Checklist, now time.Time) error {
		if len(c.Items) == 0 {
			return fault.New(fault.Invalid, "no_items", "The checklist has no items; add some before publishing it.")
		}
		c.State, c.PublishedAt = ChecklistPublished, &now
		return nil
	})
}

// NewVersion drafts the next version of a published checklist.
func (s *Service) NewVersion(ctx context.Context, actor policy.Actor, checklistID string) (Row[Checklist, ChecklistMay], error) {
	r := s.policy.Rights(ctx, actor, "checklist")
	var none Row[Checklist, ChecklistMay]
	c, err := s.readChecklist(ctx, r, checklistID)
	if err != nil {
		return none, err
	}
	if c.BuiltIn() || !r.Covers("write", target(c.UnitID, c.UnitPath)) {
		return none, fault.Denied("You may see this checklist, but not make a new version of it; copy its items into one of your own.")
	}
	if c.State != ChecklistPublished {
		return none, checklistVerbs.WrongState("new version", c.State)
	}
	now := s.clock.Now()
	c.ID, c.State, c.PublishedAt, c.Version = id.New(), ChecklistDraft, nil, 1
	c.CreatedBy, c.Author, c.CreatedAt = actor.PersonID, actor.Name, now
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		last, err := tx.LastChecklist(ctx, c.Series)
		if err != nil {
			return err
		}
		if last.State == ChecklistDraft {
			return fault.New(fault.Conflict, "draft_exists", "Version %d is being drafted already (%s); go on with that one.", last.Number, last.ID)
		}
		c.Number = last.Number + 1
		if err := tx.InsertChecklist(ctx, c); err != nil {
			return err
		}
		return s.noteChecklist(ctx, tx, actor, now, c, event.ChecklistDrafted, "new_version", "")
	})
	if err != nil {
		return none, err
	}
	return s.checklistRow(ctx, r, c)
}

// idsOf collects ids, without repeats and empty ones.
func idsOf[T any](ts []T, of func(T) []string) []string {
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

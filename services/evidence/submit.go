package evidence

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// May says what the caller may do to a submission now.
type May struct{ Write, Seal, Discard bool }

// View is a submission with all that is shown beside it.
type View struct {
	Submission
	Title           string // of the target
	Campaign        string // title
	UnitName        string
	DueAt           time.Time
	Requirements    []event.Requirement
	Items           []Item
	Files           map[string]File
	Examinations    map[string]Examination // by file id
	Delegated       Delegated
	Completeness    Completeness
	ReturnedBecause string // why the version before came back
	May             May

	// Snapshots are what was found at the addresses of links, by address.
	Snapshots map[string]Snapshot
	// Sources are the submissions that items were taken over from, by id.
	Sources map[string]Earlier
	// Comparisons set figures beside others; filled where one submission is read.
	Comparisons []Comparison

	Changes     []Change        // against the version before
	FilesBefore map[string]File // of that version

	// Matches and Hints are filled for those who review such things.
	Matches []MatchView
	Hints   map[string][]string // by file id
}

// Open answers the draft for a target, making one when there is none; made
// tells which. After a return or a recall the new draft begins with the items
// of the version before; otherwise with what stands in the unit's registers.
func (s *Service) Open(ctx context.Context, a policy.Actor, kind Kind, targetID string) (v View, made bool, err error) {
	if err := fault.Check(Opening{kind, targetID}); err != nil {
		return View{}, false, err
	}
	rights := s.policy.Rights(ctx, a, "submission")
	t, err := s.target(ctx, kind, targetID)
	if err != nil {
		return v, false, err
	}
	if err := fault.Unless(rights.Covers("write", t.Unit()), rights.Covers("read", t.Unit()), kind.word(), "You may see this, but not hand in evidence for it."); err != nil {
		return v, false, err
	}
	if t, err = s.caughtUp(ctx, t); err != nil {
		return v, false, err
	}
	kept, err := s.registers(ctx, rights.Reach("read"), t)
	if err != nil {
		return v, false, err
	}
	draft := Submission{}
	open := func() error {
		return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			made = false
			all, err := tx.Versions(ctx, kind, targetID)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(all, func(x Submission) bool { return x.State == Draft }); i >= 0 {
				draft = all[i]
				return nil
			}
			if i := slices.IndexFunc(all, func(x Submission) bool { return x.State == Sealed }); i >= 0 {
				return verbs.WrongState("another", string(Sealed))
			}
			if !t.Accepts() {
				return closed(t)
			}
			now := s.clock.Now()
			draft = Submission{
				ID: id.New(), Target: kind, TargetID: targetID, CampaignID: t.CampaignID, TaskID: t.TaskID,
				UnitID: t.UnitID, UnitPath: t.UnitPath, Offices: t.Offices, Number: 1, State: Draft,
				CreatedBy: a.PersonID, CreatedName: a.Name, CreatedAt: now, UpdatedAt: now, Version: 1,
			}
			if len(all) > 0 {
				draft.Number = all[0].Number + 1
			}
			made = true
			// What another unit gave, before the target was transferred, is not carried.
			i := slices.IndexFunc(all, func(x Submission) bool { return x.State != Discarded })
			if i < 0 || !carries(all[i].State) || all[i].UnitID != t.UnitID {
				if err := tx.AddSubmission(ctx, draft); err != nil {
					return err
				}
				for _, it := range kept {
					it.UpdatedBy, it.UpdatedAt = a.PersonID, now
					if err := tx.PutItem(ctx, draft.ID, it); err != nil {
						return err
					}
				}
				return nil
			}
			draft.PreviousID, draft.Note = all[i].ID, all[i].Note
			if err := tx.AddSubmission(ctx, draft); err != nil {
				return err
			}
			return tx.CopyItems(ctx, all[i].ID, draft.ID)
		})
	}
	if err = open(); fault.IsCode(err, "duplicate") {
		err = open() // two at once: the other one's draft is the answer
	}
	if err != nil {
		return v, false, err
	}
	v, err = s.view(ctx, rights, draft)
	return v, made, err
}

// caughtUp asks the owner where the copy would refuse a new version: right after
// a return, word of it may not be here yet, and the unit goes on at once.
func (s *Service) caughtUp(ctx context.Context, t Target) (Target, error) {
	all, err := s.store.Versions(ctx, t.Kind, t.ID)
	if err != nil {
		return t, err
	}
	in := func(state State) bool {
		return slices.ContainsFunc(all, func(x Submission) bool { return x.State == state })
	}
	if in(Draft) || t.Accepts() && !in(Sealed) {
		return t, nil
	}
	t, _, err = s.consult(ctx, t, nil)
	return t, err
}

func closed(t Target) error {
	if t.Ended {
		return fault.New(fault.Conflict, "campaign_closed", "The campaign has ended; nothing more is taken in.")
	}
	return fault.New(fault.Conflict, "target_closed", "The %s is %s; it takes no submission now.", t.Kind.word(), fault.Word("state."+string(t.Kind), t.State))
}

// target finds a target, asking its owner when the copy lacks it.
func (s *Service) target(ctx context.Context, kind Kind, targetID string) (Target, error) {
	t, ok, err := s.store.Target(ctx, kind, targetID)
	if err != nil || (ok && t.Known) {
		return t, err
	}
	t, _, err = s.refreshed(ctx, kind, targetID, nil)
	return t, err
}

// Get shows a submission.
func (s *Service) Get(ctx context.Context, a policy.Actor, submissionID string) (View, error) {
	sub, rights, err := s.load(ctx, a, submissionID)
	if err != nil {
		return View{}, err
	}
	v, err := s.view(ctx, rights, sub)
	if err != nil {
		return v, err
	}
	return v, s.reviewing(ctx, a, rights, &v)
}

// load finds a submission the actor can at least read.
func (s *Service) load(ctx context.Context, a policy.Actor, submissionID string) (Submission, policy.Rights, error) {
	rights := s.policy.Rights(ctx, a, "submission")
	sub, err := s.store.Submission(ctx, submissionID)
	if err != nil {
		return sub, rights, err
	}
	if !rights.Covers("read", sub.Unit()) && !rights.Covers("write", sub.Unit()) {
		return Submission{}, rights, fault.Missing("submission")
	}
	return sub, rights, nil
}

func (s *Service) view(ctx context.Context, rights policy.Rights, sub Submission) (View, error) {
	v := View{Submission: sub}
	t, _, err := s.store.Target(ctx, sub.Target, sub.TargetID)
	if err != nil {
		return v, err
	}
	if v.Items, err = s.store.Items(ctx, sub.ID); err != nil {
		return v, err
	}
	if v.Files, err = s.store.Files(ctx, fileIDs(v.Items)); err != nil {
		return v, err
	}
	if v.Examinations, err = s.store.Examinations(ctx, fileIDs(v.Items)); err != nil {
		return v, err
	}
	u, err := s.unit(ctx, sub.UnitID, sub.UnitPath)
	if err != nil {
		return v, err
	}
	if sub.PreviousID != "" {
		p, err := s.store.Submission(ctx, sub.PreviousID)
		if err != nil {
			return v, err
		}
		v.ReturnedBecause = p.Reason
	}
	v.Title, v.Campaign, v.DueAt, v.Requirements, v.UnitName = t.Title, t.Campaign, t.DueAt, t.Requirements, u.Name
	if sub.PreviousID != "" {
		if err := s.changes(ctx, &v); err != nil {
			return v, err
		}
	}
	if v.Delegated, err = s.delegated(ctx, rights, sub.Target, sub.TargetID); err != nil {
		return v, err
	}
	if v.Sources, err = s.sources(ctx, v.Items); err != nil {
		return v, err
	}
	if v.Snapshots, err = s.snapshots(ctx, sub.UnitID, v.Items); err != nil {
		return v, err
	}
	v.Completeness = Assess(t.Requirements, v.Items, u, v.Delegated, sub.FixedOnSpot)
	v.Completeness.assessSources(t.Requirements, v.Items, v.Sources)
	write := rights.Covers("write", sub.Unit()) && sub.State == Draft
	v.May = May{Write: write, Discard: write, Seal: write && t.Accepts() && v.Completeness.Complete()}
	return v, nil
}

func fileIDs(items []Item) []string {
	var ids []string
	for _, it := range items {
		ids = append(ids, it.FileIDs...)
	}
	return ids
}

// Summary is a submission in a list.
type Summary struct {
	Submission
	Title    string
	UnitName string
}

// List shows submissions in reach, newest first; up to limit+1 of them.
func (s *Service) List(ctx context.Context, a policy.Actor, f Filter, limit int) ([]Summary, error) {
	reach := s.policy.Reach(ctx, a, "submission", "read")
	subs, err := s.store.Submissions(ctx, f, reach, limit+1)
	if err != nil {
		return nil, err
	}
	var units, targets []string
	for _, x := range subs {
		units, targets = append(units, x.UnitID), append(targets, x.TargetID)
	}
	us, err := s.store.Units(ctx, units)
	if err != nil {
		return nil, err
	}
	ts, err := s.store.Targets(ctx, targets)
	if err != nil {
		return nil, err
	}
	out := make([]Summary, len(subs))
	for i, x := range subs {
		out[i] = Summary{Submission: x, Title: ts[x.TargetID].Title, UnitName: us[x.UnitID].Name}
	}
	return out, nil
}

// errand is what somebody asks for: with which draft, at the version that they
// have seen (0: whatever it is at), which of verbs.
type errand struct {
	id     string
	want   int64
	action string
}

// change loads a draft the actor may write, has f change it inside one
// transaction, and shows it. prepare, where it is not nil, comes before that.
func (s *Service) change(ctx context.Context, a policy.Actor, e errand,
	prepare func(context.Context, Submission) error, f func(context.Context, Tx, *Submission) error) (View, error) {
	sub, rights, err := s.load(ctx, a, e.id)
	if err != nil {
		return View{}, err
	}
	if !rights.Covers("write", sub.Unit()) {
		return View{}, fault.Denied("You may see this submission, but not change it.")
	}
	if prepare != nil {
		if sub.State != Draft {
			return View{}, verbs.WrongState(e.action, string(sub.State))
		}
		if err := prepare(ctx, sub); err != nil {
			return View{}, err
		}
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		// Read again under the lock, so that two people can fill in different
		// items at the same time.
		if sub, err = tx.Submission(ctx, e.id); err != nil {
			return err
		}
		if sub.State != Draft {
			return verbs.WrongState(e.action, string(sub.State))
		}
		if err := fault.Version(e.want, sub.Version); err != nil {
			return err
		}
		sub.Version++
		sub.UpdatedAt = s.clock.Now()
		if err := f(ctx, tx, &sub); err != nil {
			return err
		}
		return set(ctx, tx, sub)
	})
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, rights, sub)
}

func set(ctx context.Context, tx Tx, sub Submission) error {
	ok, err := tx.SetSubmission(ctx, sub)
	if err == nil && !ok {
		return fault.Meanwhile()
	}
	return err
}

// PutItem gives what a requirement asks for, in place of what was given before.
func (s *Service) PutItem(ctx context.Context, a policy.Actor, submissionID string, it Item, want int64) (View, error) {
	if err := fault.Check(it); err != nil {
		return View{}, err
	}
	check := func(ctx context.Context, sub Submission) error {
		t, err := s.target(ctx, sub.Target, sub.TargetID)
		if err != nil {
			return err
		}
		r, err := t.Requirement(it.RequirementID)
		if err != nil {
			return err
		}
		it.sign(r, a.Name)
		if err := it.Check(r); err != nil {
			return err
		}
		files, err := s.store.Files(ctx, it.FileIDs)
		if err != nil {
			return err
		}
		return it.CheckFiles(r, sub.UnitID, files)
	}
	it.UpdatedBy, it.UpdatedAt = a.PersonID, s.clock.Now()
	return s.change(ctx, a, errand{submissionID, want, "change"}, check, func(ctx context.Context, tx Tx, sub *Submission) error {
		if err := s.roomFor(ctx, tx, sub.ID, it); err != nil {
			return err
		}
		if err := s.queueLinks(ctx, tx, sub, it); err != nil {
			return err
		}
		return tx.PutItem(ctx, sub.ID, it)
	})
}

// DropItem empties what was given for a requirement.
func (s *Service) DropItem(ctx context.Context, a policy.Actor, submissionID, requirementID string, want int64) (View, error) {
	return s.change(ctx, a, errand{submissionID, want, "change"}, nil, func(ctx context.Context, tx Tx, sub *Submission) error {
		ok, err := tx.DropItem(ctx, sub.ID, requirementID)
		if err == nil && !ok {
			return fault.Missing("item")
		}
		return err
	})
}

// SetNote changes the text that goes with a draft.
func (s *Service) SetNote(ctx context.Context, a policy.Actor, submissionID, note string, want int64) (View, error) {
	if err := fault.Check(Note{note}); err != nil {
		return View{}, err
	}
	return s.change(ctx, a, errand{submissionID, want, "change"}, nil, func(_ context.Context, _ Tx, sub *Submission) error {
		sub.Note = note
		return nil
	})
}

// Discard throws a draft away.
func (s *Service) Discard(ctx context.Context, a policy.Actor, submissionID string, want int64) (View, error) {
	return s.change(ctx, a, errand{submissionID, want, string(Discard)}, nil, func(ctx context.Context, tx Tx, sub *Submission) error {
		return s.discard(ctx, tx, sub, func(e event.Event) event.Event { return e.By(a.PersonID, a.Name) })
	})
}

func (s *Service) discard(ctx context.Context, tx Tx, sub *Submission, by func(event.Event) event.Event) error {
	to, err := Next(sub.State, Discard)
	if err != nil {
		return err
	}
	items, err := tx.Items(ctx, sub.ID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	sub.State, sub.DecidedAt = to, &now
	e := event.New(id.New(), now, told[to], sub.ID, sub.Version, sub.Data(nil, items)).For(sub.UnitID, sub.UnitPath)
	return tx.Tell(ctx, by(e))
}

package assignment

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// TaskPatch changes a task of a draft; nil fields stay as they are.
type TaskPatch struct {
	Title        *string `limit:"1..200"`
	Description  *string `limit:"..20000"`
	ThemedDay    *string `limit:"..10"`
	Review       *string `words:"review"`
	DueAt        *time.Time
	Weight       *int `limit:"0..1000"`
	Position     *int `limit:"0..1000"`
	Targets      *Targets
	Requirements *[]event.Requirement `limit:"..50"`
}

func (p TaskPatch) apply(t *Task) {
	set(&t.Title, p.Title)
	set(&t.Description, p.Description)
	set(&t.ThemedDay, p.ThemedDay)
	set(&t.Review, p.Review)
	set(&t.DueAt, p.DueAt)
	set(&t.Weight, p.Weight)
	set(&t.Position, p.Position)
	set(&t.Targets, p.Targets)
	set(&t.Requirements, p.Requirements)
	if t.Requirements == nil {
		t.Requirements = []event.Requirement{}
	}
	for i := range t.Requirements {
		if t.Requirements[i].ID == "" {
			t.Requirements[i].ID = newID()
		}
	}
}

// maxTasks bounds a campaign.
const maxTasks = 100

// ListTasks lists the tasks of a campaign in the caller's reach.
func (s *Service) ListTasks(ctx context.Context, actor policy.Actor, campaignID string) ([]Task, error) {
	if _, err := s.Campaign(ctx, actor, campaignID); err != nil {
		return nil, err
	}
	return s.store.Tasks(ctx, campaignID)
}

// Task returns a task of a campaign in the caller's reach.
func (s *Service) Task(ctx context.Context, actor policy.Actor, taskID string) (Task, error) {
	t, err := s.store.Task(ctx, taskID)
	if err != nil {
		return t, err
	}
	if _, err := s.Campaign(ctx, actor, t.CampaignID); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.Missing("task")
		}
		return Task{}, err
	}
	return t, nil
}

// AddTask adds a task to a draft.
func (s *Service) AddTask(ctx context.Context, actor policy.Actor, campaignID string, p TaskPatch) (Task, error) {
	if err := fault.Check(p); err != nil {
		return Task{}, err
	}
	c, _, err := s.draftForEdit(ctx, actor, campaignID)
	if err != nil {
		return Task{}, err
	}
	ts, err := s.store.Tasks(ctx, campaignID)
	if err != nil {
		return Task{}, err
	}
	if len(ts) >= maxTasks {
		return Task{}, fault.New(fault.Conflict, "too_many_tasks", "A campaign holds at most %d tasks.", maxTasks)
	}
	t := Task{ID: newID(), CampaignID: campaignID, Weight: 1, Review: Direct, Version: 1}
	if len(ts) > 0 {
		t.Position = ts[len(ts)-1].Position + 1
	}
	p.apply(&t)
	if err := t.validate(); err != nil {
		return Task{}, err
	}
	if err := s.placed(ctx, c, t.Targets); err != nil {
		return Task{}, err
	}
	return t, s.reviseTasks(ctx, actor, c, func(ctx context.Context, tx Tx) error { return tx.InsertTasks(ctx, t) })
}

// reviseTasks changes tasks of a draft. The campaign moves on one version, so
// that nobody issues a task that is changed at the same moment.
func (s *Service) reviseTasks(ctx context.Context, actor policy.Actor, c Campaign, f func(context.Context, Tx) error) error {
	now := s.clock.Now()
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		// Read again: two people may add tasks at once without harm.
		c, err := tx.Campaign(ctx, c.ID)
		if err != nil {
			return err
		}
		if c.State != Draft {
			return campaignVerbs.WrongState("change", string(c.State))
		}
		had := c.Version
		c.Version++
		if err := tx.UpdateCampaign(ctx, c, had); err != nil {
			return err
		}
		if err := f(ctx, tx); err != nil {
			return err
		}
		return tx.Emit(ctx, s.campaignEvent(event.CampaignRevised, c, nil, actor, now))
	})
}

func (s *Service) taskForEdit(ctx context.Context, actor policy.Actor, taskID string, want int64) (Task, Campaign, error) {
	t, err := s.store.Task(ctx, taskID)
	if err != nil {
		return t, Campaign{}, err
	}
	c, _, err := s.draftForEdit(ctx, actor, t.CampaignID)
	if fault.Is(err, fault.NotFound) {
		err = fault.Missing("task")
	}
	if err == nil {
		err = fault.Version(want, t.Version)
	}
	return t, c, err
}

// UpdateTask changes a task of a draft.
func (s *Service) UpdateTask(ctx context.Context, actor policy.Actor, taskID string, want int64, p TaskPatch) (Task, error) {
	if err := fault.Check(p); err != nil {
		return Task{}, err
	}
	t, c, err := s.taskForEdit(ctx, actor, taskID, want)
	if err != nil {
		return t, err
	}
	had := t.Version
	p.apply(&t)
	t.Version++
	if err := t.validate(); err != nil {
		return t, err
	}
	// Targets that are left alone may have moved since; the dry run says so.
	if p.Targets != nil {
		if err := s.placed(ctx, c, t.Targets); err != nil {
			return t, err
		}
	}
	return t, s.reviseTasks(ctx, actor, c, func(ctx context.Context, tx Tx) error { return tx.UpdateTask(ctx, t, had) })
}

// DeleteTask takes a task out of a draft.
func (s *Service) DeleteTask(ctx context.Context, actor policy.Actor, taskID string, want int64) error {
	t, c, err := s.taskForEdit(ctx, actor, taskID, want)
	if err != nil {
		return err
	}
	return s.reviseTasks(ctx, actor, c, func(ctx context.Context, tx Tx) error { return tx.DeleteTask(ctx, t.ID, t.Version) })
}

package assignment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// Remark is a sentence of a dry run about a campaign or one of its tasks.
type Remark struct {
	Code      string
	TaskID    string
	TaskTitle string
	Text      fault.Text
}

// TaskPlan is what issuing would do for one task.
type TaskPlan struct {
	Task           Task
	Units          int64
	WithoutContact int64
	Sample         []Unit
	// Dropped are the units chosen by name that get nothing, by reason.
	Dropped []Dropped
	// Nowhere are chosen kinds and lines that no unit of the area has.
	Nowhere []Value
	DueDay  string
	Workday bool
}

// DryRun is what issuing would do.
type DryRun struct {
	Version     int64 // of the campaign, as it was looked at
	Tasks       []TaskPlan
	Assignments int64
	// Units are those that get anything, each once; WithoutContact those of them that
	// have no responsible person on record.
	Units, WithoutContact int64
	Errors                []Remark // issuing is refused
	Warnings              []Remark
	// Asked is what was asked of the same units in the last 90 days.
	Asked   []Asked
	Cost    Cost
	Overlap Overlap
}

// DryRun tells what issuing would do, without doing it.
func (s *Service) DryRun(ctx context.Context, actor policy.Actor, campaignID string, sample int) (DryRun, error) {
	c, _, err := s.campaignFor(ctx, actor, campaignID, "issue", "issue")
	if err != nil {
		return DryRun{}, err
	}
	if c.State != Draft {
		return DryRun{}, campaignVerbs.WrongState("issue", string(c.State))
	}
	d, err := s.plan(ctx, c, sample)
	if err != nil {
		return d, err
	}
	if err := s.unheardOf(ctx, c, &d); err != nil {
		return d, err
	}
	targets := make([]Targets, len(d.Tasks))
	for i, t := range d.Tasks {
		targets[i] = t.Task.Targets
	}
	if d.Units, err = s.store.CountAnyTarget(ctx, c, targets, false); err != nil {
		return d, err
	}
	if d.WithoutContact, err = s.store.CountAnyTarget(ctx, c, targets, true); err != nil {
		return d, err
	}
	since := s.clock.Now().AddDate(0, 0, -90)
	if d.Asked, err = s.store.Asked(ctx, c, targets, since, 20); err != nil {
		return d, err
	}
	for _, t := range d.Tasks {
		d.Cost.Items += t.Units * int64(len(t.Task.Requirements))
		d.Cost.Minutes += t.Units * int64(minutesOf(t.Task.Requirements))
		d.Cost.Pictures += t.Units * int64(pictures(t.Task.Requirements))
	}
	if d.Overlap, err = s.overlap(ctx, c, d.Tasks, since); err != nil {
		return d, err
	}
	if d.Overlap.Repeated > 0 {
		d.Warnings = append(d.Warnings, Remark{Code: "asked_before",
			Text: fault.Textf("%d %% of these items were asked of the same units in the last 90 days.", d.Overlap.Percent())})
	}
	return d, nil
}

// unheardOf warns of tasks whose targets name kinds or lines that no unit of the
// campaign's area has.
func (s *Service) unheardOf(ctx context.Context, c Campaign, d *DryRun) error {
	area, err := s.store.TargetGroups(ctx, c, Targets{Levels: policy.Levels})
	if err != nil {
		return err
	}
	_, there := counted(area)
	for i, p := range d.Tasks {
		vs := nowhere(p.Task.Targets, there)
		if len(vs) == 0 {
			continue
		}
		d.Tasks[i].Nowhere = vs
		d.Warnings = append(d.Warnings, Remark{Code: "targets_nowhere", TaskID: p.Task.ID, TaskTitle: p.Task.Title,
			Text: fault.Textf("%d of the chosen kinds and lines exist nowhere below the campaign's unit.", len(vs))})
	}
	return nil
}

// plan checks whether a campaign can be issued and counts for whom.
func (s *Service) plan(ctx context.Context, c Campaign, sample int) (DryRun, error) {
	d := DryRun{Version: c.Version}
	tasks, err := s.store.Tasks(ctx, c.ID)
	if err != nil {
		return d, err
	}
	if len(tasks) == 0 {
		d.Errors = append(d.Errors, Remark{Code: "no_tasks", Text: "The campaign has no tasks."})
	}
	now := s.clock.Now()
	years := map[int]bool{}
	for _, t := range tasks {
		p := TaskPlan{Task: t, DueDay: clock.Day(t.DueAt), Workday: s.cal.Workday(t.DueAt)}
		bad := func(code string, text fault.Text, args ...any) {
			d.Errors = append(d.Errors, Remark{Code: code, TaskID: t.ID, TaskTitle: t.Title, Text: fault.Textf(text, args...)})
		}
		warn := func(code string, text fault.Text, args ...any) {
			d.Warnings = append(d.Warnings, Remark{Code: code, TaskID: t.ID, TaskTitle: t.Title, Text: fault.Textf(text, args...)})
		}
		if err := t.validate(); err != nil {
			for _, f := range fault.As(err).Fields {
				code := "invalid_task"
				if f.Message == whyNeeded {
					code = "photo_without_why"
				}
				bad(code, "%s: %s.", f.Location, f.Message)
			}
		}
		if t.Targets.Empty() {
			bad("no_targets", "No targets were chosen.")
		} else {
			if p.Units, err = s.store.TargetCount(ctx, c, t.Targets, false); err != nil {
				return d, err
			}
			if p.WithoutContact, err = s.store.TargetCount(ctx, c, t.Targets, true); err != nil {
				return d, err
			}
			if p.Units == 0 {
				bad("no_units", "No unit matches the targets.")
			}
			if p.Dropped, err = s.dropped(ctx, c, t.Targets); err != nil {
				return d, err
			}
			// A closed unit is a matter of course in a list that was used before;
			// a list that could not be saved as it is now cannot be issued either.
			if text := remark(p.Dropped, Inactive, "%d of the chosen units are no longer active and get nothing: %s."); text != "" {
				warn("targets_inactive", text)
			}
			if text := remark(p.Dropped, NotBelow, "%d of the chosen units are not below the campaign's unit any more: %s."); text != "" {
				bad("targets_not_below", text)
			}
			if text := remark(p.Dropped, Unknown, "%d of the chosen units are not known: %s."); text != "" {
				bad("targets_unknown", text)
			}
			if sample > 0 {
				if p.Sample, err = s.store.TargetUnits(ctx, c, t.Targets, "", sample); err != nil {
					return d, err
				}
			}
		}
		if p.WithoutContact > 0 {
			warn("no_contact", "%d units have no responsible person on record.", p.WithoutContact)
		}
		if clock.Past(now, t.DueAt) {
			bad("deadline_passed", "The deadline %s has passed.", fault.Day(t.DueAt))
		}
		if !p.Workday {
			warn("holiday", "the deadline %s is not a working day.", fault.Day(t.DueAt))
		}
		if len(t.Requirements) == 0 {
			warn("no_requirements", "Nothing is asked for; a submission of it can be empty.")
		}
		years[t.DueAt.In(clock.Shanghai).Year()] = true
		d.Assignments += p.Units
		d.Tasks = append(d.Tasks, p)
	}
	years[now.In(clock.Shanghai).Year()] = true
	for _, y := range sortedYears(years) {
		if !s.cal.Known(y) {
			d.Warnings = append(d.Warnings, Remark{Code: "calendar_unknown",
				Text: fault.Textf("The official holidays of %d are not in the calendar; working days are counted as plain weekdays.", y)})
		}
	}
	return d, nil
}

func sortedYears(m map[int]bool) []int {
	ys := make([]int, 0, len(m))
	for y := range m {
		ys = append(ys, y)
	}
	slices.Sort(ys)
	return ys
}

// Issue starts the fan-out of a draft; Progress tells how far it is.
func (s *Service) Issue(ctx context.Context, actor policy.Actor, campaignID string, want int64) (Progress, error) {
	c, _, err := s.campaignFor(ctx, actor, campaignID, "issue", "issue")
	if err != nil {
		return Progress{}, err
	}
	if err := fault.Version(want, c.Version); err != nil {
		return Progress{}, err
	}
	had := c.Version
	if c.State, err = c.State.Next("issue"); err != nil {
		return Progress{}, err
	}
	d, err := s.plan(ctx, c, 0)
	if err != nil {
		return Progress{}, err
	}
	if len(d.Errors) > 0 {
		f := fault.New(fault.Invalid, "not_ready", "The campaign cannot be issued yet; see errors.")
		for _, r := range d.Errors {
			f.WithField("campaign."+r.Code, r.Text, r.TaskID)
		}
		return Progress{}, f
	}
	now := s.clock.Now()
	c.Version++
	c.IssuedBy, c.IssuedByName, c.IssuedAt = actor.PersonID, actor.Name, &now
	job := s.job(c.ID, "issue", actor, "", now)
	job.Total = d.Assignments
	tasks := make([]Task, len(d.Tasks))
	ps := make([]TaskProgress, len(d.Tasks))
	for i, p := range d.Tasks {
		tasks[i] = p.Task
		ps[i] = TaskProgress{TaskID: p.Task.ID, CampaignID: c.ID, Total: p.Units}
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		// Also guards the tasks: changing one moves the campaign's version on.
		if err := tx.UpdateCampaign(ctx, c, had); err != nil {
			return err
		}
		if err := tx.InsertJob(ctx, job); err != nil {
			return err
		}
		if err := tx.InsertProgress(ctx, ps); err != nil {
			return err
		}
		return tx.Emit(ctx, s.campaignEvent(event.CampaignIssuing, c, tasks, actor, now))
	})
	if err != nil {
		return Progress{}, err
	}
	return Progress{Campaign: c, Tasks: ps, Titles: titles(tasks), Jobs: []Job{job}}, nil
}

func titles(ts []Task) map[string]string {
	m := make(map[string]string, len(ts))
	for _, t := range ts {
		m[t.ID] = t.Title
	}
	return m
}

// Progress is how far the background work of a campaign is.
type Progress struct {
	Campaign Campaign
	Tasks    []TaskProgress
	Titles   map[string]string
	Jobs     []Job
}

// Progress tells how far issuing, and what else runs in the background, is.
func (s *Service) Progress(ctx context.Context, actor policy.Actor, campaignID string) (Progress, error) {
	c, err := s.Campaign(ctx, actor, campaignID)
	if err != nil {
		return Progress{}, err
	}
	p := Progress{Campaign: c.Campaign}
	if p.Tasks, err = s.store.Progress(ctx, campaignID); err != nil {
		return p, err
	}
	if p.Jobs, err = s.store.Jobs(ctx, campaignID); err != nil {
		return p, err
	}
	ts, err := s.store.Tasks(ctx, campaignID)
	p.Titles = titles(ts)
	return p, err
}

// fanOut is a task of a campaign on its way to the units, and the job it is
// given out by.
type fanOut struct {
	campaign Campaign
	task     Task
	progress *TaskProgress
	job      Job
}

// issueChunk gives one task to its next units: rows, one event and the cursor
// in one transaction, so that a crash leaves either all of it or nothing.
func (s *Service) issueChunk(ctx context.Context, f fanOut, size int) error {
	c, t, p, j := f.campaign, f.task, f.progress, f.job
	us, err := s.store.TargetUnits(ctx, c, t.Targets, p.Position, size)
	if err != nil {
		return err
	}
	from := p.Position
	p.Finished = len(us) < size
	now := s.clock.Now()
	as := make([]Assignment, len(us))
	wire := make([]event.Assignment, len(us))
	// The deadline and the limit for acknowledging run from issue.
	issued := *c.IssuedAt
	ackDue := s.cal.AddWorkdays(issued, c.AckDays)
	for i, u := range us {
		as[i] = Assignment{
			ID: newID(), CampaignID: c.ID, TaskID: t.ID, UnitID: u.ID, UnitPath: u.Path, IssuerID: c.UnitID, IssuerPath: c.UnitPath,
			OfficeID: c.OfficeID, IssuerOfficeID: c.OfficeID, State: Issued, ResponsibleID: u.Contact, IssuedAt: issued, AckDueAt: ackDue, DueAt: t.DueAt, OriginalDueAt: t.DueAt, Version: 1,
		}
		wire[i] = as[i].Wire()
		p.Position = u.ID
	}
	p.Done += int64(len(us))
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.AdvanceTask(ctx, from, *p, int64(len(us))); err != nil {
			return err
		}
		if len(as) == 0 {
			return nil
		}
		if err := tx.InsertIssued(ctx, as); err != nil {
			return err
		}
		return tx.Emit(ctx, event.New(newID(), now, event.AssignmentsIssued, c.ID, c.Version, event.Issued{
			CampaignID: c.ID, Campaign: c.Title, IssuerID: c.UnitID, IssuerPath: c.UnitPath, OfficeID: c.OfficeID, IssuerOfficeID: c.OfficeID,
			NearDays: c.NearDays, OverdueDays: c.OverdueDays, Task: t.Wire(), Assignments: wire,
		}).By(j.ActorID, j.ActorName).For(c.UnitID, c.UnitPath))
	})
}

// issueAll works an issue job to its end.
func (s *Service) issueAll(ctx context.Context, j Job) error {
	c, err := s.store.Campaign(ctx, j.CampaignID)
	if err != nil {
		return err
	}
	tasks, err := s.store.Tasks(ctx, c.ID)
	if err != nil {
		return err
	}
	ps, err := s.store.Progress(ctx, c.ID)
	if err != nil {
		return err
	}
	size := chunk
	j.Done, j.Total = 0, 0
	for _, p := range ps {
		j.Done += p.Done
		j.Total += p.Total
	}
	for _, t := range tasks {
		i := slices.IndexFunc(ps, func(p TaskProgress) bool { return p.TaskID == t.ID })
		for i >= 0 && !ps[i].Finished {
			if err := ctx.Err(); err != nil {
				return err
			}
			had, began := ps[i].Done, time.Now()
			if err := s.issueChunk(ctx, fanOut{c, t, &ps[i], j}, size); err != nil {
				return fmt.Errorf("issue task %s after unit %q: %w", t.ID, ps[i].Position, err)
			}
			if s.store.Sole() {
				size = nextSize(size, time.Since(began))
			}
			j.Done += ps[i].Done - had
			s.progress(j)
			if s.afterChunk != nil {
				s.afterChunk()
			}
		}
	}
	now := s.clock.Now()
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Campaign(ctx, c.ID)
		if err != nil {
			return err
		}
		had := c.Version
		if c.State, err = c.State.Next("activate"); err != nil {
			return err
		}
		c.Version++
		if err := tx.UpdateCampaign(ctx, c, had); err != nil {
			return err
		}
		if err := tx.FinishJob(ctx, j.ID, now); err != nil {
			return err
		}
		return tx.Emit(ctx, s.campaignEvent(event.CampaignActive, c, tasks, policy.Actor{PersonID: j.ActorID, Name: j.ActorName}, now))
	})
	if err == nil {
		j.State = "done"
		s.progress(j)
	}
	return err
}

// Other commands wait for a chunk: on a slow or busy machine it is smaller.
const (
	chunkTime  = 30 * time.Millisecond
	leastChunk = 100
)

// nextSize is how many units the next chunk takes after one of size took that
// long.
func nextSize(size int, took time.Duration) int {
	fit := int(float64(size) * float64(chunkTime) / float64(max(took, time.Millisecond)))
	return min(max((size+fit)/2, leastChunk), chunk)
}

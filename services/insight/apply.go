package insight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
)

// TakeCampaign keeps what roll-ups show of a campaign.
func (s *Service) TakeCampaign(ctx context.Context, tx Tx, e event.Campaign) error {
	if err := tx.Lock(ctx); err != nil {
		return err
	}
	return tx.PutCampaign(ctx, campaignOf(e))
}

// Chunk is the part of event.Issued that is counted. It leaves out what 500
// assignments repeat: decoding it is a good part of the work.
type Chunk struct {
	CampaignID  string     `json:"campaign_id"`
	Campaign    string     `json:"campaign"`
	IssuerID    string     `json:"issuer_id"`
	IssuerPath  string     `json:"issuer_path"`
	OfficeID    string     `json:"office_id"`
	NearDays    int        `json:"near_days"`
	OverdueDays int        `json:"overdue_days"`
	Task        event.Task `json:"task"`
	Assignments []struct {
		ID            string     `json:"id"`
		UnitID        string     `json:"unit_id"`
		UnitPath      string     `json:"unit_path"`
		State         string     `json:"state"`
		AckDueAt      time.Time  `json:"ack_due_at"`
		DueAt         time.Time  `json:"due_at"`
		OriginalDueAt time.Time  `json:"original_due_at"`
		IssuedAt      time.Time  `json:"issued_at"`
		AckAt         *time.Time `json:"acknowledged_at"`
		SubmittedAt   *time.Time `json:"submitted_at"`
		ApprovedAt    *time.Time `json:"approved_at"`
		Version       int64      `json:"version"`
	} `json:"assignments"`
}

// TakeIssued counts a chunk of a task's fan-out.
func (s *Service) TakeIssued(ctx context.Context, tx Tx, e Chunk) error {
	return s.takeChunk(ctx, tx, e, false)
}

// TakeToldAssignments counts assignments of a task that are told again, also where
// they were counted at the same version.
func (s *Service) TakeToldAssignments(ctx context.Context, tx Tx, e Chunk) error {
	return s.takeChunk(ctx, tx, e, true)
}

func (s *Service) takeChunk(ctx context.Context, tx Tx, e Chunk, again bool) error {
	if err := tx.Lock(ctx); err != nil {
		return err
	}
	c := stub(e.CampaignID, e.Campaign, e.IssuerID, e.IssuerPath, taskOf(e.CampaignID, e.Task, 0, fromChunk))
	c.OfficeID, c.NearDays, c.OverdueDays = e.OfficeID, int64(e.NearDays), int64(e.OverdueDays)
	if err := tx.PutCampaign(ctx, c); err != nil {
		return err
	}
	rows := make([]Assignment, len(e.Assignments))
	told := make(map[string]string, len(rows))
	ids := make([]string, len(rows))
	for i, a := range e.Assignments {
		rows[i] = assignmentOf(event.Assignment{
			CampaignID: e.CampaignID, TaskID: e.Task.ID, UnitID: a.UnitID, ID: a.ID, State: a.State, DueAt: a.DueAt,
			OriginalDueAt: a.OriginalDueAt, AckDueAt: a.AckDueAt, IssuedAt: a.IssuedAt, AckAt: a.AckAt, SubmittedAt: a.SubmittedAt,
			ApprovedAt: a.ApprovedAt, Version: a.Version,
		})
		told[a.UnitID] = a.UnitPath
		ids[i] = a.UnitID
	}
	slices.SortFunc(rows, func(a, b Assignment) int {
		return cmp.Or(strings.Compare(a.UnitID, b.UnitID), strings.Compare(a.ID, b.ID))
	})
	paths, err := s.place(ctx, tx, ids, told)
	if err != nil {
		return err
	}
	added, err := tx.AddAssignments(ctx, rows)
	if err != nil {
		return err
	}
	if err := tx.Mark(ctx, e.CampaignID, ids); err != nil {
		return err
	}
	// One sum per parent and deadlines first, then once up the tree.
	type group struct {
		parent string
		Deadlines
	}
	sums := map[group]Tally{}
	type parentDay struct{ parent, day string }
	days := map[parentDay]DayTally{}
	d := NewDeltas()
	for _, a := range rows {
		if !added[a.ID] {
			// A later event about it came first, or this one came before.
			if _, err := s.change(ctx, tx, d, placed{a, paths[a.UnitID]}, again); err != nil {
				return err
			}
			continue
		}
		path := paths[a.UnitID]
		g := group{path[:len(path)-len(a.UnitID)-1], a.Deadlines}
		sums[g] = sums[g].Plus(a.Tally(), 1)
		a.byDay(d.local, func(day string, t DayTally) {
			k := parentDay{g.parent, day}
			days[k] = days[k].Plus(t, 1)
		})
	}
	for g, t := range sums {
		d.tally(Above(g.parent+"x/"), TallyKey{CampaignID: e.CampaignID, TaskID: e.Task.ID, Deadlines: g.Deadlines}, t, 1)
	}
	for k, t := range days {
		d.day(Above(k.parent+"x/"), DayKey{CampaignID: e.CampaignID, Day: k.day}, t, 1)
	}
	return s.add(ctx, tx, d)
}

// TakeAssignments counts assignments as they are now, each change after the
// one before. What they change up the tree is added once for all.
func (s *Service) TakeAssignments(ctx context.Context, tx Tx, es []event.AssignmentChange) error {
	if err := tx.Lock(ctx); err != nil {
		return err
	}
	told := make(map[string]string, len(es))
	for _, e := range es {
		told[e.Assignment.UnitID] = e.Assignment.UnitPath
	}
	paths, err := s.place(ctx, tx, slices.Sorted(maps.Keys(told)), told)
	if err != nil {
		return err
	}
	d := NewDeltas()
	for _, e := range es {
		a := e.Assignment
		first, err := s.change(ctx, tx, d, placed{assignmentOf(a), paths[a.UnitID]}, false)
		if err != nil {
			return err
		}
		if first {
			// Before the chunk that issued it: its task may be unknown yet.
			task := Task{CampaignID: a.CampaignID, ID: a.TaskID, Title: e.Task, DueAt: a.OriginalDueAt.UTC(), Weight: 1, Figures: []FigureTitle{}, Version: fromChange}
			c := stub(a.CampaignID, e.Campaign, a.IssuerID, a.IssuerPath, task)
			c.OfficeID = a.OfficeID
			if err := tx.PutCampaign(ctx, c); err != nil {
				return err
			}
		}
	}
	return s.add(ctx, tx, d)
}

// placed is an assignment with the path of its unit.
type placed struct {
	Assignment
	path string
}

// change stores an assignment when it is news, or told again, and adds the
// difference to d. It tells whether nothing was known of it before.
func (s *Service) change(ctx context.Context, tx Tx, d *Deltas, x placed, again bool) (first bool, err error) {
	a, path := x.Assignment, x.path
	old, err := tx.Assignment(ctx, a.CampaignID, a.TaskID, a.UnitID, a.ID)
	if err != nil {
		return false, err
	}
	if old != nil && (a.Version < old.Version || a.Version == old.Version && !again) {
		return false, nil
	}
	if err := tx.PutAssignment(ctx, a); err != nil {
		return false, err
	}
	if old != nil {
		d.assignment(path, *old, -1)
	} else if err := tx.Mark(ctx, a.CampaignID, []string{a.UnitID}); err != nil {
		return false, err
	}
	d.assignment(path, a, 1)
	return old == nil, nil
}

func assignmentOf(e event.Assignment) Assignment {
	return Assignment{
		CampaignID: e.CampaignID, TaskID: e.TaskID, UnitID: e.UnitID, ID: e.ID, State: e.State,
		Deadlines:    Deadlines{Micros(e.DueAt), Micros(e.OriginalDueAt), Micros(e.AckDueAt)},
		Acknowledged: e.AckAt != nil, SubmittedUS: micros(e.SubmittedAt), IssuedUS: Micros(e.IssuedAt), AckedUS: micros(e.AckAt),
		ApprovedUS: micros(e.ApprovedAt), Version: e.Version,
	}
}

// TakeSubmission counts the figures of a submission as it is now. Those for a
// rectification carry no figures of a campaign.
func (s *Service) TakeSubmission(ctx context.Context, tx Tx, e event.Submission) error {
	return s.takeSubmission(ctx, tx, e, false)
}

// TakeToldSubmission counts one that is told again, also where it was counted at
// the same version.
func (s *Service) TakeToldSubmission(ctx context.Context, tx Tx, e event.Submission) error {
	return s.takeSubmission(ctx, tx, e, true)
}

func (s *Service) takeSubmission(ctx context.Context, tx Tx, e event.Submission, again bool) error {
	if e.Target != "assignment" || e.CampaignID == "" {
		return nil
	}
	sub, err := submissionOf(e)
	if err != nil {
		return err
	}
	if err := tx.Lock(ctx); err != nil {
		return err
	}
	before, err := tx.Submissions(ctx, sub.CampaignID, sub.UnitID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(before, func(x Submission) bool { return x.ID == sub.ID })
	if i >= 0 && (sub.Version < before[i].Version || sub.Version == before[i].Version && !again) {
		return nil
	}
	paths, err := s.place(ctx, tx, []string{sub.UnitID}, map[string]string{sub.UnitID: e.UnitPath})
	if err != nil {
		return err
	}
	if err := tx.PutSubmission(ctx, sub); err != nil {
		return err
	}
	d := NewDeltas()
	d.figures(sub.UnitID, paths[sub.UnitID], sub.CampaignID, figuresOf(before), -1)
	after := slices.Clone(before)
	if i >= 0 {
		after[i] = sub
	} else {
		after = append(after, sub)
	}
	d.figures(sub.UnitID, paths[sub.UnitID], sub.CampaignID, figuresOf(after), 1)
	return s.add(ctx, tx, d)
}

// TakeFinding counts a finding as it is now.
func (s *Service) TakeFinding(ctx context.Context, tx Tx, e event.Finding) error {
	_, path := e.Duty()
	return s.takeEntry(ctx, tx, findingEntry(e), path, false)
}

// TakeToldFindings counts findings again that were counted at the same version
// already: what was told then may have lacked something that is counted now.
func (s *Service) TakeToldFindings(ctx context.Context, tx Tx, e event.Findings) error {
	for _, f := range e.Findings {
		_, path := f.Duty()
		if err := s.takeEntry(ctx, tx, findingEntry(f), path, true); err != nil {
			return err
		}
	}
	return nil
}

// TakeRectification counts a rectification as it is now.
func (s *Service) TakeRectification(ctx context.Context, tx Tx, e event.Rectification) error {
	return s.takeEntry(ctx, tx, rectificationEntry(e), e.UnitPath, false)
}

// TakeInspection counts an inspection as it is now.
func (s *Service) TakeInspection(ctx context.Context, tx Tx, e event.Inspection) error {
	return s.takeEntry(ctx, tx, inspectionEntry(e), e.UnitPath, false)
}

// TakeToldRectification counts a rectification that is told again, also where it was
// counted at the same version.
func (s *Service) TakeToldRectification(ctx context.Context, tx Tx, e event.Rectification) error {
	return s.takeEntry(ctx, tx, rectificationEntry(e), e.UnitPath, true)
}

// TakeToldInspection is like TakeToldRectification.
func (s *Service) TakeToldInspection(ctx context.Context, tx Tx, e event.Inspection) error {
	return s.takeEntry(ctx, tx, inspectionEntry(e), e.UnitPath, true)
}

// takeEntry counts an entry where it is news; again, also where it is no older
// than what is counted.
func (s *Service) takeEntry(ctx context.Context, tx Tx, e Entry, told string, again bool) error {
	if err := tx.Lock(ctx); err != nil {
		return err
	}
	old, err := tx.Entry(ctx, e.Kind, e.ID)
	if err != nil {
		return err
	}
	if old != nil && (e.Version < old.Version || e.Version == old.Version && !again) {
		return nil
	}
	if old != nil {
		e.OfficeID = cmp.Or(e.OfficeID, old.OfficeID) // older events tell of none
	}
	ids := []string{e.UnitID}
	if old != nil && old.UnitID != e.UnitID { // transferred
		ids = append(ids, old.UnitID)
	}
	paths, err := s.place(ctx, tx, ids, map[string]string{e.UnitID: told})
	if err != nil {
		return err
	}
	if e.Kind == KindFinding {
		sectors, err := tx.Sectors(ctx, ids[:1])
		if err != nil {
			return err
		}
		e.Sector = sectors[e.UnitID]
	}
	if err := tx.PutEntry(ctx, e); err != nil {
		return err
	}
	d := NewDeltas()
	if old != nil {
		d.registered(paths[old.UnitID], *old, -1)
	}
	d.registered(paths[e.UnitID], e, 1)
	return s.add(ctx, tx, d)
}

// place tells where units are counted; those nobody knows yet are counted
// from now on where the event says they are.
func (s *Service) place(ctx context.Context, tx Tx, ids []string, told map[string]string) (map[string]string, error) {
	paths, err := tx.Paths(ctx, ids)
	if err != nil {
		return nil, err
	}
	strays := map[string]string{}
	for _, u := range ids {
		if paths[u] != "" {
			continue
		}
		p := told[u]
		if p == "" {
			return nil, fmt.Errorf("%w: %s", ErrEarly, u)
		}
		if p != u+"/" && !strings.HasSuffix(p, "/"+u+"/") {
			return nil, fmt.Errorf("%w: unit %s cannot be at %q", ErrBroken, u, p)
		}
		strays[u], paths[u] = p, p
	}
	if len(strays) == 0 {
		return paths, nil
	}
	return paths, tx.AddStrays(ctx, strays)
}

func (s *Service) add(ctx context.Context, tx Tx, d *Deltas) error {
	d.settle()
	return tx.Add(ctx, d)
}

package document

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification"
)

const (
	// MaxDocuments is how many documents one job makes at most.
	MaxDocuments = 500
	// maxRunning and maxKept bound what one person has had made: each document
	// takes its room in the database until it is dropped.
	maxRunning, maxKept = 3, 30
	// keepDocuments is how long a job's documents can be fetched.
	keepDocuments = 7 * 24 * time.Hour
)

// States of a job.
const (
	Running   = "running"
	Done      = "done"
	Cancelled = "cancelled" // whoever asked is disabled, or has no orders open any more
)

// JobHead is a job without whoever asked for it.
type JobHead struct {
	ID         string
	Form       string // order, close_out
	Format     string
	State      string
	PersonID   string
	Total      int
	Done       int
	StartedAt  time.Time
	FinishedAt *time.Time
}

// Job makes documents of many orders in the background.
type Job struct {
	JobHead
	// Actor is whoever asked, with what they are granted as far as it is known
	// here. What they get is what they may still see when they fetch it.
	Actor policy.Actor
}

// Part is one document of a job.
type Part struct {
	JobID           string
	Position        int
	RectificationID string
	Name            string // empty until it is made
	Problem         string // code of why it could not be made
	Data            []byte
}

// Input asks for documents: of the orders named, or of all open to the asker
// that the query selects.
type Input struct {
	Form   string                           `words:"paper" only:"order,close_out"`
	Format string                           `words:"format" limit:"?"`
	IDs    []string                         `limit:"..500" each:"1..64"`
	Query  rectification.RectificationQuery `limit:"flat"`
}

// OnProgress has f told how far jobs are.
func (s *Service) OnProgress(f func(Job)) { s.progress = f }

// Make starts a job.
func (s *Service) Make(ctx context.Context, actor policy.Actor, in Input) (Job, error) {
	if err := fault.Check(in); err != nil {
		return Job{}, err
	}
	var none Job
	if in.Form != FormOrder && in.Form != FormCloseOut {
		return none, fault.BadField("form", "expected order or close_out", in.Form)
	}
	ids, err := s.documented(ctx, s.policy.Rights(ctx, actor, "rectification"), in)
	if err != nil {
		return none, err
	}
	if err := s.mayMake(ctx, actor.PersonID); err != nil {
		return none, err
	}
	now := s.clock.Now()
	j := Job{JobHead: JobHead{
		ID: id.New(), Form: in.Form, Format: in.Format, State: Running, PersonID: actor.PersonID, Total: len(ids), StartedAt: now,
	}, Actor: actor}
	parts := make([]Part, len(ids))
	for i, x := range ids {
		parts[i] = Part{JobID: j.ID, Position: i, RectificationID: x}
	}
	if err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.InsertDocuments(ctx, j, parts) }); err != nil {
		return none, err
	}
	return j, nil
}

// mayMake tells whether a person may have more documents made.
func (s *Service) mayMake(ctx context.Context, personID string) error {
	jobs, err := s.store.JobsOf(ctx, personID)
	if err != nil {
		return err
	}
	running := 0
	for _, j := range jobs {
		if j.State == Running {
			running++
		}
	}
	switch {
	case running >= maxRunning:
		return fault.New(fault.Limited, "too_many_documents", "Documents are being made for you %d times already. Wait until one is done.", running)
	case len(jobs) >= maxKept:
		return fault.New(fault.Conflict, "too_many_documents", "You have had documents made %d times; they are kept for seven days. Fetch those, or come again when the oldest are dropped.", len(jobs))
	}
	return nil
}

// targetOf is an order as rights are asked about it.
func targetOf(r rectification.Rectification) policy.Target {
	return policy.Target{UnitID: r.UnitID, UnitPath: r.UnitPath, Offices: []string{r.OfficeID}}
}

// documented are the orders that documents are asked for; all of them are open.
func (s *Service) documented(ctx context.Context, rights policy.Rights, in Input) ([]string, error) {
	if len(in.IDs) == 0 {
		q := in.Query
		q.Reach, q.Now, q.Limit = rights.Reach("open"), clock.Second(s.clock.Now()), MaxDocuments+1
		rs, err := s.store.Rectifications(ctx, q)
		switch {
		case err != nil:
			return nil, err
		case len(rs) == 0:
			return nil, fault.New(fault.Invalid, "nothing_selected", "No order is selected; name some, or widen the filters.")
		case len(rs) > MaxDocuments:
			return nil, fault.New(fault.Invalid, "too_many_rows", "More than %d rows are selected; narrow the filters, for example to one town.", MaxDocuments)
		}
		return rectification.IDsOf(rs, func(r rectification.Rectification) []string { return []string{r.ID} }), nil
	}
	known, err := s.store.RectificationsByID(ctx, in.IDs)
	if err != nil {
		return nil, err
	}
	for _, x := range in.IDs {
		r, ok := known[x]
		if err := fault.Unless(ok && rights.Covers("open", targetOf(r)), ok && rights.Covers("read", targetOf(r)), "rectification", anothers); err != nil {
			return nil, err
		}
	}
	return rectification.IDsOf(in.IDs, func(x string) []string { return []string{x} }), nil
}

const anothers fault.Text = "This rectification is another office's; only its outline is open to you."

// JobOf tells how far a job is; people see their own.
func (s *Service) JobOf(ctx context.Context, actor policy.Actor, jobID string) (Job, error) {
	j, err := s.store.Job(ctx, jobID)
	if err == nil && j.PersonID != actor.PersonID {
		return Job{}, fault.Missing("document job")
	}
	return j, err
}

// Work makes the documents of every running job that no other process works on.
func (s *Service) Work(ctx context.Context) error { return s.store.WorkJobs(ctx, s.clock, s.work) }

// Drop forgets the jobs that were kept long enough.
func (s *Service) Drop(ctx context.Context) error {
	before := s.clock.Now().Add(-keepDocuments)
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.DropDocuments(ctx, before) })
}

// work makes what is not made yet of a job, each document in a
// transaction of its own, so that a crash costs one document.
func (s *Service) work(ctx context.Context, j Job) error {
	// Who was disabled in the moment between asking and its being stored.
	p, err := s.store.Person(ctx, j.PersonID)
	if err == nil && p.Disabled {
		return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.CancelDocuments(ctx, j.PersonID, s.clock.Now()) })
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	parts, err := s.store.Parts(ctx, j.ID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Name != "" || p.Problem != "" {
			continue
		}
		if j, err = s.store.Job(ctx, j.ID); err != nil || j.State != Running {
			return err
		}
		if err := s.makeOne(ctx, j, &p); err != nil {
			return err
		}
		if err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.PutDocument(ctx, p) }); err != nil {
			return err
		}
		j.Done++
		s.progress(j)
	}
	now := s.clock.Now()
	if err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.FinishDocuments(ctx, j.ID, now) }); err != nil {
		return err
	}
	if j, err = s.store.Job(ctx, j.ID); err != nil {
		return err // dropped, or cancelled in the last moment
	}
	s.progress(j)
	return nil
}

// makeOne makes a document; what keeps it from being made for good is its problem.
func (s *Service) makeOne(ctx context.Context, j Job, p *Part) error {
	one := s.OrderPaper
	if j.Form == FormCloseOut {
		one = s.CloseOutPaper
	}
	d, err := one(ctx, j.Actor, p.RectificationID, j.Format)
	if f := fault.As(err); f != nil && !fault.Is(err, fault.Unavailable) {
		p.Problem = f.Code
		return nil
	}
	p.Name, p.Data = d.Name, d.Data
	return err
}

// TakeRights has the documents that people have asked for made with what they are
// granted now; of who is disabled, or has no orders open any more, it ends them.
func (s *Service) TakeRights(ctx context.Context, tx Tx, ps event.Persons) error {
	people := make([]string, len(ps.Persons))
	for i, p := range ps.Persons {
		people[i] = p.ID
	}
	askers, err := tx.DocumentAskers(ctx, people)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	for _, p := range ps.Persons {
		if !slices.Contains(askers, p.ID) {
			continue
		}
		a := policy.Actor{PersonID: p.ID, Name: p.Name, UnitID: p.UnitID, UnitPath: p.UnitPath}
		u, err := tx.Unit(ctx, p.UnitID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		a.UnitLevel = u.Level
		for _, g := range p.Grants {
			a.Grants = append(a.Grants, policy.Grant{Role: g.Role, UnitID: g.UnitID, UnitPath: g.UnitPath, Level: g.Level, OfficeID: g.OfficeID})
		}
		if p.Disabled || s.policy.Reach(ctx, a, "rectification", "open").Empty() {
			err = tx.CancelDocuments(ctx, p.ID, now)
		} else {
			err = tx.GrantDocuments(ctx, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

package rectification

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/id"
)

const (
	// MaxDocuments is how many documents one job makes at most.
	MaxDocuments = 500
	// maxRunning and maxKept bound what one person has had made: each document
	// takes its room in the database until it is dropped.
	maxRunning, maxKept = 3, 30
	// keepDocuments is how long a job's documents can be fetched.
	keepDocuments = 7 * 24 * time.Hour
	// documentLease is how long a process may take for one document before
	// another believes it dead.
	documentLease = time.Minute
)

// States of a job.
const (
	DocumentsRunning   = "running"
	DocumentsDone      = "done"
	DocumentsCancelled = "cancelled" // whoever asked is disabled, or may read no orders any more
)

// DocumentJob makes documents of many orders in the background.
type DocumentJob struct {
	ID         string
	Form       string // order, close_out
	Format     string
	State      string
	PersonID   string
	Total      int
	Done       int
	LeaseOwner string
	LeaseUntil time.Time
	StartedAt  time.Time
	FinishedAt *time.Time
	// Actor is whoever asked, with what they are granted as far as it is known
	// here. What they get is what they may still see when they fetch it.
	Actor policy.Actor `bun:"-"`
}

// DocumentPart is one document of a job.
type DocumentPart struct {
	JobID           string
	Position        int
	RectificationID string
	Name            string // empty until it is made
	Problem         string // code of why it could not be made
	Data            []byte
}

// DocumentInput asks for documents: of the orders named, or of all in reach
// that the query selects.
type DocumentInput struct {
	Form   string             `limit:"order|close_out"`
	Format string             `limit:"docx|xlsx?"`
	IDs    []string           `limit:"..500" each:"1..64"`
	Query  RectificationQuery `limit:"flat"`
}

// OnDocuments has f told how far jobs are.
func (s *Service) OnDocuments(f func(DocumentJob)) { s.progress = f }

// MakeDocuments starts a job.
func (s *Service) MakeDocuments(ctx context.Context, actor policy.Actor, in DocumentInput) (DocumentJob, error) {
	if err := fault.Check(in); err != nil {
		return DocumentJob{}, err
	}
	var none DocumentJob
	if in.Form != FormOrder && in.Form != FormCloseOut {
		return none, fault.BadField("body.form", "expected order or close_out", in.Form)
	}
	reach := s.policy.Reach(ctx, actor, "rectification", "read")
	ids, err := s.documented(ctx, reach, in)
	if err != nil {
		return none, err
	}
	if err := s.mayMakeDocuments(ctx, actor.PersonID); err != nil {
		return none, err
	}
	now := s.clock.Now()
	j := DocumentJob{
		ID: id.New(), Form: in.Form, Format: in.Format, State: DocumentsRunning, PersonID: actor.PersonID, Total: len(ids), StartedAt: now, LeaseUntil: now, Actor: actor,
	}
	parts := make([]DocumentPart, len(ids))
	for i, x := range ids {
		parts[i] = DocumentPart{JobID: j.ID, Position: i, RectificationID: x}
	}
	if err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.InsertDocuments(ctx, j, parts) }); err != nil {
		return none, err
	}
	s.Wake()
	return j, nil
}

// Wake has Run look for jobs now.
func (s *Service) Wake() {
	select {
	case s.work <- struct{}{}:
	default:
	}
}

// mayMakeDocuments tells whether a person may have more documents made.
func (s *Service) mayMakeDocuments(ctx context.Context, personID string) error {
	jobs, err := s.store.DocumentJobsOf(ctx, personID)
	if err != nil {
		return err
	}
	running := 0
	for _, j := range jobs {
		if j.State == DocumentsRunning {
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

// documented are the orders that documents are asked for.
func (s *Service) documented(ctx context.Context, reach policy.Reach, in DocumentInput) ([]string, error) {
	if len(in.IDs) == 0 {
		q := in.Query
		q.Reach, q.Now, q.Limit = reach, clock.Second(s.clock.Now()), MaxDocuments+1
		rs, err := s.store.Rectifications(ctx, q)
		switch {
		case err != nil:
			return nil, err
		case len(rs) == 0:
			return nil, fault.New(fault.Invalid, "nothing_selected", "No order is selected; name some, or widen the filters.")
		case len(rs) > MaxDocuments:
			return nil, fault.New(fault.Invalid, "too_many_rows", "More than %d rows are selected; narrow the filters, for example to one town.", MaxDocuments)
		}
		return idsOf(rs, func(r Rectification) []string { return []string{r.ID} }), nil
	}
	known, err := s.store.RectificationsByID(ctx, in.IDs)
	if err != nil {
		return nil, err
	}
	for _, x := range in.IDs {
		if r, ok := known[x]; !ok || !reach.Covers(target(r.UnitID, r.UnitPath)) {
			return nil, fault.Missing("rectification")
		}
	}
	return idsOf(in.IDs, func(x string) []string { return []string{x} }), nil
}

// DocumentJobOf tells how far a job is; people see their own.
func (s *Service) DocumentJobOf(ctx context.Context, actor policy.Actor, jobID string) (DocumentJob, error) {
	j, err := s.store.DocumentJob(ctx, jobID)
	if err == nil && j.PersonID != actor.PersonID {
		return DocumentJob{}, fault.Missing("document job")
	}
	return j, err
}

// Bundle is the documents of a finished job, to be written as a ZIP.
type Bundle struct {
	Name  string
	parts []DocumentPart // without data
	says  []string       // which documents are not in it, and why
	made  time.Time      // when, as clocks show it here
	store Store
}

// Documents gathers the documents of a finished job: those that actor may
// still see. A text in the ZIP names what is not in it.
func (s *Service) Documents(ctx context.Context, actor policy.Actor, jobID string) (*Bundle, error) {
	j, err := s.DocumentJobOf(ctx, actor, jobID)
	if err != nil {
		return nil, err
	}
	switch j.State {
	case DocumentsDone:
	case DocumentsCancelled:
		return nil, fault.New(fault.Conflict, "documents_cancelled", "The making of these documents was ended, because you could read no orders any more. Ask for them anew.")
	default:
		return nil, fault.New(fault.Conflict, "not_ready", "The documents are being made: %d of %d are ready. Ask again in a moment.", j.Done, j.Total)
	}
	parts, err := s.store.DocumentParts(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	orders, err := s.store.RectificationsByID(ctx, idsOf(parts, func(p DocumentPart) []string { return []string{p.RectificationID} }))
	if err != nil {
		return nil, err
	}
	reach := s.policy.Reach(ctx, actor, "rectification", "read")
	b := &Bundle{Name: map[string]string{FormOrder: "整改通知书", FormCloseOut: "销号申请"}[j.Form] + ".zip", store: s.store}
	if j.FinishedAt != nil {
		b.made = j.FinishedAt.In(clock.Shanghai)
	}
	why := map[string]string{"not_reported": "单位尚未报送整改情况", "not_found": "已不在查看范围"}
	for _, p := range parts {
		r := orders[p.RectificationID]
		switch {
		case !reach.Covers(target(r.UnitID, r.UnitPath)):
			b.says = append(b.says, fmt.Sprintf("第%d件：已不在查看范围", p.Position+1))
		case p.Problem != "":
			text, ok := why[p.Problem]
			if !ok {
				text = p.Problem
			}
			b.says = append(b.says, r.Number+"："+text)
		default:
			b.parts = append(b.parts, p)
		}
	}
	return b, nil
}

// Write streams the ZIP, a document at a time. An error means that what was
// written is not whole.
func (b *Bundle) Write(ctx context.Context, w io.Writer) error {
	z := zip.NewWriter(w)
	for _, p := range b.parts {
		data, err := b.store.DocumentData(ctx, p.JobID, p.Position)
		if err != nil {
			return err
		}
		// The documents are compressed in themselves.
		f, err := z.CreateHeader(&zip.FileHeader{
			Name: filename.Safe(fmt.Sprintf("%03d %s", p.Position+1, p.Name), filename.Packed), Method: zip.Store, Modified: b.made,
		})
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", p.Name, err)
		}
	}
	if len(b.says) > 0 {
		f, err := z.CreateHeader(&zip.FileHeader{Name: "未列入的文件.txt", Method: zip.Deflate, Modified: b.made})
		if err == nil {
			_, err = io.WriteString(f, strings.Join(b.says, "\r\n")+"\r\n")
		}
		if err != nil {
			return fmt.Errorf("write what is missing: %w", err)
		}
	}
	return z.Close()
}

// Run makes the documents of jobs until ctx ends, those that a crash has left
// behind first, and drops those that were kept long enough.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%60 == 0 { // an hour, when nobody asks for anything
			if err := s.DropDocuments(ctx); err != nil && ctx.Err() == nil {
				log.Warn("documents: old ones are not dropped", "error", err)
			}
		}
		if err := s.WorkDocuments(ctx); err != nil && ctx.Err() == nil {
			log.Warn("documents: will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.work:
		case <-tick.C:
		}
	}
}

// WorkDocuments works every running job that no other process holds to its end.
func (s *Service) WorkDocuments(ctx context.Context) error {
	jobs, err := s.store.RunningDocumentJobs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, j := range jobs {
		errs = append(errs, s.makeDocuments(ctx, j))
	}
	return errors.Join(errs...)
}

// DropDocuments forgets the jobs that were kept long enough.
func (s *Service) DropDocuments(ctx context.Context) error {
	before := s.clock.Now().Add(-keepDocuments)
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.DropDocuments(ctx, before) })
}

// makeDocuments makes what is not made yet of a job, each document in a
// transaction of its own, so that a crash costs one document.
func (s *Service) makeDocuments(ctx context.Context, j DocumentJob) error {
	held := func(ctx context.Context, tx Tx) (bool, error) {
		now := s.clock.Now()
		return tx.LeaseDocuments(ctx, j.ID, s.process, now, now.Add(documentLease))
	}
	got := false
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		got, err = held(ctx, tx)
		return err
	})
	if err != nil || !got {
		return err
	}
	// Who was disabled in the moment between asking and its being stored.
	p, err := s.store.Person(ctx, j.PersonID)
	if err == nil && p.Disabled {
		return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.CancelDocuments(ctx, j.PersonID, s.clock.Now()) })
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	parts, err := s.store.DocumentParts(ctx, j.ID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Name != "" || p.Problem != "" {
			continue
		}
		if j, err = s.store.DocumentJob(ctx, j.ID); err != nil || j.State != DocumentsRunning {
			return err
		}
		if err := s.makeDocument(ctx, j, &p); err != nil {
			return err
		}
		err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
			if got, err = held(ctx, tx); err != nil || !got {
				return err
			}
			return tx.PutDocument(ctx, p)
		})
		if err != nil || !got {
			return err
		}
		j.Done++
		s.progress(j)
	}
	now := s.clock.Now()
	if err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.FinishDocuments(ctx, j.ID, now) }); err != nil {
		return err
	}
	if j, err = s.store.DocumentJob(ctx, j.ID); err != nil {
		return err // dropped, or cancelled in the last moment
	}
	s.progress(j)
	return nil
}

// makeDocument makes one; what keeps it from being made for good is its problem.
func (s *Service) makeDocument(ctx context.Context, j DocumentJob, p *DocumentPart) error {
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

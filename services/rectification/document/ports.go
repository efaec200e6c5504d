package document

import (
	"context"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/rectification"
)

// Cases are the use cases that documents are written from: what is open to
// somebody, and in lists what they may see, as they may see it.
type Cases interface {
	Opened(ctx context.Context, actor policy.Actor, id string) (rectification.CaseView, error)
	Findings(ctx context.Context, actor policy.Actor, q rectification.FindingQuery) ([]rectification.FindingView, error)
	Rectifications(ctx context.Context, actor policy.Actor, can string, q rectification.RectificationQuery) ([]rectification.Row[rectification.Rectification, rectification.CaseMay], error)
}

// Inspections are those of inspections.
type Inspections interface {
	Opened(ctx context.Context, actor policy.Actor, id string) (rectification.InspectionView, error)
}

// Store keeps jobs with what they made, and knows what stands in lists; what
// is not there is a fault.NotFound.
type Store interface {
	// Names are the names of units by id; unknown ids are absent.
	Names(ctx context.Context, ids []string) (map[string]string, error)
	Person(ctx context.Context, id string) (rectification.Person, error)
	Rectifications(ctx context.Context, q rectification.RectificationQuery) ([]rectification.Rectification, error)
	// RectificationsByID are those of the ids that exist.
	RectificationsByID(ctx context.Context, ids []string) (map[string]rectification.Rectification, error)
	// Plans are the measures that count of rectifications, by their id.
	Plans(ctx context.Context, ids []string) (map[string][]rectification.Measure, error)
	// PersonNames are the names of people by id; unknown ids are absent.
	PersonNames(ctx context.Context, ids []string) (map[string]string, error)

	Job(ctx context.Context, id string) (Job, error)
	// JobsOf lists the jobs of a person that are kept.
	JobsOf(ctx context.Context, personID string) ([]Job, error)
	// WorkJobs has do work every running job that no other process works on; under
	// its context whatever is written is refused once another one does.
	WorkJobs(ctx context.Context, clk clock.Clock, do func(context.Context, Job) error) error
	// Parts are those of a job in order, without their data.
	Parts(ctx context.Context, jobID string) ([]Part, error)
	Data(ctx context.Context, jobID string, position int) ([]byte, error)
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// Tx writes jobs.
type Tx interface {
	Unit(ctx context.Context, id string) (rectification.Unit, error)
	InsertDocuments(ctx context.Context, j Job, parts []Part) error
	// PutDocument stores a document of a job and counts it, once.
	PutDocument(ctx context.Context, p Part) error
	FinishDocuments(ctx context.Context, jobID string, at time.Time) error
	// DocumentAskers are those of the people whom documents are being made for.
	DocumentAskers(ctx context.Context, people []string) ([]string, error)
	// CancelDocuments ends the running jobs of somebody, and forgets what was made.
	CancelDocuments(ctx context.Context, personID string, at time.Time) error
	// GrantDocuments has the running jobs of somebody made with what they are
	// granted now.
	GrantDocuments(ctx context.Context, asker policy.Actor) error
	// DropDocuments forgets jobs that were finished before t.
	DropDocuments(ctx context.Context, t time.Time) error
}

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/job"
	"github.com/duban/duban/services/rectification/document"
	"github.com/uptrace/bun"
)

// Documents implements document.Store.
type Documents struct{ *Store }

var (
	_ document.Store = (*Documents)(nil)
	_ document.Tx    = (*tx)(nil)
)

func (s Documents) InTx(ctx context.Context, fn func(ctx context.Context, tx document.Tx) error) error {
	return s.inTx(ctx, func(ctx context.Context, x *tx) error { return fn(ctx, x) })
}

type documentJobRow struct {
	bun.BaseModel `bun:"table:document_jobs,alias:j"`
	document.JobHead
	Asker      string `bun:"actor"` // JSON
	LeaseOwner string
	LeaseUntil time.Time
	Attempts   int64
}

// DocumentJobs are the jobs whose documents are being made.
var DocumentJobs = job.Queue{Table: "document_jobs", Key: []string{"id"}, Open: "state = 'running'", Until: "lease_until"}

type documentPartRow struct {
	bun.BaseModel `bun:"table:document_parts,alias:p"`
	document.Part
}

func (s Documents) jobs(ctx context.Context, where string, args ...any) ([]document.Job, error) {
	var rows []documentJobRow
	if err := s.q.NewSelect().Model(&rows).Where(where, args...).OrderExpr("j.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("document jobs: %w", err)
	}
	out := make([]document.Job, len(rows))
	for i, r := range rows {
		out[i] = document.Job{JobHead: r.JobHead}
		if err := json.Unmarshal([]byte(r.Asker), &out[i].Actor); err != nil {
			return nil, fmt.Errorf("who asked for documents %s: %w", r.ID, err)
		}
	}
	return out, nil
}

func (s Documents) Job(ctx context.Context, id string) (document.Job, error) {
	js, err := s.jobs(ctx, "j.id = ?", id)
	if err == nil && len(js) == 0 {
		err = fault.Missing("document job")
	}
	if err != nil {
		return document.Job{}, err
	}
	return js[0], nil
}

func (s Documents) JobsOf(ctx context.Context, personID string) ([]document.Job, error) {
	return s.jobs(ctx, "j.person_id = ?", personID)
}

func (s Documents) WorkJobs(ctx context.Context, clk clock.Clock, do func(context.Context, document.Job) error) error {
	_, err := DocumentJobs.Work(ctx, s.db, clk, job.Work{Do: func(ctx context.Context, c job.Claim) error {
		j, err := s.Job(ctx, c.Key[0])
		if err != nil {
			return err
		}
		return do(ctx, j)
	}})
	return err
}

func (s Documents) Parts(ctx context.Context, jobID string) ([]document.Part, error) {
	var rows []documentPartRow
	if err := s.q.NewSelect().Model(&rows).ExcludeColumn("data").Where("job_id = ?", jobID).OrderExpr("position").Scan(ctx); err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	out := make([]document.Part, len(rows))
	for i, r := range rows {
		out[i] = r.Part
	}
	return out, nil
}

func (s Documents) Data(ctx context.Context, jobID string, position int) ([]byte, error) {
	var row documentPartRow
	err := s.q.NewSelect().Model(&row).Where("job_id = ?", jobID).Where("position = ?", position).Scan(ctx)
	return row.Data, missing(err, "document")
}

func (x *tx) InsertDocuments(ctx context.Context, j document.Job, parts []document.Part) error {
	DocumentJobs.Added(ctx)
	if err := insert(ctx, x, "document job", []documentJobRow{{JobHead: j.JobHead, Asker: toJSON(j.Actor), LeaseUntil: j.StartedAt}}); err != nil {
		return err
	}
	rows := make([]documentPartRow, len(parts))
	for i, p := range parts {
		rows[i] = documentPartRow{Part: p}
	}
	return insert(ctx, x, "documents", rows)
}

func (x *tx) PutDocument(ctx context.Context, p document.Part) error {
	res, err := x.t.NewUpdate().Model(&documentPartRow{Part: p}).Column("name", "problem", "data").
		Where("job_id = ?", p.JobID).Where("position = ?", p.Position).Where("name = ''").Where("problem = ''").Exec(ctx)
	if err != nil {
		return fmt.Errorf("store document: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return err
	}
	if _, err := x.t.NewUpdate().Model((*documentJobRow)(nil)).Set("done = done + 1").Where("j.id = ?", p.JobID).Exec(ctx); err != nil {
		return fmt.Errorf("count document: %w", err)
	}
	return nil
}

func (x *tx) FinishDocuments(ctx context.Context, jobID string, at time.Time) error {
	_, err := x.t.NewUpdate().Model((*documentJobRow)(nil)).Set("state = 'done'").Set("finished_at = ?", at).
		Where("j.id = ?", jobID).Where("j.state = 'running'").Exec(ctx)
	if err != nil {
		return fmt.Errorf("finish documents: %w", err)
	}
	return nil
}

func (x *tx) DocumentAskers(ctx context.Context, people []string) ([]string, error) {
	var ids []string
	err := x.t.NewSelect().Model((*documentJobRow)(nil)).Distinct().Column("person_id").Where("j.state = 'running'").
		Where("j.person_id IN (?)", bun.List(people)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("who asked for documents: %w", err)
	}
	return ids, nil
}

func (x *tx) CancelDocuments(ctx context.Context, personID string, at time.Time) error {
	const running = "SELECT id FROM document_jobs WHERE state = 'running' AND person_id = ?"
	if _, err := x.t.NewRaw("DELETE FROM document_parts WHERE job_id IN ("+running+")", personID).Exec(ctx); err != nil {
		return fmt.Errorf("drop documents: %w", err)
	}
	_, err := x.t.NewUpdate().Model((*documentJobRow)(nil)).Set("state = ?", document.Cancelled).Set("finished_at = ?", at).
		Where("j.state = 'running'").Where("j.person_id = ?", personID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("cancel documents: %w", err)
	}
	return nil
}

func (x *tx) GrantDocuments(ctx context.Context, asker policy.Actor) error {
	_, err := x.t.NewUpdate().Model((*documentJobRow)(nil)).Set("actor = ?", toJSON(asker)).
		Where("j.state = 'running'").Where("j.person_id = ?", asker.PersonID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("who asked for documents: %w", err)
	}
	return nil
}

func (x *tx) DropDocuments(ctx context.Context, t time.Time) error {
	const old = "SELECT id FROM document_jobs WHERE state <> 'running' AND finished_at < ?"
	if _, err := x.t.NewRaw("DELETE FROM document_parts WHERE job_id IN ("+old+")", t).Exec(ctx); err != nil {
		return fmt.Errorf("drop documents: %w", err)
	}
	if _, err := x.t.NewRaw("DELETE FROM document_jobs WHERE id IN ("+old+")", t).Exec(ctx); err != nil {
		return fmt.Errorf("drop document jobs: %w", err)
	}
	return nil
}

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification"
	"github.com/uptrace/bun"
)

type documentJobRow struct {
	bun.BaseModel `bun:"table:document_jobs,alias:j"`
	rectification.DocumentJob
	Asker string `bun:"actor"` // JSON
}

type documentPartRow struct {
	bun.BaseModel `bun:"table:document_parts,alias:p"`
	rectification.DocumentPart
}

func (s *Store) documentJobs(ctx context.Context, where string, args ...any) ([]rectification.DocumentJob, error) {
	var rows []documentJobRow
	if err := s.q.NewSelect().Model(&rows).Where(where, args...).OrderExpr("j.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("document jobs: %w", err)
	}
	out := make([]rectification.DocumentJob, len(rows))
	for i, r := range rows {
		out[i] = r.DocumentJob
		if err := json.Unmarshal([]byte(r.Asker), &out[i].Actor); err != nil {
			return nil, fmt.Errorf("who asked for documents %s: %w", r.ID, err)
		}
	}
	return out, nil
}

func (s *Store) DocumentJob(ctx context.Context, id string) (rectification.DocumentJob, error) {
	js, err := s.documentJobs(ctx, "j.id = ?", id)
	if err == nil && len(js) == 0 {
		err = fault.Missing("document job")
	}
	if err != nil {
		return rectification.DocumentJob{}, err
	}
	return js[0], nil
}

func (s *Store) DocumentJobsOf(ctx context.Context, personID string) ([]rectification.DocumentJob, error) {
	return s.documentJobs(ctx, "j.person_id = ?", personID)
}

func (s *Store) RunningDocumentJobs(ctx context.Context) ([]rectification.DocumentJob, error) {
	return s.documentJobs(ctx, "j.state = 'running'")
}

func (s *Store) DocumentParts(ctx context.Context, jobID string) ([]rectification.DocumentPart, error) {
	var rows []documentPartRow
	if err := s.q.NewSelect().Model(&rows).ExcludeColumn("data").Where("job_id = ?", jobID).OrderExpr("position").Scan(ctx); err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	out := make([]rectification.DocumentPart, len(rows))
	for i, r := range rows {
		out[i] = r.DocumentPart
	}
	return out, nil
}

func (s *Store) DocumentData(ctx context.Context, jobID string, position int) ([]byte, error) {
	var row documentPartRow
	err := s.q.NewSelect().Model(&row).Where("job_id = ?", jobID).Where("position = ?", position).Scan(ctx)
	return row.Data, missing(err, "document")
}

func (x *tx) InsertDocuments(ctx context.Context, j rectification.DocumentJob, parts []rectification.DocumentPart) error {
	if err := insert(ctx, x, "document job", []documentJobRow{{DocumentJob: j, Asker: toJSON(j.Actor)}}); err != nil {
		return err
	}
	rows := make([]documentPartRow, len(parts))
	for i, p := range parts {
		rows[i] = documentPartRow{DocumentPart: p}
	}
	return insert(ctx, x, "documents", rows)
}

func (x *tx) LeaseDocuments(ctx context.Context, jobID, process string, now, until time.Time) (bool, error) {
	res, err := x.t.NewUpdate().Model((*documentJobRow)(nil)).Set("lease_owner = ?", process).Set("lease_until = ?", until).
		Where("j.id = ?", jobID).Where("j.state = 'running'").Where("(j.lease_owner = ? OR j.lease_until <= ?)", process, now).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("lease of documents: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func (x *tx) PutDocument(ctx context.Context, p rectification.DocumentPart) error {
	res, err := x.t.NewUpdate().Model(&documentPartRow{DocumentPart: p}).Column("name", "problem", "data").
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
	_, err := x.t.NewUpdate().Model((*documentJobRow)(nil)).Set("state = ?", rectification.DocumentsCancelled).Set("finished_at = ?", at).
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

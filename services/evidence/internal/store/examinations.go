package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/job"
	"github.com/uptrace/bun"
)

type examinationRow struct {
	bun.BaseModel `bun:"table:examinations,alias:x"`

	FileID     string `bun:",pk"`
	State      evidence.ExamState
	Attempts   int64
	LeaseOwner string
	NotBefore  time.Time
	Verdict    evidence.Verdict
	Width      int64
	Height     int64
	ExaminedAt *time.Time
}

func (r examinationRow) examination() evidence.Examination {
	return evidence.Examination{
		FileID: r.FileID, State: r.State, Verdict: r.Verdict,
		Width: r.Width, Height: r.Height, ExaminedAt: r.ExaminedAt,
	}
}

type captureRow struct {
	bun.BaseModel `bun:"table:captures,alias:c"`

	FileID    string `bun:",pk"`
	TakenAt   *time.Time
	Latitude  *float64
	Longitude *float64
}

type pictureRow struct {
	bun.BaseModel `bun:"table:pictures,alias:p"`

	FileID    string `bun:",pk"`
	Signature []byte
}

type codeRow struct {
	bun.BaseModel `bun:"table:picture_codes,alias:k"`

	Whole  bool   `bun:",pk"`
	Code   int64  `bun:",pk"`
	FileID string `bun:",pk"`
}

type checkRow struct {
	bun.BaseModel `bun:"table:file_checks,alias:d"`

	FileID    string `bun:",pk"`
	DueAt     time.Time
	CheckedAt *time.Time
	Altered   bool
}

type beginRow struct {
	bun.BaseModel `bun:"table:campaign_begins,alias:b"`

	CampaignID string `bun:",pk"`
	BegunAt    time.Time
	StartsOn   string
	EndsOn     string
}

// Examinations is the queue of received files that are to be examined.
var Examinations = job.Queue{
	Table: "examinations", Key: []string{"file_id"}, Open: "state = 'waiting'", Until: "not_before", Tries: 4, Wait: 5 * time.Minute,
}

// examineAtOnce is how many files are examined at once.
const examineAtOnce = 2

func (s *Store) WorkExaminations(ctx context.Context, clk clock.Clock, do, giveUp func(ctx context.Context, fileID string) error) (int, error) {
	return Examinations.Work(ctx, s.db, clk, job.Work{
		Do:     func(ctx context.Context, c job.Claim) error { return do(ctx, c.Key[0]) },
		GiveUp: func(ctx context.Context, c job.Claim) error { return giveUp(ctx, c.Key[0]) },
		AtOnce: examineAtOnce,
	})
}

func (r reader) Examinations(ctx context.Context, fileIDs []string) (map[string]evidence.Examination, error) {
	out := make(map[string]evidence.Examination, len(fileIDs))
	if len(fileIDs) == 0 {
		return out, nil
	}
	var rows []examinationRow
	if err := r.q.NewSelect().Model(&rows).Where("file_id IN (?)", bun.List(fileIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find examinations: %w", db.Translate(err))
	}
	for _, row := range rows {
		out[row.FileID] = row.examination()
	}
	return out, nil
}

func (r reader) Captures(ctx context.Context, fileIDs []string) (map[string]evidence.Capture, error) {
	out := make(map[string]evidence.Capture, len(fileIDs))
	if len(fileIDs) == 0 {
		return out, nil
	}
	var rows []captureRow
	if err := r.q.NewSelect().Model(&rows).Where("file_id IN (?)", bun.List(fileIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find captures: %w", db.Translate(err))
	}
	for _, row := range rows {
		out[row.FileID] = evidence.Capture{TakenAt: row.TakenAt, Latitude: row.Latitude, Longitude: row.Longitude}
	}
	return out, nil
}

func (r reader) SameBytes(ctx context.Context, f evidence.File, limit int) ([]string, error) {
	var ids []string
	// The empty text is what lets SQLite use the partial index.
	err := r.q.NewSelect().Model((*fileRow)(nil)).Column("id").Where("sha256 = ?", f.SHA256).Where("sha256 <> ''").
		Where("state = 'received'").Where("id <> ?", f.ID).OrderExpr("id").Limit(int64(limit)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("find the same bytes: %w", db.Translate(err))
	}
	return ids, nil
}

// Candidates implements evidence.Reader. Both parts look codes up in the
// primary key: how many pictures there are makes no difference, only how many
// share a code.
func (r reader) Candidates(ctx context.Context, fileID string, p evidence.Print, limit int) ([]evidence.Candidate, error) {
	var any, whole []int64
	for _, x := range p.Probes {
		any = append(any, int64(x.Code))
		if x.Whole {
			whole = append(whole, int64(x.Code))
		}
	}
	if len(whole) == 0 {
		return nil, nil
	}
	var hits []struct {
		FileID string
		Hits   int
	}
	err := r.q.NewRaw(`SELECT file_id, count(*) AS hits FROM (
			SELECT file_id FROM picture_codes WHERE whole = TRUE AND code IN (?)
			UNION ALL
			SELECT file_id FROM picture_codes WHERE whole = FALSE AND code IN (?)
		) AS k WHERE file_id <> ? GROUP BY file_id ORDER BY hits DESC, file_id LIMIT ?`,
		bun.List(any), bun.List(whole), fileID, limit).Scan(ctx, &hits)
	if err != nil {
		return nil, fmt.Errorf("look for pictures: %w", db.Translate(err))
	}
	if len(hits) == 0 {
		return nil, nil
	}
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.FileID
	}
	var rows []pictureRow
	if err := r.q.NewSelect().Model(&rows).Where("file_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read pictures: %w", db.Translate(err))
	}
	out := make([]evidence.Candidate, len(rows))
	for i, row := range rows {
		out[i] = evidence.Candidate{FileID: row.FileID, Signature: row.Signature}
	}
	return out, nil
}

func (r reader) DueChecks(ctx context.Context, now time.Time, limit int) ([]evidence.FileCheck, error) {
	var rows []checkRow
	if err := r.q.NewSelect().Model(&rows).Where("due_at <= ?", now).OrderExpr("due_at, file_id").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find checks: %w", db.Translate(err))
	}
	out := make([]evidence.FileCheck, len(rows))
	for i, row := range rows {
		out[i] = evidence.FileCheck{FileID: row.FileID, DueAt: row.DueAt, CheckedAt: row.CheckedAt, Altered: row.Altered}
	}
	return out, nil
}

func (r reader) Altered(ctx context.Context, fileIDs []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(fileIDs) == 0 {
		return out, nil
	}
	var ids []string
	err := r.q.NewSelect().Model((*checkRow)(nil)).Column("file_id").Where("file_id IN (?)", bun.List(fileIDs)).Where("altered").Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("find altered files: %w", db.Translate(err))
	}
	for _, x := range ids {
		out[x] = true
	}
	return out, nil
}

func (t *txn) SetCheck(ctx context.Context, c evidence.FileCheck) error {
	row := checkRow{FileID: c.FileID, DueAt: c.DueAt, CheckedAt: c.CheckedAt, Altered: c.Altered}
	_, err := t.tx.NewInsert().Model(&row).On("CONFLICT (file_id) DO UPDATE").
		Set("due_at = EXCLUDED.due_at").Set("checked_at = EXCLUDED.checked_at").Set("altered = EXCLUDED.altered").Exec(ctx)
	return err
}

func (r reader) CampaignBegun(ctx context.Context, campaignID string) (time.Time, bool, error) {
	if campaignID == "" {
		return time.Time{}, false, nil
	}
	var row beginRow
	err := r.q.NewSelect().Model(&row).Where("campaign_id = ?", campaignID).Scan(ctx)
	if db.NoRows(err) {
		return time.Time{}, false, nil
	}
	return row.BegunAt, err == nil, one(err, "campaign")
}

func (t *txn) CampaignBegins(ctx context.Context, campaignID string, at time.Time, days evidence.Period) error {
	_, err := t.tx.NewInsert().Model(&beginRow{CampaignID: campaignID, BegunAt: at, StartsOn: days.From, EndsOn: days.To}).On("CONFLICT (campaign_id) DO NOTHING").Exec(ctx)
	return err
}

func (t *txn) AddExamination(ctx context.Context, fileID string, at time.Time) error {
	Examinations.Added(ctx)
	_, err := t.tx.NewInsert().Model(&examinationRow{FileID: fileID, State: evidence.ExamWaiting, NotBefore: at}).
		On("CONFLICT (file_id) DO NOTHING").Exec(ctx)
	return err
}

func (t *txn) SetExamination(ctx context.Context, x evidence.Examination) error {
	row := examinationRow{FileID: x.FileID, State: x.State, Verdict: x.Verdict, Width: x.Width, Height: x.Height, ExaminedAt: x.ExaminedAt}
	_, err := t.tx.NewUpdate().Model(&row).Column("state", "verdict", "width", "height", "examined_at").WherePK().Exec(ctx)
	return err
}

func (t *txn) PutCapture(ctx context.Context, fileID string, c evidence.Capture) error {
	row := captureRow{FileID: fileID, TakenAt: c.TakenAt, Latitude: c.Latitude, Longitude: c.Longitude}
	_, err := t.tx.NewInsert().Model(&row).On("CONFLICT (file_id) DO UPDATE").
		Set("taken_at = EXCLUDED.taken_at").Set("latitude = EXCLUDED.latitude").Set("longitude = EXCLUDED.longitude").Exec(ctx)
	return err
}

func (t *txn) PutPrint(ctx context.Context, fileID string, p evidence.Print) error {
	if _, err := t.tx.NewDelete().Model((*codeRow)(nil)).Where("file_id = ?", fileID).Exec(ctx); err != nil {
		return err
	}
	_, err := t.tx.NewInsert().Model(&pictureRow{FileID: fileID, Signature: p.Signature}).
		On("CONFLICT (file_id) DO UPDATE").Set("signature = EXCLUDED.signature").Exec(ctx)
	if err != nil {
		return err
	}
	seen := map[codeRow]bool{}
	var rows []codeRow
	add := func(codes []uint32, whole bool) {
		for _, c := range codes {
			if k := (codeRow{Whole: whole, Code: int64(c), FileID: fileID}); !seen[k] {
				seen[k] = true
				rows = append(rows, k)
			}
		}
	}
	add(p.Codes, true)
	add(p.Windows, false)
	_, err = t.tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

type retentionRow struct {
	bun.BaseModel `bun:"table:retentions,alias:n"`

	CampaignID string `bun:",pk"`
	Title      string
	UnitID     string
	UnitPath   string
	OfficeID   string
	Days       int64
	Reason     string
	SetBy      string
	SetName    string
	SetAt      *time.Time
	EndedAt    *time.Time
	DoneAt     *time.Time
	Version    int64
}

func (r retentionRow) retention() evidence.Retention {
	return evidence.Retention{
		CampaignID: r.CampaignID, Title: r.Title, UnitID: r.UnitID, UnitPath: r.UnitPath, OfficeID: r.OfficeID, Days: r.Days, Reason: r.Reason,
		SetBy: r.SetBy, SetName: r.SetName, SetAt: r.SetAt, EndedAt: r.EndedAt, DoneAt: r.DoneAt, Version: r.Version,
	}
}

func toRetentionRow(r evidence.Retention) *retentionRow {
	return &retentionRow{
		CampaignID: r.CampaignID, Title: r.Title, UnitID: r.UnitID, UnitPath: r.UnitPath, OfficeID: r.OfficeID, Days: r.Days, Reason: r.Reason,
		SetBy: r.SetBy, SetName: r.SetName, SetAt: r.SetAt, EndedAt: r.EndedAt, DoneAt: r.DoneAt, Version: r.Version,
	}
}

func (r reader) Retention(ctx context.Context, campaignID string) (evidence.Retention, error) {
	var row retentionRow
	err := r.q.NewSelect().Model(&row).Where("campaign_id = ?", campaignID).Scan(ctx)
	return row.retention(), one(err, "campaign")
}

func (r reader) RunningRetentions(ctx context.Context) ([]evidence.Retention, error) {
	var rows []retentionRow
	err := r.q.NewSelect().Model(&rows).Where("days > 0").Where("ended_at IS NOT NULL").Where("done_at IS NULL").OrderExpr("campaign_id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("find retentions: %w", db.Translate(err))
	}
	out := make([]evidence.Retention, len(rows))
	for i, row := range rows {
		out[i] = row.retention()
	}
	return out, nil
}

func (r reader) ExpiredFiles(ctx context.Context, campaignID string, limit int) ([]evidence.File, error) {
	return r.files(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("f.state = 'received'").
			Where("f.id IN (SELECT x.file_id FROM submission_files AS x JOIN submissions AS s ON s.id = x.submission_id WHERE s.campaign_id = ?)", campaignID).
			Where(`NOT EXISTS (SELECT 1 FROM submission_files AS y JOIN submissions AS o ON o.id = y.submission_id
				WHERE y.file_id = f.id AND o.campaign_id <> ? AND o.state <> 'discarded'
				AND NOT EXISTS (SELECT 1 FROM retentions AS d WHERE d.campaign_id = o.campaign_id AND d.done_at IS NOT NULL))`, campaignID).
			OrderExpr("f.id").Limit(int64(limit))
	})
}

func (r reader) Unerased(ctx context.Context, limit int) ([]string, error) {
	var ids []string
	err := r.q.NewSelect().Model((*fileRow)(nil)).Column("id").Where("state = 'deleted'").Where("erased_at IS NULL").
		OrderExpr("id").Limit(int64(limit)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("find deleted files: %w", db.Translate(err))
	}
	return ids, nil
}

func (t *txn) AddRetention(ctx context.Context, r evidence.Retention) error {
	_, err := t.tx.NewInsert().Model(toRetentionRow(r)).On("CONFLICT (campaign_id) DO UPDATE").
		Set("office_id = EXCLUDED.office_id").Where("n.office_id = ''").Exec(ctx)
	return err
}

func (t *txn) SetRetention(ctx context.Context, r evidence.Retention) (bool, error) {
	return changed(t.tx.NewUpdate().Model(toRetentionRow(r)).
		Column("days", "reason", "set_by", "set_name", "set_at", "done_at", "version").
		Where("campaign_id = ?", r.CampaignID).Where("version = ?", r.Version-1).Exec(ctx))
}

func (t *txn) EndRetention(ctx context.Context, campaignID string, at time.Time) error {
	_, err := t.tx.NewUpdate().Model((*retentionRow)(nil)).Set("ended_at = ?", at.UTC()).
		Where("campaign_id = ?", campaignID).Where("ended_at IS NULL").Exec(ctx)
	return err
}

func (t *txn) Forget(ctx context.Context, fileID string) error {
	for _, m := range []any{(*captureRow)(nil), (*pictureRow)(nil), (*codeRow)(nil), (*wordingRow)(nil), (*bandRow)(nil), (*checkRow)(nil)} {
		if _, err := t.tx.NewDelete().Model(m).Where("file_id = ?", fileID).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) Erased(ctx context.Context, fileIDs []string, at time.Time) error {
	_, err := t.tx.NewUpdate().Model((*fileRow)(nil)).Set("erased_at = ?", at).Where("id IN (?)", bun.List(fileIDs)).Where("state = 'deleted'").Exec(ctx)
	return err
}

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

type earlierRow struct {
	submissionRow

	Title        string
	Campaign     string
	Requirements string
	DueAt        time.Time
	BegunAt      *time.Time
	StartsOn     string
	EndsOn       string
}

func (r reader) Earlier(ctx context.Context, f evidence.EarlierFilter, limit int) ([]evidence.Earlier, error) {
	q := r.q.NewSelect().TableExpr("submissions AS s").Join("JOIN tasks AS t ON t.id = s.task_id").
		Join("LEFT JOIN campaign_begins AS b ON b.campaign_id = s.campaign_id").
		ColumnExpr("s.*, t.title, t.campaign, t.requirements, t.due_at, b.begun_at, coalesce(b.starts_on, '') AS starts_on, coalesce(b.ends_on, '') AS ends_on").
		Where("s.target = ?", evidence.Assignment)
	if f.UnitID != "" {
		q = q.Where("s.unit_id = ?", f.UnitID)
	}
	if f.Standing {
		q = q.Where("s.state IN ('sealed', 'accepted')")
	}
	if f.NotFor != "" {
		q = q.Where("s.target_id <> ?", f.NotFor)
	}
	if len(f.IDs) > 0 {
		q = q.Where("s.id IN (?)", bun.List(f.IDs))
	}
	var rows []earlierRow
	if err := q.OrderExpr("s.id DESC").Limit(int64(limit)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find earlier submissions: %w", db.Translate(err))
	}
	out := make([]evidence.Earlier, len(rows))
	for i, row := range rows {
		reqs, err := fromJSON[[]event.Requirement](row.Requirements)
		if err != nil {
			return nil, fmt.Errorf("requirements of task %s: %w", row.TaskID, err)
		}
		out[i] = evidence.Earlier{
			Submission: row.submission(), Title: row.Title, Campaign: row.Campaign, Requirements: reqs,
			Period: evidence.CampaignDays(row.StartsOn, row.EndsOn, row.BegunAt, row.DueAt),
		}
	}
	return out, nil
}

func (r reader) CampaignPeriod(ctx context.Context, campaignID string, due time.Time) (evidence.Period, error) {
	var row beginRow
	err := r.q.NewSelect().Model(&row).Where("campaign_id = ?", campaignID).Scan(ctx)
	if db.NoRows(err) {
		return evidence.CampaignDays("", "", nil, due), nil
	}
	if err != nil {
		return evidence.Period{}, fmt.Errorf("find campaign: %w", db.Translate(err))
	}
	return evidence.CampaignDays(row.StartsOn, row.EndsOn, &row.BegunAt, due), nil
}

func (r reader) Values(ctx context.Context, taskID string, like evidence.UnitInfo, reach policy.Reach, limit int) ([]evidence.UnitValue, error) {
	var rows []struct {
		RequirementID             string
		Value                     float64
		ID, Path                  string
		Classes, Staff, Residents int64
	}
	q := r.q.NewSelect().TableExpr("submissions AS s").Join("JOIN submission_items AS i ON i.submission_id = s.id").Join("JOIN tree_units AS u ON u.id = s.unit_id").
		ColumnExpr("i.requirement_id, i.value, u.id, u.path, u.classes, u.staff, u.residents").
		Where("s.task_id = ?", taskID).Where("s.task_id <> ''").Where("s.state IN ('sealed', 'accepted')").Where("i.value IS NOT NULL").
		Where("u.kind = ?", like.Kind).Where("u.id <> ?", like.ID)
	q = scope.Where(q, reach, ofSubmission)
	if err := q.OrderExpr("s.id DESC").Limit(int64(limit)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find figures of similar units: %w", db.Translate(err))
	}
	out := make([]evidence.UnitValue, len(rows))
	for i, x := range rows {
		out[i] = evidence.UnitValue{RequirementID: x.RequirementID, Value: x.Value, Unit: evidence.UnitInfo{
			ID: x.ID, Path: x.Path, Kind: like.Kind, Classes: x.Classes, Staff: x.Staff, Residents: x.Residents,
		}}
	}
	return out, nil
}

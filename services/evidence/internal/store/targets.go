package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

type taskRow struct {
	bun.BaseModel `bun:"table:tasks,alias:t"`

	ID           string `bun:",pk"`
	CampaignID   string
	Campaign     string
	Title        string
	Requirements string
	DueAt        time.Time
}

type endedRow struct {
	bun.BaseModel `bun:"table:ended_campaigns,alias:e"`

	ID string `bun:",pk"`
}

type targetRow struct {
	bun.BaseModel `bun:"table:targets,alias:g"`

	Kind       evidence.Kind `bun:",pk"`
	ID         string        `bun:",pk"`
	CampaignID string
	TaskID     string
	ParentID   string
	Title      string
	UnitID     string
	UnitPath   string
	evidence.Offices
	State        string
	OpenChildren int64
	DueAt        time.Time
	Version      int64
}

func (r targetRow) target() evidence.Target {
	return evidence.Target{
		Kind: r.Kind, ID: r.ID, CampaignID: r.CampaignID, TaskID: r.TaskID, ParentID: r.ParentID, Title: r.Title, UnitID: r.UnitID, UnitPath: r.UnitPath,
		Offices: r.Offices, State: r.State, OpenChildren: r.OpenChildren, DueAt: r.DueAt, Version: r.Version,
	}
}

func (r reader) Target(ctx context.Context, kind evidence.Kind, id string) (evidence.Target, bool, error) {
	var row targetRow
	err := r.q.NewSelect().Model(&row).Where("kind = ?", kind).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		return evidence.Target{}, false, nil
	}
	if err != nil {
		return evidence.Target{}, false, fmt.Errorf("find target: %w", db.Translate(err))
	}
	t := row.target()
	if kind == evidence.Rectification {
		t.Requirements, t.Known = evidence.RectificationRequirements(), true
		return t, true, nil
	}
	if t.Ended, err = r.q.NewSelect().Model((*endedRow)(nil)).Where("id = ?", t.CampaignID).Exists(ctx); err != nil {
		return t, true, fmt.Errorf("find campaign: %w", db.Translate(err))
	}
	var task taskRow
	err = r.q.NewSelect().Model(&task).Where("id = ?", t.TaskID).Scan(ctx)
	if db.NoRows(err) {
		return t, true, nil
	}
	if err != nil {
		return t, true, fmt.Errorf("find task: %w", db.Translate(err))
	}
	t.Known, t.Campaign = true, task.Campaign
	t.Requirements, err = fromJSON[[]event.Requirement](task.Requirements)
	return t, true, err
}

func (r reader) Targets(ctx context.Context, ids []string) (map[string]evidence.Target, error) {
	out := make(map[string]evidence.Target, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []targetRow
	err := r.q.NewSelect().Model(&rows).Where("kind IN (?)", bun.List([]evidence.Kind{evidence.Assignment, evidence.Rectification})).
		Where("id IN (?)", bun.List(ids)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("find targets: %w", db.Translate(err))
	}
	for _, row := range rows {
		out[row.ID] = row.target()
	}
	return out, nil
}

func targetRows(ts []evidence.Target) []targetRow {
	rows := make([]targetRow, len(ts))
	for i, x := range ts {
		rows[i] = targetRow{
			Kind: x.Kind, ID: x.ID, CampaignID: x.CampaignID, TaskID: x.TaskID, ParentID: x.ParentID, Title: x.Title, UnitID: x.UnitID, UnitPath: x.UnitPath,
			Offices: x.Offices, State: x.State, OpenChildren: x.OpenChildren, DueAt: x.DueAt.UTC(), Version: x.Version,
		}
	}
	return rows
}

func (t *txn) PutTask(ctx context.Context, campaignID, campaign string, task event.Task) error {
	_, err := t.tx.NewInsert().Model(&taskRow{
		ID: task.ID, CampaignID: campaignID, Campaign: campaign, Title: task.Title, Requirements: toJSON(task.Requirements), DueAt: task.DueAt.UTC(),
	}).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep task: %w", err)
	}
	return nil
}

// CampaignEnded is what a transaction did in which a campaign ended; see db.Did.
const CampaignEnded = "evidence: campaign ended"

func (t *txn) EndCampaign(ctx context.Context, campaignID string) error {
	db.Did(ctx, CampaignEnded)
	if _, err := t.tx.NewInsert().Model(&endedRow{ID: campaignID}).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("end campaign: %w", err)
	}
	return nil
}

func (t *txn) PutTargets(ctx context.Context, ts []evidence.Target) error {
	if db.WorthCopying(ctx, len(ts)) {
		var err error
		if ts, err = t.copyTargets(ctx, ts); err != nil {
			return err
		}
	}
	if len(ts) == 0 {
		return nil
	}
	rows := targetRows(ts)
	q := t.tx.NewInsert().Model(&rows).On("CONFLICT (kind, id) DO UPDATE")
	for _, c := range []string{"campaign_id", "task_id", "parent_id", "title", "unit_id", "unit_path", "state", "open_children", "due_at", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	for _, c := range []string{"office_id", "issuer_office_id"} { // older events tell of none
		q = q.Set("?0 = CASE WHEN EXCLUDED.?0 = '' THEN g.?0 ELSE EXCLUDED.?0 END", bun.Ident(c))
	}
	// What is told again has the version that is known, and may have more to it.
	if _, err := q.Where("EXCLUDED.version >= g.version").Exec(ctx); err != nil {
		return fmt.Errorf("keep targets: %w", err)
	}
	return t.followOffices(ctx, rows)
}

// followOffices gives what was handed in the offices that its target has now.
func (t *txn) followOffices(ctx context.Context, rows []targetRow) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	_, err := t.tx.NewRaw(`UPDATE submissions SET
		office_id = (SELECT g.office_id FROM targets AS g WHERE g.kind = submissions.target AND g.id = submissions.target_id),
		issuer_office_id = (SELECT g.issuer_office_id FROM targets AS g WHERE g.kind = submissions.target AND g.id = submissions.target_id)
		WHERE target_id IN (?) AND EXISTS (SELECT 1 FROM targets AS g WHERE g.kind = submissions.target AND g.id = submissions.target_id
			AND (g.office_id <> submissions.office_id OR g.issuer_office_id <> submissions.issuer_office_id))`, bun.List(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep whose submissions are: %w", err)
	}
	return nil
}

// copyTargets copies those of ts that are not known yet, and returns the rest.
// Should another process add one of them meanwhile the transaction fails, and
// the event is taken again.
func (t *txn) copyTargets(ctx context.Context, ts []evidence.Target) (known []evidence.Target, err error) {
	ids := make([]string, len(ts))
	for i, x := range ts {
		ids[i] = x.ID
	}
	had, err := t.Targets(ctx, ids)
	if err != nil {
		return nil, err
	}
	fresh := make([]evidence.Target, 0, len(ts))
	for _, x := range ts {
		if _, ok := had[x.ID]; ok {
			known = append(known, x)
		} else {
			fresh = append(fresh, x)
		}
	}
	return known, db.Copy(ctx, targetRows(fresh))
}

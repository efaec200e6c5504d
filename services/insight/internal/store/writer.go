package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

// chunk bounds the rows of one statement.
const chunk = 500

// writer implements insight.Tx.
type writer struct {
	tx     bun.Tx
	engine db.Engine
}

var _ insight.Tx = (*writer)(nil)

// Lock has counting transactions follow one another: the difference between
// old and new is only right when nobody else changes the old meanwhile. On
// SQLite there is one writer anyway.
func (w *writer) Lock(ctx context.Context) error {
	if w.engine != db.Postgres {
		return nil
	}
	if _, err := w.tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext('insight:' || current_schema()))"); err != nil {
		return fmt.Errorf("wait for other counting: %w", err)
	}
	return nil
}

func (w *writer) Paths(ctx context.Context, ids []string) (map[string]string, error) {
	return pathsOf(ctx, w.tx, ids)
}

func (w *writer) TreePaths(ctx context.Context, ids []string) (map[string]string, error) {
	return treePaths(ctx, w.tx, ids)
}

// pathsOf tells under which paths units are counted. It is a query of its own
// everywhere, never a join: for a few hundred units the engines would read the
// whole tree.
func pathsOf(ctx context.Context, q bun.IDB, ids []string) (map[string]string, error) {
	paths, err := treePaths(ctx, q, ids)
	if err != nil || len(paths) == len(ids) {
		return paths, err
	}
	var missing []string
	for _, u := range ids {
		if _, ok := paths[u]; !ok {
			missing = append(missing, u)
		}
	}
	if len(missing) == 0 {
		return paths, nil
	}
	var rows []strayRow
	if err := q.NewSelect().Model(&rows).Where("s.unit_id IN (?)", bun.List(missing)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("strays: %w", err)
	}
	for _, r := range rows {
		paths[r.UnitID] = r.Path
	}
	return paths, nil
}

func treePaths(ctx context.Context, q bun.IDB, ids []string) (map[string]string, error) {
	paths := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return paths, nil
	}
	var us []struct{ ID, Path string }
	if err := q.NewSelect().TableExpr("tree_units AS u").Column("u.id", "u.path").Where("u.id IN (?)", bun.List(ids)).Scan(ctx, &us); err != nil {
		return nil, fmt.Errorf("paths: %w", err)
	}
	for _, u := range us {
		paths[u.ID] = u.Path
	}
	return paths, nil
}

func (w *writer) AddStrays(ctx context.Context, paths map[string]string) error {
	rows := make([]strayRow, 0, len(paths))
	for u, p := range paths {
		rows = append(rows, strayRow{UnitID: u, Path: p})
	}
	_, err := w.tx.NewInsert().Model(&rows).Exec(ctx)
	return wrap("add strays", err)
}

func (w *writer) DropStrays(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := w.tx.NewDelete().Model((*strayRow)(nil)).Where("unit_id IN (?)", bun.List(ids)).Exec(ctx)
	return wrap("drop strays", err)
}

func (w *writer) Under(ctx context.Context, path, after string, limit int) ([]insight.Seat, error) {
	var rows []struct{ ID, Path string }
	err := w.tx.NewRaw(`SELECT id, path FROM (SELECT id, path FROM tree_units WHERE path >= ? AND path < ?
		UNION ALL SELECT unit_id, path FROM strays WHERE path >= ? AND path < ?) AS x WHERE id > ? ORDER BY id LIMIT ?`,
		path, scope.End(path), path, scope.End(path), after, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("units under a path: %w", err)
	}
	out := make([]insight.Seat, len(rows))
	for i, r := range rows {
		out[i] = insight.Seat{UnitID: r.ID, Path: r.Path}
	}
	return out, nil
}

func (w *writer) PutCampaign(ctx context.Context, c insight.Campaign) error {
	q := w.tx.NewInsert().Model(rowOfCampaign(c)).On("CONFLICT (id) DO UPDATE")
	for _, col := range []string{"title", "template", "unit_id", "unit_path", "state", "starts_on", "ends_on", "near_days", "overdue_days", "ack_days", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(col), bun.Ident(col))
	}
	q = q.Set("office_id = CASE WHEN EXCLUDED.office_id = '' THEN c.office_id ELSE EXCLUDED.office_id END") // older events tell of none
	if _, err := q.Where("EXCLUDED.version >= c.version").Exec(ctx); err != nil {
		return fmt.Errorf("put campaign: %w", err)
	}
	return w.putTasks(ctx, c.Tasks)
}

func (w *writer) putTasks(ctx context.Context, ts []insight.Task) error {
	if len(ts) == 0 {
		return nil
	}
	rows := make([]taskRow, len(ts))
	for i, t := range ts {
		var err error
		if rows[i], err = rowOfTask(t); err != nil {
			return err
		}
	}
	q := w.tx.NewInsert().Model(&rows).On("CONFLICT (campaign_id, id) DO UPDATE")
	for _, col := range []string{"position", "title", "themed_day", "due_at", "weight", "figures", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(col), bun.Ident(col))
	}
	_, err := q.Where("EXCLUDED.version > k.version").Exec(ctx)
	return wrap("put tasks", err)
}

func rowOfCampaign(c insight.Campaign) *campaignRow {
	return &campaignRow{
		ID: c.ID, Title: c.Title, Template: c.Template, UnitID: c.UnitID, UnitPath: c.UnitPath, OfficeID: c.OfficeID, State: c.State, StartsOn: c.StartsOn,
		EndsOn: c.EndsOn, NearDays: c.NearDays, OverdueDays: c.OverdueDays, AckDays: c.AckDays, Version: c.Version,
	}
}

func (w *writer) AddAssignments(ctx context.Context, as []insight.Assignment) (map[string]bool, error) {
	added := make(map[string]bool, len(as))
	if fresh, err := w.fresh(ctx, as); err != nil || fresh {
		if err != nil {
			return nil, err
		}
		rows := make([]assignmentRow, len(as))
		for i, a := range as {
			rows[i].Assignment, added[a.ID] = a, true
		}
		return added, wrap("add assignments", db.Copy(ctx, rows))
	}
	for len(as) > 0 {
		n := min(len(as), chunk)
		rows := make([]assignmentRow, n)
		for i, a := range as[:n] {
			rows[i].Assignment = a
		}
		var ids []string
		if err := w.tx.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Returning("id").Scan(ctx, &ids); err != nil && !db.NoRows(err) {
			return nil, fmt.Errorf("add assignments: %w", err)
		}
		for _, x := range ids {
			added[x] = true
		}
		as = as[n:]
	}
	return added, nil
}

// fresh tells whether the assignments, one task's in ascending order of their
// units, can be copied because none of their units has the task yet.
func (w *writer) fresh(ctx context.Context, as []insight.Assignment) (bool, error) {
	if !db.WorthCopying(ctx, len(as)) {
		return false, nil
	}
	had, err := w.tx.NewSelect().Model((*assignmentRow)(nil)).Where("a.campaign_id = ?", as[0].CampaignID).Where("a.task_id = ?", as[0].TaskID).
		Where("a.unit_id >= ?", as[0].UnitID).Where("a.unit_id <= ?", as[len(as)-1].UnitID).Exists(ctx)
	return !had, wrap("look for assignments", err)
}

type presenceRow struct {
	bun.BaseModel `bun:"table:presences,alias:p"`

	UnitID     string
	CampaignID string
}

func (w *writer) Mark(ctx context.Context, campaignID string, unitIDs []string) error {
	if len(unitIDs) == 0 {
		return nil
	}
	if db.WorthCopying(ctx, len(unitIDs)) {
		return w.copyPresences(ctx, campaignID, unitIDs)
	}
	rows := make([]presenceRow, len(unitIDs))
	for i, u := range slices.Sorted(slices.Values(unitIDs)) {
		rows[i] = presenceRow{UnitID: u, CampaignID: campaignID}
	}
	_, err := w.tx.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx)
	return wrap("mark units", err)
}

func (w *writer) copyPresences(ctx context.Context, campaignID string, unitIDs []string) error {
	var had []string
	if err := w.tx.NewSelect().Model((*presenceRow)(nil)).Column("p.unit_id").
		Where("p.unit_id IN (?)", bun.List(unitIDs)).Where("p.campaign_id = ?", campaignID).Scan(ctx, &had); err != nil {
		return fmt.Errorf("marked units: %w", err)
	}
	known := make(map[string]bool, len(had))
	for _, u := range had {
		known[u] = true
	}
	var missing []presenceRow
	for _, u := range slices.Sorted(slices.Values(unitIDs)) {
		if !known[u] {
			known[u] = true
			missing = append(missing, presenceRow{UnitID: u, CampaignID: campaignID})
		}
	}
	return wrap("mark units", db.Copy(ctx, missing))
}

// ownAssignments reads the assignments of units in some tasks, given as pairs
// of campaign and task. Each triple is sought by the key of the table: left to
// choose, and before it has statistics of a task just issued, PostgreSQL reads
// the whole task instead.
func ownAssignments(ctx context.Context, q bun.IDB, keys [][]string, units []string) ([]assignmentRow, error) {
	if len(keys) == 0 || len(units) == 0 {
		return nil, nil
	}
	tasks, us := make([]bun.TupleValues, len(keys)), make([]bun.TupleValues, len(units))
	for i, k := range keys {
		tasks[i] = bun.Tuple(k)
	}
	for i, u := range units {
		us[i] = bun.Tuple([]string{u})
	}
	var rows []assignmentRow
	err := q.NewRaw(`WITH k(campaign_id, task_id) AS (VALUES ?), n(unit_id) AS (VALUES ?),
		x AS MATERIALIZED (SELECT k.campaign_id, k.task_id, n.unit_id FROM k CROSS JOIN n)
		SELECT a.* FROM x CROSS JOIN assignments AS a
		WHERE a.campaign_id = x.campaign_id AND a.task_id = x.task_id AND a.unit_id = x.unit_id`,
		bun.List(tasks), bun.List(us)).Scan(ctx, &rows)
	return rows, wrap("own assignments", err)
}

func (w *writer) Assignment(ctx context.Context, campaignID, taskID, unitID, id string) (*insight.Assignment, error) {
	var rows []assignmentRow
	err := w.tx.NewSelect().Model(&rows).Where("a.campaign_id = ?", campaignID).Where("a.task_id = ?", taskID).
		Where("a.unit_id = ?", unitID).Where("a.id = ?", id).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("assignment: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0].Assignment, nil
}

func (w *writer) PutAssignment(ctx context.Context, a insight.Assignment) error {
	q := w.tx.NewInsert().Model(&assignmentRow{Assignment: a}).On("CONFLICT (campaign_id, task_id, unit_id, id) DO UPDATE")
	for _, c := range []string{"state", "due_us", "original_us", "ack_us", "acknowledged", "submitted_us", "issued_us", "acked_us", "approved_us", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	_, err := q.Exec(ctx)
	return wrap("put assignment", err)
}

func (w *writer) Submissions(ctx context.Context, campaignID, unitID string) ([]insight.Submission, error) {
	var rows []submissionRow
	err := w.tx.NewSelect().Model(&rows).Where("s.campaign_id = ?", campaignID).Where("s.unit_id = ?", unitID).OrderExpr("s.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("submissions: %w", err)
	}
	out := make([]insight.Submission, len(rows))
	for i, r := range rows {
		if out[i], err = r.domain(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (w *writer) PutSubmission(ctx context.Context, s insight.Submission) error {
	row, err := rowOfSubmission(s)
	if err != nil {
		return err
	}
	q := w.tx.NewInsert().Model(&row).On("CONFLICT (campaign_id, unit_id, id) DO UPDATE")
	for _, c := range []string{"task_id", "assignment_id", "number", "state", "sealed_us", "values_json", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	_, err = q.Exec(ctx)
	return wrap("put submission", err)
}

func (w *writer) Entry(ctx context.Context, kind, id string) (*insight.Entry, error) {
	var rows []entryRow
	if err := w.tx.NewSelect().Model(&rows).Where("e.kind = ?", kind).Where("e.id = ?", id).Scan(ctx); err != nil {
		return nil, fmt.Errorf("entry: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0].Entry, nil
}

func (w *writer) PutEntry(ctx context.Context, e insight.Entry) error {
	q := w.tx.NewInsert().Model(&entryRow{Entry: e}).On("CONFLICT (kind, id) DO UPDATE")
	for _, c := range []string{"unit_id", "campaign_id", "office_id", "category", "severity", "state", "due_us", "relapses", "suspended", "late", "late_original", "failed", "clause", "item", "item_title", "sector", "found_us", "closed_us", "on_time", "on_time_original", "duplicate", "transferred", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	_, err := q.Exec(ctx)
	return wrap("put entry", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

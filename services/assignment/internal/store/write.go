package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/job"
	"github.com/uptrace/bun"
)

// fixed are the columns of an assignment that no action changes. original_due_at
// is one of them; the issuer is changed by SetIssuer only.
var fixed = []string{
	"id", "campaign_id", "task_id", "parent_id", "unit_id", "unit_path", "issuer_id", "issuer_path", "office_id", "issuer_office_id",
	"issued_at", "ack_due_at", "original_due_at",
}

func (w *writer) UpdateAssignment(ctx context.Context, was, a assignment.Assignment, campaign []assignment.CampaignState) error {
	row := assignmentRow{Assignment: a}
	changed := slices.DeleteFunc(db.Changed(w.tx, &assignmentRow{Assignment: was}, &row), func(c string) bool { return slices.Contains(fixed, c) })
	q := w.tx.NewUpdate().Model(&row).Column(changed...).Where("a.id = ?", a.ID).Where("a.version = ?", was.Version)
	if campaign != nil {
		q = q.Where("EXISTS (SELECT 1 FROM campaigns AS oc WHERE oc.id = a.campaign_id AND oc.state IN (?))", bun.List(campaign))
	}
	err := one(q.Exec(ctx))
	if campaign == nil || !fault.IsCode(err, "changed_meanwhile") {
		return err
	}
	var state assignment.CampaignState
	if serr := w.tx.NewSelect().TableExpr("campaigns").Column("state").Where("id = ?", a.CampaignID).Scan(ctx, &state); serr == nil && !slices.Contains(campaign, state) {
		return errClosed
	}
	return err
}

func (w *writer) Touch(ctx context.Context, id string, had int64) error {
	return one(w.tx.NewUpdate().Model((*assignmentRow)(nil)).Set("version = version + 1").
		Where("a.id = ?", id).Where("a.version = ?", had).Exec(ctx))
}

// InsertIssued implements assignment.Tx. The values that all rows share stand
// in the statement once; only what differs is listed.
func (w *writer) InsertIssued(ctx context.Context, as []assignment.Assignment) error {
	if len(as) == 0 {
		return nil
	}
	if db.WorthCopying(ctx, len(as)) {
		rows := make([]assignmentRow, len(as))
		for i, a := range as {
			rows[i].Assignment = a
		}
		return assigned(db.Copy(ctx, rows))
	}
	a := as[0]
	var b strings.Builder
	b.WriteString(`INSERT INTO assignments (id, unit_id, unit_path, responsible_id, campaign_id, task_id, parent_id, issuer_id, issuer_path, office_id, issuer_office_id, state,
 review_level, reviewer_id, reviewer_path, review_started_by, submission_id, submission_number, submitted_by,
 issued_at, ack_due_at, due_at, original_due_at, open_children, percent, returns, reassigned_to, version)
 SELECT column1, column2, column3, column4, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', '', '', 0, '', ?, ?, ?, ?, 0, 0, 0, '', ? FROM (VALUES `)
	args := make([]any, 0, 13+4*len(as))
	args = append(args, a.CampaignID, a.TaskID, a.ParentID, a.IssuerID, a.IssuerPath, a.OfficeID, a.IssuerOfficeID, string(a.State),
		a.IssuedAt, a.AckDueAt, a.DueAt, a.OriginalDueAt, a.Version)
	for i, x := range as {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("(?,?,?,?)")
		args = append(args, x.ID, x.UnitID, x.UnitPath, x.ResponsibleID)
	}
	b.WriteString(") AS v")
	_, err := w.tx.NewRaw(b.String(), args...).Exec(ctx)
	return assigned(err)
}

func (w *writer) Assigned(ctx context.Context, taskID string, unitIDs []string) ([]string, error) {
	var ids []string
	err := w.tx.NewSelect().Model((*assignmentRow)(nil)).Column("a.unit_id").Where("a.task_id = ?", taskID).
		Where("a.unit_id IN (?)", bun.List(unitIDs)).Where("a.state <> 'cancelled'").OrderExpr("a.unit_id").Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("units that have a task: %w", err)
	}
	return ids, nil
}

// assigned says what it means that assignments could not be inserted.
func assigned(err error) error {
	if db.IsUnique(err) {
		return fault.New(fault.Conflict, "already_assigned", "A unit that was chosen has this task already.").WithCause(err)
	}
	if err != nil {
		return fmt.Errorf("insert assignments: %w", err)
	}
	return nil
}

func (w *writer) ChildDone(ctx context.Context, parentID string) (assignment.View, error) {
	_, err := w.tx.NewUpdate().Model((*assignmentRow)(nil)).Set("open_children = open_children - 1").Set("version = version + 1").
		Where("a.id = ?", parentID).Exec(ctx)
	if err != nil {
		return assignment.View{}, err
	}
	return w.View(ctx, parentID)
}

func (w *writer) OpenChildren(ctx context.Context, parentID string) ([]assignment.View, error) {
	return w.scan(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("a.parent_id = ?", parentID).Where("a.parent_id <> ''").Where("a.state NOT IN ('approved', 'cancelled')").OrderExpr("a.id")
	})
}

func (w *writer) LiveAssignments(ctx context.Context, campaignID, after string, limit int) ([]assignment.View, error) {
	return w.scan(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("a.campaign_id = ?", campaignID).Where("a.state NOT IN ('approved', 'cancelled')").
			Where("a.id > ?", after).OrderExpr("a.id").Limit(int64(limit))
	})
}

func (w *writer) Away(ctx context.Context, path, after string, limit int) ([]assignment.View, error) {
	return w.scan(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("a.unit_path >= ? AND a.unit_path < ?", path, end(path)).Where("a.state NOT IN ('approved', 'cancelled')").
			Where("SUBSTR(a.unit_path, 1, LENGTH(a.issuer_path)) <> a.issuer_path").
			Where("a.id > ?", after).OrderExpr("a.id").Limit(int64(limit))
	})
}

func (w *writer) SetIssuer(ctx context.Context, assignmentID string, u assignment.Unit, officeID string) error {
	_, err := w.tx.NewRaw("UPDATE assignments SET issuer_id = ?, issuer_path = ?, issuer_office_id = ? WHERE id = ?", u.ID, u.Path, officeID, assignmentID).Exec(ctx)
	if err == nil {
		_, err = w.tx.NewRaw("UPDATE extension_requests SET issuer_path = ?, issuer_office_id = ? WHERE assignment_id = ?", u.Path, officeID, assignmentID).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("set issuer: %w", err)
	}
	return nil
}

func (w *writer) scan(ctx context.Context, bound func(*bun.SelectQuery) *bun.SelectQuery) ([]assignment.View, error) {
	var rows []viewRow
	if err := bound(joined(w.tx.NewSelect().Model(&rows))).Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]assignment.View, len(rows))
	for i := range rows {
		out[i] = rows[i].View
	}
	return out, nil
}

func (w *writer) ViewsAfter(ctx context.Context, after string, limit int) ([]assignment.View, error) {
	return w.scan(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("a.id > ?", after).OrderExpr("a.id").Limit(int64(limit))
	})
}

func (w *writer) AddHistory(ctx context.Context, hs ...assignment.History) error {
	if len(hs) == 0 {
		return nil
	}
	rows := make([]historyRow, len(hs))
	for i, h := range hs {
		rows[i].History = h
	}
	if _, err := w.tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

func (w *writer) InsertExtension(ctx context.Context, e assignment.Extension) error {
	_, err := w.tx.NewInsert().Model(&extensionRow{Extension: e}).Exec(ctx)
	if db.IsUnique(err) {
		return fault.New(fault.Conflict, "extension_waiting", "An extension request for this assignment waits for an answer already.").WithCause(err)
	}
	return err
}

func (w *writer) Waiting(ctx context.Context, assignmentID string) ([]assignment.Extension, error) {
	var rows []extensionRow
	if err := w.tx.NewSelect().Model(&rows).Where("x.assignment_id = ?", assignmentID).Where("x.state = 'requested'").OrderExpr("x.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("waiting requests: %w", err)
	}
	out := make([]assignment.Extension, len(rows))
	for i := range rows {
		out[i] = rows[i].Extension
	}
	return out, nil
}

func (w *writer) UpdateExtension(ctx context.Context, e assignment.Extension, had int64) error {
	return one(w.tx.NewUpdate().Model(&extensionRow{Extension: e}).
		Column("state", "due_at", "answer", "decided_by", "decided_by_name", "decided_at", "version").
		Where("x.id = ?", e.ID).Where("x.version = ?", had).Exec(ctx))
}

func (r reader) Jobs(ctx context.Context, campaignID string) ([]assignment.Job, error) {
	return r.jobs(ctx, r.q.NewSelect().Where("j.campaign_id = ?", campaignID).OrderExpr("j.id DESC").Limit(20))
}

// Jobs is the queue of background work of campaigns. Whatever changes a campaign
// wakes who works it as well: what waits for an answer may end with it.
var Jobs = job.Queue{Table: "campaign_jobs", Key: []string{"id"}, Open: "state = 'running'", Until: "lease_until"}

func (s *Store) WorkJobs(ctx context.Context, clk clock.Clock, do func(context.Context, assignment.Job) error) error {
	_, err := Jobs.Work(ctx, s.db, clk, job.Work{Do: func(ctx context.Context, c job.Claim) error {
		js, err := s.jobs(ctx, s.q.NewSelect().Where("j.id = ?", c.Key[0]))
		if err != nil || len(js) == 0 {
			return err
		}
		return do(ctx, js[0])
	}})
	return err
}

func (r reader) jobs(ctx context.Context, q *bun.SelectQuery) ([]assignment.Job, error) {
	var rows []jobRow
	if err := q.Model(&rows).Scan(ctx); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	out := make([]assignment.Job, len(rows))
	for i := range rows {
		out[i] = rows[i].Job
	}
	return out, nil
}

func (r reader) Progress(ctx context.Context, campaignID string) ([]assignment.TaskProgress, error) {
	var rows []progressRow
	err := r.q.NewSelect().Model(&rows).Join("JOIN tasks AS t ON t.id = p.task_id").Where("p.campaign_id = ?", campaignID).
		OrderExpr("t.position, t.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("progress: %w", err)
	}
	out := make([]assignment.TaskProgress, len(rows))
	for i := range rows {
		out[i] = rows[i].TaskProgress
	}
	return out, nil
}

func (w *writer) InsertJob(ctx context.Context, j assignment.Job) error {
	Jobs.Added(ctx)
	_, err := w.tx.NewInsert().Model(&jobRow{Job: j, LeaseUntil: j.StartedAt}).Exec(ctx)
	return err
}

func (w *writer) InsertProgress(ctx context.Context, ps []assignment.TaskProgress) error {
	rows := make([]progressRow, len(ps))
	for i, p := range ps {
		rows[i].TaskProgress = p
	}
	_, err := w.tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (w *writer) Advance(ctx context.Context, jobID, from, to string, done int64) error {
	return one(w.tx.NewUpdate().Model((*jobRow)(nil)).Set("position = ?", to).Set("done = done + ?", done).
		Where("j.id = ?", jobID).Where("j.position = ?", from).Exec(ctx))
}

func (w *writer) FinishJob(ctx context.Context, jobID string, at time.Time) error {
	return one(w.tx.NewUpdate().Model((*jobRow)(nil)).Set("state = 'done'").Set("finished_at = ?", at).
		Where("j.id = ?", jobID).Where("j.state = 'running'").Exec(ctx))
}

func (w *writer) AdvanceTask(ctx context.Context, from string, p assignment.TaskProgress, done int64) error {
	if err := one(w.tx.NewUpdate().Model((*progressRow)(nil)).Set("position = ?", p.Position).Set("done = done + ?", done).Set("finished = ?", p.Finished).
		Where("p.task_id = ?", p.TaskID).Where("p.position = ?", from).Where("NOT p.finished").Exec(ctx)); err != nil {
		return err
	}
	_, err := w.tx.NewRaw(`UPDATE campaign_jobs SET done = done + ? WHERE kind = 'issue' AND campaign_id = (SELECT campaign_id FROM issue_progress WHERE task_id = ?)`,
		done, p.TaskID).Exec(ctx)
	return err
}

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
	"github.com/uptrace/bun"
)

func missingUnit(err error) bool { return fault.Is(err, fault.NotFound) }

func (r reader) Case(ctx context.Context, id string) (rectification.Case, error) {
	var c rectification.Case
	var row rectificationRow
	if err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return c, missing(err, "rectification")
	}
	c.Rectification = row.Rectification
	var (
		fs  []findingRow
		ms  []measureRow
		ss  []stageRow
		rs  []reportRow
		vs  []verificationRow
		es  []extensionRow
		ls  []linkRow
		mvs []moveRow
		ps  []progressRow
		as  []applicationRow
		res []resultRow
	)
	err := r.q.NewSelect().Model(&fs).Where("f.id IN (SELECT finding_id FROM rectification_findings WHERE rectification_id = ?)", id).OrderExpr("f.id").Scan(ctx)
	for _, x := range []struct {
		rows  any
		order string
	}{{&ms, "dropped, position, id"}, {&ss, "dropped, position, id"}, {&rs, "number"}, {&vs, "id"}, {&es, "id"}, {&ls, "finding_id"}, {&mvs, "id"}, {&ps, "id"}, {&as, "id"}} {
		if err == nil {
			err = r.q.NewSelect().Model(x.rows).Where("rectification_id = ?", id).OrderExpr(x.order).Scan(ctx)
		}
	}
	if err == nil && len(vs) > 0 {
		err = r.q.NewSelect().Model(&res).Where("verification_id IN (SELECT id FROM verifications WHERE rectification_id = ?)", id).
			OrderExpr("verification_id, finding_id").Scan(ctx)
	}
	if err != nil {
		return c, fmt.Errorf("read rectification: %w", err)
	}
	if c.Findings, err = findings(fs); err != nil {
		return c, err
	}
	for _, m := range ms {
		c.Measures = append(c.Measures, m.Measure)
	}
	for _, x := range ss {
		c.Stages = append(c.Stages, x.Stage)
	}
	for _, x := range rs {
		c.Reports = append(c.Reports, x.Report)
	}
	for _, x := range ps {
		c.Progress = append(c.Progress, x.Progress)
	}
	for _, x := range as {
		c.Applications = append(c.Applications, x.Application)
	}
	for _, x := range ls {
		c.Dues = append(c.Dues, x.FindingDue)
	}
	for _, x := range mvs {
		c.Moves = append(c.Moves, x.Move)
	}
	for _, x := range es {
		c.Extensions = append(c.Extensions, x.Extension)
	}
	for _, v := range vs {
		y := rectification.Verification{
			ID: v.ID, ReportID: v.ReportID, PersonID: v.PersonID, Person: v.Person, UnitID: v.UnitID, At: v.At, Method: v.Method,
			Decision: v.Decision, Outcome: v.Outcome, StillWrong: v.StillWrong, NewDueAt: v.NewDueAt,
		}
		for _, z := range res {
			if z.VerificationID == v.ID {
				y.Results = append(y.Results, z.Result)
			}
		}
		c.Verifications = append(c.Verifications, y)
	}
	return c, nil
}

func (r reader) MajorFinders(ctx context.Context, ids []string) (map[string][]string, error) {
	out := map[string][]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct{ RectificationID, FoundBy string }
	err := r.q.NewSelect().TableExpr("rectification_findings AS l").Join("JOIN findings AS f ON f.id = l.finding_id").
		ColumnExpr("l.rectification_id, f.found_by").Where("l.rectification_id IN (?)", bun.List(ids)).
		Where("f.severity = ?", checklist.Major).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("finders: %w", err)
	}
	for _, x := range rows {
		out[x.RectificationID] = append(out[x.RectificationID], x.FoundBy)
	}
	return out, nil
}

func (r reader) Report(ctx context.Context, submissionID string) (string, error) {
	var row reportRow
	err := r.q.NewSelect().Model(&row).Where("id = ?", submissionID).Scan(ctx)
	return row.RectificationID, missing(err, "report")
}

func (s *Store) selectRectifications(ctx context.Context, sel *bun.SelectQuery, q rectification.RectificationQuery) error {
	scope.Where(sel, q.Reach, scope.Columns{UnitID: "r.unit_id", UnitPath: "r.unit_path", Offices: []string{"r.office_id"}})
	if err := s.under(ctx, sel, "r.unit_path", q.UnderID); err != nil {
		return err
	}
	equal(sel, map[string]string{"r.unit_id": q.UnitID, "r.issuer_id": q.IssuerID, "r.campaign_id": q.Campaign, "r.severity": q.Severity})
	if len(q.States) > 0 {
		sel.Where("r.state IN (?)", bun.List(q.States))
	}
	unitsTurn := []rectification.State{rectification.Ordered, rectification.Acknowledged, rectification.Rectifying, rectification.Rejected}
	if q.Overdue != nil {
		if *q.Overdue {
			sel.Where("r.due_at < ? AND r.state IN (?)", q.Now, bun.List(unitsTurn))
		} else {
			sel.Where("NOT (r.due_at < ? AND r.state IN (?))", q.Now, bun.List(unitsTurn))
		}
	}
	if q.Near {
		sel.Where("r.near_at <= ? AND r.due_at >= ? AND r.state IN (?)", q.Now, q.Now, bun.List(unitsTurn))
	}
	countedRectifications(sel, q.Counted)
	if q.ExtensionAsked {
		sel.Where("r.extension_asked")
	}
	if q.Contested {
		sel.Where("r.contested")
	}
	if q.Relapsed {
		sel.Where("r.relapses > 0")
	}
	return nil
}

func (s *Store) Rectifications(ctx context.Context, q rectification.RectificationQuery) ([]rectification.Rectification, error) {
	var rows []rectificationRow
	sel := s.q.NewSelect().Model(&rows).OrderExpr("r.due_at, r.id").Limit(int64(q.Limit))
	if err := s.selectRectifications(ctx, sel, q); err != nil {
		return nil, err
	}
	if q.AfterID != "" {
		sel.Where("(r.due_at, r.id) > (?, ?)", q.AfterAt, q.AfterID)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list rectifications: %w", err)
	}
	out := make([]rectification.Rectification, len(rows))
	for i, r := range rows {
		out[i] = r.Rectification
	}
	return out, nil
}

func (s *Store) Count(ctx context.Context, q rectification.RectificationQuery) (int64, error) {
	sel := s.q.NewSelect().Model((*rectificationRow)(nil))
	if err := s.selectRectifications(ctx, sel, q); err != nil {
		return 0, err
	}
	n, err := sel.Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count rectifications: %w", err)
	}
	return n, nil
}

func (s *Store) History(ctx context.Context, thing, id string, after int64, limit int) ([]deed.Entry, error) {
	var rows []historyRow
	err := s.q.NewSelect().Model(&rows).Where("thing = ?", thing).Where("thing_id = ?", id).Where("version > ?", after).
		OrderExpr("version, id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	out := make([]deed.Entry, len(rows))
	for i, r := range rows {
		out[i] = r.Entry
	}
	return out, nil
}

func (s *Store) Latest(ctx context.Context, thing, id string, actions []string) (deed.Entry, bool, error) {
	var row historyRow
	err := s.q.NewSelect().Model(&row).Where("thing = ?", thing).Where("thing_id = ?", id).Where("action IN (?)", bun.List(actions)).
		OrderExpr("version DESC, id DESC").Limit(1).Scan(ctx)
	if db.NoRows(err) {
		return deed.Entry{}, false, nil
	}
	return row.Entry, err == nil, err
}

// NextNumber implements rectification.Tx. The row of the office and year is
// held until the transaction ends, so numbers have no gaps.
func (x *tx) NextNumber(ctx context.Context, officeID string, year int) (int64, error) {
	var n int64
	err := x.t.NewRaw(`INSERT INTO order_numbers (office_id, year, last) VALUES (?, ?, 1)
		ON CONFLICT (office_id, year) DO UPDATE SET last = order_numbers.last + 1 RETURNING last`, officeID, year).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("next number: %w", err)
	}
	return n, nil
}

func (x *tx) InsertRectification(ctx context.Context, r rectification.Rectification, dues []rectification.FindingDue) error {
	if err := insert(ctx, x, "rectification", []rectificationRow{{Rectification: r}}); err != nil {
		return err
	}
	rows := make([]linkRow, len(dues))
	for i, d := range dues {
		rows[i] = linkRow{RectificationID: r.ID, FindingDue: d}
	}
	return insert(ctx, x, "findings of a rectification", rows)
}

// UpdateRectification implements rectification.Tx. The original deadline and
// the number are never written again.
func (x *tx) UpdateRectification(ctx context.Context, r rectification.Rectification, was int64) error {
	keep := []string{"original_due_at", "ordered_at", "issuer_id", "issuer_path", "office_id", "year", "seq", "number", "unit_id", "unit_path"}
	return x.update(ctx, versioned{"rectification", r.ID, was, &rectificationRow{Rectification: r}}, keep...)
}

// SetUnit implements rectification.Tx. Paths are written here and by moves
// only, so that a command that read an older path never writes it back.
func (x *tx) SetUnit(ctx context.Context, rectificationID, unitID string) error {
	_, err := x.t.NewRaw("UPDATE rectifications SET unit_id = ?, unit_path = (SELECT path FROM tree_units WHERE id = ?) WHERE id = ?",
		unitID, unitID, rectificationID).Exec(ctx)
	if err == nil {
		_, err = x.t.NewRaw(`UPDATE findings SET responsible_unit_id = CASE unit_id WHEN ? THEN '' ELSE ? END,
			responsible_unit_path = CASE unit_id WHEN ? THEN '' ELSE (SELECT path FROM tree_units WHERE id = ?) END WHERE rectification_id = ?`,
			unitID, unitID, unitID, unitID, rectificationID).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("set unit: %w", err)
	}
	return nil
}

// MoveDues implements rectification.Tx. The original deadlines are never
// written again.
func (x *tx) MoveDues(ctx context.Context, id string, due time.Time, findingIDs []string) error {
	q := x.t.NewUpdate().Model((*linkRow)(nil)).Set("due_at = ?", due).Where("rectification_id = ?", id)
	if len(findingIDs) > 0 {
		q.Where("finding_id IN (?)", bun.List(findingIDs))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("move deadlines: %w", err)
	}
	return nil
}

func (x *tx) AddMove(ctx context.Context, id string, m rectification.Move) error {
	return insert(ctx, x, "transfer", []moveRow{{RectificationID: id, Move: m}})
}

func (x *tx) DropMoves(ctx context.Context, id string) error { return x.drop(ctx, "transfers", id) }

func (x *tx) drop(ctx context.Context, table, id string) error {
	_, err := x.t.NewRaw("UPDATE ? SET dropped = TRUE WHERE rectification_id = ? AND NOT dropped", bun.Ident(table), id).Exec(ctx)
	return err
}

func (x *tx) SetMeasures(ctx context.Context, id string, ms []rectification.Measure) error {
	if err := x.drop(ctx, "measures", id); err != nil {
		return err
	}
	rows := make([]measureRow, len(ms))
	for i, m := range ms {
		rows[i] = measureRow{RectificationID: id, Measure: m}
	}
	return insert(ctx, x, "measures", rows)
}

func (x *tx) UpdateMeasure(ctx context.Context, m rectification.Measure) error {
	return x.put(ctx, "measure", &measureRow{Measure: m}, m.ID, "rectification_id")
}

func (x *tx) SetStages(ctx context.Context, id string, ss []rectification.Stage) error {
	if err := x.drop(ctx, "stages", id); err != nil {
		return err
	}
	rows := make([]stageRow, len(ss))
	for i, s := range ss {
		rows[i] = stageRow{RectificationID: id, Stage: s}
	}
	return insert(ctx, x, "stages", rows)
}

func (x *tx) UpdateStage(ctx context.Context, s rectification.Stage) error {
	return x.put(ctx, "stage", &stageRow{Stage: s}, s.ID, "rectification_id")
}

func (x *tx) AddProgress(ctx context.Context, id string, p rectification.Progress) error {
	return insert(ctx, x, "progress", []progressRow{{RectificationID: id, Progress: p}})
}

func (x *tx) AddApplication(ctx context.Context, id string, a rectification.Application) error {
	return insert(ctx, x, "application", []applicationRow{{RectificationID: id, Application: a}})
}

func (x *tx) UpdateApplication(ctx context.Context, a rectification.Application) error {
	return x.put(ctx, "application", &applicationRow{Application: a}, a.ID, "rectification_id")
}

func (x *tx) AddReport(ctx context.Context, id string, r rectification.Report) error {
	return insert(ctx, x, "report", []reportRow{{RectificationID: id, Report: r}})
}

func (x *tx) AddVerification(ctx context.Context, id string, v rectification.Verification) error {
	row := verificationRow{
		ID: v.ID, RectificationID: id, ReportID: v.ReportID, PersonID: v.PersonID, Person: v.Person, UnitID: v.UnitID,
		At: v.At, Method: v.Method, Decision: v.Decision, Outcome: v.Outcome, StillWrong: v.StillWrong, NewDueAt: v.NewDueAt,
	}
	if err := insert(ctx, x, "verification", []verificationRow{row}); err != nil {
		return err
	}
	rows := make([]resultRow, len(v.Results))
	for i, r := range v.Results {
		rows[i] = resultRow{VerificationID: v.ID, Result: r}
	}
	return insert(ctx, x, "verification results", rows)
}

func (x *tx) AddExtension(ctx context.Context, id string, e rectification.Extension) error {
	return insert(ctx, x, "extension", []extensionRow{{RectificationID: id, Extension: e}})
}

func (x *tx) UpdateExtension(ctx context.Context, e rectification.Extension) error {
	return x.put(ctx, "extension", &extensionRow{Extension: e}, e.ID, "rectification_id")
}

func (x *tx) AddHistory(ctx context.Context, es ...deed.Entry) error {
	rows := make([]historyRow, len(es))
	for i, e := range es {
		rows[i] = historyRow{Entry: e}
	}
	return insert(ctx, x, "history", rows)
}

func (x *tx) PutCampaign(ctx context.Context, c rectification.Campaign) error {
	if u, err := x.Unit(ctx, c.UnitID); err == nil {
		c.UnitPath = u.Path // the event may be older than a move
	} else if !missingUnit(err) {
		return err
	}
	q := x.t.NewInsert().Model(&campaignRow{Campaign: c}).On("CONFLICT (id) DO UPDATE")
	for _, col := range []string{"title", "unit_id", "unit_path", "state", "near_days", "overdue_days", "ack_days", "version"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(col), bun.Ident(col))
	}
	if _, err := q.Where("EXCLUDED.version >= c.version").Exec(ctx); err != nil {
		return fmt.Errorf("copy of campaign: %w", err)
	}
	return nil
}

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/rectification"
	"github.com/uptrace/bun"
)

func findings(rows []findingRow) ([]rectification.Finding, error) {
	out := make([]rectification.Finding, len(rows))
	for i, r := range rows {
		f, err := r.finding()
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", r.ID, err)
		}
		out[i] = f
	}
	return out, nil
}

func (r reader) Finding(ctx context.Context, id string) (rectification.Finding, error) {
	var row findingRow
	if err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return rectification.Finding{}, missing(err, "finding")
	}
	return row.finding()
}

func (r reader) Findings(ctx context.Context, ids []string) ([]rectification.Finding, error) {
	var rows []findingRow
	if err := r.q.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).OrderExpr("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	return findings(rows)
}

func (r reader) FindingOfAnswer(ctx context.Context, inspectionID, itemKey, deviceID string) (rectification.Finding, error) {
	var row findingRow
	err := r.q.NewSelect().Model(&row).Where("inspection_id = ?", inspectionID).Where("item_key = ?", itemKey).
		Where("device_id = ?", deviceID).Scan(ctx)
	if err != nil {
		return rectification.Finding{}, missing(err, "finding")
	}
	return row.finding()
}

// findingColumns are the units a finding is at: where it was found, and the
// one that has to rectify it where that is another.
var findingColumns = []scope.Columns{
	{UnitID: "f.unit_id", UnitPath: "f.unit_path", Offices: []string{"f.office_id"}},
	{UnitID: "f.responsible_unit_id", UnitPath: "f.responsible_unit_path", Offices: []string{"f.office_id"}},
}

// Whose a finding is, as conditions on one unit. It is of the unit where it was
// found and of the one that has to rectify it, as in findingColumns; as a number
// it counts once, where the duty lies, as event.Finding.Duty says.
const (
	ofEither = "(f.unit_id IN (?0) OR f.responsible_unit_id IN (?0))"
	ofDuty   = "(f.responsible_unit_id IN (?0) OR f.responsible_unit_id = '' AND f.unit_id IN (?0))"

	atEither = "(f.unit_path >= ?0 AND f.unit_path < ?1 OR f.responsible_unit_path >= ?0 AND f.responsible_unit_path < ?1)"
	atDuty   = "(f.responsible_unit_path >= ?0 AND f.responsible_unit_path < ?1 OR f.responsible_unit_id = '' AND f.unit_path >= ?0 AND f.unit_path < ?1)"
	dutyUnit = "CASE f.responsible_unit_id WHEN '' THEN f.unit_id ELSE f.responsible_unit_id END"
)

// whose bounds a query to the units that q names: for a number those that the
// finding counts at, else either of the two it is of.
func (s *Store) whose(ctx context.Context, sel *bun.SelectQuery, q rectification.FindingQuery) error {
	of, at := ofEither, atEither
	if q.Counted != "" {
		of, at = ofDuty, atDuty
	}
	if q.UnitID != "" {
		sel.Where(of, q.UnitID)
	}
	if q.Sector != "" {
		sel.Where(of, tree.OfSectors(s.q.NewSelect().TableExpr("tree_units AS u").ColumnExpr("u.id"), q.Sector))
	}
	if q.UnderID == "" {
		return nil
	}
	u, err := s.Unit(ctx, q.UnderID)
	if missingUnit(err) {
		sel.Where("1 = 0")
		return nil
	}
	if err == nil {
		sel.Where(at, u.Path, scope.End(u.Path))
	}
	return err
}

func (s *Store) ListFindings(ctx context.Context, q rectification.FindingQuery) ([]rectification.Finding, error) {
	var rows []findingRow
	sel := s.q.NewSelect().Model(&rows).OrderExpr("f.found_at DESC, f.id DESC").Limit(int64(q.Limit))
	scope.Where(sel, q.Reach, findingColumns...)
	if err := s.whose(ctx, sel, q); err != nil {
		return nil, err
	}
	states(sel, "f.state", q.States)
	equal(sel, map[string]string{
		"f.category": q.Category, "f.severity": q.Severity,
		"f.campaign_id": q.Campaign, "f.inspection_id": q.InspectionID, "f.device_id": q.DeviceID,
		"f.clause": q.Clause, "f.checklist_series": q.ChecklistSeries, "f.item_key": q.ItemKey,
	})
	if !q.FoundFrom.IsZero() {
		sel.Where("f.found_at >= ?", q.FoundFrom)
	}
	if !q.FoundBefore.IsZero() {
		sel.Where("f.found_at < ?", q.FoundBefore)
	}
	if q.Distinct {
		sel.Where("f.state <> 'dismissed' AND f.duplicate_of = ''")
	}
	countedFindings(sel, q.Counted)
	if q.Relapse != nil {
		sel.Where("(f.repeats_id <> '') = ?", *q.Relapse)
	}
	if q.AfterID != "" {
		sel.Where("(f.found_at, f.id) < (?, ?)", q.AfterAt, q.AfterID)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	return findings(rows)
}

func (s *Store) Earlier(ctx context.Context, f rectification.Finding, reach policy.Reach, limit int) ([]rectification.Finding, error) {
	var rows []findingRow
	sel := s.q.NewSelect().Model(&rows).Where("f.unit_id = ?", f.UnitID).
		Where("(f.found_at, f.id) < (?, ?)", f.FoundAt, f.ID).Where("f.state <> 'dismissed'").
		OrderExpr("f.found_at DESC, f.id DESC").Limit(int64(limit))
	if f.InspectionID != "" {
		// The same item on another device of the same visit is no relapse.
		sel.Where("f.inspection_id <> ?", f.InspectionID)
	}
	if err := scope.Where(sel, reach, findingColumns...).Scan(ctx); err != nil {
		return nil, fmt.Errorf("earlier findings: %w", err)
	}
	return findings(rows)
}

func (s *Store) FindingTerms(ctx context.Context, findingIDs []string) (map[string]rectification.Term, error) {
	out := make(map[string]rectification.Term, len(findingIDs))
	if len(findingIDs) == 0 {
		return out, nil
	}
	var rows []struct{ rectification.Term }
	err := s.q.NewSelect().TableExpr("findings AS f").
		Join("JOIN rectification_findings AS l ON l.finding_id = f.id AND l.rectification_id = f.rectification_id").
		Join("JOIN rectifications AS r ON r.id = f.rectification_id").
		Join("LEFT JOIN verifications AS v ON v.decision = ? AND v.id = (SELECT MAX(y.id) FROM verifications AS y WHERE y.rectification_id = r.id)", rectification.DecideReject).
		Join("LEFT JOIN verification_results AS x ON x.verification_id = v.id AND x.finding_id = f.id AND x.result = ?", rectification.ResultFixed).
		Join("LEFT JOIN reports AS p ON p.id = v.report_id AND x.finding_id IS NOT NULL").
		ColumnExpr("f.id AS finding_id, l.due_at, l.original_due_at, r.state, r.reported_at, p.at AS fixed_at, r.unit_id AS order_unit_id, r.unit_path AS order_unit_path, r.office_id AS order_office_id").
		Where("f.id IN (?)", bun.List(findingIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("terms of findings: %w", err)
	}
	for _, r := range rows {
		out[r.FindingID] = r.Term
	}
	return out, nil
}

func (s *Store) ToLookBack(ctx context.Context, unitID string, reach policy.Reach, since time.Time, limit int) ([]rectification.Finding, error) {
	var rows []findingRow
	err := scope.Where(s.q.NewSelect().Model(&rows), reach, findingColumns...).Where(ofDuty, unitID).Where("f.duplicate_of = ''").
		Where("(f.state IN ('open', 'rectifying') OR f.state = 'closed' AND f.closed_at >= ?)", since).
		OrderExpr("CASE f.state WHEN 'closed' THEN 1 ELSE 0 END, f.found_at, f.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("findings to look back at: %w", err)
	}
	return findings(rows)
}

func (x *tx) InsertFindings(ctx context.Context, fs []rectification.Finding) error {
	rows := make([]findingRow, len(fs))
	for i, f := range fs {
		rows[i] = findingRow{FindingHead: f.FindingHead, FileIDs: toJSON(f.FileIDs)}
	}
	return insert(ctx, x, "findings", rows)
}

func (s *Store) FindingNumbers(ctx context.Context) (map[string]int64, error) {
	m := map[string]int64{}
	return m, s.db.Tally(ctx, m, `SELECT campaign_id, SUM(1 + CASE WHEN on_time THEN 1 ELSE 0 END + CASE WHEN on_time_original THEN 1 ELSE 0 END
		+ CASE WHEN responsible_unit_id <> '' THEN 1 ELSE 0 END)
		FROM findings GROUP BY campaign_id`)
}

func (x *tx) FindingsOf(ctx context.Context, campaignIDs []string, after string, limit int) ([]rectification.Finding, error) {
	var rows []findingRow
	q := x.t.NewSelect().Model(&rows).Where("f.id > ?", after).OrderExpr("f.id").Limit(int64(limit))
	if campaignIDs != nil {
		q.Where("f.campaign_id IN (?)", bun.List(campaignIDs))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("findings of campaigns: %w", err)
	}
	return findings(rows)
}

func (x *tx) UpdateFinding(ctx context.Context, f rectification.FindingHead, was int64) error {
	err := x.update(ctx, versioned{"finding", f.ID, was, &findingRow{FindingHead: f}},
		"file_ids", "unit_id", "unit_path", "responsible_unit_id", "responsible_unit_path", "content_hash")
	if err != nil || f.RectificationID != "" {
		return err
	}
	_, err = x.t.NewRaw("UPDATE findings SET responsible_unit_id = '', responsible_unit_path = '' WHERE id = ? AND responsible_unit_id <> ''", f.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("release finding: %w", err)
	}
	return nil
}

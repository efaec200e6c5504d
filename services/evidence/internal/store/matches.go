package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

type matchRow struct {
	bun.BaseModel `bun:"table:matches,alias:m"`

	ID          string `bun:",pk"`
	FileID      string
	OtherID     string
	UnitID      string
	UnitPath    string
	How         string
	Score       float64
	State       evidence.MatchState
	Reason      string
	DecidedBy   string
	DecidedName string
	DecidedAt   *time.Time
	FoundAt     time.Time
	Version     int64
}

func (r matchRow) match() evidence.Match {
	return evidence.Match{
		ID: r.ID, FileID: r.FileID, OtherID: r.OtherID, UnitID: r.UnitID, UnitPath: r.UnitPath, How: r.How, Score: r.Score, State: r.State,
		Reason: r.Reason, DecidedBy: r.DecidedBy, DecidedName: r.DecidedName, DecidedAt: r.DecidedAt, FoundAt: r.FoundAt, Version: r.Version,
	}
}

func toMatchRow(m evidence.Match) *matchRow {
	return &matchRow{
		ID: m.ID, FileID: m.FileID, OtherID: m.OtherID, UnitID: m.UnitID, UnitPath: m.UnitPath, How: m.How, Score: m.Score, State: m.State,
		Reason: m.Reason, DecidedBy: m.DecidedBy, DecidedName: m.DecidedName, DecidedAt: m.DecidedAt, FoundAt: m.FoundAt, Version: m.Version,
	}
}

type sharedRow struct {
	bun.BaseModel `bun:"table:shared_files,alias:h"`

	FileID     string `bun:",pk"`
	MatchID    string
	Reason     string
	MarkedBy   string
	MarkedName string
	MarkedAt   time.Time
}

func (r reader) Match(ctx context.Context, id string) (evidence.Match, error) {
	var row matchRow
	err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if err != nil {
		return evidence.Match{}, one(err, "match")
	}
	of, err := r.OfficesOf(ctx, []string{row.FileID})
	m := row.match()
	m.Offices = of[m.FileID]
	return m, err
}

// ofMatch is where the later file of a match AS m lies, and whose it is: of the
// offices for which it was given.
var ofMatch = scope.Columns{
	UnitID: "m.unit_id", UnitPath: "m.unit_path",
	OfficeAmong: `EXISTS (SELECT 1 FROM submission_files AS x JOIN submissions AS s ON s.id = x.submission_id
	WHERE x.file_id = m.file_id AND s.state <> 'discarded' AND (s.office_id IN (?0) OR s.issuer_office_id IN (?0)))`,
}

func (r reader) OfficesOf(ctx context.Context, fileIDs []string) (map[string][]string, error) {
	out := map[string][]string{}
	if len(fileIDs) == 0 {
		return out, nil
	}
	var rows []struct {
		FileID string
		evidence.Offices
	}
	err := r.q.NewSelect().TableExpr("submission_files AS x").Join("JOIN submissions AS s ON s.id = x.submission_id").
		ColumnExpr("DISTINCT x.file_id, s.office_id, s.issuer_office_id").
		Where("x.file_id IN (?)", bun.List(fileIDs)).Where("s.state <> 'discarded'").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find whose files are: %w", db.Translate(err))
	}
	for _, row := range rows {
		out[row.FileID] = append(out[row.FileID], row.OfficeID, row.IssuerOfficeID)
	}
	return out, nil
}

// given is true of a match whose later file was given somewhere, and its
// earlier one handed in for something else, or for the other side of the same
// rectification.
const given = `EXISTS (SELECT 1 FROM submission_files AS x JOIN submissions AS s ON s.id = x.submission_id AND s.state <> 'discarded'
	JOIN submission_files AS y ON y.file_id = m.other_id JOIN submissions AS o ON o.id = y.submission_id AND o.state <> 'discarded'
	WHERE x.file_id = m.file_id AND (
		(o.state <> 'draft' AND (o.target_id <> s.target_id OR o.target <> s.target))
		OR (s.id = o.id AND s.target = 'rectification' AND x.requirement_id <> y.requirement_id)))`

func (r reader) Matches(ctx context.Context, f evidence.MatchFilter, reach policy.Reach, limit int) ([]evidence.Match, error) {
	var rows []matchRow
	q := scope.Where(r.q.NewSelect().Model(&rows), reach, ofMatch).Where(given)
	if len(f.States) > 0 {
		q = q.Where("m.state IN (?)", bun.List(f.States))
	}
	if f.FileID != "" {
		q = q.Where("m.file_id = ?", f.FileID)
	}
	if f.SubmissionID != "" {
		q = q.Where("m.file_id IN (SELECT z.file_id FROM submission_files AS z WHERE z.submission_id = ?)", f.SubmissionID)
	}
	if f.Under != "" {
		u, err := tree.Get(ctx, r.q, f.Under)
		if fault.Is(err, fault.NotFound) {
			return nil, nil // of a unit that does not exist there is nothing
		}
		if err != nil {
			return nil, err
		}
		q = q.Where("m.unit_path >= ? AND m.unit_path < ?", u.Path, scope.End(u.Path))
	}
	if f.Before != "" {
		q = q.Where("m.id < ?", f.Before)
	}
	if err := q.OrderExpr("m.id DESC").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find matches: %w", db.Translate(err))
	}
	out := make([]evidence.Match, len(rows))
	ids := make([]string, len(rows))
	for i, row := range rows {
		out[i] = row.match()
		ids[i] = row.FileID
	}
	of, err := r.OfficesOf(ctx, ids)
	for i := range out {
		out[i].Offices = of[out[i].FileID]
	}
	return out, err
}

func (r reader) Uses(ctx context.Context, fileIDs []string) (map[string][]evidence.Use, error) {
	out := map[string][]evidence.Use{}
	if len(fileIDs) == 0 {
		return out, nil
	}
	var uses []useRow
	if err := r.q.NewSelect().Model(&uses).Where("file_id IN (?)", bun.List(fileIDs)).OrderExpr("submission_id, requirement_id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("find uses: %w", db.Translate(err))
	}
	if len(uses) == 0 {
		return out, nil
	}
	ids := make([]string, len(uses))
	for i, u := range uses {
		ids[i] = u.SubmissionID
	}
	subs, err := r.submissions(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("id IN (?)", bun.List(ids)).Where("state <> 'discarded'")
	})
	if err != nil {
		return nil, err
	}
	by := make(map[string]evidence.Submission, len(subs))
	var targets, tasks []string
	for _, s := range subs {
		by[s.ID] = s
		targets, tasks = append(targets, s.TargetID), append(tasks, s.TaskID)
	}
	ts, err := r.Targets(ctx, targets)
	if err != nil {
		return nil, err
	}
	campaigns, err := r.campaigns(ctx, tasks)
	if err != nil {
		return nil, err
	}
	for _, u := range uses {
		if s, ok := by[u.SubmissionID]; ok {
			out[u.FileID] = append(out[u.FileID], evidence.Use{
				FileID: u.FileID, RequirementID: u.RequirementID, Submission: s, Title: ts[s.TargetID].Title, Campaign: campaigns[s.TaskID],
			})
		}
	}
	return out, nil
}

// campaigns are the titles of the campaigns of tasks.
func (r reader) campaigns(ctx context.Context, taskIDs []string) (map[string]string, error) {
	out := map[string]string{}
	if len(taskIDs) == 0 {
		return out, nil
	}
	var rows []taskRow
	if err := r.q.NewSelect().Model(&rows).Column("id", "campaign").Where("id IN (?)", bun.List(taskIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find tasks: %w", db.Translate(err))
	}
	for _, row := range rows {
		out[row.ID] = row.Campaign
	}
	return out, nil
}

func (r reader) SharedFiles(ctx context.Context, fileIDs []string) (map[string]evidence.SharedFile, error) {
	out := map[string]evidence.SharedFile{}
	if len(fileIDs) == 0 {
		return out, nil
	}
	var rows []sharedRow
	if err := r.q.NewSelect().Model(&rows).Where("file_id IN (?)", bun.List(fileIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find shared material: %w", db.Translate(err))
	}
	for _, x := range rows {
		out[x.FileID] = evidence.SharedFile{
			FileID: x.FileID, MatchID: x.MatchID, Reason: x.Reason, MarkedBy: x.MarkedBy, MarkedName: x.MarkedName, MarkedAt: x.MarkedAt,
		}
	}
	return out, nil
}

func (t *txn) AddMatch(ctx context.Context, m evidence.Match) (bool, error) {
	return changed(t.tx.NewInsert().Model(toMatchRow(m)).On("CONFLICT (file_id, other_id) DO NOTHING").Exec(ctx))
}

func (t *txn) SetMatch(ctx context.Context, m evidence.Match) (bool, error) {
	return changed(t.tx.NewUpdate().Model(toMatchRow(m)).
		Column("state", "reason", "decided_by", "decided_name", "decided_at", "version").
		Where("id = ?", m.ID).Where("version = ?", m.Version-1).Exec(ctx))
}

func (t *txn) Share(ctx context.Context, f evidence.SharedFile) error {
	row := sharedRow{FileID: f.FileID, MatchID: f.MatchID, Reason: f.Reason, MarkedBy: f.MarkedBy, MarkedName: f.MarkedName, MarkedAt: f.MarkedAt}
	_, err := t.tx.NewInsert().Model(&row).On("CONFLICT (file_id) DO NOTHING").Exec(ctx)
	return err
}

func (t *txn) Unshare(ctx context.Context, matchID string) error {
	_, err := t.tx.NewDelete().Model((*sharedRow)(nil)).Where("match_id = ?", matchID).Exec(ctx)
	return err
}

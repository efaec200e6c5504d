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

type submissionRow struct {
	bun.BaseModel `bun:"table:submissions,alias:s"`

	ID         string `bun:",pk"`
	Target     evidence.Kind
	TargetID   string
	CampaignID string
	TaskID     string
	UnitID     string
	UnitPath   string
	evidence.Offices
	Number         int64
	State          evidence.State
	Note           string
	ChildrenReason string
	FixedOnSpot    bool
	PreviousID     string
	ManifestHash   string
	Reason         string
	CreatedBy      string
	CreatedName    string
	CreatedAt      time.Time
	SealedBy       string
	SealedName     string
	SealedAt       *time.Time
	DecidedAt      *time.Time
	UpdatedAt      time.Time
	Version        int64
}

func (r submissionRow) submission() evidence.Submission {
	return evidence.Submission{
		ID: r.ID, Target: r.Target, TargetID: r.TargetID, CampaignID: r.CampaignID, TaskID: r.TaskID, UnitID: r.UnitID, UnitPath: r.UnitPath,
		Offices: r.Offices, Number: r.Number, State: r.State, Note: r.Note, ChildrenReason: r.ChildrenReason, FixedOnSpot: r.FixedOnSpot, PreviousID: r.PreviousID,
		ManifestHash: r.ManifestHash, Reason: r.Reason, CreatedBy: r.CreatedBy, CreatedName: r.CreatedName, CreatedAt: r.CreatedAt,
		SealedBy: r.SealedBy, SealedName: r.SealedName, SealedAt: r.SealedAt, DecidedAt: r.DecidedAt, UpdatedAt: r.UpdatedAt, Version: r.Version,
	}
}

// ofSubmission is where a submission AS s lies, and whose it is.
var ofSubmission = scope.Columns{UnitID: "s.unit_id", UnitPath: "s.unit_path", Offices: []string{"s.office_id", "s.issuer_office_id"}}

func toSubmissionRow(s evidence.Submission) *submissionRow {
	return &submissionRow{
		ID: s.ID, Target: s.Target, TargetID: s.TargetID, CampaignID: s.CampaignID, TaskID: s.TaskID, UnitID: s.UnitID, UnitPath: s.UnitPath,
		Offices: s.Offices, Number: s.Number, State: s.State, Note: s.Note, ChildrenReason: s.ChildrenReason, FixedOnSpot: s.FixedOnSpot, PreviousID: s.PreviousID,
		ManifestHash: s.ManifestHash, Reason: s.Reason, CreatedBy: s.CreatedBy, CreatedName: s.CreatedName, CreatedAt: s.CreatedAt,
		SealedBy: s.SealedBy, SealedName: s.SealedName, SealedAt: s.SealedAt, DecidedAt: s.DecidedAt, UpdatedAt: s.UpdatedAt, Version: s.Version,
	}
}

func (r reader) Submission(ctx context.Context, id string) (evidence.Submission, error) {
	var row submissionRow
	q := r.q.NewSelect().Model(&row).Where("id = ?", id)
	if r.lock {
		q = q.For("UPDATE")
	}
	err := q.Scan(ctx)
	return row.submission(), one(err, "submission")
}

func (r reader) submissions(ctx context.Context, bound func(*bun.SelectQuery) *bun.SelectQuery) ([]evidence.Submission, error) {
	var rows []submissionRow
	if err := bound(r.q.NewSelect().Model(&rows)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find submissions: %w", db.Translate(err))
	}
	out := make([]evidence.Submission, len(rows))
	for i, row := range rows {
		out[i] = row.submission()
	}
	return out, nil
}

func (r reader) Versions(ctx context.Context, kind evidence.Kind, id string) ([]evidence.Submission, error) {
	return r.submissions(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("target = ?", kind).Where("target_id = ?", id).OrderExpr("number DESC")
		if r.lock {
			q = q.For("UPDATE")
		}
		return q
	})
}

func (r reader) Submissions(ctx context.Context, f evidence.Filter, reach policy.Reach, limit int) ([]evidence.Submission, error) {
	under := ""
	if f.Under != "" {
		u, err := tree.Get(ctx, r.q, f.Under)
		if fault.Is(err, fault.NotFound) {
			return nil, nil // of a unit that does not exist there is nothing
		}
		if err != nil {
			return nil, err
		}
		under = u.Path
	}
	return r.submissions(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		q = scope.Where(q, reach, ofSubmission)
		for _, c := range []struct{ column, value string }{
			{"target", string(f.Target)}, {"target_id", f.TargetID}, {"unit_id", f.UnitID}, {"campaign_id", f.CampaignID},
		} {
			if c.value != "" {
				q = q.Where("? = ?", bun.Ident("s."+c.column), c.value)
			}
		}
		if len(f.States) > 0 {
			q = q.Where("s.state IN (?)", bun.List(f.States))
		}
		if under != "" {
			q = q.Where("s.unit_path >= ? AND s.unit_path < ?", under, scope.End(under))
		}
		if f.Before != "" {
			q = q.Where("s.id < ?", f.Before)
		}
		return q.OrderExpr("s.id DESC").Limit(int64(limit))
	})
}

func (r reader) SealedAfter(ctx context.Context, after string, limit int) ([]evidence.Submission, error) {
	return r.submissions(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("manifest_hash <> ''").Where("id > ?", after).OrderExpr("id").Limit(int64(limit))
	})
}

func (r reader) Doubles(ctx context.Context) (int, error) {
	var n int
	err := r.q.NewRaw("SELECT count(*) FROM (SELECT 1 FROM submissions WHERE state = 'sealed' GROUP BY target, target_id HAVING count(*) > 1) AS d").Scan(ctx, &n)
	return n, db.Translate(err)
}

func (r reader) EndedDrafts(ctx context.Context, f evidence.EndedDrafts, limit int) ([]evidence.Submission, error) {
	return r.submissions(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("s.state = 'draft'").Where("s.id > ?", f.After).OrderExpr("s.id").Limit(int64(limit))
		if f.CampaignID != "" {
			q = q.Where("s.campaign_id = ?", f.CampaignID)
		}
		return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			q = q.Where("s.target = 'assignment' AND EXISTS (SELECT 1 FROM ended_campaigns AS e WHERE e.id = s.campaign_id)")
			for kind, states := range f.Over {
				q = q.WhereOr("s.target = ? AND EXISTS (SELECT 1 FROM targets AS g WHERE g.kind = ? AND g.id = s.target_id AND g.state IN (?))", kind, kind, bun.List(states))
			}
			return q
		})
	})
}

func (t *txn) AddSubmission(ctx context.Context, s evidence.Submission) error {
	_, err := t.tx.NewInsert().Model(toSubmissionRow(s)).Exec(ctx)
	return err
}

func (t *txn) SetSubmission(ctx context.Context, s evidence.Submission) (bool, error) {
	// What a submission is for, and where its unit is, is left alone.
	return changed(t.tx.NewUpdate().Model(toSubmissionRow(s)).
		Column("state", "note", "children_reason", "fixed_on_spot", "manifest_hash", "reason",
			"sealed_by", "sealed_name", "sealed_at", "decided_at", "updated_at", "version").
		Where("id = ?", s.ID).Where("version = ?", s.Version-1).Exec(ctx))
}

type manifestRow struct {
	bun.BaseModel `bun:"table:manifests,alias:m"`

	SubmissionID string `bun:",pk"`
	Hash         string
	Body         []byte
}

func (r reader) Manifest(ctx context.Context, submissionID string) ([]byte, string, error) {
	var row manifestRow
	err := r.q.NewSelect().Model(&row).Where("submission_id = ?", submissionID).Scan(ctx)
	return row.Body, row.Hash, one(err, "manifest")
}

func (t *txn) AddManifest(ctx context.Context, submissionID, hash string, body []byte) error {
	_, err := t.tx.NewInsert().Model(&manifestRow{SubmissionID: submissionID, Hash: hash, Body: body}).Exec(ctx)
	return err
}

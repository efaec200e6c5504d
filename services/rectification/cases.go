package rectification

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// CaseView is a rectification as somebody sees it: all of it where it is open to
// them, else its outline.
type CaseView struct {
	Row[Case, CaseMay]
	AckLight       clock.Light
	OnTimeOriginal *bool // nil while there is no report
	OnTimeCurrent  *bool
	Warnings       []Warning
	FindingLights  map[string]clock.Light
}

// mayRectification is what the actor may do to c now.
func mayRectification(r policy.Rights, actor policy.Actor, c Rectification, found []string) CaseMay {
	t := c.target()
	verify := r.Covers("verify", t) && verifierError(actor, c, found) == nil
	can := func(right string, a Action) bool { return c.State.Reaches(a) && r.Covers(right, t) }
	return CaseMay{
		Acknowledge:       can("acknowledge", ActAcknowledge),
		Start:             can("plan", ActStart) && c.planError() == nil,
		Plan:              can("plan", ActPlan),
		Report:            can("report", ActReport) && c.reportError() == nil,
		ApprovePlan:       can("approve_plan", ActApprovePlan) && c.PlanState == PlanSubmitted,
		SignOff:           can("sign_off", ActSignOff) && c.SignedAt == nil && c.planError() == nil,
		ApplyCloseOut:     can("report", ActApplyCloseOut) && !c.CloseOutAsked,
		FixOnSpot:         (c.State == Ordered || c.State == Acknowledged) && !c.NeedsPlan && c.reportError() == nil && r.Covers("report", t),
		BeginVerification: verify && c.State.Allows(ActBegin),
		Verify:            verify && c.State == Verifying,
		Reopen:            can("reopen", ActReopen),
		Transfer:          can("transfer", ActTransfer) && !c.Contested && !c.Settled,
		Bounce:            can("acknowledge", ActBounce) && !c.Contested && !c.Settled,
		Settle:            can("transfer", ActSettle) && c.Contested && arbiterError(actor, c) == nil,
		Suspend:           can("suspend", ActSuspend) && !c.Suspended,
		CheckStage:        can("suspend", ActCheckStage) && c.Suspended,
		Resume:            can("suspend", ActResume) && c.Suspended,
		Withdraw:          can("withdraw", ActWithdraw),
		RequestExtension:  can("request_extension", ActRequestExtension) && !c.ExtensionAsked,
		WithdrawExtension: can("request_extension", ActWithdrawExtension) && c.ExtensionAsked,
		DecideExtension:   can("decide_extension", ActGrantExtension) && c.ExtensionAsked,
	}
}

// verifierError says why somebody must not verify c; found are those who
// found its major findings.
func verifierError(actor policy.Actor, c Rectification, found []string) error {
	switch {
	case actor.Owns(c.UnitID):
		return ownUnit()
	case c.ReportedBy != "" && actor.PersonID == c.ReportedBy:
		return fault.New(fault.Forbidden, "own_report", "You reported this rectification yourself; somebody else has to verify it.")
	}
	for _, p := range found {
		if p == actor.PersonID {
			return fault.New(fault.Forbidden, "own_major_finding", "You found a major finding of this rectification; a second inspector has to verify it.")
		}
	}
	return nil
}

func ownUnit() error {
	return fault.New(fault.Forbidden, "own_unit", "Nobody verifies the work of their own unit.")
}

// majorFinders are those who found the major findings.
func majorFinders(fs []Finding) []string {
	var ps []string
	for _, f := range fs {
		if f.Severity == checklist.Major {
			ps = append(ps, f.FoundBy)
		}
	}
	return ps
}

func (s *Service) view(ctx context.Context, actor policy.Actor, r policy.Rights, rectificationID string) (CaseView, error) {
	var v CaseView
	c, err := s.store.Case(ctx, rectificationID)
	if err != nil {
		return v, err
	}
	// All findings of an order were found at one unit.
	ids := IDsOf(c.Findings, func(f Finding) []string { return []string{c.UnitID, c.IssuerID, c.OfficeID, f.UnitID} })
	names, err := s.store.Names(ctx, append(ids, IDsOf(c.Moves, func(m Move) []string { return []string{m.FromUnitID, m.ToUnitID} })...))
	if err != nil {
		return v, err
	}
	cs, err := s.store.Campaigns(ctx, []string{c.CampaignID})
	if err != nil {
		return v, err
	}
	camp := cs[c.CampaignID]
	now, th := s.clock.Now(), camp.thresholds()
	v.Row = Row[Case, CaseMay]{Thing: c.outline(), Names: names, Campaign: camp.Title, Light: c.light(s.cal, now, th)}
	v.AckLight = s.cal.LightOf(now, c.AckDueAt, c.AckAt, th)
	if c.State != Ordered && c.AckAt == nil {
		v.AckLight = clock.Green // fixed on the spot
	}
	v.OnTimeOriginal, v.OnTimeCurrent = c.OnTime(c.OriginalDueAt), c.OnTime(c.DueAt)
	if v.Open = r.Covers("open", c.target()); !v.Open {
		return v, nil
	}
	v.Thing, v.May = c, mayRectification(r, actor, c.Rectification, majorFinders(c.Findings))
	v.FindingLights = c.findingLights(s.cal, now, th)
	if c.State.Open() {
		v.Warnings = s.warnings(now, c.DueAt)
	}
	return v, nil
}

// Rectification reads one with everything that belongs to it, or its outline.
func (s *Service) Rectification(ctx context.Context, actor policy.Actor, rectificationID string) (CaseView, error) {
	r := s.policy.Rights(ctx, actor, "rectification")
	v, err := s.view(ctx, actor, r, rectificationID)
	if err == nil && !r.Covers("read", v.Thing.target()) {
		return CaseView{}, fault.Missing("rectification")
	}
	return v, err
}

// Opened reads one that is open to the caller. Whoever has its outline alone is
// refused.
func (s *Service) Opened(ctx context.Context, actor policy.Actor, rectificationID string) (CaseView, error) {
	v, err := s.Rectification(ctx, actor, rectificationID)
	if err == nil && !v.Open {
		return CaseView{}, fault.Denied(verbs.Denied("open"))
	}
	return v, err
}

// History lists what happened to a rectification, oldest first.
func (s *Service) History(ctx context.Context, actor policy.Actor, rectificationID string, after int64, limit int) ([]deed.Entry, error) {
	r := s.policy.Rights(ctx, actor, "rectification")
	c, err := s.store.Case(ctx, rectificationID)
	if err != nil {
		return nil, err
	}
	if err := fault.Unless(r.Covers("open", c.target()), r.Covers("read", c.target()), "rectification", verbs.Denied("open")); err != nil {
		return nil, err
	}
	return s.store.History(ctx, "rectification", rectificationID, after, limit)
}

// reachFor bounds a list by what the caller may do (can), or by what they may see.
func reachFor(r policy.Rights, can string, q RectificationQuery) policy.Reach {
	if can == "" {
		can = seenBy(q)
	}
	return r.Reach(can)
}

// Rectifications lists rectifications in reach, the earliest deadline first.
// With can, only where the caller holds that right.
func (s *Service) Rectifications(ctx context.Context, actor policy.Actor, can string, q RectificationQuery) ([]Row[Rectification, CaseMay], error) {
	r := s.policy.Rights(ctx, actor, "rectification")
	q.Reach, q.Now = reachFor(r, can, q), clock.Second(s.clock.Now())
	rs, err := s.store.Rectifications(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, IDsOf(rs, func(c Rectification) []string { return []string{c.UnitID, c.IssuerID, c.OfficeID} }))
	if err != nil {
		return nil, err
	}
	cs, err := s.store.Campaigns(ctx, IDsOf(rs, func(c Rectification) []string { return []string{c.CampaignID} }))
	if err != nil {
		return nil, err
	}
	finders, err := s.store.MajorFinders(ctx, IDsOf(rs, func(c Rectification) []string {
		if c.Severity != checklist.Major {
			return nil
		}
		return []string{c.ID}
	}))
	if err != nil {
		return nil, err
	}
	rows := make([]Row[Rectification, CaseMay], len(rs))
	for i, c := range rs {
		camp := cs[c.CampaignID]
		rows[i] = Row[Rectification, CaseMay]{Thing: c.outline(), Names: names, Campaign: camp.Title, Light: c.light(s.cal, q.Now, camp.thresholds())}
		if rows[i].Open = r.Covers("open", c.target()); rows[i].Open {
			rows[i].Thing, rows[i].May = c, mayRectification(r, actor, c, finders[c.ID])
		}
	}
	return rows, nil
}

// Counts are the numbers of the workbench, each with the list query that
// shows the rows behind it.
type Counts struct {
	ToAcknowledge, DueSoon, Overdue, Rejected, ToVerify, ExtensionRequests Tally
}

// Tally is one number of the workbench.
type Tally struct {
	Count int64
	Query string
}

// Counts counts what waits for the caller. Where they act for a unit, due
// soon, overdue and rejected count that unit's; otherwise all that is open to them.
func (s *Service) Counts(ctx context.Context, actor policy.Actor) (Counts, error) {
	r := s.policy.Rights(ctx, actor, "rectification")
	now := clock.Second(s.clock.Now())
	mine := "open"
	if !r.Reach("acknowledge").Empty() {
		mine = "report"
	}
	yes := true
	var c Counts
	for _, x := range []struct {
		to    *Tally
		can   string
		query string
		q     RectificationQuery
	}{
		{&c.ToAcknowledge, "acknowledge", "state=ordered", RectificationQuery{States: []State{Ordered}}},
		{&c.DueSoon, mine, "near=true", RectificationQuery{Near: true}},
		{&c.Overdue, mine, "overdue=true", RectificationQuery{Overdue: &yes}},
		{&c.Rejected, mine, "state=rejected", RectificationQuery{States: []State{Rejected}}},
		{&c.ToVerify, "verify", "state=reported,verifying", RectificationQuery{States: []State{Reported, Verifying}}},
		{&c.ExtensionRequests, "decide_extension", "extension_asked=true", RectificationQuery{ExtensionAsked: true}},
	} {
		x.q.Reach, x.q.Now = r.Reach(x.can), now
		n, err := s.store.Count(ctx, x.q)
		if err != nil {
			return c, err
		}
		*x.to = Tally{Count: n, Query: x.query + "&can=" + x.can}
	}
	return c, nil
}

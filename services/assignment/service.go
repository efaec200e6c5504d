package assignment

import (
	"cmp"
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Service holds the use cases. Safe for concurrent use.
type Service struct {
	store  Store
	policy *policy.Engine
	clock  clock.Clock
	cal    *clock.Calendar
	// reviewRoles are the roles that review.
	reviewRoles []string
	progress    func(Job)
	// moot is set while there may be requests that nobody can answer any more.
	moot atomic.Bool
	// afterChunk is set by tests that stop the fan-out half way.
	afterChunk func()
}

// New makes the service; WorkJobs does its background work.
func New(store Store, engine *policy.Engine, clk clock.Clock, cal *clock.Calendar) *Service {
	s := &Service{store: store, policy: engine, clock: clk, cal: cal, reviewRoles: reviewRoles(engine), progress: func(Job) {}}
	s.moot.Store(true)
	return s
}

// OnProgress has f called with a job after each step of it; before Run.
func (s *Service) OnProgress(f func(Job)) { s.progress = f }

// May says what the caller may do to an assignment now: by the policy and by
// its state.
type May struct {
	Acknowledge, Decline, DecideDecline, Delegate     bool
	ReportProgress, ChangeResponsible, Urge, Instruct bool
	Recall, BeginReview, Approve, Return, Cancel      bool
	RequestExtension, DecideExtension                 bool
}

// Detail is an assignment as one caller sees it: all of it where it is open to
// them, else its outline.
type Detail struct {
	View
	Clock
	// StandIn: it waits for a level that has nobody who could review, and the
	// caller may review in its place.
	StandIn bool
	Open    bool
	May     May
	Task    *Task // only when a single one is read
	Told    int   // how many people an urging has reached; only in its answer
}

// CampaignDetail is a campaign as one caller sees it.
type CampaignDetail struct {
	Campaign
	UnitName   string
	OfficeName string
	May        CampaignMay
}

// CampaignMay says what the caller may do to a campaign now.
type CampaignMay struct{ Update, Delete, Issue, Close, Archive, Cancel, Urge bool }

func targetOf(a Assignment) policy.Target {
	return policy.Target{UnitID: a.UnitID, UnitPath: a.UnitPath, Offices: []string{a.OfficeID, a.IssuerOfficeID}}
}

// policyAction is the line of the policy an action falls under.
var policyAction = map[Action]string{
	Acknowledge: "acknowledge", Decline: "decline", Delegate: "delegate", ReportProgress: "report_progress",
	ChangeResponsible: "change_responsible", RequestExtension: "request_extension", WithdrawExtension: "request_extension",
	Recall: "recall", BeginReview: "review", Approve: "review", Return: "review", Urge: "urge", Instruct: "instruct",
	Reinstate: "decide_decline", Reassign: "decide_decline", GrantExtension: "decide_extension", RefuseExtension: "decide_extension",
	Cancel: "cancel",
}

// allowed tells whether the policy lets the caller do act to a, whatever its
// state. A review is done by whose turn it is.
func allowed(r policy.Rights, a Assignment, act Action) bool {
	p := policyAction[act]
	if p != "review" {
		return r.Covers(p, targetOf(a))
	}
	return r.Reach(p).Some(targetOf(a), func(s policy.Span) bool { return a.turnOf(s) })
}

// turnOf tells whether it is for whoever holds s to review: at the level that
// reviews next, which at the last one is the office that handed it out. Where the
// unit has moved away from its reviewer, who stands above both steps in.
func (a Assignment) turnOf(s policy.Span) bool {
	path := cmp.Or(a.ReviewerPath, a.IssuerPath)
	if !strings.HasPrefix(a.UnitPath, path) {
		return strings.HasPrefix(path, s.Path)
	}
	return s.Path == path && (a.ReviewerID != "" && a.ReviewerID != a.IssuerID || s.For(a.IssuerOfficeID))
}

// details shows assignments to one caller.
func (s *Service) details(ctx context.Context, r policy.Rights, person string, now time.Time, vs ...View) ([]Detail, error) {
	in, err := s.standIns(ctx, r, vs...)
	if err != nil {
		return nil, err
	}
	out := make([]Detail, len(vs))
	for i, v := range vs {
		out[i] = s.detail(v, r, person, now, in[v.ID])
	}
	return out, nil
}

func (s *Service) one(ctx context.Context, r policy.Rights, person string, now time.Time, v View) (Detail, error) {
	ds, err := s.details(ctx, r, person, now, v)
	if err != nil {
		return Detail{}, err
	}
	return ds[0], nil
}

func (s *Service) detail(v View, r policy.Rights, person string, now time.Time, standIn bool) Detail {
	clk := v.ClockAt(now, s.cal)
	if !r.Covers("open", targetOf(v.Assignment)) {
		return Detail{View: v.outline(), Clock: clk}
	}
	standIn = standIn && v.CampaignState.Takes(Approve) && !v.HandedInBy(person)
	may := func(act Action) bool {
		return v.Allows(act) && v.CampaignState.Takes(act) && allowed(r, v.Assignment, act)
	}
	review := func(act Action) bool {
		return !v.HandedInBy(person) && may(act) || standIn && v.Allows(act)
	}
	return Detail{View: v, StandIn: standIn, Open: true, Clock: clk, May: May{
		Acknowledge: may(Acknowledge), Decline: may(Decline), DecideDecline: may(Reinstate), Delegate: may(Delegate),
		ReportProgress: may(ReportProgress), ChangeResponsible: may(ChangeResponsible),
		Urge: cool(v.Assignment, now) && may(Urge), Instruct: may(Instruct),
		Recall: may(Recall), BeginReview: review(BeginReview), Approve: review(Approve), Return: review(Return), Cancel: may(Cancel),
		RequestExtension: may(RequestExtension), DecideExtension: may(GrantExtension),
	}}
}

// step is one action on an assignment on its way through a use case.
type step struct {
	now   time.Time
	actor policy.Actor
	r     policy.Rights
	// was is the assignment before, View.Assignment of v after.
	was  Assignment
	v    View
	hist History
	ev   event.AssignmentChange
	typ  event.Type
	// reason goes into the envelope.
	reason string
	// cause is the event it follows from.
	cause string
	// standsIn: the review is in the place of a level that has nobody.
	standsIn bool
	// orphan: the parent's count of open children is dealt with elsewhere.
	orphan bool
	// campaign lists the states its campaign must be in when it is stored; nil
	// for any.
	campaign []CampaignState
	// final is the assignment as it is stored in the end: what hung on it may
	// have ended with it, which moves its version on.
	final Assignment
	// more runs in the same transaction, after the assignment was stored;
	// ctx is that of the transaction.
	more []func(ctx context.Context, tx Tx) error
}

// errand is what somebody asks for: with which assignment, at the version that
// they have seen (0: whatever it is at), which action.
type errand struct {
	id   string
	want int64
	act  Action
}

// act runs one action: authorize, decide, one transaction, events.
func (s *Service) act(ctx context.Context, actor policy.Actor, e errand, decide func(*step) error) (Detail, error) {
	r := s.policy.Rights(ctx, actor, "assignment")
	v, err := s.store.View(ctx, e.id)
	if err != nil {
		return Detail{}, err
	}
	may, standsIn := allowed(r, v.Assignment, e.act), false
	if !may && policyAction[e.act] == "review" {
		in, err := s.standIns(ctx, r, v)
		if err != nil {
			return Detail{}, err
		}
		standsIn = in[v.ID]
	}
	if err := fault.Unless(may || standsIn, r.Covers("read", targetOf(v.Assignment)), "assignment", verbs.Denied(string(e.act))); err != nil {
		return Detail{}, err
	}
	if err := fault.Version(e.want, v.Version); err != nil {
		return Detail{}, err
	}
	if err := openCampaign(v, e.act); err != nil {
		return Detail{}, err
	}
	st := &step{now: s.clock.Now(), actor: actor, r: r, was: v.Assignment, v: v, campaign: takenIn(e.act), standsIn: standsIn}
	st.hist = History{Action: e.act}
	if e.act == GrantExtension && v.State == Submitted {
		return Detail{}, fault.New(fault.Conflict, "wrong_state", inReview)
	}
	if st.v.Assignment, err = v.Assignment.Apply(e.act, st.now); err != nil {
		return Detail{}, err
	}
	if err := decide(st); err != nil {
		return Detail{}, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return s.write(ctx, tx, st) })
	if err != nil {
		return Detail{}, err
	}
	st.v.Assignment = st.final
	return s.one(ctx, r, actor.PersonID, st.now, st.v)
}

// write stores what a step decided: the row, its history and its one event.
func (s *Service) write(ctx context.Context, tx Tx, st *step) error {
	a := st.v.Assignment
	if err := tx.UpdateAssignment(ctx, st.was, a, st.campaign); err != nil {
		return err
	}
	h := st.hist
	h.ID, h.AssignmentID, h.At = id.New(), a.ID, st.now
	h.FromState, h.ToState = st.was.State, a.State
	h.ActorID, h.ActorName, h.ActorUnitID = st.actor.PersonID, st.actor.Name, st.actor.UnitID
	if err := tx.AddHistory(ctx, h); err != nil {
		return err
	}
	e := st.event()
	if err := tx.Emit(ctx, e); err != nil {
		return err
	}
	var err error
	if st.final, err = endRequests(ctx, tx, st.now, st.v, e.ID); err != nil {
		return err
	}
	for _, f := range st.more {
		if err := f(ctx, tx); err != nil {
			return err
		}
	}
	// A child that has just stopped being open is one less for its parent.
	if !st.orphan && a.ParentID != "" && st.was.State.Live() && !a.State.Live() {
		p, err := tx.ChildDone(ctx, a.ParentID)
		if err != nil {
			return err
		}
		ev := change(p, p.State)
		return tx.Emit(ctx, event.New(id.New(), st.now, event.AssignmentChildrenChanged, p.ID, p.Version, ev).
			By(st.actor.PersonID, st.actor.Name).For(p.UnitID, p.UnitPath))
	}
	return nil
}

func (st *step) event() event.Event {
	ev := st.ev
	c := change(st.v, st.was.State)
	ev.Assignment, ev.Campaign, ev.Task, ev.From = c.Assignment, c.Campaign, c.Task, c.From
	if ev.Text == "" {
		ev.Text = st.hist.Text
	}
	ev.Percent, ev.Level, ev.Formal = st.hist.Percent, st.hist.Level, st.hist.Formal
	e := event.New(id.New(), st.now, st.typ, st.v.ID, st.v.Version, ev).
		By(st.actor.PersonID, st.actor.Name).For(st.v.UnitID, st.v.UnitPath).Because(st.reason)
	e.CausedBy = st.cause
	return e
}

func change(v View, from State) event.AssignmentChange {
	return event.AssignmentChange{Assignment: v.Wire(), Campaign: v.CampaignTitle, Task: v.TaskTitle, From: string(from)}
}

func openCampaign(v View, act Action) error {
	if !v.CampaignState.Takes(act) {
		return fault.New(fault.Conflict, "campaign_closed", "The campaign is %s; nothing in it can be changed any more.", fault.Word(campaignVerbs.States, string(v.CampaignState)))
	}
	return nil
}

// settled refuses what makes new assignments of a task while its fan-out runs.
func settled(v View) error {
	if v.CampaignState == Issuing {
		return fault.New(fault.Conflict, "campaign_issuing", "The campaign is still being issued; try again in a moment.")
	}
	return nil
}

package assignment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/assignment/internal/feed"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/assignment/internal/store"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	platform "github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/uptrace/bun"
)

// world is the service in the fixture's county on one engine.
type world struct {
	t      *testing.T
	d      *db.DB
	store  *store.Store
	svc    *assignment.Service
	engine *policy.Engine
	clock  *clock.Fake
	s      *resttest.Server
	seals  map[string]int
}

// monday is when tests begin: Monday, 7 September 2026, 10:00 in Shanghai.
var monday = time.Date(2026, 9, 7, 2, 0, 0, 0, time.UTC)

func each(t *testing.T, f func(w *world)) {
	t.Helper()
	dbtest.Each(t, "assignment", func(t *testing.T, d *db.DB) { f(newWorld(t, d)) })
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	fixture.Plant(t, d)
	e, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, d: d, engine: e, clock: clock.NewFake(monday), seals: map[string]int{}}
	w.store = store.New(d)
	w.svc = assignment.New(w.store, e, w.clock, clock.Official)
	w.s = resttest.Start(t, e, func(a *platform.API) { rest.Mount(a.Group("assignment", "test", d, assignment.Texts), w.svc) })
	w.people(1, false, fixture.Manager, fixture.Coordinator, fixture.Coordinator2, fixture.Reporter, fixture.Reporter12, fixture.Reporter21)
	return w
}

// people tells the service of people with their grants, as they are at a version.
func (w *world) people(version int64, disabled bool, as ...policy.Actor) {
	w.t.Helper()
	var ps event.Persons
	for _, a := range as {
		p := event.Person{ID: a.PersonID, Name: a.Name, UnitID: a.UnitID, UnitPath: a.UnitPath, Disabled: disabled, Version: version}
		for _, g := range a.Grants {
			p.Grants = append(p.Grants, event.Grant{
				ID: a.PersonID + g.Role + g.UnitID, PersonID: a.PersonID, Role: g.Role, UnitID: g.UnitID, UnitPath: g.UnitPath, Level: g.Level, OfficeID: g.OfficeID,
			})
		}
		ps.Persons = append(ps.Persons, p)
	}
	if err := w.take("assignment-people", event.New(id.New(), w.clock.Now(), event.PersonsChanged, as[0].PersonID, version, ps)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) as(a policy.Actor) *resttest.Caller { return w.s.As(w.t, a) }

// work does the background work that waits.
func (w *world) work() {
	w.t.Helper()
	if err := w.svc.WorkJobs(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// draft makes a campaign with one task for the given units.
func (w *world) draft(who policy.Actor, task map[string]any, units ...string) rest.Campaign {
	w.t.Helper()
	var c rest.Campaign
	w.as(who).Post("/api/v1/campaigns", map[string]any{"title": "宣传周", "starts_on": "2026-09-19", "ends_on": "2026-09-25"}).Is(201).Into(&c)
	ids := []string{}
	for _, u := range units {
		ids = append(ids, fixture.Unit(u).ID)
	}
	body := map[string]any{"title": "发放宣传资料", "due_on": "2026-09-25", "targets": map[string]any{"unit_ids": ids},
		"requirements": []any{map[string]any{"kind": "number", "title": "份数", "compulsory": true, "figure": "leaflets"}}}
	for k, v := range task {
		body[k] = v
	}
	w.as(who).Post("/api/v1/campaigns/"+c.ID+"/tasks", body).Is(201)
	return c
}

// issued makes a campaign and issues it.
func (w *world) issued(who policy.Actor, task map[string]any, units ...string) rest.Campaign {
	w.t.Helper()
	c := w.draft(who, task, units...)
	w.as(who).Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
	w.work()
	w.as(who).Get("/api/v1/campaigns/" + c.ID).Is(200).Into(&c)
	if c.State != "active" {
		w.t.Fatalf("campaign is %s after issuing", c.State)
	}
	return c
}

// of finds the one assignment of a unit that the caller sees in a campaign.
func (w *world) of(who policy.Actor, c rest.Campaign, unit string) rest.Assignment {
	w.t.Helper()
	var l platform.List[rest.Assignment]
	w.as(who).Get("/api/v1/assignments?campaign_id=" + c.ID + "&unit_id=" + fixture.Unit(unit).ID + "&order=id").Is(200).Into(&l)
	for i := len(l.Items) - 1; i >= 0; i-- {
		if l.Items[i].State != "cancelled" || i == 0 {
			return l.Items[i]
		}
	}
	w.t.Fatalf("%s has no assignment", unit)
	return rest.Assignment{}
}

func (w *world) get(who policy.Actor, aid string) rest.Assignment {
	w.t.Helper()
	var a rest.Assignment
	w.as(who).Get("/api/v1/assignments/" + aid).Is(200).Into(&a)
	return a
}

// do posts an action and returns the assignment after it.
func (w *world) do(who policy.Actor, aid, verb string, body any) rest.Assignment {
	w.t.Helper()
	var a rest.Assignment
	if body == nil {
		w.as(who).Post("/api/v1/assignments/"+aid+"/"+verb, nil).Is(200).Into(&a)
	} else {
		w.as(who).Post("/api/v1/assignments/"+aid+"/"+verb, body).Is(200).Into(&a)
	}
	return a
}

func (w *world) consumer(name string) inbox.Consumer {
	w.t.Helper()
	for _, c := range feed.Consumers(w.svc, w.store.Tx) {
		if c.Name == name {
			return c
		}
	}
	w.t.Fatalf("no consumer %s", name)
	return inbox.Consumer{}
}

func (w *world) take(name string, e event.Event) error {
	return w.d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return w.consumer(name).Take(ctx, tx, e) })
}

// seal has a person seal a submission of an assignment; version 0 means the next.
func (w *world) seal(who policy.Actor, a rest.Assignment, number int, childrenReason string) string {
	w.t.Helper()
	if number == 0 {
		w.seals[a.ID]++
		number = w.seals[a.ID]
	}
	return w.sealedAt(who, a, number, w.clock.Now(), childrenReason)
}

// sealedAt tells of a submission that was sealed at some time.
func (w *world) sealedAt(who policy.Actor, a rest.Assignment, number int, at time.Time, childrenReason string) string {
	w.t.Helper()
	sub := event.Submission{ID: id.New(), Target: "assignment", TargetID: a.ID, CampaignID: a.CampaignID, TaskID: a.TaskID, UnitID: a.UnitID,
		Number: number, State: "sealed", SealedAt: &at, SealedBy: who.PersonID, ChildrenReason: childrenReason, Version: 2}
	e := event.New(id.New(), at, event.SubmissionSealed, sub.ID, 2, sub).By(who.PersonID, who.Name).For(a.UnitID, "")
	if err := w.take("assignment-submissions", e); err != nil {
		w.t.Fatalf("seal: %v", err)
	}
	return sub.ID
}

// events lists what was sent of one type, in order.
func (w *world) events(types ...event.Type) []event.Event {
	w.t.Helper()
	var raws []string
	q := w.d.Read().NewSelect().TableExpr("outbox").Column("payload").OrderExpr("id")
	if len(types) > 0 {
		q = q.Where("type IN (?)", bun.List(types))
	}
	if err := q.Scan(context.Background(), &raws); err != nil {
		w.t.Fatal(err)
	}
	out := make([]event.Event, len(raws))
	for i, r := range raws {
		if err := json.Unmarshal([]byte(r), &out[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	return out
}

func (w *world) last(typ event.Type) event.AssignmentChange {
	w.t.Helper()
	es := w.events(typ)
	if len(es) == 0 {
		w.t.Fatalf("no event %s", typ)
	}
	c, err := event.Decode[event.AssignmentChange](es[len(es)-1])
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// sound fails the test when anything is that must never be.
func (w *world) sound() {
	w.t.Helper()
	bad, err := w.svc.Check(context.Background(), false)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range bad {
		w.t.Error(b)
	}
}

func grownID(i int) string { return fmt.Sprintf("01900000-0000-7000-9000-%012d", i) }

// grow adds n villages to town T1.
func (w *world) grow(n int) {
	w.t.Helper()
	town := fixture.Unit("T1")
	us := make([]event.Unit, n)
	for i := range us {
		uid := grownID(i)
		us[i] = event.Unit{ID: uid, ParentID: town.ID, Path: town.Path + uid + "/", Level: "unit", Kind: "village", Code: uid, Name: fmt.Sprintf("村%d", i), Active: true, Version: 1}
	}
	e := event.New(id.New(), monday, event.UnitsChanged, "grow", 1, event.Units{Units: us})
	if err := w.take("assignment-tree", e); err != nil {
		w.t.Fatal(err)
	}
}

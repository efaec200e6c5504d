package notice_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/duban/duban/services/notice"
	noticemodule "github.com/duban/duban/services/notice/module"
	"github.com/uptrace/bun"
)

var morning = time.Date(2026, 9, 16, 1, 0, 0, 0, time.UTC)

// people of the fixture, each with the grants the fixture gives them.
var people = []policy.Actor{
	fixture.Manager, fixture.TownManager, fixture.Coordinator, fixture.Coordinator2, fixture.Reporter, fixture.Reporter12,
	fixture.Reporter21, fixture.UnitLeader, fixture.CountyLeader, fixture.Inspector, fixture.Inspector2, fixture.Viewer,
	fixture.Stranger, fixture.SystemAdmin, fixture.Security, fixture.Auditor,
}

type world struct {
	t      testing.TB
	db     *db.DB
	bus    *bus.Bus
	clk    *clock.Fake
	engine *policy.Engine
	svc    module.Service
	api    *resttest.Server
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := bare(t, d, bustest.Start(t))
	fixture.Plant(t, d)
	var ps event.Persons
	for _, a := range people {
		ps.Persons = append(ps.Persons, person(a, 1))
	}
	w.take(event.New(id.New(), morning, event.PersonsChanged, "p", 1, ps))
	return w
}

// bare is one process of the service on a database that others may share.
func bare(t testing.TB, d *db.DB, b *bus.Bus) *world {
	t.Helper()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewFake(morning)
	svc, err := noticemodule.New(module.Deps{DB: d, Bus: b, Policy: engine, Clock: clk, Log: slog.Default()})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, db: d, bus: b, clk: clk, engine: engine, svc: svc, api: resttest.Start(t, engine, func(a *rest.API) { svc.Mount(a) })}
}

func person(a policy.Actor, version int64) event.Person {
	p := event.Person{ID: a.PersonID, Name: a.Name, Account: a.PersonID, UnitID: a.UnitID, UnitPath: a.UnitPath, Version: version}
	for i, g := range a.Grants {
		p.Grants = append(p.Grants, event.Grant{
			ID: fmt.Sprintf("%s#%d", a.PersonID, i), PersonID: a.PersonID, Role: g.Role, UnitID: g.UnitID, UnitPath: g.UnitPath, Level: g.Level, OfficeID: g.OfficeID})
	}
	return p
}

// run works the service in the background, as the host does.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.svc.Run(ctx) })
	w.t.Cleanup(func() { cancel(); wg.Wait() })
}

// take hands events to the consumer as the runner does.
func (w *world) take(es ...event.Event) {
	w.t.Helper()
	for _, e := range es {
		if err := w.try(e); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) try(e event.Event) error {
	for _, c := range w.svc.Consumers() {
		if !slices.Contains(c.Types, e.Type) {
			continue
		}
		err := w.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			first, err := inbox.Once(ctx, tx, c.Name, e.ID)
			if err != nil || !first[e.ID] {
				return err
			}
			return c.Take(ctx, tx, e)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

type item struct {
	ID, Kind, Text string
	Params         map[string]string
	Subject        struct{ Type, ID string }
	UnitName       string     `json:"unit_name"`
	UnitPath       string     `json:"unit_path"`
	ReadAt         *time.Time `json:"read_at"`
}

// box is what somebody finds in their inbox, newest first.
func (w *world) box(a policy.Actor) (items []item) {
	w.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []item
			Next  string `json:"next_cursor"`
		}
		w.api.As(w.t, a).Get("/api/v1/notices?limit=3&cursor=" + cursor).Is(200).Into(&page)
		items = append(items, page.Items...)
		if cursor = page.Next; cursor == "" {
			return items
		}
	}
}

func (w *world) kinds(a policy.Actor) string {
	var ks []string
	for _, i := range w.box(a) {
		ks = append(ks, i.Kind)
	}
	return strings.Join(ks, " ")
}

func (w *world) unread(a policy.Actor) int64 {
	w.t.Helper()
	var c struct{ Unread rest.Count }
	w.api.As(w.t, a).Get("/api/v1/notices/counts").Is(200).Into(&c)
	return c.Unread.Count
}

func (w *world) sound() {
	w.t.Helper()
	bad, err := w.svc.Check(context.Background(), false)
	if err != nil || len(bad) > 0 {
		w.t.Fatal(bad, err)
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		// One clerk for two units, and the school's responsible person.
		both := fixture.Actor("S11", "reporter@V11", "reporter@S11")
		school := fixture.Unit("S11")
		school.ContactID, school.Version = fixture.Viewer.PersonID, 2
		w.take(
			event.New(id.New(), morning, event.PersonsChanged, "p", 1, event.Persons{Persons: []event.Person{person(both, 1)}}),
			event.New(id.New(), morning, event.UnitsChanged, "u", 2, event.Units{Units: []event.Unit{school}}),
		)
		e := issue("T1", "V11", "V12", "S11")
		w.take(e, e)
		for _, c := range []struct {
			who           policy.Actor
			kind, subject string
		}{
			{fixture.Reporter, "assignment_issued", "a-V11"}, {fixture.Reporter12, "assignment_issued", "a-V12"},
			{fixture.Coordinator, "assignment_issued", "a-T1"}, {fixture.Viewer, "assignment_issued", "a-S11"},
			{both, "assignments_issued", "camp"},
		} {
			b := w.box(c.who)
			if len(b) != 1 || b[0].Kind != c.kind || b[0].Subject.ID != c.subject || b[0].ReadAt != nil || w.unread(c.who) != 1 {
				t.Errorf("%s: %+v", c.who.Name, b)
			}
		}
		if b := w.box(both); b[0].Params["count"] != "2" || !strings.Contains(b[0].Text, "to 2 units") {
			t.Errorf("%+v", b)
		}
		if w.kinds(fixture.Reporter21)+w.kinds(fixture.Manager)+w.kinds(fixture.UnitLeader) != "" {
			t.Error("told somebody it does not concern")
		}

		for range 4 {
			w.take(change(event.AssignmentReturned, "V11", fixture.Manager, nil))
		}
		b := w.box(fixture.Reporter)
		if len(b) != 5 || b[4].Kind != "assignment_issued" || b[0].UnitName != "东一村" || b[0].UnitPath != fixture.Unit("V11").Path {
			t.Fatalf("%+v", b)
		}
		me := w.api.As(t, fixture.Reporter)
		var one item
		me.With("Accept-Language", "en").Post("/api/v1/notices/"+b[2].ID+"/read", nil).Is(200).Into(&one)
		if one.ReadAt == nil || !strings.Contains(one.Text, "returned") {
			t.Fatalf("%+v", one)
		}
		me.Post("/api/v1/notices/"+b[2].ID+"/read", nil).Is(200)
		if n := w.unread(fixture.Reporter); n != 4 {
			t.Fatalf("%d unread", n)
		}
		var list struct{ Items []item }
		me.Get("/api/v1/notices?unread=true").Is(200).Into(&list)
		if len(list.Items) != 4 {
			t.Fatalf("%+v", list)
		}
		me.Get("/api/v1/notices?kind=assignment_issued").Is(200).Into(&list)
		if len(list.Items) != 1 {
			t.Fatalf("%+v", list)
		}
		var marked struct {
			Marked int64
			Unread rest.Count
		}
		me.Post("/api/v1/notices/read-all", map[string]string{"up_to": b[1].ID}).Is(200).Into(&marked)
		if marked.Marked != 3 || marked.Unread.Count != 1 {
			t.Fatalf("%+v", marked)
		}
		me.Post("/api/v1/notices/read-all", map[string]string{}).Is(200).Into(&marked)
		if marked.Marked != 1 || marked.Unread.Count != 0 || w.unread(fixture.Reporter) != 0 {
			t.Fatalf("%+v", marked)
		}
		w.sound()

		// Nobody reaches into another's inbox.
		other := w.api.As(t, fixture.Reporter12)
		other.Post("/api/v1/notices/"+b[0].ID+"/read", nil).Problem(404, "not_found")
		other.Post("/api/v1/notices/read-all", map[string]string{"up_to": b[0].ID}).Problem(422, "invalid").Says(`"location":"body.up_to"`)
		other.Post("/api/v1/notices/read-all", []byte(`{"up_to":1}`)).Is(422)
		other.Get("/api/v1/notices?cursor=nonsense").Problem(422, "invalid")
		nobody := w.api.As(t, policy.Actor{})
		for _, p := range []string{"/notices", "/notices/counts", "/notices/stream"} {
			nobody.Get("/api/v1"+p).Problem(401, "unauthorized")
		}
		before := w.engine.Decisions()
		me.Get("/api/v1/notices").Is(200)
		if n := w.engine.Decisions() - before; n != 1 {
			t.Fatalf("%d decisions", n)
		}
	})
}

// A notice names the village with its town where another has the same name.
func TestNoticeTellsVillagesOfOneNameApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Rename(t, d, "V21", "V11")
		w.take(issue("V11", "V12", "V21"))
		for want, who := range map[string]policy.Actor{"东一村（东镇）": fixture.Reporter, "东二村": fixture.Reporter12, "东一村（西镇）": fixture.Reporter21} {
			if b := w.box(who); len(b) != 1 || b[0].UnitName != want || b[0].Params["unit"] != want {
				t.Errorf("%+v, want %s", b, want)
			}
		}
	})
}

func TestUnknownUnitComesLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "notice", db.SQLite))
	e := issue("V11")
	u := fixture.Unit("V12")
	u.ID = "not-yet"
	d, err := event.Decode[event.Issued](e)
	if err != nil {
		t.Fatal(err)
	}
	d.Assignments = append(d.Assignments, event.Assignment{ID: "a2", UnitID: u.ID})
	e = event.New(id.New(), morning, event.AssignmentsIssued, "camp", 1, d)
	if err := w.try(e); err == nil || !strings.Contains(err.Error(), "not-yet") {
		t.Fatal(err)
	}
	if w.kinds(fixture.Reporter) != "" {
		t.Fatal("half of it was stored")
	}
	w.take(event.New(id.New(), morning, event.UnitsChanged, "u", 1, event.Units{Units: []event.Unit{u}}), e)
	if w.kinds(fixture.Reporter) != "assignment_issued" {
		t.Fatal(w.kinds(fixture.Reporter))
	}
	bad := e
	bad.ID, bad.Data = id.New(), []byte(`{"assignments":7}`)
	if err := w.try(bad); err == nil || !strings.Contains(err.Error(), "poison") {
		t.Fatal(err)
	}
}

// Whatever the order in which people and grants arrive, the outcome is the same.
func TestCopiesOfPeople(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := fixture.Actor("CF", "reporter@CF")
		g := person(a, 1).Grants[0]
		snapshot := func(version int64, with, disabled bool) event.Event {
			p := person(a, version)
			p.Disabled = disabled
			if !with {
				p.Grants = nil
			}
			return event.New(id.New(), morning, event.PersonsChanged, p.ID, version, event.Persons{Persons: []event.Person{p}})
		}
		given := event.New(id.New(), morning, event.GrantGiven, g.ID, 1, g)
		gone := event.New(id.New(), morning, event.GrantWithdrawn, g.ID, 2, g)
		told := func() bool {
			before := len(w.box(a))
			w.take(change(event.AssignmentReturned, "CF", fixture.Manager, nil))
			return len(w.box(a)) > before
		}
		reset := func() {
			for _, q := range []string{"DELETE FROM known_people WHERE id = ?", "DELETE FROM known_grants WHERE person_id = ?"} {
				if _, err := d.Writer().Exec(q, a.PersonID); err != nil {
					t.Fatal(err)
				}
			}
			w.api.As(t, a) // has a session
		}
		v1, v2, v3 := snapshot(1, false, false), snapshot(2, true, false), snapshot(3, false, false)
		disabled := snapshot(4, true, true)
		for name, c := range map[string]struct {
			es   []event.Event
			want bool
		}{
			"in order":                     {[]event.Event{v1, given, v2}, true},
			"the grant first":              {[]event.Event{given, v1, v2}, true},
			"the newest first":             {[]event.Event{v2, v1, given}, true},
			"without the last snapshot":    {[]event.Event{v1, given}, true},
			"withdrawn":                    {[]event.Event{v1, given, v2, gone, v3}, false},
			"withdrawn before it is given": {[]event.Event{v1, gone, given, v2}, false},
			"withdrawn, snapshot late":     {[]event.Event{v1, given, gone, v3, v2}, false},
			"gone by snapshot only":        {[]event.Event{v2, v3}, false},
			"disabled":                     {[]event.Event{v2, disabled}, false},
			"disabled, older later":        {[]event.Event{disabled, v2}, false},
		} {
			reset()
			for _, e := range c.es {
				e.ID = id.New()
				w.take(e)
			}
			if got := told(); got != c.want {
				t.Errorf("%s: told %v", name, got)
			}
		}
	})
}

// Reading and arriving at once never makes the counters wrong.
func TestCountersUnderLoad(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for range 15 {
					if err := w.try(issue("V11", "V12", "V21", "T1")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for _, a := range []policy.Actor{fixture.Reporter, fixture.Reporter12} {
			for range 2 {
				wg.Go(func() {
					c := w.api.As(t, a)
					for range 10 {
						c.Post("/api/v1/notices/read-all", map[string]string{}).Is(200)
						var list struct{ Items []item }
						c.Get("/api/v1/notices?unread=true&limit=5").Is(200).Into(&list)
						for _, i := range list.Items {
							c.Post("/api/v1/notices/"+i.ID+"/read", nil).Is(200)
						}
					}
				})
			}
		}
		wg.Wait()
		w.sound()
		if n := len(w.box(fixture.Reporter21)); n != 45 || w.unread(fixture.Reporter21) != 45 {
			t.Fatalf("%d notices of 45 events", n)
		}
	})
}

func TestRetention(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.take(issue("V11"), change(event.AssignmentReturned, "V11", fixture.Manager, nil))
		old := w.box(fixture.Reporter)
		w.api.As(t, fixture.Reporter).Post("/api/v1/notices/"+old[0].ID+"/read", nil).Is(200)
		w.clk.Advance(notice.KeepRead + time.Hour)
		w.take(issue("V11"))
		w.api.As(t, fixture.Reporter).Post("/api/v1/notices/"+w.box(fixture.Reporter)[0].ID+"/read", nil).Is(200)
		w.run() // forgets at once, then every hour
		for until := time.Now().Add(2 * time.Minute); len(w.box(fixture.Reporter)) == 3 && time.Now().Before(until); {
			time.Sleep(5 * time.Millisecond)
		}
		now := w.box(fixture.Reporter)
		if len(now) != 2 || now[1].ID != old[1].ID {
			t.Fatalf("%+v", now) // the old unread one and the newly read one stay
		}
		w.sound()
	})
}

func TestCheckAndRepair(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.take(issue("V11", "V12"))
		w.sound()
		for _, q := range []string{"UPDATE inboxes SET unread = unread + 3", "DELETE FROM known_people WHERE id = '" + fixture.Reporter12.PersonID + "'"} {
			if _, err := d.Writer().Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		bad, err := w.svc.Check(context.Background(), true)
		if err != nil || len(bad) != 3 {
			t.Fatal(bad, err)
		}
		if bad, err = w.svc.Check(context.Background(), false); err != nil || len(bad) != 1 || !strings.Contains(bad[0], "not known") {
			t.Fatal(bad, err)
		}
		if n := w.unread(fixture.Reporter); n != 1 {
			t.Fatal(n)
		}
	})
}

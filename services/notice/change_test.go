package notice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/notice"
)

// publish puts events on the stream as the relays do.
func publish(t testing.TB, b *bus.Bus, es ...event.Event) {
	t.Helper()
	for _, e := range es {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.JetStream().Publish(context.Background(), e.Type.Subject(), raw); err != nil {
			t.Fatal(err)
		}
	}
}

// say is an assignment's change within the campaign camp.
func say(assignmentID, unit string, version int64) event.Event {
	return change(event.AssignmentApproved, unit, fixture.Manager, func(c *event.AssignmentChange) {
		c.Assignment.ID, c.Assignment.CampaignID, c.Assignment.Version = assignmentID, "camp", version
	})
}

func campaignEvent(key string) event.Event {
	u := fixture.Unit(key)
	return event.New(id.New(), morning, event.CampaignClosed, "camp-"+key, 7, event.Campaign{
		ID: "camp-" + key, UnitID: u.ID, UnitPath: u.Path, State: "closed", Version: 7,
	})
}

func (l *listener) changed(want string) message {
	l.t.Helper()
	m := l.next("change")
	if m.data != want {
		l.t.Fatalf("change %s, want %s", m.data, want)
	}
	return m
}

func told(kind, id string, version int) string {
	return fmt.Sprintf(`{"kind":%q,"id":%q,"version":%d}`, kind, id, version)
}

// ready waits until a process reads the event stream.
func (w *world) ready(l *listener, unit string) message {
	publish(w.t, w.bus, say("ready", unit, 1))
	return l.changed(told("assignment", "ready", 1))
}

func TestChangesStayInReach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.run()
		streams := map[string]*listener{}
		for name, a := range map[string]policy.Actor{"reporter": fixture.Reporter, "coordinator": fixture.Coordinator, "manager": fixture.Manager, "rival": fixture.Actor("CF", "campaign_manager@C"), "stranger": fixture.Stranger} {
			l := listen(t, w.api.URL, w.api.As(t, a).Token(), streamPath, "")
			l.count(0)
			streams[name] = l
		}
		v11, t2 := fixture.Unit("V11"), fixture.Unit("T2")
		finding := event.New(id.New(), morning, event.FindingOpened, "f1", 1, event.Finding{ID: "f1", UnitID: v11.ID, UnitPath: v11.Path, Version: 1})
		sealed := event.New(id.New(), morning, event.SubmissionSealed, "s1", 3, event.Submission{ID: "s1", UnitID: t2.ID, UnitPath: t2.Path, OfficeID: fixture.Unit("CO").ID, Version: 3})
		file := event.New(id.New(), morning, event.FileExamined, "p1", 2, event.File{ID: "p1", UnitID: v11.ID, UnitPath: v11.Path, Offices: []string{fixture.Unit("CO").ID}})
		match := event.New(id.New(), morning, event.MatchFound, "m1", 1, event.Match{ID: "m1", FileID: "p2", OtherFileID: "p1", UnitID: v11.ID, UnitPath: v11.Path, Offices: []string{fixture.Unit("CO").ID}, State: "found", Version: 1})
		c := fixture.Unit("C")
		draft := event.New(id.New(), morning, event.CampaignDrafted, "draft", 1, event.Campaign{ID: "draft", UnitID: c.ID, UnitPath: c.Path, OfficeID: fixture.Unit("CO").ID, State: "draft", Version: 1})
		inspected := func(kind, state string) event.Event {
			types := map[string]event.Type{"planned": event.InspectionPlanned, "sent": event.InspectionSent}
			return event.New(id.New(), morning, types[state], kind, 2, event.Inspection{ID: kind, Kind: kind, State: state, UnitID: v11.ID, UnitPath: v11.Path, Version: 2})
		}
		// One event at a time, so that each is told by itself; what is not
		// told does not come before what is.
		for _, step := range []struct {
			e    event.Event
			want map[string]string
		}{
			{say("a-v11", "V11", 4), map[string]string{"reporter": told("assignment", "a-v11", 4), "coordinator": told("assignment", "a-v11", 4), "manager": told("assignment", "a-v11", 4), "rival": told("assignment", "a-v11", 4)}},
			{say("a-v21", "V21", 5), map[string]string{"manager": told("assignment", "a-v21", 5), "rival": told("assignment", "a-v21", 5)}},
			{finding, map[string]string{"reporter": told("finding", "f1", 1), "coordinator": told("finding", "f1", 1), "manager": told("finding", "f1", 1), "rival": told("finding", "f1", 1)}},
			{sealed, map[string]string{"manager": told("submission", "s1", 3)}},
			// Which campaigns reach down to a unit only their service knows.
			{campaignEvent("C"), map[string]string{"reporter": `{"kind":"campaign"}`, "coordinator": `{"kind":"campaign"}`, "manager": told("campaign", "camp-C", 7), "rival": told("campaign", "camp-C", 7)}},
			{draft, map[string]string{"manager": told("campaign", "draft", 1)}},
			{inspected("planned", "planned"), map[string]string{"reporter": told("inspection", "planned", 2), "coordinator": told("inspection", "planned", 2), "manager": told("inspection", "planned", 2), "rival": told("inspection", "planned", 2)}},
			{inspected("spot", "planned"), map[string]string{"coordinator": told("inspection", "spot", 2), "manager": told("inspection", "spot", 2), "rival": told("inspection", "spot", 2)}},
			{inspected("spot", "sent"), map[string]string{"reporter": told("inspection", "spot", 2), "coordinator": told("inspection", "spot", 2), "manager": told("inspection", "spot", 2), "rival": told("inspection", "spot", 2)}},
			{file, map[string]string{"reporter": `{"kind":"file","id":"p1"}`, "coordinator": `{"kind":"file","id":"p1"}`, "manager": `{"kind":"file","id":"p1"}`}},
			// Whose file it is does not learn that it looks like another.
			{match, map[string]string{"coordinator": `{"kind":"file","id":"p2"}`, "manager": `{"kind":"file","id":"p2"}`}},
			{campaignEvent("D"), map[string]string{"stranger": told("campaign", "camp-D", 7)}},
			{rectify(event.RectificationClosed, "V11", fixture.Inspector), map[string]string{"reporter": `{"kind":"rectification","id":"r1"}`, "coordinator": `{"kind":"rectification","id":"r1"}`, "manager": `{"kind":"rectification","id":"r1"}`, "rival": `{"kind":"rectification","id":"r1"}`}},
		} {
			publish(t, w.bus, step.e)
			for name, want := range step.want {
				streams[name].changed(want)
			}
		}
	})
}

func TestManyChangesAreToldTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "notice", db.SQLite))
	w.run()
	l := listen(t, w.api.URL, w.api.As(t, fixture.Manager).Token(), streamPath, "")
	l.count(0)
	one := listen(t, w.api.URL, w.api.As(t, fixture.Reporter).Token(), streamPath, "")
	one.count(0)
	w.ready(l, "V11")
	one.changed(told("assignment", "ready", 1))
	// A fan-out of 20,000, then one thing of another campaign.
	d := event.Issued{CampaignID: "camp", Campaign: "宣传周", Task: event.Task{ID: "task"}}
	for chunk := range 40 {
		d.Assignments = nil
		for i := range 500 {
			u := fixture.Unit("V21")
			if i == 0 && chunk == 20 {
				u = fixture.Unit("V11")
			}
			d.Assignments = append(d.Assignments, event.Assignment{ID: fmt.Sprintf("a-%d-%d", chunk, i), CampaignID: "camp", UnitID: u.ID, UnitPath: u.Path, Version: 1})
		}
		publish(t, w.bus, event.New(id.New(), morning, event.AssignmentsIssued, "camp", 1, d))
	}
	last := event.New(id.New(), morning, event.FindingOpened, "last", 1, event.Finding{ID: "last", UnitID: fixture.Unit("V11").ID, UnitPath: fixture.Unit("V11").Path, Version: 1})
	publish(t, w.bus, last)
	n := 0
	for m := l.next("change"); m.data != told("finding", "last", 1); m = l.next("change") {
		if n++; m.data != `{"kind":"campaign","id":"camp"}` {
			t.Fatalf("told %s", m.data)
		}
	}
	if n == 0 || n > 20 {
		t.Errorf("the office was told %d times", n)
	}
	one.changed(told("assignment", "a-20-0", 1))
	one.changed(told("finding", "last", 1))
}

func TestChangesAfterAReconnect(t *testing.T) {
	t.Parallel()
	url := bustest.Server(t)
	d := dbtest.Open(t, "notice", db.Postgres)
	connect := func() *bus.Bus {
		b, err := bus.Start(context.Background(), bus.Config{URL: url, Name: t.Name()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	one := bare(t, d, connect())
	if err := one.bus.EnsureStream(context.Background()); err != nil {
		t.Fatal(err)
	}
	one.run()
	token := one.api.As(t, fixture.Reporter).Token()
	l := listen(t, one.api.URL, token, streamPath, "")
	l.count(0)
	at := one.ready(l, "V11").id
	l.stop()
	l.ended()
	publish(t, one.bus, say("missed", "V11", 2), say("missed", "V11", 3), say("other", "V21", 2))
	// With the same process, and with one that has only just started.
	two := bare(t, d, connect())
	two.run()
	two.api.As(t, fixture.Reporter)
	barrier := listen(t, two.api.URL, token, streamPath, "")
	barrier.count(0)
	// It has read the past once it tells of something newer.
	publish(t, two.bus, say("barrier", "V11", 1))
	for barrier.next("change").data != told("assignment", "barrier", 1) {
	}
	for _, w := range []*world{one, two} {
		l := listen(t, w.api.URL, token, streamPath, at)
		l.count(0)
		caught := []string{l.next("change").data, l.next("change").data}
		if slices.Sort(caught); !slices.Equal(caught, []string{told("assignment", "barrier", 1), told("assignment", "missed", 3)}) {
			t.Errorf("after a reconnect: %q", caught)
		}
		l.stop()
	}
	// On an event stream that is no longer there nothing is known.
	parts := strings.Split(at, ".")
	l = listen(t, one.api.URL, token, streamPath, parts[0]+".other."+parts[2])
	l.count(0)
	if m := l.next("reset"); !strings.HasPrefix(m.id, parts[0]+"."+parts[1]+".") {
		t.Errorf("reset at %s", m.id)
	}
}

// Whoever loses a grant is told of nothing more below it, from the moment on
// at which the loss is known; and everybody begins anew when units move.
func TestChangesFollowRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "notice", db.SQLite))
	w.run()
	l := listen(t, w.api.URL, w.api.As(t, fixture.Coordinator).Token(), streamPath, "")
	l.count(0)
	w.ready(l, "V11")
	less := fixture.Coordinator
	less.Grants = []policy.Grant{fixture.Coordinator2.Grants[0]}
	w.api.As(t, less)
	g := person(fixture.Coordinator, 1).Grants[0]
	publish(t, w.bus, event.New(id.New(), morning, event.GrantWithdrawn, g.ID, 2, g), say("a-v11", "V11", 4))
	l.next("reset")
	publish(t, w.bus, say("b-v11", "V11", 4), say("b-v21", "V21", 4))
	at := l.changed(told("assignment", "b-v21", 4)).id
	// Also when it was lost while the stream was away.
	l.stop()
	l.ended()
	publish(t, w.bus, event.New(id.New(), morning, event.GrantWithdrawn, g.ID, 3, g))
	other := listen(t, w.api.URL, w.api.As(t, fixture.Manager).Token(), streamPath, "")
	other.count(0)
	w.ready(other, "V11")
	l = listen(t, w.api.URL, w.api.As(t, less).Token(), streamPath, at)
	l.count(0)
	l.next("reset")
	v, t1 := fixture.Unit("V21"), fixture.Unit("T1")
	publish(t, w.bus, event.New(id.New(), morning, event.UnitMoved, v.ID, 2, event.Move{UnitID: v.ID, OldPath: v.Path, NewPath: t1.Path + v.ID + "/"}))
	l.next("reset")
}

func TestProgressIsToldToWhoStartedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "notice", db.SQLite))
	w.run()
	mine := listen(t, w.api.URL, w.api.As(t, fixture.Manager).Token(), streamPath, "")
	mine.count(0)
	other := listen(t, w.api.URL, w.api.As(t, fixture.CountyLeader).Token(), streamPath, "")
	other.count(0)
	raw, err := json.Marshal(rpc.Progress{PersonID: fixture.Manager.PersonID, ID: "j1", Kind: "issue", CampaignID: "camp", State: "running", Done: 500, Total: 900})
	if err != nil {
		t.Fatal(err)
	}
	w.bus.Signal(rpc.ProgressSignal, raw)
	if m := mine.next("progress"); m.data != `{"id":"j1","kind":"issue","campaign_id":"camp","state":"running","done":500,"total":900}` || m.id != "" {
		t.Errorf("%+v", m)
	}
	w.ready(other, "V11") // and nothing before
}

// However much happens, what waits for a reader is bounded.
func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "notice", db.SQLite))
	hub := notice.NewHub()
	hub.Begin("e", 0)
	svc := notice.New(nil, w.engine, w.clk, nil, hub)
	s, err := svc.Follow(context.Background(), fixture.Manager)
	if err != nil {
		t.Fatal(err)
	}
	seq := uint64(0)
	happen := func(n int, campaign func(int) string) {
		for i := range n {
			seq++
			x, err := notice.Meaning(change(event.AssignmentApproved, "V11", fixture.Manager, func(c *event.AssignmentChange) {
				c.Assignment.ID, c.Assignment.CampaignID = fmt.Sprintf("a-%d", seq), campaign(i)
			}))
			if err != nil {
				t.Fatal(err)
			}
			hub.Happened(seq, x)
		}
	}
	happen(20, func(int) string { return "one" })
	if n, _ := s.News(); len(n.Changes) != 20 || n.Reset {
		t.Errorf("%d changes, reset %v", len(n.Changes), n.Reset)
	}
	happen(50_000, func(int) string { return "one" })
	if n, _ := s.News(); len(n.Changes) != 1 || n.Changes[0] != (notice.Change{Kind: "campaign", ID: "one"}) || n.Reset {
		t.Errorf("%+v", n)
	}
	happen(50_000, func(i int) string { return fmt.Sprintf("c-%d", i) })
	if n, _ := s.News(); len(n.Changes) != 0 || !n.Reset {
		t.Errorf("%d changes, reset %v", len(n.Changes), n.Reset)
	}
	if n, _ := s.News(); len(n.Changes) != 0 || n.Reset {
		t.Errorf("told twice: %+v", n)
	}
}

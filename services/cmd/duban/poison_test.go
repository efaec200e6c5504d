package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Events that no consumer can take are put straight into the stream: they are
// set aside and listed, the others go on, and a retry says how it went.
func TestPoisonEvents(t *testing.T) {
	t.Parallel()
	away := bustest.NewNode(t)
	away.Start(0)
	n := newNode(t, "NATS_URL="+away.URL())
	n.start()
	ctx := context.Background()
	campaign, _ := n.draft(1, n.reporterUnits()...)
	n.issue(campaign)
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.Issued == reporters })

	conn, err := nats.Connect(away.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	put := func(typ event.Type, raw []byte) {
		t.Helper()
		if _, err := js.Publish(ctx, typ.Subject(), raw); err != nil {
			t.Fatal(err)
		}
	}
	envelope := func(typ event.Type, data string) (string, []byte) {
		e := event.Event{
			SpecVersion: "1.0", ID: uuid.Must(uuid.NewV7()).String(), Source: "/duban/" + typ.Service(), Type: typ,
			Subject: "nothing", Time: time.Now().UTC(), DataContentType: "application/json", Version: 1, Data: json.RawMessage(data),
		}
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return e.ID, raw
	}
	put(event.AssignmentAcknowledged, []byte(`{"specversion":"1.0",`)) // not JSON
	put(event.AssignmentAcknowledged, []byte(`{"hello":"world"}`))     // not an event
	put(event.AssignmentApproved, []byte{0xff, 0x00, 0xfe})            // not even text
	put(event.AssignmentApproved, []byte(`{"specversion":"1.0","id":"a\u0000b","type":"a\u0000b","data":{}}`))
	wrong, raw := envelope(event.AssignmentAcknowledged, `{"assignment": 7}`) // not what the type says
	put(event.AssignmentAcknowledged, raw)
	// A move from nowhere to nowhere.
	_, raw = envelope(event.UnitMoved, `{"unit_id":"x","old_path":"","new_path":"","version":-1}`)
	put(event.UnitMoved, raw)

	// The others go on, at once.
	began := time.Now()
	if did := n.acknowledgeAll(campaign); did != reporters {
		t.Fatalf("%d acknowledged", did)
	}
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.States.Acknowledged == reporters })
	t.Logf("the roll-up follows after %v", time.Since(began).Round(time.Millisecond))

	letters := func(service string) []client.SystemLetter {
		l, err := n.as("sysadmin").ListDeadLetters(ctx, service)
		if err != nil {
			t.Fatal(err)
		}
		return l.Items
	}
	for service, want := range map[string]int{"insight": 3, "evidence": 1, "audit": 4} {
		eventually(t, time.Minute, "dead letters of "+service, func() (string, bool) {
			ls := letters(service)
			return fmt.Sprintf("%d: %+v", len(ls), ls), len(ls) >= want
		})
	}
	found := false
	for _, l := range letters("insight") {
		if l.Reason == "" || l.Consumer == "" || l.Service != "insight" {
			t.Errorf("a letter that tells too little: %+v", l)
		}
		found = found || l.EventID == wrong
		// It is still wrong.
		err := n.as("sysadmin").RetryDeadLetter(ctx, "insight", l.ID)
		if p := client.AsProblem(err); p == nil || p.Status != 409 || p.Code != "still_failing" {
			t.Errorf("retry of %s: %v, want 409 still_failing", l.ID, err)
		}
	}
	if !found {
		t.Error("the event with the wrong data is not listed")
	}
	if err := n.as("sysadmin").RetryDeadLetter(ctx, "insight", uuid.NewString()); client.AsProblem(err) == nil || client.AsProblem(err).Status != 404 {
		t.Errorf("retry of a letter that is not there: %v", err)
	}
	for _, who := range []string{"manager", "auditor", "secadmin", reporter(0)} {
		if _, err := n.as(who).ListDeadLetters(ctx, "insight"); client.AsProblem(err) == nil || client.AsProblem(err).Status >= 500 {
			t.Errorf("%s reads dead letters: %v", who, err)
		}
	}
	// They outlive a crash, and are not taken again.
	before := map[string]int{"insight": len(letters("insight")), "audit": len(letters("audit"))}
	n.restart()
	for service, want := range before {
		if got := len(letters(service)); got != want {
			t.Errorf("%s has %d dead letters after a crash, had %d", service, got, want)
		}
	}
	if h, err := n.as("sysadmin").GetServiceHealth(ctx, "insight"); err != nil || int(h.DeadLetters) != before["insight"] {
		t.Errorf("health: %+v, %v", h, err)
	}
	if out, code := n.run("check"); code != 1 {
		t.Errorf("check with dead letters: exit code %d\n%s", code, out)
	}
}

package module_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment/module"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	platform "github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/nats-io/nats.go/jetstream"
)

// The whole service as the host runs it: a campaign is issued in the
// background, its events reach NATS, a sealed submission comes in from there,
// twice, and another service asks about the assignment.
func TestOnNATS(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "assignment", func(t *testing.T, d *db.DB) {
		fixture.Plant(t, d)
		b := bustest.Start(t)
		engine, err := policy.New()
		if err != nil {
			t.Fatal(err)
		}
		m, err := module.New(platform.Deps{DB: d, Bus: b, Policy: engine, Clock: clock.System{}, Calendar: clock.Official})
		if err != nil {
			t.Fatal(err)
		}
		s := resttest.Start(t, engine, m.Mount)
		if err := m.Respond(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		for _, run := range []func(context.Context){m.Run, outbox.NewRelay(d, b, slog.Default()).Run, inbox.NewRunner(d, b, slog.Default(), m.Consumers()...).Run} {
			go func() { run(ctx); done <- struct{}{} }()
		}
		t.Cleanup(func() {
			cancel()
			for range 3 {
				<-done
			}
		})
		manager := s.As(t, fixture.Manager)
		var c, k struct{ ID, State string }
		manager.Post("/api/v1/campaigns", map[string]any{"title": "行动", "starts_on": clock.Day(time.Now())}).Is(201).Into(&c)
		manager.Post("/api/v1/campaigns/"+c.ID+"/tasks", map[string]any{"title": "任务", "due_on": clock.Day(time.Now().AddDate(0, 0, 5)),
			"targets": map[string]any{"unit_ids": []string{fixture.Unit("V11").ID}}}).Is(201).Into(&k)
		manager.Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		wait(t, "active", func() bool {
			manager.Get("/api/v1/campaigns/" + c.ID).Is(200).Into(&c)
			return c.State == "active"
		})
		var l struct {
			Items []struct {
				ID    string
				State string
			}
		}
		manager.Get("/api/v1/assignments?campaign_id=" + c.ID).Is(200).Into(&l)
		aid := l.Items[0].ID
		got, err := bus.Ask[rpc.GetAssignmentRequest, rpc.GetAssignmentReply](ctx, b, rpc.GetAssignment, rpc.GetAssignmentRequest{ID: aid})
		if err != nil || !got.Found || got.Issued.Task.ID != k.ID || got.Issued.Assignments[0].ID != aid {
			t.Fatalf("%+v, %v", got, err)
		}
		if got, err = bus.Ask[rpc.GetAssignmentRequest, rpc.GetAssignmentReply](ctx, b, rpc.GetAssignment, rpc.GetAssignmentRequest{ID: "none"}); err != nil || got.Found {
			t.Fatalf("%+v, %v", got, err)
		}
		now := time.Now().UTC()
		sub := event.Submission{ID: id.New(), Target: "assignment", TargetID: aid, UnitID: fixture.Unit("V11").ID, Number: 1, State: "sealed", SealedAt: &now, SealedBy: "someone"}
		raw := event.New(id.New(), now, event.SubmissionSealed, sub.ID, 1, sub)
		publish(ctx, t, b, raw)
		publish(ctx, t, b, raw)
		wait(t, "submitted", func() bool {
			var a struct{ State string }
			manager.Get("/api/v1/assignments/" + aid).Is(200).Into(&a)
			return a.State == "submitted"
		})
		seen := map[event.Type]int{}
		wait(t, "events on NATS", func() bool {
			clear(seen)
			st, err := b.JetStream().Stream(ctx, event.Stream)
			if err != nil {
				t.Fatal(err)
			}
			info, err := st.Info(ctx, jetstream.WithSubjectFilter(event.SubjectPrefix+"assignment.>"))
			if err != nil {
				t.Fatal(err)
			}
			for subject, n := range info.State.Subjects {
				seen[event.Type(subject[len(event.SubjectPrefix):])] = int(n)
			}
			return seen[event.AssignmentSubmitted] > 0 && seen[event.CampaignActive] > 0
		})
		if seen[event.AssignmentsIssued] != 1 || seen[event.AssignmentSubmitted] != 1 || seen[event.AssignmentSubmissionRefused] != 0 {
			t.Errorf("%v", seen)
		}
		if bad, err := m.Check(ctx, false); err != nil || len(bad) > 0 {
			t.Errorf("%v %v", bad, err)
		}
	})
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s within 20 s", what)
		}
	}
}

func publish(ctx context.Context, t *testing.T, b *bus.Bus, e event.Event) {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.JetStream().Publish(ctx, e.Type.Subject(), raw); err != nil {
		t.Fatal(err)
	}
}

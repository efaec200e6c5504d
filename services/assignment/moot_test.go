package assignment_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
	"github.com/uptrace/bun"
)

// What hangs on an assignment ends with it, in each way in which it can end,
// with a line in the history; nothing waits for an answer that nobody can give.
func TestCase53_RequestsEndWithWhatTheyHangOn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12", "V21", "S11")
		school := fixture.Actor("S11", "reporter@S11")
		of := func(unit string) rest.Assignment { return w.of(fixture.Manager, c, unit) }
		ask := func(who policy.Actor, unit string) (x rest.Extension) {
			w.as(who).Post("/api/v1/assignments/"+of(unit).ID+"/extension-requests", map[string]any{"due_on": "2026-10-09", "reason": "汛期"}).Is(201).Into(&x)
			return x
		}
		read := func(unit string) rest.Extension {
			t.Helper()
			var l platform.List[rest.Extension]
			w.as(fixture.Manager).With("Accept-Language", "zh").Get("/api/v1/assignments/" + of(unit).ID + "/extension-requests").Is(200).Into(&l)
			return l.Items[len(l.Items)-1]
		}
		ended := func(unit, why string) {
			t.Helper()
			x := read(unit)
			if x.State != "withdrawn" || string(x.EndedBecause) != why || x.May.Grant || x.May.Refuse || x.DecidedBy != nil || x.DecidedAt == nil || x.Answer != "" {
				t.Errorf("%s: %+v", unit, x)
			}
			var h platform.List[platform.HistoryEntry]
			w.as(fixture.Manager).With("Accept-Language", "zh").Get("/api/v1/assignments/" + of(unit).ID + "/history?limit=100").Is(200).Into(&h)
			i := slices.IndexFunc(h.Items, func(e platform.HistoryEntry) bool { return e.Action == "withdraw_extension" && e.RelatedID == x.ID })
			if i < 0 || h.Items[i].Reason != why || h.Items[i].By != nil {
				t.Errorf("%s: %+v", unit, h.Items)
			}
			if e := w.last(event.ExtensionWithdrawn); e.Extension == nil || !e.Extension.Ended || e.Assignment.ID != of(unit).ID || e.Assignment.Version != of(unit).Version {
				t.Errorf("%s: %+v", unit, e)
			}
			w.sound()
		}

		x := ask(fixture.Reporter, "V11")
		w.seal(fixture.Reporter, of("V11"), 0, "")
		if y := read("V11"); y.State != "requested" || y.May.Grant || !y.May.Refuse || !strings.Contains(string(y.Blocked), "退回后可批准延期") {
			t.Fatalf("%+v", y)
		}
		w.as(fixture.Manager).With("Accept-Language", "zh").Post("/api/v1/extension-requests/"+x.ID+"/grant", map[string]any{}).
			Problem(409, "wrong_state").Says("退回后可批准延期，也可以不批准")
		if a := w.do(fixture.Manager, of("V11").ID, "approve", map[string]any{}); a.Version != of("V11").Version {
			t.Errorf("approving answers version %d, it is at %d", a.Version, of("V11").Version)
		}
		ended("V11", "因已办结而撤销。")

		ask(fixture.Reporter12, "V12")
		w.do(fixture.Manager, of("V12").ID, "cancel", map[string]any{"reason": "不再需要"})
		ended("V12", "因任务已取消而撤销。")

		ask(school, "S11")
		w.do(school, of("S11").ID, "decline", map[string]any{"reason": "不是我们的"})
		ended("S11", "因已退单而撤销。")
		w.do(fixture.Manager, of("S11").ID, "decide-decline", map[string]any{"accept": false, "reason": "应由你校承办"})
		ask(school, "S11")
		w.do(fixture.Manager, of("S11").ID, "cancel", map[string]any{"reason": "不再需要"})

		ask(fixture.Reporter21, "V21")
		path := "/api/v1/campaigns/" + c.ID + "/close"
		w.as(fixture.Manager).Post(path, map[string]any{"leave_open": true, "reason": "另行通报"}).Is(200)
		w.work()
		ended("V21", "因专项行动已结束而撤销。")
	})
}

// What an earlier version left waiting is found by the check, and ended at the
// next start; a campaign in which all work is done can be closed meanwhile.
func TestCase53_WhatWaitsSinceLongIsEnded(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11")
		a := w.of(fixture.Manager, c, "V11")
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/extension-requests", map[string]any{"due_on": "2026-10-09", "reason": "汛期"}).Is(201)
		w.seal(fixture.Reporter, a, 0, "")
		w.do(fixture.Manager, a.ID, "approve", map[string]any{})
		err := w.d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw("UPDATE extension_requests SET state = 'requested', answer = '', decided_at = NULL").Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if bad, err := w.svc.Check(context.Background(), false); err != nil || len(bad) != 1 || !strings.Contains(bad[0], "nobody can answer") {
			t.Fatalf("%v %v", bad, err)
		}
		left, err := w.store.Left(context.Background(), c.ID)
		if err != nil || left != (assignment.Left{}) {
			t.Errorf("%+v %v", left, err)
		}
		if err := w.svc.EndMoot(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.sound()
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/close", map[string]any{}).Is(200)
	})
}

// A day of a deadline ends with its last instant, on both engines and in every
// number.
func TestADeadlineDayEndsWithItsLastInstant(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12", "V21")
		a := w.of(fixture.Manager, c, "V11")
		overdue := func(want int) {
			t.Helper()
			for _, q := range []string{"&overdue=true", "&attention=overdue", "&counted=overdue", "&counted=overdue_original"} {
				var l platform.List[rest.Assignment]
				if w.as(fixture.Manager).Get("/api/v1/assignments?campaign_id=" + c.ID + q).Is(200).Into(&l); len(l.Items) != want {
					t.Errorf("%s: %d, want %d", q, len(l.Items), want)
				}
			}
		}
		number := func(name string, want int) {
			t.Helper()
			var l platform.List[rest.Assignment]
			if w.as(fixture.Manager).Get("/api/v1/assignments?campaign_id=" + c.ID + "&counted=" + name).Is(200).Into(&l); len(l.Items) != want {
				t.Errorf("%s: %d, want %d", name, len(l.Items), want)
			}
		}
		w.clock.Advance(a.DueAt.Add(999 * time.Millisecond).Sub(w.clock.Now()))
		overdue(0)
		if x := w.get(fixture.Reporter, a.ID); x.Overdue || x.Light == "yellow" {
			t.Errorf("%+v", x)
		}
		w.seal(fixture.Reporter, a, 0, "")
		if x := w.get(fixture.Reporter, a.ID); x.OnTime == nil || !*x.OnTime || !*x.OnTimeOriginal || x.Light != "green" {
			t.Errorf("%+v", x)
		}
		number("in_time", 1)
		w.clock.Advance(time.Millisecond)
		overdue(2)
		b := w.of(fixture.Manager, c, "V12")
		w.seal(fixture.Reporter12, b, 0, "")
		if x := w.get(fixture.Reporter12, b.ID); *x.OnTime || x.Light != "yellow" {
			t.Errorf("%+v", x)
		}
		number("in_time", 1)
		number("late", 1)
		number("late_original", 1)
	})
}

package rectification_test

import (
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// A transferred order goes back twice at most; then an arbiter settles it.
func TestBounceAndSettle(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v12, v21 := fixture.Unit("V12").ID, fixture.Unit("V21").ID
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "ordinary"))
		w.do(fixture.Reporter, r, "bounce", obj{"reason": ""}).Problem(422, "invalid")
		w.do(fixture.Reporter12, r, "bounce", obj{"reason": "x"}).Problem(404, "not_found")
		w.do(fixture.Viewer, r, "bounce", obj{"reason": "x"}).Problem(403, "forbidden")
		w.do(fixture.Inspector2, r, "settle", obj{"reason": "x"}).Problem(409, "not_contested")

		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": v12, "reason": "设备已移交"}).Is(200)
		w.do(fixture.Reporter12, r, "bounce", obj{"reason": "设备不在本村"}).Is(200)
		g := w.get(r)
		if g.UnitID != fixture.Unit("V11").ID || g.Bounces != 1 || g.State != "ordered" || !g.DueAt.Equal(r.DueAt) {
			t.Fatalf("bounced: %+v", g)
		}
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": v12, "reason": "x"}).Problem(409, "transfer_loop")
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": v21, "reason": "x"}).Is(200)
		w.do(fixture.Reporter21, r, "bounce", obj{"reason": "x"}).Is(200)
		// The second time it was given back; the third unit has to go to the arbiter.
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("T1").ID, "reason": "x"}).Is(200)
		w.do(fixture.Coordinator, r, "bounce", obj{"reason": "镇里没有该设备"}).Is(200)
		if g := w.get(r); !g.Contested || g.Bounces != 2 || g.UnitID != fixture.Unit("T1").ID {
			t.Fatalf("contested: %+v", g)
		}
		var l page
		w.as(fixture.Inspector2).Get("/api/v1/rectifications?contested=true").Is(200).Into(&l)
		if len(l.Items) != 1 || !l.Items[0].May["settle"] || l.Items[0].May["transfer"] {
			t.Fatalf("list: %+v", l.Items)
		}
		w.do(fixture.Coordinator, r, "bounce", obj{"reason": "x"}).Problem(409, "contested")
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": v12, "reason": "x"}).Problem(409, "contested")
		w.do(fixture.Inspector, r, "settle", obj{"reason": "x"}).Problem(403, "own_order")
		w.do(fixture.Coordinator, r, "settle", obj{"reason": "x"}).Problem(403, "forbidden")
		w.do(fixture.Inspector2, r, "settle", obj{"reason": "x", "unit_id": fixture.Unit("DV").ID}).Problem(422, "invalid")
		w.do(fixture.Inspector2, r, "settle", obj{"reason": "台账登记在西一村", "unit_id": v21}).Is(200)
		g = w.get(r)
		if g.UnitID != v21 || g.Contested || !g.Settled || !g.OriginalDueAt.Equal(r.OriginalDueAt) {
			t.Fatalf("settled: %+v", g)
		}
		w.do(fixture.Reporter21, r, "bounce", obj{"reason": "x"}).Problem(409, "settled")
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": v12, "reason": "x"}).Problem(409, "settled")
		w.do(fixture.Reporter21, r, "acknowledge", nil).Is(200)
		w.do(fixture.Reporter21, r, "bounce", obj{"reason": "x"}).Problem(409, "wrong_state")
		var kinds string
		for _, m := range w.get(r).Moves {
			kinds += m.Kind + " "
		}
		if kinds != "transfer bounce transfer bounce transfer contest settle " {
			t.Fatalf("moves: %s", kinds)
		}
		// Contested, then taken on after all.
		r2 := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		w.do(fixture.Reporter, r2, "bounce", obj{"reason": "x"}).Is(200)
		w.do(fixture.Reporter, r2, "acknowledge", nil).Is(200)
		if g := w.get(r2); g.Contested || g.Settled || g.State != "acknowledged" {
			t.Fatalf("taken on: %+v", g)
		}
		// Settled with the unit that has it, reopened: everything is open again.
		r3 := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		w.do(fixture.Reporter, r3, "bounce", obj{"reason": "x"}).Is(200)
		w.do(fixture.Inspector2, r3, "settle", obj{"reason": "x"}).Is(200)
		w.mustTake(w.sealed(r3.ID, "V11", fixture.Reporter, true))
		w.do(fixture.Inspector2, r3, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r3, "verify", obj{"decision": "close", "results": results(r3, "fixed")}).Is(200)
		w.do(fixture.Inspector2, r3, "reopen", obj{"kind": "lookback", "reason": "x", "workdays": 5}).Is(200)
		w.do(fixture.Inspector, r3, "transfer", obj{"unit_id": v12, "reason": "x"}).Is(200)
		if es := w.events(r3.ID); es[1] != event.RectificationContested || es[2] != event.RectificationSettled {
			t.Fatalf("events %v", es)
		}
		w.check()
	})
}

// Every finding of an order has its own deadline, light and original deadline.
func TestDeadlinesOfFindings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		a, b := w.finding(fixture.Inspector, "V11", "ordinary"), w.finding(fixture.Inspector, "V11", "minor") // 10 working days each
		ids := []string{a.ID, b.ID}
		send := func(more obj) obj {
			o := obj{"finding_ids": ids, "title": "整改"}
			for k, v := range more {
				o[k] = v
			}
			return o
		}
		for _, bad := range []obj{
			{"deadlines": []obj{{"finding_id": id.New(), "workdays": 3}}},
			{"deadlines": []obj{{"finding_id": a.ID}}},
			{"deadlines": []obj{{"finding_id": a.ID, "workdays": 3}, {"finding_id": a.ID, "workdays": 4}}},
			{"deadlines": []obj{{"finding_id": a.ID, "workdays": 12}}, "workdays": 10},
		} {
			insp.Post("/api/v1/rectifications", send(bad)).Problem(422, "invalid")
		}
		insp.Post("/api/v1/rectifications", send(obj{"deadlines": []obj{{"finding_id": a.ID, "due_on": "2026-01-01"}}})).Problem(422, "deadline_past")
		type one struct {
			DueAt         time.Time `json:"due_at"`
			OriginalDueAt time.Time `json:"original_due_at"`
			Light         string
		}
		var r thing
		insp.Post("/api/v1/rectifications", send(obj{"deadlines": []obj{{"finding_id": a.ID, "workdays": 3}}})).Is(201).Into(&r)
		w.finding(fixture.Inspector, "V11", "minor")
		read := func() map[string]one {
			var g struct {
				Findings []struct {
					ID string
					one
				}
			}
			var listed struct {
				Items []struct {
					ID string
					one
				}
			}
			w.as(fixture.Viewer).Get("/api/v1/rectifications/" + r.ID).Is(200).Into(&g)
			m := map[string]one{}
			for _, f := range g.Findings {
				m[f.ID] = f.one
			}
			// The register and the unit's own list show the same; what is under no
			// order has neither date nor light.
			for _, who := range []policy.Actor{fixture.Viewer, fixture.Reporter} {
				w.as(who).Get("/api/v1/findings").Is(200).Into(&listed)
				for _, f := range listed.Items {
					if f.one != m[f.ID] {
						t.Errorf("%s: %s is listed as %+v, in the order %+v", who.Name, f.ID, f.one, m[f.ID])
					}
				}
				if len(listed.Items) != len(m)+1 {
					t.Errorf("%s lists %d findings", who.Name, len(listed.Items))
				}
			}
			return m
		}
		early, late := clock.Official.AddWorkdays(monday, 3), clock.Official.AddWorkdays(monday, 10)
		if g := read(); !r.DueAt.Equal(late) || !g[a.ID].DueAt.Equal(early) || !g[b.ID].DueAt.Equal(late) {
			t.Fatalf("order due %s, %+v", r.DueAt, g)
		}
		w.clk.Advance(early.Sub(monday) + time.Hour)
		if g := read(); g[a.ID].Light != "yellow" || g[b.ID].Light == "yellow" {
			t.Fatalf("lights %+v", g)
		}
		// What was found fixed keeps its date and its light; the other one moves.
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "reject", "still_wrong": "x", "workdays": 20, "results": []obj{
			{"finding_id": a.ID, "result": "fixed"}, {"finding_id": b.ID, "result": "not", "note": "x"},
		}}).Is(200)
		moved := clock.Official.AddWorkdays(w.clk.Now(), 20)
		if g := read(); !g[a.ID].DueAt.Equal(early) || !g[b.ID].DueAt.Equal(moved) || !g[b.ID].OriginalDueAt.Equal(late) || g[a.ID].Light != "yellow" || g[b.ID].Light != "green" {
			t.Fatalf("after the rejection: %+v", g)
		}
		w.check()
	})
}

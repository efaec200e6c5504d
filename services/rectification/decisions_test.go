package rectification_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// An order that asks for everything: a plan and its approval, the leader's
// sign-off, an application to be closed out.
func TestDecisionsOnTheWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		f := w.finding(fixture.Inspector, "V11", "ordinary")
		var r thing
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{
			"finding_ids": []string{f.ID}, "title": "整改", "workdays": 10, "approve_plan": true, "needs_sign_off": true, "needs_application": true,
		}).Is(201).Into(&r)
		if !r.NeedsPlan {
			t.Fatal("a plan that has to be approved has to be given")
		}
		plan := obj{"measures": []obj{{"text": "安装杀毒软件", "person_name": "王会计", "due_on": "2026-09-18"}}}
		refused := func(step string) {
			t.Helper()
			w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
			es := w.events(r.ID)
			if es[len(es)-1] != event.RectificationReportRefused {
				t.Fatalf("%s: the report was taken: %v", step, es)
			}
		}
		w.do(fixture.Inspector2, r, "decide-plan", obj{"approve": true}).Problem(409, "no_plan")
		w.do(fixture.UnitLeader, r, "sign-off", nil).Problem(409, "plan_needed")
		var g thing
		w.do(fixture.Reporter, r, "plan", plan).Is(200).Into(&g)
		measure := "measures/" + g.Measures[0].ID
		if g.PlanState != "submitted" {
			t.Fatalf("plan %q", g.PlanState)
		}
		refused("plan not approved")
		w.do(fixture.Reporter, r, measure+"/progress", obj{"percent": 10, "note": "x"}).Problem(409, "plan_not_approved")
		w.do(fixture.Reporter, r, measure+"/done", nil).Problem(409, "plan_not_approved")
		w.do(fixture.UnitLeader, r, "sign-off", nil).Problem(409, "plan_not_approved")
		w.do(fixture.Reporter, r, "decide-plan", obj{"approve": true}).Problem(403, "forbidden")
		w.do(fixture.Inspector2, r, "decide-plan", obj{"approve": false}).Problem(422, "invalid")
		w.do(fixture.Inspector2, r, "decide-plan", obj{"approve": false, "answer": "未明确责任人"}).Is(200)
		w.do(fixture.Inspector2, r, "decide-plan", obj{"approve": true}).Problem(409, "no_plan")
		w.do(fixture.Reporter, r, "plan", plan).Is(200).Into(&g)
		w.do(fixture.Inspector2, r, "decide-plan", obj{"approve": true}).Is(200).Into(&g)
		measure = "measures/" + g.Measures[0].ID

		w.do(fixture.Reporter, r, measure+"/progress", obj{"percent": 100, "note": "x"}).Is(422)
		w.do(fixture.Reporter, r, measure+"/progress", obj{"percent": 60, "note": "已采购"}).Is(200)
		w.do(fixture.Reporter, r, measure+"/progress", obj{"percent": 40, "note": "退货重购"}).Is(200).Into(&g)
		if m := g.Measures[0]; m.Percent != 40 || len(m.Progress) != 2 || m.Progress[0].Percent != 60 {
			t.Fatalf("progress %+v", g.Measures)
		}
		if told := w.lastChange(r.ID); told.Rectification.AwaitsSignOff {
			t.Fatal("the leader is asked before the measures are done")
		}
		w.do(fixture.Reporter, r, measure+"/done", obj{"note": "完成"}).Is(200).Into(&g)
		if told := w.lastChange(r.ID); !told.Rectification.AwaitsSignOff {
			t.Fatal("the leader is not asked when the measures are done")
		}
		if g.Measures[0].Percent != 100 {
			t.Fatalf("done %+v", g.Measures)
		}
		w.do(fixture.Reporter, r, measure+"/progress", obj{"percent": 40, "note": "x"}).Problem(409, "measure_done")

		refused("not signed off")
		w.do(fixture.Reporter, r, "sign-off", nil).Problem(403, "forbidden")
		w.do(fixture.CountyLeader, r, "sign-off", nil).Problem(403, "forbidden") // reads it, but it is not their unit
		w.do(fixture.UnitLeader, r, "sign-off", obj{"note": "情况属实"}).Is(200).Into(&g)
		if g.SignedOffBy == nil || g.State != "rectifying" {
			t.Fatalf("signed off: %+v", g)
		}
		w.do(fixture.UnitLeader, r, "sign-off", nil).Problem(409, "signed_off")
		w.do(fixture.Reporter, r, "apply-close-out", obj{"text": "x"}).Problem(409, "wrong_state")
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		done := obj{"decision": "close", "method": "on_site", "results": results(r, "fixed")}
		w.do(fixture.Inspector2, r, "verify", done).Problem(409, "application_needed")
		w.do(fixture.Inspector, r, "apply-close-out", obj{"text": "x"}).Problem(403, "forbidden")
		w.do(fixture.Reporter, r, "apply-close-out", obj{"text": "已整改到位"}).Is(200)
		w.do(fixture.Reporter, r, "apply-close-out", obj{"text": "已整改到位"}).Problem(409, "application_open")
		g = thing{}
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "reject", "results": results(r, "not"), "still_wrong": "病毒库过期", "workdays": 5}).Is(200).Into(&g)
		if g.CloseOutAsked || g.SignedOffBy != nil || g.CloseOuts[0].State != "refused" || g.CloseOuts[0].Answer != "病毒库过期" || g.Verifications[0].Method != "documents" {
			t.Fatalf("rejected: %+v", g)
		}
		w.check()
		// The plan stands, the sign-off does not.
		refused("not signed off again")
		w.do(fixture.UnitLeader, r, "sign-off", nil).Is(200)
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
		w.do(fixture.Reporter, r, "apply-close-out", obj{"text": "病毒库已更新"}).Is(200)
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r, "verify", done).Is(200).Into(&g)
		if g.State != "closed" || g.CloseOutAsked || g.CloseOuts[1].State != "granted" || g.Verifications[1].Method != "on_site" {
			t.Fatalf("closed: %+v", g)
		}
		w.check()
		g = thing{}
		w.do(fixture.Inspector, r, "reopen", obj{"kind": "relapse", "reason": "x", "workdays": 5}).Is(200).Into(&g)
		if g.PlanState != "" || g.SignedOffBy != nil || len(g.CloseOuts) != 2 {
			t.Fatalf("reopened: %+v", g)
		}
		w.check()
	})
}

// An application that waits ends with its order.
func TestApplicationsEndWithTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
	w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
	w.do(fixture.Reporter, r, "apply-close-out", obj{"text": "已整改"}).Is(200)
	var g thing
	w.do(fixture.Inspector, r, "withdraw", obj{"reason": "认定有误"}).Is(200).Into(&g)
	if g.CloseOutAsked || g.CloseOuts[0].State != "withdrawn" {
		t.Fatalf("withdrawn: %+v", g)
	}
	w.check()
}

package directory_test

import (
	"strings"
	"testing"
)

// The villages and the people of a town come to the town it is merged into;
// who held a role at it keeps that, and it stays in the history.
func TestMerge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		coordinator := w.person("coord", "T1", "coordinator@T1")
		other := w.person("other", "T2", "coordinator@T2")
		leader := w.person("leader", "C", "leader@C")
		merge := func(by *user, code, into string) *answer {
			return by.post("/units/"+w.ids[code]+"/merge", obj{"into_id": w.ids[into], "reason": "区划调整"})
		}
		merge(w.sys, "R", "T1").problem(409, "unit_root")
		merge(w.sys, "T1", "T1").problem(409, "unit_cycle")
		merge(w.sys, "C", "T1").problem(409, "unit_cycle")
		merge(w.sys, "T1", "C").problem(422, "unit_level")
		merge(leader, "T1", "T2").problem(403, "forbidden")
		w.sys.with("If-Match", `"9"`).post("/units/"+w.ids["T1"]+"/merge", obj{"into_id": w.ids["T2"]}).problem(412, "stale")
		if got := w.sys.codes("active=true&under=" + w.ids["T1"]); got != "T1 V11 V12" {
			t.Fatalf("a refused merge has moved something: %q", got)
		}

		var u struct {
			Active    bool
			Successor string `json:"successor_id"`
			Version   int64
		}
		merge(w.sys, "T1", "T2").is(200).into(&u)
		if u.Active || u.Successor != w.ids["T2"] {
			t.Fatalf("%+v", u)
		}
		if got := w.sys.codes("active=true&under=" + w.ids["T2"]); got != "T2 V11 V12 V21" {
			t.Errorf("below the successor: %q", got)
		}
		var p struct {
			UnitID string `json:"unit_id"`
		}
		w.sys.get("/people/" + coordinator.id).is(200).into(&p)
		if p.UnitID != w.ids["T2"] {
			t.Errorf("the coordinator works at %s", p.UnitID)
		}
		// Roles are where they were given: each at what that unit reaches now.
		coordinator.get("/units/" + w.ids["T1"]).is(200)
		coordinator.get("/units/"+w.ids["V11"]).problem(404, "not_found")
		other.get("/units/" + w.ids["V11"]).is(200)
		merge(w.sys, "T1", "T2").problem(409, "unit_inactive")
		merge(w.sys, "T2", "T1").problem(409, "unit_inactive")
		w.holds()

		// Brought back it has no successor.
		u.Successor = ""
		w.sys.post("/units/"+w.ids["T1"]+"/activate", nil).is(200).into(&u)
		if !u.Active || u.Successor != "" {
			t.Errorf("%+v", u)
		}
	})
}

func TestSplit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		coordinator := w.person("coord", "T1", "coordinator@T1")
		stays := w.person("stays", "T1", "reporter@T1")
		at := "/units/" + w.ids["T1"] + "/split"
		for _, c := range []struct {
			body   obj
			status int
			code   string
			at     string
		}{
			{obj{"code": "T2", "name": "城北街道"}, 409, "code_taken", ""},
			{obj{"code": "T 9", "name": "城北街道"}, 422, "invalid", "body.code"},
			{obj{"code": "T9", "name": " "}, 422, "invalid", "body.name"},
			{obj{"code": "T9", "name": "城北街道", "child_ids": []string{w.ids["V11"], w.ids["V21"]}}, 422, "invalid", "body.child_ids"},
			{obj{"code": "T9", "name": "城北街道", "child_ids": []string{"01900000-0000-7000-8000-000000000000"}}, 422, "invalid", "body.child_ids"},
			{obj{"code": "T9", "name": "城北街道", "person_ids": []string{w.sys.id}}, 422, "invalid", "body.person_ids"},
		} {
			if a := w.sys.post(at, c.body).problem(c.status, c.code); c.at != "" {
				a.at(c.at)
			}
		}
		w.sys.post("/units/"+w.ids["R"]+"/split", obj{"code": "T9", "name": "城北街道"}).problem(409, "unit_root")
		if got := w.sys.codes("parent_id=" + w.ids["T1"]); got != "V11 V12" {
			t.Fatalf("a refused split has moved something: %q", got)
		}

		var part struct {
			ID, Level, Path string
			Children        int64
		}
		w.sys.post(at, obj{"code": "T9", "name": "城北街道", "child_ids": []string{w.ids["V11"]}, "person_ids": []string{coordinator.id}, "reason": "区划调整"}).is(201).into(&part)
		if part.Level != "town" || part.Children != 1 || !strings.HasPrefix(part.Path, w.ids["R"]+"/"+w.ids["C"]+"/") {
			t.Errorf("%+v", part)
		}
		if got := w.sys.codes("parent_id="+w.ids["T1"]) + ", " + w.sys.codes("parent_id="+part.ID); got != "V12, V11" {
			t.Errorf("below the two: %q", got)
		}
		for who, want := range map[*user]string{coordinator: part.ID, stays: w.ids["T1"]} {
			var p struct {
				UnitID string `json:"unit_id"`
			}
			w.sys.get("/people/" + who.id).is(200).into(&p)
			if p.UnitID != want {
				t.Errorf("%s works at %s", who.account, p.UnitID)
			}
		}
		w.holds()
	})
}

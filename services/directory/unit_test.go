package directory_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/duban/duban/services/directory"
)

func TestCanHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parent, child string
		want          bool
	}{
		{"province", "city", true}, {"province", "unit", true}, {"county", "county", false}, {"town", "county", false},
		{"unit", "unit", true}, {"town", "town", false}, {"unit", "town", false}, {"", "unit", false}, {"county", "village", false},
	} {
		if got := directory.CanHold(c.parent, c.child); got != c.want {
			t.Errorf("CanHold(%q, %q) = %v", c.parent, c.child, got)
		}
	}
}

// Where a name stops being the only one, or is again, whatever the reason, every
// unit that has it is shown accordingly.
func TestNamesThatSeveralUnitsHave(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		want := func(code, name string) {
			t.Helper()
			var u struct{ Shown string }
			if w.sys.get("/units/" + w.ids[code]).is(200).into(&u); u.Shown != name {
				t.Errorf("%s is shown as %s, want %s", code, u.Shown, name)
			}
		}
		clerk := w.person("clerk", "V11", "reporter@V11")
		want("V11", "东一村")
		w.sys.patch("/units/"+w.ids["V21"], obj{"name": "东一村"}).is(200)
		want("V11", "东一村（东镇）")
		want("V21", "东一村（西镇）")
		for _, path := range []string{"/people/" + clerk.id, "/grants?person_id=" + clerk.id} {
			if got := string(w.sec.get(path).is(200).raw); !strings.Contains(got, `"unit_name":"东一村（东镇）"`) {
				t.Errorf("%s: %s", path, got)
			}
		}
		w.sys.post("/units/"+w.ids["V21"]+"/move", obj{"parent_id": w.ids["DT"]}).is(200)
		want("V21", "东一村（邻镇）")
		w.sys.patch("/units/"+w.ids["V21"], obj{"name": "西一村"}).is(200)
		want("V11", "东一村")
		want("V21", "西一村")
		w.unit("V22", "T2", "unit", "东二村")
		want("V12", "东二村（东镇）")
		want("V22", "东二村（西镇）")
		// A file whose lines have a name twice, the name of one there is, and one
		// that it takes away from another.
		w.sys.csv("units", "", "code,name,parent_code,level\nV31,后村,DT,unit\nV32,后村,T2,unit\nV33,东一村,DT,unit\nV22,东三村,T2,unit\n").is(200)
		for _, code := range []string{"V31", "V32", "V33"} {
			var l struct{ Items []struct{ ID string } }
			w.sys.get("/units?q=" + code).is(200).into(&l)
			w.ids[code] = l.Items[0].ID
		}
		for code, name := range map[string]string{
			"V31": "后村（邻镇）", "V32": "后村（西镇）", "V33": "东一村（邻镇）", "V11": "东一村（东镇）", "V12": "东二村", "V22": "东三村",
		} {
			want(code, name)
		}
		w.holds()
		// A note that is wrong is found and mended.
		if _, err := w.db.Writer().Exec("UPDATE units SET shares_name = NOT shares_name WHERE code IN ('V11', 'V12')"); err != nil {
			t.Fatal(err)
		}
		if bad, err := w.module.Check(t.Context(), true); err != nil || len(bad) != 2 {
			t.Error(bad, err)
		}
		w.holds()
		want("V11", "东一村（东镇）")
		want("V12", "东二村")
	})
}

func TestUnits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		leader := w.person("leader", "C", "leader@C")
		coordinator := w.person("coord", "T1", "coordinator@T1")
		// Lists and search are bounded by what one may see.
		for _, c := range []struct {
			u           *user
			query, want string
		}{
			{w.sys, "", "C D DT R T1 T2 V11 V12 V21"},
			{leader, "", "C T1 T2 V11 V12 V21"},
			{coordinator, "", "T1 V11 V12"},
			{leader, "top=true", "C"},
			{w.sys, "top=true", "R"},
			{leader, "parent_id=" + w.ids["C"], "T1 T2"},
			{coordinator, "parent_id=" + w.ids["C"], "T1"},
			{leader, "q=dyc", "V11"},
			{leader, "q=一村", "V11 V21"},
			{leader, "q=V1", "V11 V12"},
			{leader, "q=%25", ""},
			{leader, "level=town", "T1 T2"},
			{w.sys, "under=" + w.ids["D"], "D DT"},
			{leader, "under=" + w.ids["D"], ""},
		} {
			if got := c.u.codes(c.query); got != c.want {
				t.Errorf("%s lists %q: %q, want %q", c.u.account, c.query, got, c.want)
			}
		}
		var u struct {
			ID, Name, Path string
			Children       int64
			Version        int64
			Above          []struct{ Name string }
			May            map[string]bool
		}
		w.sys.get("/units/" + w.ids["T1"]).is(200).into(&u)
		if u.Children != 2 || len(u.Above) != 2 || u.Above[0].Name != "青州市" || !u.May["move"] || u.May["deactivate"] {
			t.Errorf("unit: %+v", u)
		}
		leader.get("/units/"+w.ids["DT"]).problem(404, "not_found")
		leader.get("/units/nonsense").problem(404, "not_found")
		leader.patch("/units/"+w.ids["T1"], obj{"name": "x"}).problem(403, "forbidden")
		leader.patch("/units/"+w.ids["DT"], obj{"name": "x"}).problem(404, "not_found")
		leader.post("/units", obj{"parent_id": w.ids["C"], "code": "n", "level": "town", "name": "n"}).problem(403, "forbidden")

		// Creating.
		for _, c := range []struct {
			body   obj
			status int
			code   string
		}{
			{obj{"parent_id": w.ids["T1"], "code": "n", "level": "county", "name": "n"}, 422, "unit_level"},
			{obj{"parent_id": w.ids["T1"], "code": "V11", "level": "unit", "name": "n"}, 409, "code_taken"},
			{obj{"parent_id": w.ids["T1"], "code": "n n", "level": "unit", "name": "n"}, 422, "invalid"},
			{obj{"parent_id": w.ids["T1"], "code": "n", "level": "unit", "name": "a\x00b"}, 422, "invalid_text"},
			{obj{"parent_id": w.ids["T1"], "code": "n", "level": "unit", "name": "n", "contact_id": "x"}, 422, "invalid"},
			{obj{"parent_id": w.ids["T1"], "code": "n", "level": "unit", "name": "n", "longitude": 36.78, "latitude": 119.96}, 422, "invalid"},
			{obj{"parent_id": "01900000-0000-7000-8000-000000000000", "code": "n", "level": "unit", "name": "n"}, 404, "not_found"},
			{obj{"parent_id": w.ids["T1"], "code": "n", "level": "unit"}, 422, "invalid"},
		} {
			w.sys.post("/units", c.body).problem(c.status, c.code)
		}

		// Changing, with versions.
		a := w.sys.with("If-Match", `"1"`).patch("/units/"+w.ids["V11"], obj{"name": "东一新村", "residents": 420, "contact_id": coordinator.id}).is(200)
		if a.header.Get("ETag") != `"2"` {
			t.Errorf("ETag %s", a.header.Get("ETag"))
		}
		w.sys.with("If-Match", `"1"`).patch("/units/"+w.ids["V11"], obj{"name": "z"}).problem(412, "stale")
		if got := leader.codes("q=dyxc"); got != "V11" {
			t.Errorf("renamed unit is not found by its initials: %q", got)
		}

		// Deactivating.
		w.sys.post("/units/"+w.ids["T1"]+"/deactivate", obj{"reason": "x"}).problem(409, "unit_not_empty")
		w.sys.post("/units/"+w.ids["V12"]+"/deactivate", obj{"reason": "并村"}).is(200)
		w.sys.post("/units/"+w.ids["V12"]+"/deactivate", nil).problem(409, "wrong_state")
		w.sys.post("/units", obj{"parent_id": w.ids["V12"], "code": "n", "level": "unit", "name": "n"}).problem(409, "unit_inactive")
		if got := leader.codes("active=true&under=" + w.ids["T1"]); got != "T1 V11" {
			t.Errorf("active: %q", got)
		}
		w.sys.post("/units/"+w.ids["V12"]+"/activate", nil).is(200)
		w.holds()
	})
}

func TestMove(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.unit("G1", "V11", "unit", "一组")
		coordinator := w.person("coord", "T1", "coordinator@T1")
		reporter := w.person("rep", "V11", "reporter@V11")
		move := func(code, to string) *answer {
			return w.sys.post("/units/"+w.ids[code]+"/move", obj{"parent_id": w.ids[to], "reason": "区划调整"})
		}
		move("V11", "V11").problem(409, "unit_cycle")
		move("V11", "G1").problem(409, "unit_cycle")
		move("T1", "V21").problem(422, "unit_level")
		move("R", "C").problem(409, "unit_root")
		move("V11", "T1").problem(409, "unit_there")
		coordinator.get("/units/" + w.ids["G1"]).is(200)
		move("V11", "T2").is(200)
		// Rights follow at the very next request.
		coordinator.get("/units/"+w.ids["G1"]).problem(404, "not_found")
		reporter.get("/units/" + w.ids["V11"]).is(200)
		if got := w.sys.codes("under=" + w.ids["T2"]); got != "G1 T2 V11 V21" {
			t.Errorf("below T2: %q", got)
		}
		move("T2", "D").is(200)
		w.holds()
		var u struct{ Path string }
		w.sys.get("/units/" + w.ids["G1"]).is(200).into(&u)
		want := w.ids["R"] + "/" + w.ids["D"] + "/" + w.ids["T2"] + "/" + w.ids["V11"] + "/" + w.ids["G1"] + "/"
		if u.Path != want {
			t.Errorf("path %s, want %s", u.Path, want)
		}
	})
}

// Two moves at once that would each be fine must not make a cycle together.
func TestMovesCannotCross(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range 5 {
			a, b := "A"+strings.Repeat("x", i), "B"+strings.Repeat("x", i)
			w.unit(a, "T1", "unit", "甲")
			w.unit(b, "T1", "unit", "乙")
			var wg sync.WaitGroup
			var got [2]*answer
			for n, m := range [][2]string{{a, b}, {b, a}} {
				wg.Go(func() { got[n] = w.sys.post("/units/"+w.ids[m[0]]+"/move", obj{"parent_id": w.ids[m[1]]}) })
			}
			wg.Wait()
			if ok := (got[0].status == 200) != (got[1].status == 200); !ok {
				t.Fatalf("moves answered %d and %d", got[0].status, got[1].status)
			}
		}
		w.holds()
	})
}

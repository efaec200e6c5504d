package host_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/xuri/excelize/v2"
)

// Case 54: rights, lists, filters, registers and sums ask in one way whose a
// finding is: of the unit where it was found and of the one that has to rectify
// it; and it counts where the duty lies. Whatever became of its order.
func TestCase54WhoseAFindingIs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWalker(t, d, 54)
		by, other := fixture.Inspector, walkOffice[1]
		must := func(by policy.Actor, path string, in any) walkThing {
			t.Helper()
			var out walkThing
			if !w.call(by, path, http.MethodPost, path, in, &out) {
				t.Fatalf("%s is refused", path)
			}
			return out
		}
		ordered := func(title string) (finding string, r walkThing) {
			t.Helper()
			f := must(by, "/findings", body{"unit_id": fixture.Unit("V11").ID, "title": title, "category": "technical", "severity": "ordinary", "deadline_days": 10})
			return f.ID, must(by, "/rectifications", body{"finding_ids": []string{f.ID}, "title": title, "workdays": 5})
		}
		do := func(by policy.Actor, r *walkThing, action string, in body) {
			t.Helper()
			if in == nil {
				in = body{}
			}
			*r = must(by, "/rectifications/"+r.ID+"/"+action, in)
		}
		transfer := func(r *walkThing, unit string) {
			t.Helper()
			do(by, r, "transfer", body{"unit_id": fixture.Unit(unit).ID, "reason": "设备已移交"})
		}
		// By title: where it was found, always V11, and where its duty is.
		duty := map[string]string{}

		_, r := ordered("transferred")
		transfer(&r, "S11")
		duty["transferred"] = "S11"

		_, r = ordered("bounced")
		transfer(&r, "V21")
		do(w.at("reporter", r.UnitID), &r, "bounce", body{"reason": "不在本村"})
		duty["bounced"] = "V11"

		_, r = ordered("settled")
		do(w.at("reporter", r.UnitID), &r, "bounce", body{"reason": "不在本村"})
		do(other, &r, "settle", body{"unit_id": fixture.Unit("V21").ID, "reason": "台账登记在西一村"})
		duty["settled"] = "V21"

		_, r = ordered("withdrawn")
		transfer(&r, "V21")
		do(by, &r, "withdraw", body{"reason": "查明无误"})
		duty["withdrawn"] = "V11"

		_, r = ordered("closed")
		transfer(&r, "V21")
		w.report(&r, true)
		do(other, &r, "begin-verification", nil)
		do(other, &r, "verify", body{"decision": "close", "outcome": "fixed", "results": results(&r, "fixed")})
		duty["closed"] = "V21"

		_, r = ordered("reopened")
		transfer(&r, "S11")
		w.report(&r, true)
		do(other, &r, "begin-verification", nil)
		do(other, &r, "verify", body{"decision": "close", "outcome": "fixed", "results": results(&r, "fixed")})
		do(other, &r, "reopen", body{"kind": "relapse", "reason": "再次出现", "workdays": 5})
		duty["reopened"] = "S11"

		listed := func(as policy.Actor, query string) []string {
			t.Helper()
			var l struct{ Items []struct{ ID, Title string } }
			w.api.As(t, as).Get("/api/v1/findings?limit=100&" + query).Is(http.StatusOK).Into(&l)
			out := []string{}
			for _, f := range l.Items {
				w.api.As(t, as).Get("/api/v1/findings/" + f.ID).Is(http.StatusOK)
				out = append(out, f.Title)
			}
			slices.Sort(out)
			return out
		}
		leader := fixture.Actor("R", "leader@R")
		of := func(is func(title string) bool) []string {
			out := []string{}
			for title := range duty {
				if is(title) {
					out = append(out, title)
				}
			}
			slices.Sort(out)
			return out
		}
		in := newCounter(t, w, w.published())
		for key := range fixture.Units {
			u := fixture.Unit(key)
			at := func(unit, path string) bool { return strings.HasPrefix(fixture.Unit(unit).Path, path) }
			either := of(func(x string) bool { return key == "V11" || key == duty[x] })
			below := of(func(x string) bool { return at("V11", u.Path) || at(duty[x], u.Path) })
			for query, want := range map[string][]string{
				"unit_id=" + u.ID: either, "under=" + u.ID: below,
				"counted=found&under=" + u.ID:   of(func(x string) bool { return at(duty[x], u.Path) }),
				"counted=found&unit_id=" + u.ID: of(func(x string) bool { return key == duty[x] }),
				"counted=open&under=" + u.ID:    of(func(x string) bool { return at(duty[x], u.Path) && x != "closed" }),
				"counted=closed&under=" + u.ID:  of(func(x string) bool { return at(duty[x], u.Path) && x == "closed" }),
			} {
				if got := listed(leader, query); !slices.Equal(got, want) {
					t.Errorf("at %s, %s: listed %v, want %v", key, query, got, want)
				}
			}
			// The sums are those of the lists that stand behind them.
			n := numbersAt(in, u.ID, "")
			open, closed := len(listed(leader, "counted=open&under="+u.ID)), len(listed(leader, "counted=closed&under="+u.ID))
			if f := n.Register.Findings; f.Total != open+closed || f.Open != open || f.Closed != closed {
				t.Errorf("at %s: counted %+v, listed %d open and %d closed", key, f, open, closed)
			}
			if f := n.Numbers["category"].Total; f.Found != open+closed || f.Open != open || f.Closed != closed {
				t.Errorf("at %s: numbers %+v, listed %d open and %d closed", key, f, open, closed)
			}
			// Who works there reads what is of it, and no more.
			if got := listed(fixture.Actor(key, "leader@"+key), ""); !slices.Equal(got, below) {
				t.Errorf("at %s a leader reads %v, want %v", key, got, below)
			}
			if len(either) == 0 {
				continue
			}
			for _, form := range []string{"register", "finding_list"} {
				raw := w.api.As(t, leader).Get("/api/v1/findings/export?format=xlsx&form=" + form + "&unit_id=" + u.ID).Is(http.StatusOK).Raw
				text := sheetText(t, raw)
				for _, title := range either {
					line := text[title]
					if !strings.Contains(line, fixture.Unit("V11").Name) || !strings.Contains(line, fixture.Unit(duty[title]).Name) {
						t.Errorf("%s of %s says of %s: %q", form, key, title, line)
					}
				}
			}
		}
		for sector, want := range map[string][]string{"education": {"reopened", "transferred"}, "finance": {}} {
			if got := listed(leader, "sector="+sector); !slices.Equal(got, want) {
				t.Errorf("of sector %s: %v, want %v", sector, got, want)
			}
		}
		if bad, err := w.svc.Check(t.Context(), false); err != nil || len(bad) > 0 {
			t.Fatalf("check: %v %v", bad, err)
		}
	})
}

// sheetText is what the rows of the first sheet say, by the line of a cell.
func sheetText(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows {
		for _, c := range r {
			for l := range strings.Lines(c) {
				out[strings.TrimSpace(l)] = strings.Join(r, " ")
			}
		}
	}
	return out
}

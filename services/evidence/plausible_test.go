package evidence_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/google/go-cmp/cmp"
)

type comparison struct {
	RequirementID string `json:"requirement_id"`
	LastYear      *struct {
		SubmissionID string `json:"submission_id"`
		Value        float64
	} `json:"last_year"`
	Similar *struct {
		Units             int
		Kind, Per         string
		Low, Median, High float64
		Own               float64
	}
	Odd []string
}

func (w *world) compared(a policy.Actor, submissionID string) []comparison {
	w.t.Helper()
	var x struct{ Comparisons []comparison }
	w.srv.As(w.t, a).Get(subs + "/" + submissionID).Is(200).Into(&x)
	return x.Comparisons
}

// A figure is shown beside last year's, and to reviewers beside that of similar
// units; what is far from them is marked.
func TestFiguresCompared(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		n := event.Requirement{ID: "n", Kind: "number", Title: "宣传单", Figure: "leaflets", Per: "class"}
		last := w.open(fixture.Reporter, "assignment", w.campaign("V11", "2025-09-14", "2025-09-20", n).ID)
		w.put(fixture.Reporter, last, "n", map[string]any{"value": 100})
		w.seal(fixture.Reporter, last)
		// The same task of this year, given to other villages, whose figures stand.
		a := w.campaign("V11", "2026-09-13", "2026-09-19", n)
		s := w.open(fixture.Reporter, "assignment", a.ID)
		w.put(fixture.Reporter, s, "n", map[string]any{"value": 301})
		others := func(from, to int, value func(i int) float64) {
			t.Helper()
			for i := from; i < to; i++ {
				unit := event.Unit{ID: fmt.Sprintf("01900000-0000-7000-8000-1%011d", i), Level: "unit", Kind: "village", Name: "村", Active: true, Classes: 10, Version: 1,
					ParentID: fixture.Unit("T1").ID}
				unit.Path = fixture.Unit("T1").Path + unit.ID + "/"
				w.take(event.New(id.New(), w.clock.Now(), event.UnitsChanged, "tree", 1, event.Units{Units: []event.Unit{unit}}))
				x := w.known[a.ID]
				x.Assignments = []event.Assignment{a}
				b := &x.Assignments[0]
				b.ID, b.UnitID, b.UnitPath = id.New(), unit.ID, unit.Path
				w.take(event.New(id.New(), w.clock.Now(), event.AssignmentsIssued, x.Task.ID, 1, x))
				who := policy.Actor{PersonID: unit.ID, Name: "村", SessionID: unit.ID, UnitID: unit.ID, UnitPath: unit.Path, UnitLevel: "unit",
					Grants: []policy.Grant{{Role: "reporter", UnitID: unit.ID, UnitPath: unit.Path, Level: "unit"}}}
				o := w.open(who, "assignment", b.ID)
				w.put(who, o, "n", map[string]any{"value": value(i)})
				w.seal(who, o)
			}
		}
		others(0, 4, func(i int) float64 { return float64(10 * (i + 1)) })
		own := w.compared(fixture.Reporter, s.ID)
		if len(own) != 1 || own[0].LastYear == nil || own[0].LastYear.Value != 100 || own[0].LastYear.SubmissionID != last.ID || own[0].Similar != nil ||
			!cmp.Equal(own[0].Odd, []string{evidence.UnlikeLastYear}) {
			t.Fatalf("%+v", own)
		}
		if got := w.compared(fixture.Manager, s.ID); got[0].Similar != nil {
			t.Errorf("a median of four: %+v", got[0].Similar)
		}
		others(4, 5, func(int) float64 { return 50 })
		got := w.compared(fixture.Manager, s.ID)[0]
		if x := got.Similar; x == nil || x.Units != 5 || x.Kind != "village" || x.Per != "class" || x.Low != 2 || x.Median != 3 || x.High != 4 || x.Own != 30.1 {
			t.Fatalf("%+v", got.Similar)
		}
		if diff := cmp.Diff([]string{evidence.UnlikeLastYear, evidence.UnlikeSimilar}, got.Odd); diff != "" {
			t.Error(diff)
		}
		if own := w.compared(fixture.Reporter, s.ID); own[0].Similar != nil {
			t.Error("the unit sees what others gave")
		}
		w.put(fixture.Reporter, s, "n", map[string]any{"value": 90})
		if got := w.compared(fixture.Manager, s.ID); len(got[0].Odd) != 0 || got[0].LastYear.Value != 100 {
			t.Errorf("%+v", got)
		}
	})
}

// A pledge is its text, who made it, when, and the hash of it.
func TestPledge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const wording = "我单位承诺落实网络安全责任制。"
		rep := w.srv.As(t, fixture.Reporter)
		s := w.open(fixture.Reporter, "assignment", w.campaign("V11", "2026-09-01", "2026-09-30",
			event.Requirement{ID: "worded", Kind: "pledge", Title: "责任书", Compulsory: true, Text: wording},
			event.Requirement{ID: "free", Kind: "pledge", Title: "承诺书"}, event.Requirement{ID: "text", Kind: "text", Title: "说明"},
		).ID)
		put := func(requirement string, body map[string]any) *struct {
			Items []struct {
				Text, Signatory string
				SignedAt        string `json:"signed_at"`
				TextSHA256      string `json:"text_sha256"`
			}
		} {
			t.Helper()
			out := new(struct {
				Items []struct {
					Text, Signatory string
					SignedAt        string `json:"signed_at"`
					TextSHA256      string `json:"text_sha256"`
				}
			})
			rep.Do("PUT", subs+"/"+s.ID+"/items/"+requirement, body).Is(200).Into(out)
			return out
		}
		for requirement, body := range map[string]map[string]any{
			"worded": {"text": "我尽量", "signatory": "李伟"}, "text": {"text": "x", "signatory": "李伟"}, "free": {"signatory": "李伟"},
		} {
			rep.Do("PUT", subs+"/"+s.ID+"/items/"+requirement, body).Problem(422, "invalid")
		}
		rep.Do("PUT", subs+"/"+s.ID+"/items/free", map[string]any{}).Problem(422, "invalid").Says(`"location":"body.text or signatory or file_ids"`)
		at := w.clock.Now().Format("2006-01-02T15:04:05Z")
		if x := put("worded", map[string]any{"signatory": " 李伟 "}).Items[0]; x.Text != wording || x.Signatory != "李伟" || x.SignedAt != at || x.TextSHA256 != evidence.Hash([]byte(wording)) {
			t.Fatalf("%+v", x)
		}
		// Whoever enters it is who makes it, unless another is named.
		if x := put("free", map[string]any{"text": "我承诺"}).Items[1]; x.Text != "我承诺" || x.Signatory != fixture.Reporter.Name {
			t.Fatalf("%+v", x)
		}
		sealed := w.seal(fixture.Reporter, s)
		var m evidence.Manifest
		if err := json.Unmarshal(rep.Get(subs+"/"+sealed.ID+"/manifest").Is(200).Raw, &m); err != nil {
			t.Fatal(err)
		}
		if x := m.Items[0]; x.Text != wording || x.Signatory != "李伟" || x.SignedAt != at || x.TextSHA256 != evidence.Hash([]byte(wording)) {
			t.Fatalf("%+v", x)
		}
	})
}

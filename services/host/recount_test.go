package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/insight/module"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	platform "github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/resttest"
)

// Whatever people did with findings, orders and inspections, the numbers of
// insight are those of a recount, at every unit: whether it took what was
// published in its order and once, or in another order and twice.
func TestNumbersEqualARecount(t *testing.T) {
	t.Parallel()
	want := 10_000
	if testing.Short() {
		want = 1_500
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := newWalker(t, dbtest.Open(t, "rectification", db.SQLite), seed)
	for w.steps < want {
		w.step()
	}
	t.Logf("%d steps: %v", w.steps, w.done)
	if bad, err := w.svc.Check(t.Context(), false); err != nil || len(bad) > 0 {
		t.Fatalf("check: %v %v", bad, err)
	}
	for _, action := range []string{"close", "reject", "reopen", "transfer", "settle", "withdraw", "dismiss", "link duplicate", "link relapse", "suspend", "check", "move", "decide-extension", "spot"} {
		if w.done[action] == 0 && !testing.Short() {
			t.Errorf("the walk has no %s that was possible: it proves nothing of it", action)
		}
	}
	told := w.published()
	in := newCounter(t, w, told)
	mixed := newCounter(t, w, w.mixed(told))
	things := w.things()
	w.t.Logf("%d events, %d findings, %d orders, %d inspections", len(told), len(things.findings), len(things.orders), len(things.inspections))
	nodes := 0
	for key := range fixture.Units {
		for _, campaign := range []string{"", w.camp.ID} {
			u := fixture.Unit(key)
			if u.ID == w.moved.ID {
				u = w.moved
			}
			expect := things.at(u, campaign, w.clk.Now())
			if expect.Register.Findings.Total > 0 {
				nodes++
			}
			for name, c := range map[string]*resttest.Caller{"in order": in, "otherwise and twice": mixed} {
				got := numbersAt(c, u.ID, campaign)
				if a, b := inWords(got), inWords(expect); a != b {
					t.Fatalf("at %s, campaign %q, taken %s:\ncounted  %s\nrecount  %s", key, campaign, name, a, b)
				}
			}
		}
	}
	if nodes < 10 {
		t.Errorf("there is something to count at %d nodes only", nodes)
	}
}

// published is what the service told, in its order.
func (w *walker) published() []event.Event {
	w.t.Helper()
	var payloads []string
	if err := w.db.Read().NewRaw("SELECT payload FROM outbox ORDER BY id").Scan(w.t.Context(), &payloads); err != nil {
		w.t.Fatal(err)
	}
	es := make([]event.Event, len(payloads))
	for i, p := range payloads {
		if err := json.Unmarshal([]byte(p), &es[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	return es
}

// mixed is what a consumer may see of it: of what is on its way at once any
// order, some of it again at once, and some of it much later.
func (w *walker) mixed(es []event.Event) []event.Event {
	const atOnce = 64
	var out []event.Event
	for part := range slices.Chunk(slices.Clone(es), atOnce) {
		w.rand.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		out = append(out, part...)
		for range atOnce / 4 {
			e := out[w.rand.IntN(len(out))]
			if w.rand.IntN(2) == 0 {
				e.ID = id.New() // told again under another id
			}
			out = append(out, e)
		}
	}
	return out
}

// newCounter is an insight service that took the events, with those of the
// tree anywhere between, as the leader of everything asks it.
func newCounter(t *testing.T, w *walker, told []event.Event) *resttest.Caller {
	t.Helper()
	d := dbtest.Open(t, "insight", w.db.Engine)
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	svc, err := module.New(platform.Deps{DB: d, Policy: engine, Clock: w.clk, Calendar: clock.Official})
	if err != nil {
		t.Fatal(err)
	}
	fixture.Plant(t, d)
	es := append([]event.Event{w.campaign()}, told...)
	places := make([]int, len(w.tree))
	for i := range places {
		places[i] = w.rand.IntN(len(es))
	}
	slices.Sort(places)
	for i, at := range slices.Backward(places) {
		es = slices.Insert(es, at, w.tree[i])
	}
	for part := range slices.Chunk(es, 100) {
		take(t, d, svc, part...)
	}
	if bad, err := svc.Check(context.Background(), false); err != nil || len(bad) > 0 {
		t.Fatalf("check of insight: %v %v", bad, err)
	}
	owned, err := w.svc.(platform.Owner).Owned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if copied, err := svc.(platform.Copier).Copied(t.Context()); err != nil || !maps.Equal(owned, copied) {
		t.Fatalf("copies: %v\n%v\n%v", err, copied, owned)
	}
	return resttest.Start(t, engine, svc.Mount).As(t, fixture.Actor("R", "leader@R"))
}

// counted is everything that insight tells of findings and orders at a node.
type counted struct {
	Register struct {
		Findings       findingCounts
		Rectifications orderCounts
		Inspections    inspectionCounts
	}
	Numbers map[string]numberCounts // by what they are divided
}

type findingCounts struct {
	Total, Open, Closed, Relapses int
	Items                         []alike
}

type alike struct {
	Category, Severity, State string
	Count, Relapses           int
}

type orderCounts struct {
	Total, Open, Overdue, Late, Suspended, Relapses int
	OnTime                                          int `json:"on_time"`
	LateOriginal                                    int `json:"late_original"`
	States                                          []alike
}

type inspectionCounts struct {
	FailedAnswers int `json:"failed_answers"`
	States        []alike
}

type numberCounts struct {
	Total      statistics
	OldestOpen string `json:"oldest_open_on"`
	Items      []statistics
}

type statistics struct {
	Value                         string
	Found, Open, Closed, Relapses int
	OnTime                        int     `json:"on_time"`
	OnTimeOriginal                int     `json:"on_time_original"`
	MeanDays                      float64 `json:"mean_days_to_close"`

	seconds int
}

var numberFacets = []string{"category", "severity", "clause", "item", "sector", "month"}

func numbersAt(c *resttest.Caller, unitID, campaign string) counted {
	at := "?unit_id=" + unitID
	if campaign != "" {
		at += "&campaign_id=" + campaign
	}
	var out counted
	c.Get("/api/v1/rollups/findings" + at).Is(http.StatusOK).Into(&out)
	out.Numbers = map[string]numberCounts{}
	for _, by := range numberFacets {
		var n numberCounts
		c.Get("/api/v1/rollups/findings/numbers" + at + "&by=" + by).Is(http.StatusOK).Into(&n)
		out.Numbers[by] = n
	}
	return out
}

// inWords is what two are compared by; the order of what is alike says nothing.
func inWords(c counted) string {
	byText := func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	for _, list := range [][]alike{c.Register.Findings.Items, c.Register.Rectifications.States, c.Register.Inspections.States} {
		slices.SortFunc(list, func(a, b alike) int { return byText(a, b) })
	}
	for by, n := range c.Numbers {
		if by == "month" {
			if !slices.IsSortedFunc(n.Items, func(a, b statistics) int { return strings.Compare(a.Value, b.Value) }) {
				return "the months are not in their order"
			}
			continue
		}
		slices.SortFunc(n.Items, func(a, b statistics) int { return strings.Compare(a.Value, b.Value) })
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

package host_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// settle waits until every service has heard of the whole tree and of what
// goes on in it.
func (w *world) settle(t testing.TB) {
	t.Helper()
	for _, who := range []string{"lead-c", "mgr-d"} {
		place := w.people[who].at
		until(t, "the assignments of "+place+" arrive at insight", func() bool {
			a := w.call(t, w.token(t, who), http.MethodGet, "/api/v1/rollups/campaigns/"+w.of("campaign", place).id+"?unit_id="+w.places[place].id, nil, nil)
			return a.status == http.StatusOK
		})
	}
	until(t, "the units arrive at insight", func() bool {
		a := w.call(t, w.token(t, "lead-c"), http.MethodGet, "/api/v1/rollups/findings?unit_id="+w.places["V11"].id, nil, nil)
		return a.status == http.StatusOK
	})
}

// listed holds a list to the matrix: it shows exactly what the actor may read,
// and each of that, and nothing else, can be read by its id.
func (w *world) listed(t *testing.T, ops []*operation, op *operation) {
	get := byID(ops, op.row.List)
	path := op.path + "?limit=3"
	for k, v := range op.row.Query {
		path += "&" + k + "=" + v
	}
	known := map[string]bool{}
	of := map[string]map[string]bool{} // by account
	for _, s := range w.actors() {
		items, a := w.all(t, s.token, path)
		if a.status != http.StatusOK && a.status != http.StatusForbidden && a.status != http.StatusNotFound {
			t.Fatalf("%s as %s answers %d: %s", op.ID, s.account, a.status, a.raw)
		}
		of[s.account] = map[string]bool{}
		for _, x := range items {
			id := text(x, "id")
			if of[s.account][id] {
				t.Errorf("%s as %s lists %s twice", op.ID, s.account, id)
			}
			of[s.account][id], known[id] = true, true
		}
	}
	for _, s := range w.actors() {
		for _, kind := range op.row.Kinds {
			for _, th := range w.things[kind] {
				known[th.id] = true
				c := w.judge(op, s, th)
				shown := c.visible
				if op.row.Action == "open" { // it has no outline of its own
					shown = c.allowed
				}
				// What is somebody's own is nobody else's.
				want := shown && (th.owners == nil || slices.Contains(th.owners, s.account))
				if got := of[s.account][th.id]; got != want {
					t.Errorf("%s as %s: %s of %s (%s) is listed: %v, want %v", op.ID, s.account, th.kind, th.place, c.relation, got, want)
				}
			}
		}
	}
	if get == nil {
		return
	}
	for _, s := range w.actors() {
		for id := range known {
			a := w.call(t, s.token, http.MethodGet, strings.ReplaceAll(get.path, "{id}", id), nil, nil)
			switch {
			case of[s.account][id] && a.status != http.StatusOK:
				t.Errorf("%s lists %s to %s, but %s answers %d", op.ID, id, s.account, get.ID, a.status)
			case !of[s.account][id] && a.status != http.StatusNotFound:
				t.Errorf("%s does not list %s to %s, but %s answers %d", op.ID, id, s.account, get.ID, a.status)
			}
		}
	}
}

// counts holds the numbers of the workbenches to the lists behind them.
func (w *world) counts(t *testing.T) {
	for _, s := range w.actors() {
		for _, path := range []string{"/assignments/counts", "/rectifications/counts", "/notices/counts"} {
			a := w.call(t, s.token, http.MethodGet, "/api/v1"+path, nil, nil)
			for name, x := range a.object() {
				m, ok := x.(map[string]any)
				if !ok || a.status != http.StatusOK {
					continue
				}
				count, _ := m["count"].(float64)
				items, l := w.all(t, s.token, "/api/v1"+text(m, "query")+"&limit=500")
				if len(items) != int(count) {
					t.Errorf("%s: %s counts %d %s, the list %s (%d) has %d", s.account, path, int(count), name, text(m, "query"), l.status, len(items))
				}
			}
		}
	}
}

// rollups holds the numbers of the roll-ups to the lists behind them.
func (w *world) rollups(t *testing.T) {
	held := 0
	hold := func(s *someone, numbers map[string]any, names ...string) {
		t.Helper()
		for _, name := range names {
			want, ok := numbers[name].(float64)
			if !ok {
				t.Errorf("%s: there is no number %s in %v", s.account, name, numbers)
				continue
			}
			items, l := w.all(t, s.token, "/api/v1"+text(numbers, "query")+"&limit=500&counted="+name)
			if len(items) != int(want) {
				t.Errorf("%s: %s is %d, the list %s (%d) has %d", s.account, name, int(want), text(numbers, "query"), l.status, len(items))
			}
			if want > 0 {
				held++
			}
		}
	}
	part := func(m map[string]any, name string) map[string]any {
		m, _ = m[name].(map[string]any)
		return m
	}
	for _, s := range w.actors() {
		a := w.call(t, s.token, http.MethodGet, "/api/v1/rollups/campaigns?limit=500", nil, nil)
		for _, line := range objects(a.object(), "items") {
			hold(s, part(line, "numbers"), "issued", "acknowledged", "submitted", "approved", "returned", "declined", "overdue", "seriously_overdue",
				"overdue_original", "near", "acknowledge_overdue", "in_time", "late", "late_original")
			campaign := text(part(line, "campaign"), "id")
			x := w.call(t, s.token, http.MethodGet, "/api/v1/rollups/campaigns/"+campaign, nil, nil)
			if x.status == http.StatusOK {
				hold(s, part(x.object(), "own"), "issued", "submitted")
			}
		}
		a = w.call(t, s.token, http.MethodGet, "/api/v1/rollups/findings", nil, nil)
		if a.status != http.StatusOK {
			continue
		}
		register := part(a.object(), "register")
		hold(s, part(register, "findings"), "open", "closed", "relapses")
		for _, by := range []string{"category", "clause", "item", "month", "sector"} {
			n := w.call(t, s.token, http.MethodGet, "/api/v1/rollups/findings/numbers?by="+by, nil, nil).object()
			for _, x := range append(objects(n, "items"), part(n, "total")) {
				hold(s, x, "found", "open", "closed", "relapses", "on_time", "on_time_original")
			}
		}
		hold(s, part(register, "rectifications"), "open", "overdue", "on_time", "late", "late_original", "suspended")
	}
	if held < 20 {
		t.Errorf("only %d numbers were not 0", held)
	}
}

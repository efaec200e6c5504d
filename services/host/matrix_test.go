package host_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/duban/duban/policy/policytest"
	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/dbtest"
)

// person is the role everybody holds where they work.
const person = "person"

// Every operation of the document, as every role, on things at every relation,
// answers what policy/testdata says.
func TestMatrix(t *testing.T) {
	t.Parallel()
	matrix(t, host.Config{})
}

// The same on PostgreSQL, where it is the queries that differ: every list for
// everybody, and every operation as some.
func TestMatrixPostgres(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out the second engine")
	}
	matrix(t, host.Config{DatabaseURL: dbtest.PostgresURL(t), SchemaPrefix: prefix(t)})
}

// prefix makes up a prefix of schemas and drops them when the test ends.
func prefix(t testing.TB) string {
	t.Helper()
	p := dbtest.Schema(t, "host") + "_"
	for _, s := range []string{"directory", "assignment", "evidence", "rectification", "insight", "notice", "audit"} {
		dbtest.DropSchema(t, p+s)
	}
	return p
}

func matrix(t *testing.T, cfg host.Config) {
	ops := operations(t)
	w := found(t, cfg)
	w.sparse = cfg.DatabaseURL != "" || testing.Short()
	w.campaigns(t)
	w.evidence(t)
	w.inspections(t)
	w.documents(t)
	without := w.accounts(t)
	for _, s := range w.actors() {
		w.token(t, s.account)
	}
	w.settle(t)

	var allowed []cell
	var mu sync.Mutex
	n := 0
	// What is refused changes nothing, so it comes first and all at once.
	t.Run("refused", func(t *testing.T) {
		for _, op := range ops {
			t.Run(op.ID, func(t *testing.T) {
				t.Parallel()
				cells := w.cells(op)
				mine := w.refused(t, op, cells, without)
				mu.Lock()
				defer mu.Unlock()
				n += len(cells)
				allowed = append(allowed, mine...)
			})
		}
	})
	t.Run("lists", func(t *testing.T) {
		for _, op := range ops {
			if op.row.Kinds != nil {
				t.Run(op.ID, func(t *testing.T) { t.Parallel(); w.listed(t, ops, op) })
			}
		}
		t.Run("counts", func(t *testing.T) { t.Parallel(); w.counts(t) })
		t.Run("rollups", func(t *testing.T) { t.Parallel(); w.rollups(t) })
	})
	slices.SortStableFunc(allowed, func(a, b cell) int {
		if a.op.row.Last != b.op.row.Last {
			return a.op.row.Last - b.op.row.Last
		}
		return strings.Compare(a.op.ID, b.op.ID)
	})
	for _, c := range allowed {
		w.permitted(t, c)
	}
	t.Logf("%d operations, %d cells, %d of them allowed", len(ops), n, len(allowed))
}

// cell is one actor with one thing.
type cell struct {
	op       *operation
	who      *someone
	th       *thing // nil where the request is about no thing
	relation string
	allowed  bool
	visible  bool
}

// cells are those of one operation: each actor with one thing of each kind at
// each relation; for allowed cells things that may be used up.
func (w *world) cells(op *operation) []cell {
	var cs []cell
	for i, who := range w.actors() {
		if w.sparse && (i+len(op.ID))%4 != 0 {
			continue
		}
		if len(op.row.On) == 0 {
			cs = append(cs, w.judge(op, who, nil))
			continue
		}
		for _, kind := range op.row.On {
			cs = append(cs, w.oneEach(op, who, kind, func(c cell) bool { return !c.allowed || op.row.Spend == nil })...)
		}
		for _, kind := range op.row.Spend {
			cs = append(cs, w.oneEach(op, who, kind, func(c cell) bool { return c.allowed })...)
		}
	}
	return cs
}

func (w *world) oneEach(op *operation, who *someone, kind string, keep func(cell) bool) []cell {
	type variety struct {
		relation, issuer string
		allowed, visible bool
	}
	seen := map[variety]bool{}
	var cs []cell
	for _, th := range w.things[kind] {
		c := w.judge(op, who, th)
		v := variety{c.relation, th.issuer, c.allowed, c.visible}
		if !seen[v] && keep(c) {
			seen[v] = true
			cs = append(cs, c)
		}
	}
	return cs
}

// judge says what the matrix expects.
func (w *world) judge(op *operation, who *someone, th *thing) cell {
	c := cell{op: op, who: who, th: th}
	r, f := op.row, op.file
	may := func(action string) bool {
		if action == "read" && th != nil && slices.Contains([]string{"draft", "spare-draft", "draft-task", "spare-task"}, th.kind) {
			action = "read_draft"
		}
		if action == "read" && th != nil && th.kind == "draw" {
			action = "open" // a draw has no outline
		}
		roles := f.Cells[r.Resource][action]
		if th == nil {
			// About no thing: whoever may at all.
			return len(roles[who.role]) > 0 || len(roles[person]) > 0
		}
		c.relation = w.relation(who, th.place)
		ok := slices.Contains(roles[who.role], c.relation)
		// What an office has of a unit may be nothing, but the unit is there.
		if slices.Contains(roles[who.role], policytest.Mine) && th.kind != "unit" {
			ok = ok && slices.Contains(th.offices, who.office())
		}
		if c.relation == policytest.Own || c.relation == policytest.Home || th.place == who.home {
			ok = ok || slices.Contains(roles[person], policytest.Own)
		}
		if slices.Contains(th.owners, who.account) {
			ok = ok || slices.Contains(roles[person], policytest.Self)
		}
		if !ok && w.reaches(who, th) {
			ok = slices.Contains(roles[who.role], policytest.Targeted)
		}
		return ok
	}
	owner := th == nil || r.Only != "owner" || slices.Contains(th.owners, who.account)
	if r.Session {
		c.allowed = owner
		return c
	}
	c.allowed, c.visible = may(r.Action) && owner, may("read") && owner
	if c.allowed && th != nil && r.Only == "issuer" {
		c.allowed = who.at == th.issuer
	}
	return c
}

func (c cell) String() string {
	s := c.op.ID + " as " + c.who.account
	if c.th != nil {
		s += " on the " + c.th.kind + " of " + c.th.place + " (" + c.relation + ")"
	}
	return s
}

// refused makes the requests that must be refused and returns the other cells.
func (w *world) refused(t *testing.T, op *operation, cells []cell, without map[string]string) []cell {
	if op.row.Skip != "" {
		t.Log("not called:", op.row.Skip)
		return nil
	}
	if !op.row.Public {
		path, header, body := op.request(w.values(w.any(op)))
		for who, token := range without {
			a := w.call(t, token, op.method, path, header, body)
			if a.status != http.StatusUnauthorized {
				t.Errorf("%s as %s answers %d, want 401: %s", op.ID, who, a.status, a.raw)
			}
		}
	}
	var rest []cell
	unknowns := map[string]string{} // what ids answer that do not exist
	for _, c := range cells {
		if c.allowed {
			rest = append(rest, c)
			continue
		}
		v := w.values(c.th)
		path, header, body := op.request(v)
		a := w.call(t, w.people[c.who.account].token, op.method, path, header, body)
		want := []int{http.StatusNotFound}
		if c.visible {
			want = []int{http.StatusForbidden}
		}
		if c.th == nil {
			want = []int{http.StatusForbidden, http.StatusNotFound}
		}
		if op.row.Denied != nil {
			want = op.row.Denied
		}
		empty := op.method == http.MethodGet && c.th == nil && a.status == http.StatusOK && nothing(a)
		if !slices.Contains(want, a.status) && !empty {
			t.Errorf("%s answers %d, want %v: %s", c, a.status, want, a.raw)
			continue
		}
		near := c.relation != policytest.Sibling && c.relation != policytest.Other
		if c.th == nil || c.visible || op.method == http.MethodHead || op.row.Denied != nil && near {
			continue
		}
		if a.status == http.StatusNotFound && a.code() != "not_found" {
			t.Errorf("%s answers the code %q: %s", c, a.code(), a.raw)
		}
		like := c.who.account + " " + c.th.kind + " " + v["$campaign"]
		if unknowns[like] == "" {
			none := unknown(v)
			path, header, body = op.request(none)
			unknowns[like] = plain(w.call(t, w.people[c.who.account].token, op.method, path, header, body), none)
		}
		if x, y := plain(a, v), unknowns[like]; x != y {
			t.Errorf("%s can be told from an id that does not exist:\n%s\n%s", c, x, y)
		}
	}
	return rest
}

// any is some thing that a request of the operation can be about.
func (w *world) any(op *operation) *thing {
	for _, kind := range op.row.On {
		if ts := w.things[kind]; len(ts) > 0 {
			return ts[0]
		}
	}
	return nil
}

// nothing tells that a list, or every number, is empty.
func nothing(a answer) bool {
	for _, x := range a.object() {
		switch x := x.(type) {
		case []any:
			if len(x) > 0 {
				return false
			}
		case float64:
			if x != 0 {
				return false
			}
		case map[string]any:
			if n, ok := x["count"].(float64); !ok || n != 0 {
				return false
			}
		}
	}
	return true
}

// plain is an answer without what differs in any two: the id of the request,
// and the id that was asked for.
func plain(a answer, v map[string]string) string {
	m := a.object()
	delete(m, "instance")
	raw, _ := json.Marshal(m)
	s := string(raw)
	for _, k := range []string{"$id", "$unit"} {
		if v[k] != "" {
			s = strings.ReplaceAll(s, v[k], "ID")
		}
	}
	return http.StatusText(a.status) + " " + s
}

// permitted makes a request that the policy allows: whatever else may be
// wrong with it, it is not refused for who asks.
func (w *world) permitted(t *testing.T, c cell) {
	t.Helper()
	path, header, body := c.op.request(w.values(c.th))
	asked := w.h.Engine().Decisions()
	a := w.call(t, w.people[c.who.account].token, c.op.method, path, header, body)
	if n := w.h.Engine().Decisions() - asked; n > 2 {
		t.Errorf("%s takes %d decisions, want at most 2", c, n)
	}
	if job := text(a.object(), "id"); c.op.ID == "make-documents" && job != "" {
		w.finished(t, c.who.account, job) // its decisions are not those of the next request
	}
	r := c.op.row
	switch {
	case r.Write && c.th.kind == "closed-assignment":
		if a.status != http.StatusConflict || a.code() != "campaign_closed" {
			t.Errorf("%s answers %d %s, want 409 campaign_closed: %s", c, a.status, a.code(), a.raw)
		}
	case a.status == http.StatusNotFound && r.Misses != "", a.status == http.StatusForbidden && r.Refuses != "":
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusNotFound:
		t.Errorf("%s is allowed, but answers %d: %s", c, a.status, a.raw)
	}
}

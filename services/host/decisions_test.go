package host_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/duban/duban/services/host"
)

// However many rows a request is about, it takes at most two decisions of the
// policy: lists are decided once, not row by row.
func TestDecisionsDoNotGrowWithRows(t *testing.T) {
	t.Parallel()
	const rows = 200
	ops := operations(t)
	w := found(t, host.Config{})
	w.crowd(t, rows)

	limited := func(op *operation) bool {
		for _, p := range op.Parameters {
			if p.Name == "limit" {
				return true
			}
		}
		return false
	}
	full := 0
	for _, op := range ops {
		// The stream never ends; it decides as count-notices does.
		if op.method != http.MethodGet || op.row.Skip != "" || op.ID == "stream-notices" {
			continue
		}
		for _, who := range []string{"mgr-c", "lead-c", "insp-c", "coord-t1", "view-c", "sys", "sec", "aud"} {
			token := w.token(t, who)
			path, header, _ := op.request(w.values(w.any(op)))
			if strings.Contains(path, "{") {
				continue
			}
			asked := map[int]int64{}
			for _, limit := range []int{1, rows} {
				p := path
				if limited(op) {
					sep := "?"
					if strings.Contains(p, "?") {
						sep = "&"
					}
					p += fmt.Sprintf("%slimit=%d", sep, limit)
				}
				before := w.h.Engine().Decisions()
				a := w.call(t, token, op.method, p, header, nil)
				asked[limit] = w.h.Engine().Decisions() - before
				if asked[limit] > 2 {
					t.Errorf("%s as %s with %d rows takes %d decisions, want at most 2", op.ID, who, limit, asked[limit])
				}
				if limit == rows && len(objects(a.object(), "items")) == rows {
					full++
				}
			}
			if asked[1] != asked[rows] {
				t.Errorf("%s as %s takes %d decisions for one row, %d for %d", op.ID, who, asked[1], asked[rows], rows)
			}
		}
	}
	if full < 8 {
		t.Errorf("only %d lists were full", full)
	}
}

// crowd fills the first town with units, people, grants, assignments,
// campaigns and findings, n of each.
func (w *world) crowd(t *testing.T, n int) {
	t.Helper()
	units := [][]string{{"code", "name", "parent_code", "level"}}
	people, grants := [][]string{{"account", "name", "unit_code"}}, [][]string{{"account", "role", "unit_code"}}
	for i := range n {
		u, p := fmt.Sprintf("U%03d", i), fmt.Sprintf("u%03d", i)
		units = append(units, []string{u, "单位" + u, "T1", "unit"})
		people = append(people, []string{p, p, u})
		grants = append(grants, []string{p, "viewer", u})
	}
	w.importFile(t, "sys", "units", csv(units...))
	w.importFile(t, "sys", "people", csv(people...))
	w.importFile(t, "sec", "grants", csv(grants...))
	first := text(objects(w.get(t, "sys", "/api/v1/units?q=U000"), "items")[0], "id")
	last := text(objects(w.get(t, "sys", fmt.Sprintf("/api/v1/units?q=U%03d", n-1)), "items")[0], "id")
	w.campaigns(t)
	// A unit may have fewer drafts than a page has rows: some are given up again.
	var drafts atomic.Int64
	several(n, func() {
		c := w.make(t, "mgr-c", "/api/v1/campaigns", map[string]any{"title": "草稿", "starts_on": day(10), "ends_on": day(20)})
		if drafts.Add(1)%4 == 0 {
			w.make(t, "mgr-c", "/api/v1/campaigns/"+text(c, "id")+"/cancel", map[string]any{"reason": "不再需要"})
		}
	})
	until(t, "the units arrive at rectification", func() bool {
		for _, id := range []string{first, last} {
			a := w.call(t, w.token(t, "insp-c"), http.MethodPost, "/api/v1/findings", nil, finding(id))
			if a.status != http.StatusCreated {
				return false
			}
		}
		return true
	})
	several(n, func() {
		f := w.make(t, "insp-c", "/api/v1/findings", finding(first))
		w.make(t, "insp-c", "/api/v1/rectifications", map[string]any{"finding_ids": []string{text(f, "id")}, "title": "整改通知", "workdays": 10})
	})
	until(t, "the assignments arrive at insight", func() bool {
		path := "/api/v1/rollups/campaigns/" + w.of("campaign", "C").id + "/children?limit=200&unit_id=" + w.places["T1"].id
		a := w.call(t, w.token(t, "lead-c"), http.MethodGet, path, nil, nil)
		return len(objects(a.object(), "items")) == n
	})
}

func finding(unit string) map[string]any {
	return map[string]any{"unit_id": unit, "title": "未建立责任制", "text": "查无文件", "category": "institutions", "severity": "ordinary", "deadline_days": 10}
}

// several calls f n times, sixteen at once, so that they share commits.
func several(n int, f func()) {
	var wg sync.WaitGroup
	defer wg.Wait()
	turns := make(chan struct{}, 16)
	for range n {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			f()
		})
	}
}

// make is post for other goroutines than the test's own.
func (w *world) make(t testing.TB, who, path string, body any) map[string]any {
	a := w.call(t, w.token(t, who), http.MethodPost, path, nil, body)
	if a.status >= 300 {
		t.Errorf("%s: %s answers %d: %s", who, a.what, a.status, a.raw)
	}
	return a.object()
}

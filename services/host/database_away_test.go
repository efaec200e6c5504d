package host_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/dbtest"
)

// Case 39: while PostgreSQL restarts, people are told to come again, and
// nothing else.
func TestCase39PostgreSQLRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	pg := dbtest.NewCluster(t)
	w := found(t, host.Config{DatabaseURL: pg.URL()})
	until(t, "the units arrive at rectification", func() bool {
		a := w.call(t, w.token(t, "insp-c"), http.MethodPost, "/api/v1/findings", nil, finding(w.places["V11"].id))
		return a.status == http.StatusCreated
	})
	today := time.Now().Format(time.DateOnly)
	loads := []struct {
		who, method, path string
		body              func() any
	}{
		{"insp-c", http.MethodPost, "/api/v1/findings", func() any { return finding(w.places["V11"].id) }},
		{"mgr-c", http.MethodPost, "/api/v1/campaigns", func() any {
			return map[string]any{"title": "宣传周", "starts_on": today, "ends_on": today, "unit_id": w.places["C"].id}
		}},
		{"mgr-c", http.MethodGet, "/api/v1/campaigns", nil},
		{"rep-v11", http.MethodGet, "/api/v1/notices", nil},
		{"sys", http.MethodGet, "/api/v1/units?limit=20&q=村", nil},
		{"sec", http.MethodGet, "/api/v1/grants", nil},
		{"aud", http.MethodGet, "/api/v1/audit-entries", nil},
		{"lead-c", http.MethodGet, "/api/v1/rollups/findings/numbers", nil},
		{"view-c", http.MethodGet, "/api/v1/submissions", nil},
	}
	var fine, refused, wrote atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, l := range loads {
		token := w.token(t, l.who)
		for range 2 {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					status, retry, said, err := w.once(token, l.method, l.path, l.body, n)
					switch {
					case err != nil:
						t.Errorf("%s %s: %v", l.method, l.path, err)
						return
					case status == http.StatusServiceUnavailable && retry != "":
						refused.Add(1)
					case status == http.StatusConflict && bytes.Contains(said, []byte("too_many_drafts")):
						fine.Add(1) // the office has as many as it may, and this is an answer
					case status >= 500:
						t.Errorf("%s %s: %d, Retry-After %q: %s", l.method, l.path, status, retry, said)
					case status < 300:
						fine.Add(1)
						if l.body != nil {
							wrote.Add(1)
						}
					default:
						t.Errorf("%s %s: %d %s", l.method, l.path, status, said)
						return
					}
				}
			})
		}
	}
	more := func(n *atomic.Int64, by int64) {
		t.Helper()
		want := n.Load() + by
		until(t, "the load goes on", func() bool { return n.Load() >= want || t.Failed() })
	}
	for i := range 5 {
		more(&fine, 20)
		more(&wrote, 2)
		pg.Restart([]string{"fast", "immediate"}[i%2])
	}
	more(&wrote, 4)
	close(stop)
	wg.Wait()
	t.Logf("%d answered, %d to come again", fine.Load(), refused.Load())
	if refused.Load() == 0 {
		t.Error("nobody noticed the restarts")
	}
}

// once makes one request without a test that it may end.
func (w *world) once(token, method, path string, body func() any, n int) (status int, retry string, said []byte, err error) {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body())
		if err != nil {
			return 0, "", nil, err
		}
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequest(method, w.h.URL()+path, in)
	if err != nil {
		return 0, "", nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if body != nil && n%2 == 0 {
		r.Header.Set("Idempotency-Key", fmt.Sprintf("%s %p %d", path, r, time.Now().UnixNano()))
	}
	a, err := w.http.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer a.Body.Close()
	said, err = io.ReadAll(a.Body)
	return a.StatusCode, a.Header.Get("Retry-After"), said, err
}

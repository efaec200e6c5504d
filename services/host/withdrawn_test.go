package host_test

import (
	"net/http"
	"testing"

	"github.com/duban/duban/services/host"
)

// A right that was taken away is refused at the very next request: nothing
// waits for an event or for a cache to forget.
func TestWithdrawnRightIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := found(t, host.Config{})
	sys, sec := w.token(t, "sys"), w.token(t, "sec")
	gs, _ := w.all(t, sec, "/api/v1/grants?limit=500")
	grants := map[string]string{}
	for _, g := range gs {
		grants[text(g, "account")] = text(g, "id")
	}
	status := func(token, path string) int {
		t.Helper()
		return w.call(t, token, http.MethodGet, path, nil, nil).status
	}
	do := func(token, method, path string, body any) {
		t.Helper()
		if a := w.call(t, token, method, path, nil, body); a.status >= 300 {
			t.Fatalf("%s answers %d: %s", a.what, a.status, a.raw)
		}
	}
	village := "/api/v1/units/" + w.places["V21"].id
	for who, seen := range map[string]string{"lead-c": village, "view-c": village, "coord-t2": village, "insp-cf": village} {
		token := w.token(t, who)
		if s := status(token, seen); s != http.StatusOK {
			t.Fatalf("%s reads a unit: %d", who, s)
		}
		do(sec, http.MethodDelete, "/api/v1/grants/"+grants[who], nil)
		if s := status(token, seen); s != http.StatusNotFound {
			t.Errorf("%s reads a unit after the role was withdrawn: %d, want 404", who, s)
		}
		if units, _ := w.all(t, token, "/api/v1/units"); len(units) != 1 {
			t.Errorf("%s lists %d units after the role was withdrawn, want the own one", who, len(units))
		}
	}

	gone := func(who string, take func(p *someone, other string)) {
		t.Helper()
		token := w.token(t, who)
		other, _ := w.signIn(t, w.people[who])
		if s := status(token, "/api/v1/me"); s != http.StatusOK {
			t.Fatalf("%s: %d", who, s)
		}
		take(w.people[who], other)
		if s := status(token, "/api/v1/me"); s != http.StatusUnauthorized {
			t.Errorf("%s goes on: %d, want 401", who, s)
		}
	}
	gone("mgr-c", func(p *someone, _ string) {
		do(sys, http.MethodPost, "/api/v1/people/"+p.id+"/disable", map[string]any{"reason": "调离"})
	})
	gone("mgr-t1", func(p *someone, _ string) {
		do(sys, http.MethodPost, "/api/v1/people/"+p.id+"/reset-password", nil)
	})
	gone("mgr-d", func(p *someone, other string) {
		do(other, http.MethodDelete, "/api/v1/sessions/"+p.session, nil)
	})
	gone("rep-v11", func(_ *someone, other string) {
		do(other, http.MethodDelete, "/api/v1/sessions", nil)
	})
	gone("rep-t2", func(p *someone, other string) {
		do(other, http.MethodPost, "/api/v1/me/password", map[string]any{"current_password": p.pass, "new_password": "another " + password})
	})
	gone("plain", func(p *someone, _ string) {
		do(w.token(t, "plain"), http.MethodDelete, "/api/v1/sessions/current", nil)
	})

	// Moving somebody's unit out of reach takes it away as soon.
	boss := w.token(t, "insp-c")
	if s := status(boss, village); s != http.StatusOK {
		t.Fatal(s)
	}
	do(sys, http.MethodPost, "/api/v1/units/"+w.places["T2"].id+"/move", map[string]any{"parent_id": w.places["D"].id, "reason": "区划调整"})
	if s := status(boss, village); s != http.StatusNotFound {
		t.Errorf("the county reads a unit that has left it: %d, want 404", s)
	}
	if s := status(w.token(t, "insp-d"), village); s != http.StatusOK {
		t.Errorf("the other county does not read a unit that has come to it: %d", s)
	}
}

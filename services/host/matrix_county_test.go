package host_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/policy/policytest"
	"github.com/duban/duban/services/host"
)

// place is a unit of the tree.
type place struct{ key, id, path, level string }

// someone is a person with at most one role.
type someone struct {
	account, home, role, at  string // units by key
	id, token, session, pass string
}

// world is a running installation with two counties and what goes on in them.
type world struct {
	h    *host.Host
	data string // folder
	http *http.Client

	places map[string]place // by key, which is the code too
	root   string

	mu     sync.Mutex // guards sign-in
	people map[string]*someone

	things map[string][]*thing // by kind

	// sparse tries each operation as every fourth actor only; all lists and
	// all operations are tried all the same.
	sparse bool
}

// The tree: city R with the counties C and D; C has the office CO, the finance
// bureau CF, and the towns T1 and T2, with villages and spare units.
var tree = [][]string{
	{"C", "平县", "R", "county"}, {"CO", "平县网信办", "C", "unit"}, {"CF", "平县财政局", "C", "unit"},
	{"T1", "东镇", "C", "town"}, {"T2", "西镇", "C", "town"}, {"V11", "东一村", "T1", "unit"}, {"V12", "东二村", "T1", "unit"}, {"V21", "西一村", "T2", "unit"},
	{"X1", "备用一", "T1", "unit"}, {"X2", "备用二", "D", "unit"},
	{"D", "邻县", "R", "county"}, {"DT", "邻镇", "D", "town"}, {"DV", "邻村", "DT", "unit"},
}

// The people who act in the matrix, one of each role at sensible units, and
// after them those who only make things.
var cast = []someone{
	{account: "mgr-c", home: "CO", role: "campaign_manager", at: "C"},
	{account: "mgr-t1", home: "T1", role: "campaign_manager", at: "T1"},
	{account: "mgr-d", home: "D", role: "campaign_manager", at: "D"},
	{account: "coord-t1", home: "T1", role: "coordinator", at: "T1"},
	{account: "rep-v11", home: "V11", role: "reporter", at: "V11"},
	{account: "rep-t2", home: "T2", role: "reporter", at: "T2"},
	{account: "lead-v11", home: "V11", role: "leader", at: "V11"},
	{account: "lead-c", home: "C", role: "leader", at: "C"},
	{account: "insp-c", home: "CO", role: "inspector", at: "C"},
	{account: "insp-t1", home: "T1", role: "inspector", at: "T1"},
	{account: "view-c", home: "CF", role: "viewer", at: "C"},
	{account: "view-t1", home: "T1", role: "viewer", at: "T1"},
	{account: "sys", home: "R", role: "system_administrator", at: "R"},
	{account: "sec", home: "R", role: "security_administrator", at: "R"},
	{account: "aud", home: "R", role: "auditor", at: "R"},
	{account: "plain", home: "V11"},
	{account: "mgr-cf", home: "CF", role: "campaign_manager", at: "C"}, // another office of the county
	{account: "insp-cf", home: "CF", role: "inspector", at: "C"},

	{account: "insp-d", home: "X2", role: "inspector", at: "D"},
	{account: "coord-t2", home: "T2", role: "coordinator", at: "T2"},
	{account: "coord-dt", home: "DT", role: "coordinator", at: "DT"},
	{account: "rep-co", home: "CO", role: "reporter", at: "CO"},
	{account: "rep-v21", home: "V21", role: "reporter", at: "V21"},
	{account: "rep-dv", home: "DV", role: "reporter", at: "DV"},
	{account: "ended", home: "CO", role: "campaign_manager", at: "C"},
	{account: "disabled", home: "CO", role: "campaign_manager", at: "C"},
	{account: "spare-1", home: "X1", role: "viewer", at: "X1"},
	{account: "spare-2", home: "X2", role: "viewer", at: "X2"},
}

// office is the unit that somebody's role is held for.
func (s *someone) office() string {
	if slices.Contains(policy.ActsFor, s.role) {
		return s.home // all of them work in the area that they act for
	}
	return s.at
}

// actors are the people of the cast who act in the matrix.
func (w *world) actors() []*someone {
	var as []*someone
	for _, s := range cast[:18] {
		as = append(as, w.people[s.account])
	}
	return as
}

const password = "correct horse battery"

// found starts an installation and fills it with the tree and the people.
func found(t testing.TB, cfg host.Config) *world {
	t.Helper()
	cfg.Data, cfg.Listen, cfg.Version = t.TempDir(), "127.0.0.1:0", "test"
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h, err := host.Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	w := &world{
		h: h, data: cfg.Data, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		places: map[string]place{}, people: map[string]*someone{}, things: map[string][]*thing{},
	}
	token, err := h.SetupToken(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	admin := func(role, account string) map[string]any {
		return map[string]any{"role": role, "name": account, "account": account}
	}
	a := w.call(t, "", http.MethodPost, "/api/v1/setup", nil, map[string]any{
		"token": token, "root": map[string]any{"name": "青州市", "level": "city", "code": "R"},
		"administrators": []any{admin("system_administrator", "sys"), admin("security_administrator", "sec"), admin("auditor", "aud")},
	})
	if a.status != http.StatusCreated {
		t.Fatalf("set-up: %d %s", a.status, a.raw)
	}
	for i := range cast {
		s := cast[i]
		w.people[s.account] = &s
	}
	w.given(objects(a.object(), "administrators"))

	units := [][]string{{"code", "name", "parent_code", "level"}}
	people, grants := [][]string{{"account", "name", "unit_code"}}, [][]string{{"account", "role", "unit_code"}}
	for _, s := range cast {
		if s.home == "R" {
			continue
		}
		people = append(people, []string{s.account, s.account, s.home})
		if s.role != "" {
			grants = append(grants, []string{s.account, s.role, s.at})
		}
	}
	done := w.importFile(t, "sys", "units", csv(append(units, tree...)...))
	w.add(&thing{kind: "import", id: text(done, "id"), place: "R", owners: []string{"sys"}})
	w.given(objects(w.importFile(t, "sys", "people", csv(people...)), "credentials"))
	w.importFile(t, "sec", "grants", csv(grants...))

	us, _ := w.all(t, w.token(t, "sys"), "/api/v1/units?limit=500")
	for _, u := range us {
		p := place{key: text(u, "code"), id: text(u, "id"), path: text(u, "path"), level: text(u, "level")}
		w.places[p.key] = p
		kind := "unit"
		if strings.HasPrefix(p.key, "X") {
			kind = "spare-unit"
		}
		w.add(&thing{kind: kind, id: p.id, place: p.key})
	}
	w.root = w.places["R"].id
	return w
}

func (w *world) importFile(t testing.TB, who, what, file string) map[string]any {
	t.Helper()
	a := w.call(t, w.token(t, who), http.MethodPost, "/api/v1/imports/"+what, map[string]string{"Content-Type": "text/csv"}, file)
	if a.status != http.StatusOK {
		t.Fatalf("import %s: %d %s", what, a.status, a.raw)
	}
	return a.object()
}

// given remembers the initial passwords and ids of people.
func (w *world) given(credentials []map[string]any) {
	for _, c := range credentials {
		p := w.people[text(c, "account")]
		p.id, p.pass = text(c, "person_id"), text(c, "initial_password")
	}
}

// token signs somebody in, once; who still has the initial password gets
// one of their own first.
func (w *world) token(t testing.TB, who string) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.people[who]
	if p.token == "" {
		p.token, p.session = w.signIn(t, p)
	}
	return p.token
}

func (w *world) signIn(t testing.TB, p *someone) (token, session string) {
	t.Helper()
	in := func() (string, string) {
		a := w.call(t, "", http.MethodPost, "/api/v1/sessions", nil, map[string]any{"account": p.account, "password": p.pass})
		if a.status != http.StatusCreated {
			t.Fatalf("%s signs in: %d %s", p.account, a.status, a.raw)
		}
		return text(a.object(), "token"), text(a.object(), "session_id")
	}
	token, session = in()
	if p.pass == password {
		return token, session
	}
	a := w.call(t, token, http.MethodPost, "/api/v1/me/password", nil, map[string]any{"current_password": p.pass, "new_password": password})
	if a.status != http.StatusNoContent {
		t.Fatalf("%s changes the password: %d %s", p.account, a.status, a.raw)
	}
	p.pass = password
	return in()
}

// relation tells where a thing lies, seen from somebody.
func (w *world) relation(s *someone, at string) string {
	g, h, u := w.places[s.at], w.places[s.home], w.places[at]
	if s.role == "" {
		g = h
	}
	switch {
	case u.key == g.key && h.key == g.key:
		return policytest.Own
	case u.key == g.key:
		return policytest.Office
	case u.key == h.key:
		return policytest.Home
	case strings.HasPrefix(u.path, g.path):
		return policytest.Child
	case strings.HasPrefix(g.path, u.path):
		return policytest.Parent
	}
	county := func(p place) string {
		ids := strings.SplitN(p.path, "/", 3)
		return strings.Join(ids[:min(2, len(ids))], "/")
	}
	if county(u) == county(g) {
		return policytest.Sibling
	}
	return policytest.Other
}

// reaches tells whether a thing was given to the unit of somebody's grant, to
// units below it, or to everybody below a unit above it.
func (w *world) reaches(s *someone, th *thing) bool {
	g := w.places[s.at]
	if s.role == "" {
		return false
	}
	return th.down && within(g.path, w.places[th.place].path) ||
		slices.ContainsFunc(th.given, func(k string) bool { return within(w.places[k].path, g.path) })
}

package directory_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory/module"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/contract"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	platform "github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
)

// world is a directory with real sessions behind HTTP: city R with counties
// C (towns T1, T2; villages V11, V12, V21) and D (town DT), and the three
// administrators.
type world struct {
	t      testing.TB
	db     *db.DB
	bus    *bus.Bus
	others *others
	clock  *clock.Fake
	module *module.Module
	url    string
	doc    func() (*contract.Document, error)
	ids    map[string]string // unit code → id
	sys    *user
	sec    *user
	aud    *user
}

// user makes requests with a session.
type user struct {
	w        *world
	token    string
	account  string
	password string
	id       string
	header   http.Header
}

type obj = map[string]any

const ownPassword = "grüner tee am abend"

// each runs f on both engines, in a world that is set up.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) { f(t, newWorld(t, d)) })
}

func bare(t testing.TB, d *db.DB) *world {
	t.Helper()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: d, bus: bustest.Start(t), clock: clock.NewFake(time.Now()), ids: map[string]string{}}
	s, err := module.New(platform.Deps{DB: d, Bus: w.bus, Policy: engine, Clock: w.clock, Calendar: clock.Official, Log: slog.Default(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w.module = s.(*module.Module)
	if err := w.module.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.others = serveOthers(t, w.bus)
	var api *rest.API
	w.url, api = serve(t, w.bus, engine, w.module)
	w.doc = sync.OnceValues(func() (*contract.Document, error) { return resttest.Document(api) })
	return w
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := bare(t, d)
	token, needed, err := w.module.SetupToken(context.Background())
	if err != nil || !needed {
		t.Fatal("no setup token", err)
	}
	w.admins(setUpBody(token))
	for _, x := range []struct{ code, parent, level, name string }{
		{"C", "R", "county", "平县"}, {"D", "R", "county", "邻县"}, {"T1", "C", "town", "东镇"}, {"T2", "C", "town", "西镇"}, {"DT", "D", "town", "邻镇"},
		{"V11", "T1", "unit", "东一村"}, {"V12", "T1", "unit", "东二村"}, {"V21", "T2", "unit", "西一村"},
	} {
		w.unit(x.code, x.parent, x.level, x.name)
	}
	return w
}

// admins sets the installation up and signs the three in.
func (w *world) admins(body obj) {
	w.t.Helper()
	var done struct {
		RootID         string `json:"root_id"`
		Administrators []struct {
			Account         string
			PersonID        string `json:"person_id"`
			InitialPassword string `json:"initial_password"`
		}
	}
	w.nobody().post("/setup", body).is(201).into(&done)
	w.ids["R"] = done.RootID
	us := make([]*user, 3)
	for i, a := range done.Administrators {
		us[i] = &user{w: w, account: a.Account, password: a.InitialPassword, id: a.PersonID, header: http.Header{}}
		us[i].start()
	}
	w.sys, w.sec, w.aud = us[0], us[1], us[2]
}

func setUpBody(token string) obj {
	return obj{
		"token": token, "root": obj{"name": "青州市", "level": "city", "code": "R"},
		"administrators": []obj{
			{"role": "system_administrator", "name": "张伟", "account": "sys"},
			{"role": "security_administrator", "name": "刘洋", "account": "sec"},
			{"role": "auditor", "name": "李静", "account": "aud"},
		},
	}
}

func (w *world) unit(code, parent, level, name string) string {
	w.t.Helper()
	var u struct{ ID string }
	w.sys.post("/units", obj{"parent_id": w.ids[parent], "code": code, "level": level, "name": name}).is(201).into(&u)
	w.ids[code] = u.ID
	return u.ID
}

// person makes a person with an own password and the roles, each role@CODE.
func (w *world) person(account, home string, grants ...string) *user {
	w.t.Helper()
	u := w.newcomer(account, home)
	for _, g := range grants {
		role, at, _ := strings.Cut(g, "@")
		w.sec.post("/grants", obj{"person_id": u.id, "role": role, "unit_id": w.ids[at]}).is(201)
	}
	u.start()
	return u
}

// newcomer has not signed in yet.
func (w *world) newcomer(account, home string) *user {
	w.t.Helper()
	var p struct {
		ID              string
		InitialPassword string `json:"initial_password"`
	}
	w.sys.post("/people", obj{"account": account, "name": account, "unit_id": w.ids[home]}).is(201).into(&p)
	return &user{w: w, account: account, password: p.InitialPassword, id: p.ID, header: http.Header{}}
}

func (w *world) nobody() *user { return &user{w: w, header: http.Header{}} }

// start signs in and replaces the initial password.
func (u *user) start() {
	u.w.t.Helper()
	u.signIn()
	u.post("/me/password", obj{"current_password": u.password, "new_password": ownPassword}).is(204)
	u.password = ownPassword
}

func (u *user) signIn() {
	u.w.t.Helper()
	var s struct{ Token string }
	u.w.nobody().post("/sessions", obj{"account": u.account, "password": u.password}).is(201).into(&s)
	u.token = s.Token
}

// again is the same person with another session.
func (u *user) again() *user {
	v := *u
	v.signIn()
	return &v
}

func (u *user) with(key, value string) *user {
	v := *u
	v.header = u.header.Clone()
	v.header.Set(key, value)
	return &v
}

type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	raw    []byte
}

func (u *user) do(method, path, contentType string, body []byte) *answer {
	u.w.t.Helper()
	req, err := http.NewRequest(method, u.w.url+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		u.w.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	for k, v := range u.header {
		req.Header[k] = v
	}
	if u.token != "" {
		req.Header.Set("Authorization", "Bearer "+u.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		u.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		u.w.t.Fatal(err)
	}
	doc, err := u.w.doc()
	if err != nil {
		u.w.t.Fatal(err)
	}
	if err := doc.Check(contract.Of(resp, raw)); err != nil {
		u.w.t.Errorf("%s %s: against the document: %v: %.300s", method, path, err, raw)
	}
	return &answer{t: u.w.t, what: method + " " + path, status: resp.StatusCode, header: resp.Header, raw: raw}
}

func (u *user) get(path string) *answer { u.w.t.Helper(); return u.do("GET", path, "", nil) }

func (u *user) delete(path string) *answer { u.w.t.Helper(); return u.do("DELETE", path, "", nil) }

func (u *user) send(method, path string, body any) *answer {
	u.w.t.Helper()
	if body == nil {
		return u.do(method, path, "", nil)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		u.w.t.Fatal(err)
	}
	return u.do(method, path, "application/json", raw)
}

func (u *user) post(path string, body any) *answer {
	u.w.t.Helper()
	return u.send("POST", path, body)
}

func (u *user) patch(path string, body any) *answer {
	u.w.t.Helper()
	return u.send("PATCH", path, body)
}

func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %.2000s", a.what, a.status, status, a.raw)
	}
	return a
}

func (a *answer) problem(status int, code string) *answer {
	a.t.Helper()
	a.is(status)
	var p rest.Problem
	if err := json.Unmarshal(a.raw, &p); err != nil || p.Code != code {
		a.t.Fatalf("%s: code %q, want %q: %.2000s", a.what, p.Code, code, a.raw)
	}
	return a
}

// at tells whether a wrong field is told there, as the caller wrote it.
func (a *answer) at(place string) {
	a.t.Helper()
	if !bytes.Contains(a.raw, []byte(`"location":"`+place+`"`)) {
		a.t.Errorf("%s: nothing is wrong at %s: %.2000s", a.what, place, a.raw)
	}
}

func (a *answer) into(v any) *answer {
	a.t.Helper()
	if err := json.Unmarshal(a.raw, v); err != nil {
		a.t.Fatalf("%s: %v: %.2000s", a.what, err, a.raw)
	}
	return a
}

type listed struct {
	Items []struct {
		ID, Code, Account, Name, Path, Role string
		Children, Version                   int64
		Active, Current                     bool
	}
	NextCursor string `json:"next_cursor"`
}

// codes lists the codes a query of units finds, over all pages.
func (u *user) codes(query string) string {
	u.w.t.Helper()
	var codes []string
	for cursor := ""; ; {
		var l listed
		u.get("/units?limit=3&" + query + "&cursor=" + cursor).is(200).into(&l)
		for _, x := range l.Items {
			codes = append(codes, x.Code)
		}
		if cursor = l.NextCursor; cursor == "" {
			return strings.Join(codes, " ")
		}
	}
}

func (w *world) holds() {
	w.t.Helper()
	breaches, err := w.module.Check(context.Background(), false)
	if err != nil || len(breaches) > 0 {
		w.t.Fatalf("breaches: %v %v", breaches, err)
	}
}

func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.module.Run(ctx) })
	return func() { cancel(); wg.Wait() }
}

func serve(t testing.TB, b *bus.Bus, engine *policy.Engine, m *module.Module) (url string, api *rest.API) {
	t.Helper()
	sessions, err := rest.NewSessions(b)
	if err != nil {
		t.Fatal(err)
	}
	proxies, err := rest.ParseProxies("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	api = rest.New(http.NewServeMux(), rest.Options{Version: "test", Sessions: sessions, Policy: engine, Proxies: proxies})
	m.Mount(api)
	if err := m.Respond(); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(api.Handler())
	t.Cleanup(s.Close)
	return s.URL, api
}

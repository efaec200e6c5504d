package directory_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/google/go-cmp/cmp"
)

// Every replica and every start prints a token, and each is good until one was
// used (case 44).
func TestSetup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		w := bare(t, d)
		ctx := context.Background()
		old, _, err := w.module.SetupToken(ctx)
		if err != nil {
			t.Fatal(err)
		}
		token, needed, err := w.module.SetupToken(ctx)
		if err != nil || !needed {
			t.Fatal(needed, err)
		}
		n := w.nobody()
		n.post("/setup", setUpBody("x"+old)).problem(401, "setup_token")
		two := setUpBody(token)
		two["administrators"].([]obj)[1]["role"] = "auditor"
		n.post("/setup", two).problem(422, "invalid").at("body.administrators")
		same := setUpBody(token)
		same["administrators"].([]obj)[1]["account"] = "SYS"
		n.post("/setup", same).problem(422, "invalid").at("body.administrators")
		var wg sync.WaitGroup
		var got [4]*answer
		for i := range got {
			wg.Go(func() { got[i] = n.post("/setup", setUpBody([]string{old, token}[i%2])) })
		}
		wg.Wait()
		created := 0
		for _, a := range got {
			if a.status == 201 {
				created++
			} else {
				a.problem(409, "setup_done")
			}
		}
		if created != 1 {
			t.Fatalf("set up %d times", created)
		}
		if _, needed, err := w.module.SetupToken(ctx); needed || err != nil {
			t.Fatal("still needs a token", err)
		}
	})
}

func TestFirstSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.newcomer("WangFang", "T1")
		w.sec.post("/grants", obj{"person_id": u.id, "role": "coordinator", "unit_id": w.ids["T1"]}).is(201)
		if len(strings.ReplaceAll(u.password, "-", "")) < 20 {
			t.Errorf("initial password %q is short", u.password)
		}
		u.account = "wangFANG"
		u.signIn()
		var me struct {
			MustChange bool `json:"must_change_password"`
			Grants     []struct{ Role string }
			Unit       struct{ Name string }
			May        []string
		}
		u.get("/me").is(200).into(&me)
		if !me.MustChange || len(me.Grants) != 1 || me.Unit.Name != "东镇" || slices.Contains(me.May, "assignment.delegate") {
			t.Errorf("me: %+v", me)
		}
		// No role takes effect before the password is changed.
		u.get("/units/"+w.ids["V11"]).problem(404, "not_found")
		for _, c := range []struct{ current, next, code string }{
			{"wrong wrong", ownPassword, "wrong_password"},
			{u.password, "short", "password_weak"},
			{u.password, "1234567890", "password_weak"},
			{u.password, "password1234", "password_weak"},
			{u.password, "xx-WangFang-yy-zz", "password_weak"},
			{u.password, "aaaaaaaaaaaaaa", "password_weak"},
			{u.password, u.password, "password_unchanged"},
		} {
			u.post("/me/password", obj{"current_password": c.current, "new_password": c.next}).problem(422, c.code).at("body." + map[bool]string{true: "current_password", false: "new_password"}[c.code == "wrong_password"])
		}
		other := u.again()
		u.post("/me/password", obj{"current_password": u.password, "new_password": ownPassword}).is(204)
		u.get("/units/" + w.ids["V11"]).is(200)
		u.get("/me").is(200).into(&me)
		if !slices.Contains(me.May, "assignment.delegate") || slices.Contains(me.May, "campaign.create") {
			t.Errorf("a coordinator may: %v", me.May)
		}
		other.get("/me").problem(401, "unauthorized")
		w.nobody().post("/sessions", obj{"account": u.account, "password": u.password}).problem(401, "sign_in_failed")
		u.password = ownPassword
		u.signIn()
	})
}

func TestLockout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1")
		bad := func(account string) *answer {
			return w.nobody().post("/sessions", obj{"account": account, "password": "not the password"})
		}
		known, unknown := bad("li"), bad("nobody-at-all")
		known.problem(401, "sign_in_failed")
		unknown.problem(401, "sign_in_failed")
		// Nobody learns from the lock which accounts exist.
		for range 4 {
			bad("li").problem(401, "sign_in_failed")
			bad("Nobody-at-all").problem(401, "sign_in_failed")
		}
		w.nobody().post("/sessions", obj{"account": "li", "password": u.password}).problem(429, "account_locked")
		bad("nobody-at-all").problem(429, "account_locked")
		u.get("/me").is(200) // whoever is signed in stays so
		w.clock.Advance(16 * time.Minute)
		u.signIn()
		// Failures long ago do not add up.
		for range 8 {
			bad("li").problem(401, "sign_in_failed")
			w.clock.Advance(16 * time.Minute)
		}
		// Guessing at once does not help.
		var wg sync.WaitGroup
		var mu sync.Mutex
		wrong := 0
		for range 15 {
			wg.Go(func() {
				if bad("li").status == 401 {
					mu.Lock()
					wrong++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if wrong > 6 {
			t.Errorf("%d guesses were checked", wrong)
		}
		w.sys.post("/people/"+u.id+"/unlock", nil).is(200)
		u.signIn()
		w.sys.post("/people/"+u.id+"/unlock", nil).problem(409, "wrong_state")
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1", "coordinator@T1")
		second, third := u.again(), u.again()
		var l listed
		u.get("/sessions").is(200).into(&l)
		if len(l.Items) != 3 || !l.Items[0].Current || l.Items[1].Current {
			t.Fatalf("sessions: %+v", l)
		}
		w.sys.delete("/sessions/"+l.Items[1].ID).problem(404, "not_found")
		u.delete("/sessions/" + l.Items[1].ID).is(204)
		second.get("/me").problem(401, "unauthorized")
		u.delete("/sessions/"+l.Items[1].ID).problem(404, "not_found")
		u.delete("/sessions").is(204)
		third.get("/me").problem(401, "unauthorized")
		u.delete("/sessions").is(204)

		// The cookie does as well as the header.
		a := w.nobody().post("/sessions", obj{"account": "li", "password": u.password}).is(201)
		c := a.header.Get("Set-Cookie")
		if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || strings.Contains(c, "Secure") || !strings.HasPrefix(c, "duban_session=") {
			t.Errorf("cookie %q", c)
		}
		pair, _, _ := strings.Cut(c, ";")
		w.nobody().with("Cookie", pair).get("/me").is(200)
		tls := w.nobody().with("X-Forwarded-Proto", "https").post("/sessions", obj{"account": "li", "password": u.password}).is(201)
		if !strings.Contains(tls.header.Get("Set-Cookie"), "Secure") {
			t.Error("cookie is not secure behind TLS")
		}
		u.delete("/sessions/current").is(204)
		u.get("/me").problem(401, "unauthorized")

		// Use keeps a session alive, rest ends it, and so does a week.
		u.signIn()
		for range 4 {
			w.clock.Advance(6 * time.Hour)
			u.get("/me").is(200)
		}
		stop := w.run()
		w.clock.Advance(6 * time.Hour)
		u.get("/me").is(200)
		stop() // stores when it was used
		w.clock.Advance(6 * time.Hour)
		u.get("/me").is(200)
		w.clock.Advance(9 * time.Hour)
		u.get("/me").problem(401, "unauthorized")
		u.signIn()
		for range 28 {
			w.clock.Advance(6*time.Hour - time.Second)
			u.get("/me").is(200)
		}
		w.clock.Advance(5 * time.Minute)
		u.get("/me").problem(401, "unauthorized")
	})
}

// What an administrator changes is true at the very next request, also when
// the answer was cached and the change comes from another replica.
func TestRevocation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1", "coordinator@T1")
		see := func(status int) { t.Helper(); u.get("/units/" + w.ids["V11"]).is(status) }
		see(200)
		var l listed
		w.sec.get("/grants?person_id=" + u.id).is(200).into(&l)
		w.sec.delete("/grants/" + l.Items[0].ID + "?reason=x").is(204)
		see(404)
		w.sec.delete("/grants/"+l.Items[0].ID).problem(404, "not_found")
		w.sec.post("/grants", obj{"person_id": u.id, "role": "coordinator", "unit_id": w.ids["T1"]}).is(201)
		see(200)
		w.sys.post("/people/"+u.id+"/disable", obj{"reason": "调离"}).is(200)
		see(401)
		w.nobody().post("/sessions", obj{"account": "li", "password": u.password}).problem(401, "sign_in_failed")
		w.sys.post("/people/"+u.id+"/enable", nil).is(200)
		see(401)
		u.signIn()
		see(200)
		var p struct {
			InitialPassword string `json:"initial_password"`
		}
		w.sys.post("/people/"+u.id+"/reset-password", nil).is(200).into(&p)
		see(401)
		u.password = p.InitialPassword
		u.start()
		see(200)
		w.sys.patch("/people/"+u.id, obj{"unit_id": w.ids["V21"]}).is(200)
		var me struct{ Unit struct{ ID string } }
		u.get("/me").is(200).into(&me)
		if me.Unit.ID != w.ids["V21"] {
			t.Error("the person still works at the old unit")
		}
	})
}

func TestGrants(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1")
		give := func(by *user, who, role, at string) *answer {
			return by.post("/grants", obj{"person_id": who, "role": role, "unit_id": w.ids[at]})
		}
		give(w.sys, u.id, "reporter", "T1").problem(404, "not_found")
		give(u, u.id, "reporter", "T1").problem(404, "not_found")
		give(w.sec, w.sec.id, "auditor", "R").problem(409, "grant_self")
		give(w.sec, u.id, "coordinator", "C").problem(422, "role_level")
		give(w.sec, u.id, "auditor", "C").problem(422, "role_level")
		give(w.sec, w.sys.id, "auditor", "R").problem(409, "role_conflict")
		give(w.sec, w.sys.id, "reporter", "T1").problem(409, "role_conflict")
		give(w.sec, u.id, "reporter", "T1").is(201)
		give(w.sec, u.id, "reporter", "T1").problem(409, "grant_exists")
		give(w.sec, u.id, "auditor", "R").problem(409, "role_conflict")
		var l listed
		w.sys.get("/grants").is(200).into(&l)
		if len(l.Items) != 0 {
			t.Error("a system administrator lists grants")
		}
		w.sec.get("/grants?role=system_administrator").is(200).into(&l)
		if len(l.Items) != 1 {
			t.Fatalf("grants: %+v", l)
		}
		w.sec.delete("/grants/"+l.Items[0].ID).problem(409, "last_administrator")
		w.sys.delete("/grants/"+l.Items[0].ID).problem(404, "not_found")
		w.sys.post("/people/"+w.sec.id+"/disable", nil).problem(409, "last_administrator")
		w.sys.post("/people/"+w.sys.id+"/disable", nil).problem(409, "self_disable")
		w.sec.get("/policy").is(200)
		w.sys.get("/policy").problem(403, "forbidden")
		w.sec.post("/people", obj{"account": "x", "name": "x", "unit_id": w.ids["T1"]}).problem(403, "forbidden")
		// The same key does it once.
		k := w.sec.with("Idempotency-Key", "k1")
		first := k.post("/grants", obj{"person_id": u.id, "role": "viewer", "unit_id": w.ids["T1"]}).is(201)
		again := k.post("/grants", obj{"person_id": u.id, "role": "viewer", "unit_id": w.ids["T1"]}).is(201)
		if string(first.raw) != string(again.raw) {
			t.Error("the answer changed")
		}
		// Two at once: one wins.
		var wg sync.WaitGroup
		var got [2]*answer
		for i := range got {
			wg.Go(func() { got[i] = give(w.sec, u.id, "leader", "T1") })
		}
		wg.Wait()
		if (got[0].status == http.StatusCreated) == (got[1].status == http.StatusCreated) {
			t.Errorf("both answered %d, %d", got[0].status, got[1].status)
		}
		w.holds()
	})
}

func TestPeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.person("coord", "T1", "coordinator@T1")
		w.newcomer("v11", "V11")
		w.newcomer("v21", "V21")
		names := func(u *user, query string) string {
			var l listed
			u.get("/people?" + query).is(200).into(&l)
			var as []string
			for _, x := range l.Items {
				as = append(as, x.Account)
			}
			return strings.Join(as, " ")
		}
		if got := names(c, ""); got != "coord v11" {
			t.Errorf("coordinator lists %q", got)
		}
		if got := names(w.sys, "q=V"); got != "v11 v21" {
			t.Errorf("search finds %q", got)
		}
		var l listed
		w.sys.get("/people?q=v21").is(200).into(&l)
		c.get("/people/"+l.Items[0].ID).problem(404, "not_found")
		c.patch("/people/"+c.id, obj{"title": "x"}).problem(403, "forbidden")
		w.sys.post("/people", obj{"account": "COORD", "name": "x", "unit_id": w.ids["T1"]}).problem(409, "account_taken")
		w.sys.post("/people", obj{"account": "a b", "name": "x", "unit_id": w.ids["T1"]}).problem(422, "invalid").at("body.account")
		w.sys.with("If-Match", `"99"`).patch("/people/"+c.id, obj{"title": "x"}).problem(412, "stale")
		w.sys.post("/units/"+w.ids["V21"]+"/deactivate", nil).problem(409, "unit_not_empty")
		w.nobody().get("/people").problem(401, "unauthorized")
	})
}

func TestResolveSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "V11", "coordinator@T1")
		ask := func(token string) rpc.ResolveSessionReply {
			t.Helper()
			a, err := bus.Ask[rpc.ResolveSessionRequest, rpc.ResolveSessionReply](context.Background(), w.bus, rpc.ResolveSession,
				rpc.ResolveSessionRequest{TokenHash: rest.HashToken(token)})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a := ask(u.token)
		if !a.Found || a.PersonID != u.id || a.UnitID != w.ids["V11"] || a.UnitLevel != "unit" || len(a.Grants) != 1 || a.Grants[0].Level != "town" ||
			!strings.HasSuffix(a.UnitPath, w.ids["V11"]+"/") || a.ExpiresAt.Before(w.clock.Now()) {
			t.Errorf("resolved: %+v", a)
		}
		if ask("nonsense").Found {
			t.Error("nonsense is a session")
		}
		// What is known is not read again: it takes a fraction of what it
		// takes to find that a token is nobody's. In turns, and the best turn
		// of each, because others work on the machine too.
		known, unknown := time.Hour, time.Hour
		for turn := range 40 {
			start := time.Now()
			for range 50 {
				ask(u.token)
			}
			known = min(known, time.Since(start)/50)
			start = time.Now()
			for i := range 10 {
				ask(fmt.Sprint("nobody", turn, i))
			}
			unknown = min(unknown, time.Since(start)/10)
		}
		if known > unknown/2 {
			t.Errorf("a known session takes %s, an unknown one %s", known, unknown)
		}
	})
}

// No administrator takes another one's role over by giving them a password;
// the machine's own command does, and leaves a trace.
func TestAdministratorsAreRecoveredAtTheMachine(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		type person struct {
			May struct {
				ResetPassword bool `json:"reset_password"`
			}
		}
		for _, x := range []*user{w.sec, w.aud} {
			w.sys.post("/people/"+x.id+"/reset-password", nil).problem(409, "administrator_reset")
			var p person
			if w.sys.get("/people/" + x.id).is(200).into(&p); p.May.ResetPassword {
				t.Error("may says that an administrator's password can be reset")
			}
		}
		w.sys.post("/people/"+w.sys.id+"/reset-password", nil).problem(409, "self_reset")
		li := w.person("li", "T1", "reporter@T1")
		var l struct {
			Items []struct {
				Account string
				person
			}
		}
		w.sys.get("/people").is(200).into(&l)
		for _, p := range l.Items {
			if p.May.ResetPassword != (p.Account == "li") {
				t.Errorf("%s: may reset the password: %v", p.Account, p.May.ResetPassword)
			}
		}

		ctx := context.Background()
		if _, err := w.module.RecoverAdministrator(ctx, "nobody", "x"); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown account: %v", err)
		}
		if _, err := w.module.RecoverAdministrator(ctx, li.account, "x"); !fault.IsCode(err, "not_administrator") {
			t.Errorf("no administrator: %v", err)
		}
		password, err := w.module.RecoverAdministrator(ctx, w.aud.account, "command line: root@server")
		if err != nil {
			t.Fatal(err)
		}
		w.aud.get("/me").is(401)
		w.nobody().post("/sessions", obj{"account": w.aud.account, "password": ownPassword}).problem(401, "sign_in_failed")
		w.aud.password = password
		w.aud.start()
		w.aud.get("/me").is(200)
		var e event.Event
		for _, x := range events(t, w.db) {
			if x.Type == event.PasswordChanged && x.ActorID == "" {
				e = x
			}
		}
		if d, err := event.Decode[event.Session](e); err != nil || d.Account != "aud" || d.Cause != "recovered" || e.ActorName != "command line: root@server" {
			t.Errorf("the event is %+v: %+v %v", e, d, err)
		}
	})
}

// The password that the system administrator handed out is no key to another
// administrator's role.
func TestAdministratorsHaveTheirOwnPassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.newcomer("li", "R")
		give := func() *answer {
			return w.sec.post("/grants", obj{"person_id": u.id, "role": "auditor", "unit_id": w.ids["R"]})
		}
		give().problem(409, "initial_password")
		u.start()
		give().is(201)
		w.sys.post("/people/"+u.id+"/reset-password", nil).problem(409, "administrator_reset")
		w.sys.post("/people/"+u.id+"/disable", obj{"reason": "x"}).is(200)
		w.sys.post("/people/"+u.id+"/reset-password", nil).problem(409, "administrator_reset")
	})
}

// The first token that was printed is good, however often others were printed
// after it; only their number is bounded.
func TestCase44TheFirstSetupTokenStaysGood(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		w := bare(t, d)
		var tokens []string
		for range 33 {
			token, needed, err := w.module.SetupToken(context.Background())
			if err != nil || !needed {
				t.Fatal(needed, err)
			}
			tokens = append(tokens, token)
		}
		w.nobody().post("/setup", setUpBody(tokens[0])).problem(401, "setup_token")
		w.nobody().post("/setup", setUpBody(tokens[1])).is(201)
		w.nobody().post("/setup", setUpBody(tokens[32])).problem(409, "setup_done")
	})
}

// Who acts for an area does so for an office in it, fixed when the role is given,
// and for two offices by two grants. What was merged into the office is its own, too.
func TestGrantsForAnOffice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "V21")
		give := func(role, office string) *answer {
			return w.sec.post("/grants", obj{"person_id": u.id, "role": role, "unit_id": w.ids["C"], "office_id": office})
		}
		give("inspector", w.ids["DT"]).problem(422, "invalid").at("body.office_id")
		give("inspector", "01900000-0000-7000-8000-00000000ffff").problem(422, "invalid").at("body.office_id")
		give("viewer", w.ids["V11"]).problem(422, "invalid").at("body.office_id")
		give("inspector", "").is(201)
		give("inspector", w.ids["V21"]).problem(409, "grant_exists")
		give("inspector", w.ids["V11"]).is(201)
		give("viewer", "").is(201)
		held := func() map[string][]string {
			t.Helper()
			r, err := bus.Ask[rpc.ResolveSessionRequest, rpc.ResolveSessionReply](t.Context(), w.bus, rpc.ResolveSession, rpc.ResolveSessionRequest{TokenHash: rest.HashToken(u.token)})
			if err != nil || !r.Found {
				t.Fatalf("%+v, %v", r, err)
			}
			m := map[string][]string{}
			for _, g := range r.Grants {
				m[g.Role+" "+g.OfficeID] = g.Took
			}
			return m
		}
		want := map[string][]string{"inspector " + w.ids["V21"]: nil, "inspector " + w.ids["V11"]: nil, "viewer " + w.ids["C"]: nil}
		if diff := cmp.Diff(want, held()); diff != "" {
			t.Error(diff)
		}
		// Moving the person changes nothing of it, and what is merged adds up.
		w.sys.patch("/people/"+u.id, obj{"unit_id": w.ids["T1"]}).is(200)
		w.sys.post("/units/"+w.ids["V12"]+"/merge", obj{"into_id": w.ids["V11"]}).is(200)
		w.sys.post("/units/"+w.ids["V11"]+"/merge", obj{"into_id": w.ids["V21"]}).is(200)
		took := []string{w.ids["V11"], w.ids["V12"]}
		slices.Sort(took)
		want["inspector "+w.ids["V21"]], want["inspector "+w.ids["V11"]] = took, []string{w.ids["V12"]}
		if diff := cmp.Diff(want, held()); diff != "" {
			t.Error(diff)
		}
		w.holds()
	})
}

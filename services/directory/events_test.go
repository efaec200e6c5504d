package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/tree"
)

// Every transition emits what other services and the audit trail live on, and
// nothing secret.
func TestEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1", "reporter@T1")
		skip := len(events(t, w.db))
		expect := func(want string, f func()) {
			t.Helper()
			f()
			all := events(t, w.db)
			var got []string
			for _, e := range all[skip:] {
				got = append(got, strings.TrimSuffix(strings.TrimPrefix(string(e.Type), "directory."), ".v1"))
				if e.Type != event.SignInFailed && e.Type != event.AccountLocked && e.ActorID == "" {
					t.Errorf("%s names no actor", e.Type)
				}
				if e.UnitPath == "" {
					t.Errorf("%s names no unit", e.Type)
				}
			}
			skip = len(all)
			if strings.Join(got, " ") != want {
				t.Errorf("events %q, want %q", got, want)
			}
		}
		bad := func() { w.nobody().post("/sessions", obj{"account": "li", "password": "wrong wrong"}) }
		expect("sign_in.failed", bad)
		expect("session.started", u.signIn)
		expect("session.ended", func() { u.delete("/sessions/current").is(204) })
		expect("sign_in.failed sign_in.failed sign_in.failed sign_in.failed account.locked", func() {
			for range 6 {
				bad()
			}
		})
		expect("persons.changed", func() { w.sys.post("/people/"+u.id+"/unlock", nil).is(200) })
		expect("units.changed", func() { w.sys.patch("/units/"+w.ids["T1"], obj{"name": "东镇街道"}).is(200) })
		expect("unit.moved units.changed units.changed", func() { w.sys.post("/units/"+w.ids["T1"]+"/move", obj{"parent_id": w.ids["D"]}).is(200) })
		var l listed
		expect("grant.given persons.changed", func() {
			w.sec.post("/grants", obj{"person_id": u.id, "role": "leader", "unit_id": w.ids["T1"], "reason": "任命"}).is(201)
		})
		w.sec.get("/grants?role=leader").is(200).into(&l)
		expect("grant.withdrawn persons.changed", func() { w.sec.delete("/grants/" + l.Items[0].ID).is(204) })
		u.signIn()
		skip = len(events(t, w.db))
		// Two sessions end: the one from before the move lives on.
		expect("session.ended session.ended persons.changed", func() { w.sys.post("/people/"+u.id+"/disable", nil).is(200) })
		w.sys.post("/units", obj{"parent_id": w.ids["T1"], "code": "T1", "level": "unit", "name": "x"}).is(409)
		expect("", func() {})
		for _, e := range events(t, w.db) {
			for _, secret := range []string{ownPassword, u.token, "sha256$", "argon2", "phone"} {
				if strings.Contains(string(e.Data), secret) {
					t.Errorf("%s tells a secret: %s", e.Type, e.Data)
				}
			}
		}
	})
}

func events(t *testing.T, d *db.DB) []event.Event {
	t.Helper()
	var payloads []string
	if err := d.Read().NewSelect().Table("outbox").Column("payload").OrderExpr("id").Scan(context.Background(), &payloads); err != nil {
		t.Fatal(err)
	}
	es := make([]event.Event, len(payloads))
	for i, p := range payloads {
		if err := json.Unmarshal([]byte(p), &es[i]); err != nil {
			t.Fatal(err)
		}
	}
	return es
}

// A copy of the tree in another service ends up the same, whatever happened.
func TestCopiesFollow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		t.Cleanup(func() { cancel(); wg.Wait() })
		copied := dbtest.Open(t, "assignment", w.db.Engine)
		relay := outbox.NewRelay(w.db, w.bus, slog.Default())
		runner := inbox.NewRunner(copied, w.bus, slog.Default(), tree.Feed("assignment", nil, nil))
		wg.Go(func() { relay.Run(ctx) })
		wg.Go(func() { runner.Run(ctx) })
		var b strings.Builder
		b.WriteString("code,name,parent_code,level\n")
		for i := range 700 {
			fmt.Fprintf(&b, "G%d,第%d组,V11,unit\n", i, i)
		}
		w.sys.csv("units", "", b.String()).is(200)
		w.sys.post("/units/"+w.ids["V11"]+"/move", obj{"parent_id": w.ids["T2"]}).is(200)
		w.sys.post("/units/"+w.ids["T2"]+"/move", obj{"parent_id": w.ids["D"]}).is(200)
		w.sys.patch("/units/"+w.ids["V21"], obj{"name": "东一村"}).is(200)
		w.sys.post("/units/"+w.ids["V12"]+"/deactivate", nil).is(200)
		const facts = "id, parent_id, path, level, kind, sectors, code, name, active, version, COALESCE(shares_name, FALSE) AS shares_name"
		read := func(d *db.DB, table string) string {
			var rows []map[string]any
			if err := d.Read().NewSelect().Table(table).ColumnExpr(facts).OrderExpr("id").Scan(ctx, &rows); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(len(rows), rows)
		}
		want := read(w.db, "units")
		deadline := time.Now().Add(2 * time.Minute)
		for read(copied, "tree_units") != want {
			if time.Now().After(deadline) {
				t.Fatalf("the copy differs: %.500s, want %.500s", read(copied, "tree_units"), want)
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
}

// What may be read is listed, and what is listed may be read.
func TestListsEqualChecks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.unit("O", "C", "unit", "办公室")
		users := []*user{
			w.sys, w.sec, w.aud, w.person("plain", "V11"), w.person("manager", "O", "campaign_manager@C"), w.person("coord", "T1", "coordinator@T1", "reporter@T1"),
			w.person("rep", "V11", "reporter@V11"), w.person("viewer", "D", "viewer@T2"), w.person("two", "V12", "leader@V12", "inspector@D"),
		}
		var people []string
		for _, u := range users {
			people = append(people, u.id)
		}
		for _, u := range users {
			for path, ids := range map[string][]string{"/units": values(w.ids), "/people": people} {
				var l listed
				u.get(path + "?limit=500").is(200).into(&l)
				in := map[string]bool{}
				for _, x := range l.Items {
					in[x.ID] = true
				}
				for _, x := range ids {
					if a := u.get(path + "/" + x); (a.status == 200) != in[x] || a.status != 200 && a.status != 404 {
						t.Errorf("%s: %s/%s answers %d, listed %v", u.account, path, x, a.status, in[x])
					}
				}
			}
		}
	})
}

func values(m map[string]string) []string {
	var vs []string
	for _, v := range m {
		vs = append(vs, v)
	}
	return vs
}

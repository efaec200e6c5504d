package evidence_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/store"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/google/go-cmp/cmp"
)

type linked struct {
	Items []struct {
		Snapshots []struct{ Address, State, Title string } `json:"link_snapshots"`
	}
}

func (w *world) linked(s sub) map[string]string {
	w.t.Helper()
	var x linked
	w.srv.As(w.t, fixture.Reporter).Get(subs + "/" + s.ID).Is(200).Into(&x)
	out := map[string]string{}
	for _, it := range x.Items {
		for _, l := range it.Snapshots {
			out[l.Address] = l.State + " " + l.Title
		}
	}
	return out
}

// pages answers titles by address; what it does not know fails.
type pages map[string]string

func (p pages) Title(_ context.Context, address string) (string, error) {
	t, ok := p[address]
	if !ok {
		return "", errors.New("no route to host")
	}
	return t, nil
}

// What is found at a link is shown and sealed; what cannot be reached is tried
// three times; an address of this machine is never opened.
func TestLinkSnapshots(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		inside := httptest.NewServer(nil)
		t.Cleanup(inside.Close)
		const there, away = "https://news.example/a", "https://news.example/b"
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", w.issue("V11").ID), 1)
		// Off, as it is unless it is switched on.
		w.put(fixture.Reporter, s, "links", map[string]any{"links": []string{there}})
		if got := w.linked(s); len(got) != 0 {
			t.Fatalf("%v", got)
		}
		w.settings = map[string]string{"DUBAN_LINK_SNAPSHOTS": "on"}
		w.restart()
		look := w.svc.(interface {
			Snapshots(context.Context) (int, error)
		}).Snapshots
		w.put(fixture.Reporter, s, "links", map[string]any{"links": []string{inside.URL, inside.URL}})
		if n, err := look(context.Background()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if diff := cmp.Diff(map[string]string{inside.URL: "refused "}, w.linked(s)); diff != "" {
			t.Fatal(diff)
		}
		w.put(fixture.Reporter, s, "links", map[string]any{"links": []string{there, away}})
		other := evidence.New(evidence.Ports{Store: store.New(d), Policy: w.engine, Clock: w.clock}, evidence.Options{Pages: pages{there: "宣传周启动"}})
		for i, want := range []string{"waiting ", "waiting ", "unreachable "} {
			if _, err := other.Snapshots(context.Background()); err != nil {
				t.Fatal(err)
			}
			if n, err := other.Snapshots(context.Background()); n != 0 || err != nil {
				t.Fatalf("it is tried again at once: %d %v", n, err)
			}
			if diff := cmp.Diff(map[string]string{there: "done 宣传周启动", away: want}, w.linked(s)); diff != "" {
				t.Fatalf("%d: %s", i, diff)
			}
			w.clock.Advance(11 * time.Minute)
		}
		s = w.seal(fixture.Reporter, w.get(fixture.Reporter, s.ID))
		var m evidence.Manifest
		if err := json.Unmarshal(w.srv.As(t, fixture.Reporter).Get(subs+"/"+s.ID+"/manifest").Is(200).Raw, &m); err != nil {
			t.Fatal(err)
		}
		for _, it := range m.Items {
			if it.Kind == "link" && (len(it.LinkSnapshots) != 1 || it.LinkSnapshots[0].Title != "宣传周启动" || it.LinkSnapshots[0].Address != there || it.LinkSnapshots[0].RetrievedAt == "") {
				t.Errorf("%+v", it)
			}
		}
		var v struct{ OK bool }
		if w.srv.As(t, fixture.Reporter).Get(subs + "/" + s.ID + "/verify").Is(200).Into(&v); !v.OK {
			t.Error("it does not verify")
		}
		// Given again after a day it is looked at again; meanwhile the old one shows.
		again := w.open(fixture.Reporter, "assignment", w.issue("V11").ID)
		w.put(fixture.Reporter, again, "links", map[string]any{"links": []string{there}})
		if got := w.linked(again); got[there] != "done 宣传周启动" {
			t.Errorf("%v", got)
		}
		w.clock.Advance(25 * time.Hour)
		w.put(fixture.Reporter, again, "links", map[string]any{"links": []string{there}})
		if got := w.linked(again); got[there] != "waiting 宣传周启动" {
			t.Errorf("%v", got)
		}
	})
}

package notice_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/notice"
	"github.com/duban/duban/services/notice/internal/feed"
	noticerest "github.com/duban/duban/services/notice/internal/rest"
	"github.com/duban/duban/services/notice/internal/store"
)

// message is one server-sent event; only a comment has no name.
type message struct{ id, name, data, comment string }

type listener struct {
	t      testing.TB
	status int
	got    chan message // closed when the stream ends
	stop   context.CancelFunc
}

func listen(t testing.TB, url, token, path, last string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, status: resp.StatusCode, got: make(chan message, 1000), stop: cancel}
	if resp.StatusCode == http.StatusOK && !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Errorf("content type %s", resp.Header.Get("Content-Type"))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(l.got)
		defer resp.Body.Close()
		var m message
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			k, v, _ := strings.Cut(sc.Text(), ": ")
			switch k {
			case "id":
				m.id = v
			case "event":
				m.name = v
			case "data":
				m.data = v
			case "":
				if sc.Text() != "" {
					m.comment = v
				} else if m != (message{}) {
					l.got <- m
					m = message{}
				}
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return l
}

// next waits for the next message that is not a comment.
func (l *listener) next(name string) message {
	l.t.Helper()
	for {
		select {
		case m, ok := <-l.got:
			if !ok {
				l.t.Fatalf("the stream ended, want a %s", name)
			}
			if m.comment != "" {
				continue
			}
			if m.name != name {
				l.t.Fatalf("got %+v, want a %s", m, name)
			}
			return m
		case <-time.After(2 * time.Minute):
			l.t.Fatalf("no %s within 10 s", name)
		}
	}
}

func (l *listener) count(want int64) {
	l.t.Helper()
	if m := l.next("count"); m.data != unread(want) {
		l.t.Fatalf("count %s, want %d", m.data, want)
	}
}

// ended waits until the server has closed the stream.
func (l *listener) ended() {
	l.t.Helper()
	for until := time.After(2 * time.Minute); ; {
		select {
		case _, ok := <-l.got:
			if !ok {
				return
			}
		case <-until:
			l.t.Fatal("the stream goes on")
		}
	}
}

const streamPath = "/api/v1/notices/stream"

func TestStream(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.run()
		me := w.api.As(t, fixture.Reporter)
		w.take(issue("V11"))
		first := w.box(fixture.Reporter)[0].ID
		a := listen(t, w.api.URL, me.Token(), streamPath, "")
		a.count(1) // the stream begins now: what was there before is only counted
		w.take(change(event.AssignmentReturned, "V11", fixture.Manager, nil), issue("V12"))
		m := a.next("notice")
		var n item
		if err := json.Unmarshal([]byte(m.data), &n); err != nil || n.Kind != "assignment_returned" || !strings.HasPrefix(m.id, "2.") || n.Text == "" {
			t.Fatalf("%+v %v", m, err)
		}
		a.count(2)

		// Whoever connects again gets what came meanwhile.
		after := "1" + strings.TrimPrefix(m.id, "2")
		b := listen(t, w.api.URL, me.Token(), streamPath, after)
		if x := b.next("notice"); x.data != m.data {
			t.Fatalf("%+v", x)
		}
		b.count(2)
		c := listen(t, w.api.URL, me.Token(), streamPath+"?after="+after, "")
		if x := c.next("notice"); x.data != m.data {
			t.Fatalf("%+v", x)
		}
		c.count(2)
		e := listen(t, w.api.URL, me.Token(), streamPath, "no-longer-there")
		e.count(2)
		e.next("reset")

		// Reading in one window is seen in the others.
		me.Post("/api/v1/notices/"+first+"/read", nil).Is(200)
		for _, l := range []*listener{a, b, c, e} {
			l.count(1)
		}

		f := listen(t, w.api.URL, me.Token(), streamPath, "")
		f.count(1)
		me.Get(streamPath).Problem(429, "too_many_streams")
		other := listen(t, w.api.URL, w.api.As(t, fixture.Reporter12).Token(), streamPath, "")
		other.count(1) // the limit is each person's own
		f.stop()
		f.ended()
		for until := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
			g := listen(t, w.api.URL, me.Token(), streamPath, "")
			if g.status == http.StatusOK {
				break // the seat is free again
			}
			if time.Now().After(until) {
				t.Fatal("the seat stays taken")
			}
		}
	})
}

// A HEAD asks for no body, so it ends at once, and its connection and its seat
// are free again.
func TestStreamHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "notice", db.SQLite))
	w.run()
	me := w.api.As(t, fixture.Reporter)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for i := range 12 {
		method := http.MethodHead
		path := streamPath
		if i%2 == 1 {
			method, path = http.MethodGet, "/api/v1/notices"
		}
		req, err := http.NewRequestWithContext(ctx, method, w.api.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+me.Token())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatalf("request %d, %s %s: %v", i, method, path, err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || err != nil {
			t.Fatalf("request %d: %s %v", i, resp.Status, err)
		}
	}
	listen(t, w.api.URL, me.Token(), streamPath, "").count(0)
}

// Two processes share a database and a NATS: what one takes, the streams of
// the other show, in the order in which the person was told, each once.
func TestStreamAcrossProcesses(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "notice", db.Postgres)
	url := bustest.Server(t)
	connect := func() *bus.Bus {
		b, err := bus.Start(context.Background(), bus.Config{URL: url, Name: t.Name()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	one, two := bare(t, d, connect()), bare(t, d, connect())
	fixture.Plant(t, d)
	var ps event.Persons
	for _, a := range people {
		ps.Persons = append(ps.Persons, person(a, 1))
	}
	one.take(event.New("p", morning, event.PersonsChanged, "p", 1, ps))
	one.run()
	two.run()
	l := listen(t, two.api.URL, two.api.As(t, fixture.Reporter).Token(), streamPath, "")
	l.count(0)
	const each = 40
	var wg sync.WaitGroup
	for _, w := range []*world{one, two, one} {
		wg.Go(func() {
			for range each {
				if err := w.try(issue("V11", "V12", "V21")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var got []string
	last := ""
	for len(got) < 3*each || last != unread(3*each) {
		select {
		case m, ok := <-l.got:
			if !ok {
				t.Fatal("the stream ended")
			}
			switch m.name {
			case "notice":
				var n item
				if err := json.Unmarshal([]byte(m.data), &n); err != nil {
					t.Fatal(err)
				}
				got = append(got, n.ID)
			case "count":
				last = m.data
			}
		case <-time.After(2 * time.Minute):
			t.Fatalf("%d of %d notices, %s", len(got), 3*each, last)
		}
	}
	wg.Wait()
	box := one.box(fixture.Reporter)
	for i, x := range got {
		if want := box[len(box)-1-i].ID; x != want {
			t.Fatalf("notice %d is %s, want %s", i, x, want)
		}
	}
	one.sound()
}

type sessions struct{ ended, away atomic.Bool }

func (s *sessions) Resolve(_ context.Context, token string) (policy.Actor, bool, error) {
	if s.away.Load() {
		return policy.Actor{}, false, fmt.Errorf("directory away")
	}
	return fixture.Reporter, !s.ended.Load(), nil
}

// A stream says that it lives, and ends with the session and with the server.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "notice", db.SQLite)
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	hub, clk, who := notice.NewHub(), clock.NewFake(morning), &sessions{}
	announce, err := feed.NewAnnouncer(d, bustest.Start(t), hub, clk, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	svc := notice.New(store.New(d), engine, clk, announce, hub)
	api := rest.New(http.NewServeMux(), rest.Options{Version: "test", Sessions: who, Policy: engine})
	noticerest.Mount(api.Group("notices", "", d, notice.Texts), svc, noticerest.Pace{Beat: 20 * time.Millisecond})
	server := httptest.NewServer(api.Handler())
	t.Cleanup(server.Close)

	a := listen(t, server.URL, "token", streamPath, "")
	a.count(0)
	who.away.Store(true) // nobody can tell: the stream goes on
	for range 3 {
		if m := <-a.got; m.comment == "" {
			t.Fatalf("%+v", m)
		}
	}
	who.away.Store(false)
	who.ended.Store(true)
	a.ended()

	who.ended.Store(false)
	b := listen(t, server.URL, "token", streamPath, "")
	b.count(0)
	hub.Close()
	b.ended()
	if c := listen(t, server.URL, "token", streamPath, ""); c.status != http.StatusServiceUnavailable {
		t.Fatal(c.status)
	}
}

func unread(n int64) string {
	return fmt.Sprintf(`{"unread":{"count":%d,"query":"/notices?unread=true"}}`, n)
}

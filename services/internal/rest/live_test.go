package rest_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/rest"
)

type stillOutput struct{ Body func(huma.Context) }

// What goes on for long ends with its session, whether it sends, receives or
// only waits, and whatever deadlines it sets meanwhile; what belongs to others
// goes on.
func TestCase33NothingOutlivesItsSession(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t)
	sessions, err := rest.NewSessions(b)
	if err != nil {
		t.Fatal(err)
	}
	err = bus.Respond(b, rpc.ResolveSession, func(_ context.Context, q rpc.ResolveSessionRequest) (rpc.ResolveSessionReply, error) {
		for _, who := range []string{"a", "b"} {
			if q.TokenHash == rest.HashToken(who) {
				return rpc.ResolveSessionReply{Found: true, PersonID: who, SessionID: "session-" + who}, nil
			}
		}
		return rpc.ResolveSessionReply{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	api := rest.New(http.NewServeMux(), rest.Options{Version: "test", Sessions: sessions, Policy: engine, Log: slog.New(slog.DiscardHandler)})
	begun := make(chan string, 10)
	over := make(chan string, 10)
	g := api.Group("x", "x", dbtest.Open(t, "directory", db.SQLite), nil)
	op := func(name string, f func(context.Context, http.ResponseWriter)) {
		rest.Register(g, rest.Op{ID: name, Method: http.MethodGet, Path: "/" + name, Summary: "s", Description: "d", Resource: "notice", Action: "read"},
			func(context.Context, *struct{}) (*stillOutput, error) {
				return &stillOutput{func(ctx huma.Context) {
					_, w := humago.Unwrap(ctx)
					w.WriteHeader(http.StatusOK)
					_ = http.NewResponseController(w).Flush()
					begun <- name
					f(ctx.Context(), w)
					over <- name
				}}, nil
			})
	}
	op("wait", func(ctx context.Context, _ http.ResponseWriter) { <-ctx.Done() })
	op("send", func(_ context.Context, w http.ResponseWriter) {
		ctl := http.NewResponseController(w)
		for part := make([]byte, 1<<20); ; { // nobody reads it, and it has all the time in the world
			if ctl.SetWriteDeadline(time.Now().Add(time.Hour)) != nil {
				return
			}
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	})
	api.Mux().Handle("POST /api/v1/receive", api.Authenticate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- "receive"
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Hour))
		_, _ = io.Copy(io.Discard, r.Body)
		over <- "receive"
	})))
	server := httptest.NewServer(api.Handler())
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	request := func(method, path, who string, body io.Reader) {
		req, err := http.NewRequestWithContext(ctx, method, server.URL+"/api/v1"+path, body)
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+who)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			t.Cleanup(func() { resp.Body.Close() })
		}
	}
	never, pipe := io.Pipe()
	t.Cleanup(func() { pipe.Close() })
	go request(http.MethodGet, "/wait", "a", nil)
	go request(http.MethodGet, "/send", "a", nil)
	go request(http.MethodPost, "/receive", "a", never)
	go request(http.MethodGet, "/wait", "b", nil)
	for range 4 {
		<-begun
	}
	end, err := json.Marshal(event.New("1", time.Now(), event.SessionEnded, "session-a", 2, event.Session{SessionID: "session-a", PersonID: "a", Cause: "disabled"}))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	b.Signal(event.SessionEnded.Subject(), end)
	got := map[string]int{}
	for range 3 {
		select {
		case what := <-over:
			got[what]++
		case <-time.After(20 * time.Second):
			t.Fatalf("only these are over: %v", got)
		}
	}
	t.Logf("over after %v", time.Since(start))
	if got["wait"] != 1 || got["send"] != 1 || got["receive"] != 1 {
		t.Errorf("over: %v", got)
	}
	// An answer from before the end lets nobody in any more.
	req, _ := http.NewRequest(http.MethodGet, server.URL+"/api/v1/wait", nil)
	req.Header.Set("Authorization", "Bearer a")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
}

package host

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/rest"
	"github.com/nats-io/nats.go/jetstream"
)

// Health is how one service does.
type Health struct {
	Service     string `json:"service" example:"assignment" doc:"The service"`
	Database    bool   `json:"database" example:"true" doc:"Its database answers"`
	NATS        bool   `json:"nats" example:"true" doc:"NATS is in reach"`
	Stream      string `json:"stream" enum:"well,impaired,missing,unknown" example:"well" doc:"The event stream: well; impaired when it has no leader or lacks replicas; missing when NATS has lost it, until it is made again; unknown while NATS is away"`
	StreamWhy   string `json:"stream_why,omitempty" doc:"What is wrong with the stream"`
	Unsent      int64  `json:"unsent" example:"0" doc:"Events that wait for publication"`
	UnsentFor   int64  `json:"unsent_seconds" example:"0" doc:"How long the oldest of them has waited, in seconds"`
	DeadLetters int    `json:"dead_letters" example:"0" doc:"Events set aside, at most 1000 are counted; list them with list-dead-letters"`
	UpSeconds   int64  `json:"up_seconds" example:"3600" doc:"Since the process started"`
}

// Letter is an event that a consumer could not take.
type Letter struct {
	ID         string    `json:"id" example:"01985b2e-7c1a-7000-8000-000000000001" doc:"Id of the dead letter"`
	Service    string    `json:"service" example:"insight" doc:"The service whose consumer set it aside"`
	Consumer   string    `json:"consumer" example:"insight-counters" doc:"The consumer"`
	EventID    string    `json:"event_id" example:"01985b2e-7c1a-7000-8000-000000000002" doc:"The event"`
	Type       string    `json:"type" example:"assignment.assignment.approved.v1" doc:"Its type"`
	Reason     string    `json:"reason" doc:"Why it could not be taken"`
	Deliveries int       `json:"deliveries" example:"6" doc:"How often it was tried"`
	At         time.Time `json:"at" example:"2026-09-20T01:02:03Z" doc:"When it was set aside"`
}

// ServiceInput names a service.
type ServiceInput struct {
	Service string `path:"service" maxLength:"40" doc:"Name of the service" example:"insight"`
}

// LetterInput names a dead letter of a service.
type LetterInput struct {
	ServiceInput
	rest.ByID
}

func (h *Host) mountSystem() {
	mux := h.api.Mux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		for _, u := range h.units {
			// A reader: the writer may be busy for a while and is no less well for it.
			if _, err := u.db.Read().ExecContext(r.Context(), "SELECT 1"); err != nil {
				http.Error(w, "database of "+u.name+" is away", http.StatusServiceUnavailable)
				return
			}
		}
		fmt.Fprintln(w, "ready")
		// Without NATS commands are kept and answered all the same, and taking
		// this process out of service would help nobody.
		for _, why := range h.delays(r.Context()) {
			fmt.Fprintln(w, "note:", why)
		}
	})
	g := h.api.Group("system", "How the services do, and events that could not be taken. For system administrators.", h.units[0].db, nil)
	allowed := func(ctx context.Context, action string) error {
		return fault.Unless(h.engine.Can(ctx, rest.Actor(ctx), "system", action, policy.Target{}), false, "service", "")
	}
	rest.Register(g, rest.Op{
		ID: "get-service-health", Method: http.MethodGet, Path: "/system/{service}/health", Resource: "system", Action: "read",
		Summary: "Tell how a service does", Description: "Whether its database and NATS are in reach, and how many events wait or were set aside.",
	}, func(ctx context.Context, in *ServiceInput) (*rest.Reply[Health], error) {
		if err := allowed(ctx, "read"); err != nil {
			return nil, err
		}
		u, err := h.unit(in.Service)
		if err != nil {
			return nil, err
		}
		x := Health{Service: u.name, NATS: h.bus.Connected(), UpSeconds: int64(time.Since(h.started).Seconds())}
		x.Stream, x.StreamWhy = h.stream(ctx)
		waiting, err := outbox.Waiting(ctx, u.db)
		if err == nil {
			x.Database, x.Unsent, x.UnsentFor = true, waiting.Events, int64(age(waiting).Seconds())
			ls, err := inbox.DeadLetters(ctx, u.db, 1000)
			if err != nil {
				return nil, err
			}
			x.DeadLetters = len(ls)
		}
		return rest.Answer(x), nil
	})
	rest.Register(g, rest.Op{
		ID: "list-dead-letters", Method: http.MethodGet, Path: "/system/{service}/dead-letters", Resource: "system", Action: "read",
		Summary: "List events a service could not take", Description: "Oldest first, at most 500. Retry them once the cause is mended.",
	}, func(ctx context.Context, in *ServiceInput) (*rest.Reply[rest.List[Letter]], error) {
		if err := allowed(ctx, "read"); err != nil {
			return nil, err
		}
		u, err := h.unit(in.Service)
		if err != nil {
			return nil, err
		}
		ls, err := inbox.DeadLetters(ctx, u.db, 500)
		if err != nil {
			return nil, err
		}
		items := make([]Letter, len(ls))
		for i, l := range ls {
			items[i] = Letter{
				ID: l.ID, Service: u.name, Consumer: l.Consumer, EventID: l.EventID, Type: string(l.Type),
				Reason: l.Reason, Deliveries: l.Deliveries, At: l.CreatedAt,
			}
		}
		return rest.Answer(rest.List[Letter]{Items: items}), nil
	})
	rest.Register(g, rest.Op{
		ID: "retry-dead-letter", Method: http.MethodPost, Path: "/system/{service}/dead-letters/{id}/retry", Resource: "system", Action: "write",
		Summary: "Take a dead letter again", Description: "Handles the event now. When it fails again, the letter stays and the answer says why.",
		Status: http.StatusNoContent, Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *LetterInput) (*struct{}, error) {
		if err := allowed(ctx, "write"); err != nil {
			return nil, err
		}
		u, err := h.unit(in.Service)
		if err != nil {
			return nil, err
		}
		if err := u.runner.Retry(ctx, in.ID); err != nil {
			if fault.As(err) != nil {
				return nil, err
			}
			h.log.Warn("dead letter failed again", "service", u.name, "letter", in.ID, "request", id.Request(ctx), "error", err)
			return nil, fault.New(fault.Conflict, "still_failing", "It failed again; the reason is in the log under this request's id.")
		}
		return nil, nil
	})
}

// late is from which age of an unsent event on something is said about it.
const late = time.Minute

// age is how long the oldest event of a backlog has waited.
func age(b outbox.Backlog) time.Duration {
	if b.Events == 0 {
		return 0
	}
	return max(0, time.Since(b.Since))
}

// stream tells how the event stream does, in the words of Health.
func (h *Host) stream(ctx context.Context) (state, why string) {
	if !h.bus.Connected() {
		return "unknown", "NATS is away"
	}
	s, err := h.bus.Stream(ctx)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return "missing", "NATS has no event stream; it is made again"
	case err != nil:
		h.log.Warn("health: event stream", "error", err)
		return "impaired", "NATS does not answer for the event stream"
	case s.Well() != "":
		return "impaired", s.Well()
	}
	return "well", ""
}

// delays tells what keeps events from arriving, if anything does.
func (h *Host) delays(ctx context.Context) []string {
	var told []string
	if state, why := h.stream(ctx); state != "well" {
		told = append(told, "event stream "+state+": "+why)
	}
	for _, u := range h.units {
		if b, err := outbox.Waiting(ctx, u.db); err == nil && age(b) > late {
			told = append(told, fmt.Sprintf("%d events of %s wait, the oldest for %s", b.Events, u.name, age(b).Round(time.Second)))
		}
	}
	return told
}

func (h *Host) unit(name string) (*unit, error) {
	for _, u := range h.units {
		if u.name == name {
			return u, nil
		}
	}
	return nil, fault.Missing("service")
}

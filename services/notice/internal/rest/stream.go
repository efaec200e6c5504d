package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/notice"
)

const (
	// patience is how long a client may take to accept a message.
	patience = 10 * time.Second
	// page is how many notices are read at a time while catching up.
	page = 100
)

type streamInput struct {
	Language
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"Id of the last notice you have; browsers send it by themselves when they connect again" example:"01985b2e-7c1a-7000-8000-000000000001"`
	After       string `query:"after" maxLength:"64" doc:"The same, where the header cannot be set; the header wins" example:"01985b2e-7c1a-7000-8000-000000000001"`
}

type streamOutput struct {
	Body func(huma.Context)
}

func (a *API) mountStream() {
	const path = "/notices/stream"
	rest.Register(a.group, rest.Op{
		ID: "stream-notices", Method: http.MethodGet, Path: path, Summary: "Follow my notices live",
		Description: "A stream of server-sent events. `count` carries how many are unread, at once and whenever that changes; " +
			"`notice` carries a notice when it arrives, its id is the notice's. With `Last-Event-ID` or `after` what came since that notice " +
			"is sent first; otherwise, and when that notice is no longer there, the stream begins now. A comment every 15 seconds keeps it open. " +
			"It ends with the session. At most 5 streams are open for a person; a further one answers 429.",
		Resource: "notice", Action: "read",
	}, a.stream)
	doc := a.group.Huma().OpenAPI()
	message := func(name string, v any, id bool) *huma.Schema {
		s := &huma.Schema{
			Title: "Event " + name, Type: huma.TypeObject, Required: []string{"event", "data"},
			Properties: map[string]*huma.Schema{
				"event": {Type: huma.TypeString, Enum: []any{name}, Description: "Name of the event"},
				"data":  doc.Components.Schemas.Schema(reflect.TypeOf(v), true, name),
			},
		}
		if id {
			s.Properties["id"] = &huma.Schema{Type: huma.TypeString, Description: "Id of the notice"}
		}
		return s
	}
	doc.Paths["/api/v1"+path].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"text/event-stream": {
			Schema: &huma.Schema{
				Title: "Server-sent events", Type: huma.TypeArray,
				Description: "Each item is one message of the stream, written as the format of server-sent events says.",
				Items:       &huma.Schema{OneOf: []*huma.Schema{message("notice", Notice{}, true), message("count", Count{}, false)}},
			},
			Example: "event: count\ndata: {\"unread\":{\"count\":3,\"query\":\"/notices?unread=true\"}}\n\n",
		},
	}
}

func (a *API) stream(ctx context.Context, in *streamInput) (*streamOutput, error) {
	after := in.LastEventID
	if after == "" {
		after = in.After
	}
	st, err := a.service.Open(ctx, rest.Actor(ctx), after)
	if err != nil {
		return nil, err
	}
	return &streamOutput{Body: func(hc huma.Context) {
		defer st.Close()
		a.follow(hc, st, in.Accept)
	}}, nil
}

// follow writes the stream until the client, the session or the server goes.
func (a *API) follow(hc huma.Context, st *notice.Stream, lang string) {
	ctx := hc.Context()
	hc.SetHeader("Content-Type", "text/event-stream")
	hc.SetHeader("Cache-Control", "no-store")
	hc.SetHeader("X-Accel-Buffering", "no") // proxies must not hold it back
	hc.SetStatus(http.StatusOK)
	_, w := humago.Unwrap(hc)
	out := &writer{w: w, ctl: http.NewResponseController(w), lang: lang, unread: -1}
	// The connection may serve other requests afterwards.
	defer func() { _ = out.ctl.SetWriteDeadline(time.Time{}) }()
	beat := time.NewTicker(a.beat)
	defer beat.Stop()
	for {
		if out.news(ctx, st) != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-st.Gone():
			return
		case <-st.Woken():
		case <-beat.C:
			// What an announcement that got lost told is found here too.
			if !a.group.Alive(hc) || out.comment("live") != nil {
				return
			}
		}
	}
}

type writer struct {
	w      http.ResponseWriter
	ctl    *http.ResponseController
	lang   string
	unread int64 // last told
}

// news sends what the stream has not sent yet.
func (o *writer) news(ctx context.Context, st *notice.Stream) error {
	for {
		ns, err := st.Next(ctx, page)
		if err != nil {
			return err
		}
		for _, n := range ns {
			if err := o.event("notice", n.ID, wire(n, o.lang)); err != nil {
				return err
			}
		}
		if len(ns) < page {
			break
		}
	}
	c, err := st.Count(ctx)
	if err != nil || c.Unread == o.unread {
		return err
	}
	o.unread = c.Unread
	return o.event("count", "", Count{Unread: unread(c)})
}

func (o *writer) event(name, id string, data any) error {
	raw, err := json.Marshal(data) // on one line: JSON escapes line breaks
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("event: " + name + "\ndata: ")
	b.Write(raw)
	b.WriteString("\n\n")
	return o.send(b.Bytes())
}

func (o *writer) comment(text string) error { return o.send([]byte(": " + text + "\n\n")) }

func (o *writer) send(b []byte) error {
	if err := o.ctl.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := o.w.Write(b); err != nil {
		return err
	}
	return o.ctl.Flush()
}

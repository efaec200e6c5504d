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

// Pace says how often a live stream speaks.
type Pace struct {
	// Beat is how often a quiet stream says that it lives, and looks whether
	// its session does.
	Beat time.Duration
	// Rest is the least time from one lot of changes to the next: what
	// happens meanwhile is told together.
	Rest time.Duration
}

// Usual is the pace outside tests.
var Usual = Pace{Beat: 15 * time.Second, Rest: 500 * time.Millisecond}

// Change says that something is no longer as it was.
type Change struct {
	Kind    string `json:"kind" enum:"campaign,assignment,submission,inspection,finding,rectification,file" doc:"What kind of thing has changed" example:"assignment"`
	ID      string `json:"id,omitempty" doc:"Its id; absent where it may be any of the kind" example:"01985b2e-7c1a-7000-8000-000000000003"`
	Version int64  `json:"version,omitempty" doc:"Its version after the change: who has that or a later one need not fetch it; absent where several things have changed" example:"4"`
}

// Progress is how far background work is that you have started.
type Progress struct {
	ID         string `json:"id" doc:"Id of the job or import" example:"01985b2e-7c1a-7000-8000-000000000009"`
	Kind       string `json:"kind" enum:"issue,cancel,urge,import,documents" doc:"What it does" example:"issue"`
	CampaignID string `json:"campaign_id,omitempty" doc:"Campaign it belongs to; absent for an import" example:"01985b2e-7c1a-7000-8000-000000000001"`
	State      string `json:"state" enum:"running,done,failed" doc:"State" example:"running"`
	Done       int64  `json:"done" doc:"How much is done" example:"1200"`
	Total      int64  `json:"total" doc:"How much there is to do; 0 where that is not known" example:"3420"`
}

// Reset says that anything may have changed.
type Reset struct{}

type streamInput struct {
	Language
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"Id of the last message you have; browsers send it by themselves when they connect again" example:"12.dv3jrlnkg0.4711"`
	After       string `query:"after" maxLength:"64" doc:"The same, where the header cannot be set; the header wins" example:"12.dv3jrlnkg0.4711"`
}

type streamOutput struct {
	Body func(huma.Context)
}

func (a *API) mountStream() {
	const path = "/notices/stream"
	rest.Register(a.group, rest.Op{
		ID: "stream-notices", Method: http.MethodGet, Path: path, Summary: "Follow live what concerns me",
		Description: "A stream of server-sent events; one is enough for all that a page shows.\n\n" +
			"`count` carries how many notices are unread, at once and whenever that changes; `notice` carries a notice when it arrives. " +
			"`change` says that something you may see has changed, without its content: fetch it again where you show it. " +
			"Many changes within a campaign come as one change of the campaign. " +
			"`reset` says that more has changed than can be told: fetch everything you show again. " +
			"`progress` tells how far background work is that you have started; it may be lost, so ask with get-campaign-progress or get-import once the stream is open.\n\n" +
			"With `Last-Event-ID` or `after` what came since that message is sent first, or a `reset` where that is not known any more; otherwise the stream begins now. " +
			"A comment every 15 seconds keeps it open. It ends with the session. At most 5 streams are open for a person; a further one answers 429.",
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
			s.Properties["id"] = &huma.Schema{Type: huma.TypeString, Description: "Where the stream is: give it back as Last-Event-ID"}
		}
		return s
	}
	doc.Paths["/api/v1"+path].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"text/event-stream": {
			Schema: &huma.Schema{
				Title: "Server-sent events", Type: huma.TypeArray,
				Description: "Each item is one message of the stream, written as the format of server-sent events says.",
				Items: &huma.Schema{OneOf: []*huma.Schema{
					message("notice", Notice{}, true), message("count", Count{}, false), message("change", Change{}, true),
					message("reset", Reset{}, true), message("progress", Progress{}, false),
				}},
			},
			Example: "event: count\ndata: {\"unread\":{\"count\":3,\"query\":\"/notices?unread=true\"}}\n\n" +
				"id: 12.dv3jrlnkg0.4711\nevent: change\ndata: {\"kind\":\"assignment\",\"id\":\"01985b2e-7c1a-7000-8000-000000000003\",\"version\":4}\n\n",
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
	if hc.Method() == http.MethodHead {
		return // asks for no body: nothing would ever reach it, nor end it
	}
	_, w := humago.Unwrap(hc)
	out := &writer{w: w, ctl: http.NewResponseController(w), lang: lang, unread: -1}
	// The connection may serve other requests afterwards.
	defer func() { _ = out.ctl.SetWriteDeadline(time.Time{}) }()
	beat := time.NewTicker(a.pace.Beat)
	defer beat.Stop()
	rested := time.NewTimer(0) // fires when changes may be told again
	defer rested.Stop()
	ready, stirred := false, true
	if out.inbox(ctx, st) != nil {
		return
	}
	for {
		if ready && stirred {
			ready, stirred = false, false
			if !a.news(hc, st, out) {
				return
			}
			rested.Reset(a.pace.Rest)
		}
		select {
		case <-ctx.Done():
			return
		case <-st.Gone():
			return
		case <-rested.C:
			ready = true
		case <-st.Stirred():
			stirred = true
		case <-st.Woken():
			if out.inbox(ctx, st) != nil {
				return
			}
		case <-beat.C:
			if !a.beat(hc, st, out) {
				return
			}
			stirred = true
		}
	}
}

// news sends what has changed; false ends the stream.
func (a *API) news(hc huma.Context, st *notice.Stream, out *writer) bool {
	n, stale := st.News()
	if stale {
		actor, alive, err := a.group.Again(hc)
		switch {
		case err != nil:
			return true // with the next beat
		case !alive:
			return false
		}
		st.See(hc.Context(), actor) // which stirs
		return true
	}
	return out.news(n, st.Position()) == nil
}

// beat says that the stream lives, and looks whether its session does; while
// nobody can tell that is believed. What an announcement that got lost told is
// found here too.
func (a *API) beat(hc huma.Context, st *notice.Stream, out *writer) bool {
	actor, alive, err := a.group.Again(hc)
	if err == nil {
		if !alive {
			return false
		}
		st.See(hc.Context(), actor)
	}
	return out.inbox(hc.Context(), st) == nil && out.live(st.Position()) == nil
}

type writer struct {
	w      http.ResponseWriter
	ctl    *http.ResponseController
	lang   string
	unread int64 // last told
}

// inbox sends the notices that the stream has not sent yet, and their number.
func (o *writer) inbox(ctx context.Context, st *notice.Stream) error {
	for {
		ns, err := st.Next(ctx, page)
		if err != nil {
			return err
		}
		for _, n := range ns {
			st.Told(n)
			if err := o.event("notice", st.Position(), wire(n, o.lang)); err != nil {
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

// news sends changes; the last of them says where the stream is then.
func (o *writer) news(n notice.News, position string) error {
	if n.Reset {
		if err := o.event("reset", position, Reset{}); err != nil {
			return err
		}
	}
	for i, c := range n.Changes {
		at := ""
		if i == len(n.Changes)-1 {
			at = position
		}
		if err := o.event("change", at, Change(c)); err != nil {
			return err
		}
	}
	for _, p := range n.Progress {
		w := Progress{ID: p.ID, Kind: p.Kind, CampaignID: p.CampaignID, State: p.State, Done: p.Done, Total: p.Total}
		if err := o.event("progress", "", w); err != nil {
			return err
		}
	}
	return nil
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

// live is a message without an event: browsers keep its id all the same, so
// that who was long told of nothing need not begin anew.
func (o *writer) live(position string) error {
	return o.send([]byte(": live\nid: " + position + "\n\n"))
}

func (o *writer) send(b []byte) error {
	if err := o.ctl.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := o.w.Write(b); err != nil {
		return err
	}
	return o.ctl.Flush()
}

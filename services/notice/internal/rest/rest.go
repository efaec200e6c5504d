// Package rest offers inboxes over HTTP.
package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/notice"
)

// Notice is a notice on the wire.
type Notice struct {
	ID      string            `json:"id" doc:"Id of the notice, unique in your inbox: the id of the event it tells of" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Kind    string            `json:"kind" doc:"What sort of notice; stable, for programs" example:"assignment_issued"`
	Text    string            `json:"text" doc:"What happened, in the language of the request" example:"《网络安全宣传周》向东一村下发任务“张贴海报”，请签收并于 2026-09-16 18:00 前完成。"`
	Params  map[string]string `json:"params" doc:"What the text is filled with; names that end in _at hold times" example:"{\"task\":\"张贴海报\"}"`
	Subject Subject           `json:"subject" doc:"What it is about, for a link"`
	// The unit is looked up when shown: its name and place are today's.
	UnitID    string       `json:"unit_id,omitempty" doc:"Unit concerned; absent where there is none" example:"01900000-0000-7000-8000-000000000007"`
	UnitName  string       `json:"unit_name,omitempty" doc:"Name of the unit" example:"东一村"`
	UnitPath  string       `json:"unit_path,omitempty" doc:"Where the unit is in the tree: ids from the root, each followed by /" example:"01900000-0000-7000-8000-000000000002/"`
	By        *rest.Person `json:"by,omitempty" doc:"Who did it; absent when the system did"`
	At        time.Time    `json:"at" doc:"When it happened"`
	CreatedAt time.Time    `json:"created_at" doc:"When you were told"`
	ReadAt    *time.Time   `json:"read_at,omitempty" doc:"When you read it; absent while unread"`
}

// Subject is what a notice is about.
type Subject struct {
	Type string `json:"type" enum:"assignment,campaign,rectification,inspection,file,unit,person" doc:"What kind of thing" example:"assignment"`
	ID   string `json:"id" doc:"Its id" example:"01985b2e-7c1a-7000-8000-000000000002"`
}

// Count is the state of an inbox.
type Count struct {
	Unread rest.Count `json:"unread" doc:"How many notices are unread"`
}

func unread(c notice.Count) rest.Count {
	return rest.Count{Count: c.Unread, Query: "/notices?unread=true"}
}

// Marked is what read-all did.
type Marked struct {
	Marked int64      `json:"marked" doc:"How many notices became read" example:"3"`
	Unread rest.Count `json:"unread" doc:"How many are still unread, because they came later"`
}

func wire(n notice.Notice, lang string) Notice {
	return Notice{
		ID: n.ID, Kind: n.Kind, Text: notice.Render(n.Kind, n.Params, lang), Params: n.Params,
		Subject: Subject{Type: n.SubjectType, ID: n.SubjectID},
		UnitID:  n.UnitID, UnitName: n.UnitName, UnitPath: n.UnitPath, By: rest.Named(n.ActorID, n.ActorName),
		At: n.At, CreatedAt: n.CreatedAt, ReadAt: n.ReadAt,
	}
}

// Language is the header that chooses the language of texts. Embed it.
type Language struct {
	Accept string `header:"Accept-Language" maxLength:"1000" doc:"Language of the texts; Chinese where it is not known" example:"zh-CN"`
}

type listInput struct {
	rest.Page
	Language
	Unread bool   `query:"unread" doc:"Only those not read yet" example:"true"`
	Kind   string `query:"kind" maxLength:"100" doc:"Only this kind" example:"assignment_issued"`
}

type idInput struct {
	rest.ByID
	Language
}

// ReadAll is the body of read-all-notices.
type ReadAll struct {
	UpTo string `json:"up_to,omitempty" doc:"Id of the newest notice you have seen; absent means all" example:"01985b2e-7c1a-7000-8000-000000000001"`
}

// API offers the operations.
type API struct {
	service *notice.Service
	group   *rest.Group
	pace    Pace
}

// Mount adds the operations; pace is that of streams.
func Mount(g *rest.Group, s *notice.Service, pace Pace) {
	a := &API{service: s, group: g, pace: pace}
	rest.Register(g, rest.Op{
		ID: "list-notices", Method: http.MethodGet, Path: "/notices", Summary: "List my notices",
		Description: "Your own inbox, newest first. `kind` and `params` are for programs, `text` is for people.",
		Resource:    "notice", Action: "read",
	}, a.list)
	rest.Register(g, rest.Op{
		ID: "count-notices", Method: http.MethodGet, Path: "/notices/counts", Summary: "Count my unread notices",
		Description: "How many notices of your inbox are unread. Cheap, whatever the size of the inbox.",
		Resource:    "notice", Action: "read",
	}, a.count)
	rest.Register(g, rest.Op{
		ID: "read-notice", Method: http.MethodPost, Path: "/notices/{id}/read", Summary: "Mark a notice as read",
		Description: "Marks one notice of your inbox as read and answers it. Doing it again changes nothing.",
		Resource:    "notice", Action: "write",
	}, a.read)
	rest.Register(g, rest.Op{
		ID: "read-all-notices", Input: notice.Seen{}, Method: http.MethodPost, Path: "/notices/read-all", Summary: "Mark all notices as read",
		Description: "Marks the notices of your inbox as read, up to and including `up_to`, so that what came after you looked stays unread.",
		Resource:    "notice", Action: "write", Example: ReadAll{UpTo: "01985b2e-7c1a-7000-8000-000000000001"},
	}, a.readAll)
	a.mountStream()
}

func (a *API) list(ctx context.Context, in *listInput) (*rest.Reply[rest.List[Notice]], error) {
	q := notice.Query{Unread: in.Unread, Kind: in.Kind, Limit: in.Limit + 1}
	if _, err := in.Decode(&q.Before); err != nil {
		return nil, err
	}
	ns, err := a.service.List(ctx, rest.Actor(ctx), q)
	if err != nil {
		return nil, err
	}
	page := rest.Items(ns, in.Limit, func(n notice.Notice) any { return n.Seq })
	out := rest.List[Notice]{Items: make([]Notice, len(page.Items)), NextCursor: page.NextCursor}
	for i, n := range page.Items {
		out.Items[i] = wire(n, in.Accept)
	}
	return rest.Answer(out), nil
}

func (a *API) count(ctx context.Context, _ *struct{}) (*rest.Reply[Count], error) {
	c, err := a.service.Count(ctx, rest.Actor(ctx))
	if err != nil {
		return nil, err
	}
	return rest.Answer(Count{Unread: unread(c)}), nil
}

func (a *API) read(ctx context.Context, in *idInput) (*rest.Reply[Notice], error) {
	n, err := a.service.Read(ctx, rest.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return rest.Answer(wire(n, in.Accept)), nil
}

func (a *API) readAll(ctx context.Context, in *struct{ Body ReadAll }) (*rest.Reply[Marked], error) {
	n, c, err := a.service.ReadAll(ctx, rest.Actor(ctx), in.Body.UpTo)
	if err != nil {
		return nil, err
	}
	return rest.Answer(Marked{Marked: n, Unread: unread(c)}), nil
}

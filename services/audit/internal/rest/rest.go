// Package rest offers the audit trail over HTTP.
package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/duban/duban/services/audit"
	"github.com/duban/duban/services/internal/rest"
)

// Entry is an entry of the trail on the wire.
type Entry struct {
	Seq        int64        `json:"seq" doc:"Number in the trail, from 1 without gaps" example:"4711"`
	EventID    string       `json:"event_id" doc:"The event it records" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Type       string       `json:"type" doc:"What happened: service.thing.happened.version" example:"assignment.assignment.returned.v1"`
	Subject    string       `json:"subject" doc:"Id of the thing that changed" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Version    int64        `json:"version" doc:"Version of that thing after the change" example:"4"`
	By         *rest.Person `json:"by,omitempty" doc:"Who did it, with their name at the time; absent when the system did"`
	UnitID     string       `json:"unit_id,omitempty" doc:"For which unit"`
	UnitPath   string       `json:"unit_path,omitempty" doc:"Where that unit was in the tree at the time"`
	Reason     string       `json:"reason,omitempty" doc:"The reason that was given" example:"数据与附件不符"`
	At         time.Time    `json:"at" doc:"When it happened"`
	RecordedAt time.Time    `json:"recorded_at" doc:"When it was recorded"`
	RequestID  string       `json:"request_id,omitempty" doc:"The request it happened in, as in X-Request-Id and the log"`
	CausedBy   string       `json:"caused_by,omitempty" doc:"The event it follows from"`
	DataHash   string       `json:"data_hash" doc:"SHA-256 of the event's data, hex" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Whole      bool         `json:"whole" doc:"Whether detail is the event's data as it was; otherwise it is a summary"`
	Detail     any          `json:"detail" doc:"The data of the event, or counts and ids where it is a batch or too large"`
	PrevHash   string       `json:"prev_hash" doc:"Hash of the entry before; empty for the first"`
	Hash       string       `json:"hash" doc:"SHA-256 over the fields of this entry and prev_hash, hex" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

func wire(x audit.Entry) Entry {
	return Entry{
		Seq: x.Seq, EventID: x.EventID, Type: x.Type, Subject: x.Subject, Version: x.Version, By: rest.Named(x.ActorID, x.ActorName),
		UnitID: x.UnitID, UnitPath: x.UnitPath, Reason: x.Reason, At: x.At, RecordedAt: x.RecordedAt, RequestID: x.RequestID,
		CausedBy: x.CausedBy, DataHash: x.DataHash, Whole: x.Whole, Detail: json.RawMessage(x.Detail), PrevHash: x.PrevHash, Hash: x.Hash,
	}
}

// Chain is the state of the chain.
type Chain struct {
	Seq  int64  `json:"seq" doc:"Number of the newest entry; 0 for an empty trail" example:"4711"`
	Hash string `json:"hash" doc:"Its hash. Note it down elsewhere: a trail rewritten as a whole shows another one" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	// LastVerification is what the last look at the chain showed.
	LastVerification *Verification `json:"last_verification,omitempty" doc:"The last verification; absent when there was none"`
}

// Verification is what came of verifying a part of the chain.
type Verification struct {
	From      int64        `json:"from" doc:"First entry looked at" example:"1"`
	To        int64        `json:"to" doc:"Last entry looked at" example:"4711"`
	Intact    bool         `json:"intact" doc:"Whether all of them are as they were made"`
	BrokenSeq int64        `json:"broken_seq,omitempty" doc:"The first entry that is not right; absent when intact" example:"99"`
	Problem   string       `json:"problem,omitempty" doc:"What is wrong with it" example:"it was changed: its hash is not that of its content"`
	By        *rest.Person `json:"by,omitempty" doc:"Who asked for it"`
	At        time.Time    `json:"at" doc:"When"`
}

func wireVerification(v audit.Verification) Verification {
	return Verification{From: v.From, To: v.To, Intact: v.BrokenSeq == 0, BrokenSeq: v.BrokenSeq, Problem: v.Problem, By: rest.Named(v.ByID, v.ByName), At: v.At}
}

// Filter bounds a list of entries. Embed it.
type Filter struct {
	Type    string    `query:"type" maxLength:"100" pattern:"^[a-z0-9_.]*$" doc:"Beginning of the event type" example:"assignment.assignment."`
	ActorID string    `query:"actor_id" maxLength:"64" doc:"Only what this person did"`
	UnitID  string    `query:"unit_id" maxLength:"64" doc:"Only what was done for this unit itself"`
	Under   string    `query:"under" maxLength:"64" doc:"Only what was done for this unit or for units that were below it then" example:"01900000-0000-7000-8000-000000000002"`
	Subject string    `query:"subject" maxLength:"64" doc:"Only changes of the thing with this id" example:"01985b2e-7c1a-7000-8000-000000000003"`
	From    time.Time `query:"from" doc:"Only what happened at this time or later" example:"2026-09-01T00:00:00Z"`
	To      time.Time `query:"to" doc:"Only what happened before this time" example:"2026-10-01T00:00:00Z"`
}

func (f Filter) query() audit.Query {
	return audit.Query{TypePrefix: f.Type, ActorID: f.ActorID, UnitID: f.UnitID, Under: f.Under, Subject: f.Subject, From: f.From, To: f.To}
}

type listInput struct {
	rest.Page
	Filter
}

type seqInput struct {
	Seq int64 `path:"seq" minimum:"1" doc:"Number of the entry" example:"4711"`
}

type verifyInput struct {
	From int64 `query:"from" minimum:"1" doc:"First entry; absent means as far back as one call goes" example:"1"`
	To   int64 `query:"to" minimum:"1" doc:"Last entry; absent means the newest" example:"4711"`
}

// API offers the operations.
type API struct{ service *audit.Service }

// Mount adds the operations.
func Mount(g *rest.Group, s *audit.Service) {
	a := &API{service: s}
	rest.Register(g, rest.Op{
		ID: "list-audit-entries", Method: http.MethodGet, Path: "/audit-entries", Summary: "List the audit trail",
		Description: "What was done, by whom, for which unit, when and why; newest first. Filters add up.",
		Resource:    "audit", Action: "read",
	}, a.list)
	rest.Register(g, rest.Op{
		ID: "get-audit-entry", Method: http.MethodGet, Path: "/audit-entries/{seq}", Summary: "Read an audit entry",
		Description: "One entry of the trail with its place in the chain of hashes.",
		Resource:    "audit", Action: "read",
	}, a.get)
	rest.Register(g, rest.Op{
		ID: "get-audit-chain", Method: http.MethodGet, Path: "/audit-chain", Summary: "Read the end of the audit chain",
		Description: "The newest number and hash, and what the last verification showed.",
		Resource:    "audit", Action: "read",
	}, a.chain)
	rest.Register(g, rest.Op{
		ID: "verify-audit-chain", Method: http.MethodPost, Path: "/audit-chain/verify", Summary: "Verify the audit chain",
		Description: "Computes the hashes of up to 100,000 entries again and names the first that is not as it was made: changed, removed or put in. " +
			"Who asked and what came of it is kept. `duban check` verifies the whole chain.",
		Resource: "audit", Action: "read",
	}, a.verify)
	a.mountExport(g)
}

func (a *API) list(ctx context.Context, in *listInput) (*rest.Reply[rest.List[Entry]], error) {
	q := in.query()
	if _, err := in.Decode(&q.Before); err != nil {
		return nil, err
	}
	q.Limit = in.Limit + 1
	xs, err := a.service.List(ctx, rest.Actor(ctx), q)
	if err != nil {
		return nil, err
	}
	page := rest.Items(xs, in.Limit, func(x audit.Entry) any { return x.Seq })
	out := rest.List[Entry]{Items: make([]Entry, len(page.Items)), NextCursor: page.NextCursor}
	for i, x := range page.Items {
		out.Items[i] = wire(x)
	}
	return &rest.Reply[rest.List[Entry]]{Body: out}, nil
}

func (a *API) get(ctx context.Context, in *seqInput) (*rest.Reply[Entry], error) {
	x, err := a.service.Get(ctx, rest.Actor(ctx), in.Seq)
	if err != nil {
		return nil, err
	}
	return &rest.Reply[Entry]{Body: wire(x)}, nil // an entry never changes: no tag
}

func (a *API) chain(ctx context.Context, _ *struct{}) (*rest.Reply[Chain], error) {
	h, v, err := a.service.Chain(ctx, rest.Actor(ctx))
	if err != nil {
		return nil, err
	}
	c := Chain{Seq: h.Seq, Hash: h.Hash}
	if v != nil {
		w := wireVerification(*v)
		c.LastVerification = &w
	}
	return &rest.Reply[Chain]{Body: c}, nil
}

func (a *API) verify(ctx context.Context, in *verifyInput) (*rest.Reply[Verification], error) {
	v, err := a.service.Verify(ctx, rest.Actor(ctx), in.From, in.To)
	if err != nil {
		return nil, err
	}
	return &rest.Reply[Verification]{Body: wireVerification(v)}, nil
}

// Package event holds the events the services publish: the envelope, the
// types and their data. It is a contract: a published type keeps its meaning,
// fields are only ever added, and a change of meaning is a new version.
//
// Events carry the state after the change together with the version of the
// thing that changed, so that a consumer that keeps the highest version it has
// seen is right whatever the order of arrival.
package event

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Type names what happened: <service>.<thing>.<happened>.v<n>.
type Type string

// Service is the service that publishes the type.
func (t Type) Service() string { s, _, _ := strings.Cut(string(t), "."); return s }

// Subject is the NATS subject events of this type are published on.
func (t Type) Subject() string { return SubjectPrefix + string(t) }

// SubjectPrefix begins the subject of every event; Stream holds them all.
const (
	SubjectPrefix = "duban.event."
	Stream        = "DUBAN_EVENTS"
)

// Event is a CloudEvents 1.0 envelope in JSON structured mode, with extension
// attributes for who did it, for which unit, and why.
type Event struct {
	SpecVersion     string    `json:"specversion"` // always "1.0"
	ID              string    `json:"id"`          // UUIDv7; also the Nats-Msg-Id
	Source          string    `json:"source"`      // "/duban/<service>"
	Type            Type      `json:"type"`
	Subject         string    `json:"subject"` // id of the thing that changed
	Time            time.Time `json:"time"`    // server time of the change, UTC
	DataContentType string    `json:"datacontenttype"`

	// ActorID is the person who did it; empty when the system did.
	ActorID   string `json:"actorid,omitempty"`
	ActorName string `json:"actorname,omitempty"`
	// UnitID and UnitPath tell for which unit; they bound who may see it in the audit trail.
	UnitID   string `json:"unitid,omitempty"`
	UnitPath string `json:"unitpath,omitempty"`
	// Reason is what the actor gave as the reason, where one is asked for.
	Reason string `json:"reason,omitempty"`
	// Version of the thing after the change; it grows by at least one with every change.
	Version int64 `json:"dataversion"`
	// CausedBy is the id of the event this one follows from.
	CausedBy string `json:"causedby,omitempty"`
	// RequestID ties the event to the log lines of the request that made it.
	RequestID string `json:"requestid,omitempty"`

	Data json.RawMessage `json:"data"`
}

// Decode reads the data of an event of a registered type into a T.
func Decode[T any](e Event) (T, error) {
	var v T
	if err := json.Unmarshal(e.Data, &v); err != nil {
		return v, fmt.Errorf("event %s of type %s: %w", e.ID, e.Type, err)
	}
	return v, nil
}

// Kind documents one event type.
type Kind struct {
	Type Type
	// Doc is one sentence: what happened.
	Doc string
	// Data is the zero value of the type's data.
	Data any
}

var types = map[Type]Kind{}

func define(data any, docs map[Type]string) {
	for t, doc := range docs {
		if _, twice := types[t]; twice {
			panic("event type defined twice: " + string(t))
		}
		types[t] = Kind{Type: t, Doc: doc, Data: data}
	}
}

// Kinds lists every event type, by name.
func Kinds() []Kind {
	all := make([]Kind, 0, len(types))
	for _, k := range types {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Kind) int { return strings.Compare(string(a.Type), string(b.Type)) })
	return all
}

// Known returns the documentation of t.
func Known(t Type) (Kind, bool) { k, ok := types[t]; return k, ok }

// New makes the event that t happened to the thing subject, which is now at
// version. It panics when t is not defined or data is not of its type: both
// are mistakes of the program.
func New(id string, at time.Time, t Type, subject string, version int64, data any) Event {
	k, ok := types[t]
	if !ok {
		panic("event type not defined: " + string(t))
	}
	if reflect.TypeOf(data) != reflect.TypeOf(k.Data) {
		panic(fmt.Sprintf("event %s carries %T, not %T", t, k.Data, data))
	}
	raw, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("event %s: %v", t, err))
	}
	return Event{
		SpecVersion: "1.0", ID: id, Source: "/duban/" + t.Service(), Type: t, Subject: subject,
		Time: at.UTC(), DataContentType: "application/json", Version: version, Data: raw,
	}
}

// By names who did it, for which unit.
func (e Event) By(actorID, actorName string) Event {
	e.ActorID, e.ActorName = actorID, actorName
	return e
}

// For names the unit it was done for.
func (e Event) For(unitID, unitPath string) Event {
	e.UnitID, e.UnitPath = unitID, unitPath
	return e
}

// Because gives the reason.
func (e Event) Because(reason string) Event {
	e.Reason = reason
	return e
}

// Carrying lists the types whose data is of the type of one of samples, by
// name. A consumer that keeps the state of a thing takes all of them, so that
// a new type of change cannot pass it by.
func Carrying(samples ...any) []Type {
	var ts []Type
	for _, k := range Kinds() {
		if slices.ContainsFunc(samples, func(s any) bool { return reflect.TypeOf(k.Data) == reflect.TypeOf(s) }) {
			ts = append(ts, k.Type)
		}
	}
	return ts
}

// Package fault holds the errors a use case may end in. An error made here is
// safe to show to the caller; every other error is an internal one, and the
// HTTP edge shows nothing of it but an incident number.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure it is; the HTTP edge turns it into a status.
type Kind int

// The kinds, with the HTTP status each becomes.
const (
	Internal     Kind = iota // 500, never shown
	Unauthorized             // 401: no session, or one that has ended
	Forbidden                // 403: visible, but not allowed
	NotFound                 // 404: does not exist, or out of the caller's reach
	Conflict                 // 409: the state does not allow it, or the key is taken
	Stale                    // 412: If-Match names an older version
	TooLarge                 // 413
	Unsupported              // 415
	Invalid                  // 422: the input is wrong; Fields name where
	Limited                  // 429
	Unavailable              // 503: a dependency is away; worth a retry
	NotAllowed               // 405: the path does not take this method
	OutOfRange               // 416: the part asked for lies outside
	Corrupted                // 460, of tus 1.0: the bytes are not those of the checksum
)

// Field names one wrong part of the input.
type Field struct {
	Location string `json:"location" doc:"Where in the request: body.title, query.limit, row 7 column code" example:"body.title"`
	Message  Text   `json:"message" doc:"What is wrong and how to mend it" example:"expected length <= 200"`
	Value    any    `json:"value,omitempty" doc:"The value that was given"`
}

// Error is a failure that may be shown to the caller.
type Error struct {
	Kind Kind
	// Code is stable, lower_snake_case, and has a text in every language of
	// the service's i18n files.
	Code string
	// Detail says what is wrong here and how to mend it.
	Detail Text
	Fields []Field
	// Current is the state the caller should have seen, for Conflict and Stale.
	Current any
	// Retry is after how long the same may be answered otherwise, for Limited
	// and Unavailable; 0 means soon.
	Retry time.Duration
	cause error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.cause)
	}
	return e.Code + ": " + e.Detail.String()
}

func (e *Error) Unwrap() error { return e.cause }

// Reason is the code of a refusal; empty where there is none.
func (e *Error) Reason() string {
	if e == nil {
		return ""
	}
	return e.Code
}

// WithCause keeps the reason for the log; it is never shown.
func (e *Error) WithCause(err error) *Error { e.cause = err; return e }

// WithField adds one wrong field.
func (e *Error) WithField(location string, message Text, value any) *Error {
	e.Fields = append(e.Fields, Field{Location: location, Message: message, Value: value})
	return e
}

// After says when the same may be answered otherwise.
func (e *Error) After(d time.Duration) *Error { e.Retry = d; return e }

// WithCurrent attaches what the resource is now, so that both versions can be shown.
func (e *Error) WithCurrent(v any) *Error { e.Current = v; return e }

// New makes an error of the given kind; detail is formatted with args.
func New(kind Kind, code string, detail Text, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: Textf(detail, args...)}
}

// Missing answers for an id that does not exist and for one out of reach
// alike, so that nobody can tell the two apart.
func Missing(what Text) *Error {
	return New(NotFound, "not_found", "There is no such %s, or it is out of your reach.", what)
}

// Denied is for what the caller can see but may not change.
func Denied(detail Text, args ...any) *Error {
	return New(Forbidden, "forbidden", detail, args...)
}

// Unless answers nil when the action is allowed; Denied with the sentence when
// the caller can at least see the thing, and Missing when not even that. The
// sentence is a whole one, about the thing and the action: words that are put
// together read badly in the other language.
func Unless(allowed, visible bool, what, denied Text) error {
	switch {
	case allowed:
		return nil
	case visible:
		return Denied(denied)
	}
	return Missing(what)
}

// WrongState is for a transition that the current state does not allow. The
// sentence is about the thing and the action, with one %s for the state; states
// is the enumeration in api/words that has it, such as state.campaign.
func WrongState(cannot Text, states, state string) *Error {
	return New(Conflict, "wrong_state", cannot, Word(states, state))
}

// Verb is what is said of one action on one kind of thing, in whole sentences:
// that it is not the caller's, and that the state, a %s, does not allow it.
type Verb struct{ Denied, Cannot Text }

// Verbs are those of one kind of thing, by the name of the action.
type Verbs struct {
	States string // the enumeration of its states in api/words, such as state.campaign
	Of     map[string]Verb
}

// Denied is the sentence for who sees the thing and has no right to the action.
func (v Verbs) Denied(action string) Text {
	if s := v.Of[action].Denied; s != "" {
		return s
	}
	return "You may see this, but the action is not yours."
}

// WrongState is the fault for an action that the state does not allow.
func (v Verbs) WrongState(action, state string) *Error {
	s := v.Of[action].Cannot
	if s == "" {
		s = "It is %s; that does not allow the action."
	}
	return WrongState(s, v.States, state)
}

// BadField is an Invalid error about one field.
func BadField(location string, message Text, value any) *Error {
	return New(Invalid, "invalid", "The request is not valid.").WithField(location, message, value)
}

// Version fails with Stale when want is set and differs from have.
func Version(want, have int64) error {
	if want != 0 && want != have {
		return New(Stale, "stale", "It was changed in the meantime: you have version %d, it is at %d. Read it again, then repeat.", want, have)
	}
	return nil
}

// Meanwhile is for a write that came second: somebody changed the thing since it
// was read, and nothing was saved. The same goes through at the newer version.
func Meanwhile() *Error {
	return New(Conflict, "changed_meanwhile", "Somebody changed it at the same moment; nothing was saved. Read it again, then repeat.")
}

// As returns the *Error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Is tells whether err is a fault of the given kind.
func Is(err error, kind Kind) bool {
	e := As(err)
	return e != nil && e.Kind == kind
}

// IsCode tells whether err is a fault with the given code.
func IsCode(err error, code string) bool {
	e := As(err)
	return e != nil && e.Code == code
}

package rest

import (
	"encoding/base64"
	"encoding/json"
	"reflect"

	"github.com/duban/duban/services/internal/fault"
)

// Page is the paging part of a list's input. Embed it, exported.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"At most so many items" example:"50"`
	Cursor string `query:"cursor" maxLength:"1000" doc:"next_cursor of the page before"`

	// list is the operation, which Register sets: a cursor continues the list
	// that made it and no other.
	list string
}

// Decode reads the cursor into key, a pointer to the type of key that Items was
// given. It tells whether there is a cursor at all. Whatever this list has not
// made itself is a fault about query.cursor, never a key.
func (p Page) Decode(key any) (bool, error) {
	if p.Cursor == "" {
		return false, nil
	}
	var parts []json.RawMessage
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		err = json.Unmarshal(raw, &parts)
	}
	if err == nil && len(parts) == 2 {
		err = json.Unmarshal(parts[1], key)
	}
	// Only what would be made again in exactly this form has the right type,
	// names nothing else and lacks nothing.
	if err != nil || p.Cursor != cursor(p.list, mustJSON(key)) || holdsBroken(key) || datesInBounds(key) != nil {
		reflect.ValueOf(key).Elem().SetZero()
		return false, fault.BadField("query.cursor", "expected next_cursor of an earlier answer", shorten(p.Cursor))
	}
	return true, nil
}

// holdsBroken tells whether a text of a key cannot be stored or shown.
func holdsBroken(key any) bool {
	c, copied := &cleaning{}, reflect.New(reflect.TypeOf(key).Elem())
	copied.Elem().Set(reflect.ValueOf(key).Elem())
	c.value(copied, "", "")
	return c.wrong != nil
}

// bind tells the paging part of an input which operation it belongs to.
func bind(in reflect.Value, operation string) {
	for i := range in.NumField() {
		f := in.Field(i)
		if !in.Type().Field(i).IsExported() {
			continue
		}
		if p, ok := f.Addr().Interface().(*Page); ok {
			p.list = operation
		} else if in.Type().Field(i).Anonymous && f.Kind() == reflect.Struct {
			bind(f, operation)
		}
	}
}

// Continuation is the next_cursor of an answer; empty on the last page. Until
// the answer is finished it holds the key alone.
type Continuation string

// cursor makes the opaque text that continues a list after key, which is JSON.
func cursor(list string, key json.RawMessage) string {
	return base64.RawURLEncoding.EncodeToString(mustJSON([]any{list, key}))
}

func mustJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("cursor: " + err.Error())
	}
	return raw
}

// List is the body of a list. NextCursor is empty on the last page.
type List[T any] struct {
	Items      []T          `json:"items" doc:"The items of this page"`
	NextCursor Continuation `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last"`
}

// Items makes a page of at most limit items out of up to limit+1 that were
// read, so that a further page is known without counting; key gives the
// cursor of an item, always of one type.
func Items[T any](read []T, limit int, key func(T) any) List[T] {
	l := List[T]{Items: read}
	if l.Items == nil {
		l.Items = []T{}
	}
	if len(read) > limit {
		l.Items = read[:limit]
		l.NextCursor = Continuation(mustJSON(key(read[limit-1])))
	}
	return l
}

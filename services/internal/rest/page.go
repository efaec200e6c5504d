package rest

import (
	"encoding/base64"
	"encoding/json"

	"github.com/duban/duban/services/internal/fault"
)

// Page is the paging part of a list's input. Embed it, exported.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"At most so many items" example:"50"`
	Cursor string `query:"cursor" maxLength:"1000" doc:"next_cursor of the page before"`
}

// Decode reads the cursor into key, a pointer to what Cursor was given. It
// tells whether there is a cursor at all.
func (p Page) Decode(key any) (bool, error) {
	if p.Cursor == "" {
		return false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		err = json.Unmarshal(raw, key)
	}
	if err != nil {
		return false, fault.BadField("query.cursor", "expected next_cursor of an earlier answer", p.Cursor)
	}
	return true, nil
}

// Cursor makes the opaque cursor that continues after key.
func Cursor(key any) string {
	raw, err := json.Marshal(key)
	if err != nil {
		panic("cursor: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// List is the body of a list. NextCursor is empty on the last page.
type List[T any] struct {
	Items      []T    `json:"items" doc:"The items of this page"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last"`
}

// Items makes a page of at most limit items out of up to limit+1 that were
// read, so that a further page is known without counting; key gives the
// cursor of an item.
func Items[T any](read []T, limit int, key func(T) any) List[T] {
	l := List[T]{Items: read}
	if l.Items == nil {
		l.Items = []T{}
	}
	if len(read) > limit {
		l.Items = read[:limit]
		l.NextCursor = Cursor(key(read[limit-1]))
	}
	return l
}

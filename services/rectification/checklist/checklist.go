// Package checklist owns what is checked: checklists and their versions, those
// that ship with Duban among them, and their sheets.
//
// draft → published. A published version never changes; a new version is a new
// row of the same series with the next number.
package checklist

import (
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification/deed"
)

// The states of a version.
const (
	Draft     = "draft"
	Published = "published"
)

// Head is a version of a checklist without its items.
type Head struct {
	ID          string
	Series      string // the same for all versions
	Number      int    // of the version, from 1
	Title       string
	Note        string
	UnitID      string // in whose name it is published; empty for the built-in ones
	UnitPath    string
	OfficeID    string // for which it was written; empty for the built-in ones
	State       string
	Purpose     string // look_back: built for one inspection, and shown with it only
	ItemCount   int
	CreatedBy   string
	Author      string
	CreatedAt   time.Time
	PublishedAt *time.Time
	Version     int64
}

func (c Head) target() policy.Target {
	return policy.Target{UnitID: c.UnitID, UnitPath: c.UnitPath, Offices: []string{c.OfficeID}}
}

// BuiltIn tells that it ships with Duban and is visible to everybody who may
// read checklists.
func (c Head) BuiltIn() bool { return c.UnitID == "" }

func (c Head) thing() deed.Thing {
	return deed.Thing{Kind: "checklist", ID: c.ID, State: c.State, UnitID: c.UnitID, UnitPath: c.UnitPath, Version: c.Version, Data: c.data()}
}

// data is what events say of it.
func (c Head) data() event.Checklist {
	return event.Checklist{
		ID: c.ID, Series: c.Series, State: c.State, Title: c.Title, Number: c.Number, Items: c.ItemCount,
		UnitID: c.UnitID, UnitPath: c.UnitPath, OfficeID: c.OfficeID,
	}
}

// Checklist is a version of a checklist with its items.
type Checklist struct {
	Head
	Items []Item
}

// Item returns the item with the key.
func (c Checklist) Item(key string) (Item, bool) {
	i := slices.IndexFunc(c.Items, func(it Item) bool { return it.Key == key })
	if i < 0 {
		return Item{}, false
	}
	return c.Items[i], true
}

// Unfounded says which items name no law, standard or rule, and is empty where
// all do: what is found by them cannot say what it offends against.
func (c Checklist) Unfounded() fault.Text {
	if c.Purpose != "" {
		return "" // its items are findings, which have what they have
	}
	var titles []string
	n := 0
	for _, it := range c.Items {
		if it.Clause != "" {
			continue
		}
		if n++; n <= 5 {
			titles = append(titles, it.Title)
		}
	}
	if n == 0 {
		return ""
	}
	return fault.Textf("Items that name no law, standard or rule: %d. The first are: %s.", n, strings.Join(titles, "; "))
}

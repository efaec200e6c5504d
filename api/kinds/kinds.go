// Package kinds holds the kinds of requirements: what a unit gives for each and
// how long that takes. The services and the pages read the same table,
// kinds.json, by the values of the enumeration kind in api/words.
package kinds

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"slices"
)

// Kind is what kind of thing a requirement asks for.
type Kind string

// Those that have rules of their own beside the table.
const (
	Number Kind = "number"
	Table  Kind = "table"
	Pledge Kind = "pledge"
)

// Fields of an item, as the table and the API name them.
const (
	Value     = "value"
	Text      = "text"
	Links     = "links"
	Rows      = "rows"
	Signatory = "signatory"
	Files     = "file_ids"
)

// Facts are what is known of a kind.
type Facts struct {
	Kind Kind `json:"kind"`
	// Takes are the fields of an item that may be filled; one is enough.
	Takes []string `json:"takes"`
	// Files is what the types of its files begin with; empty where any will do.
	Files string `json:"files"`
	// Minutes is how long a unit usually takes for one item.
	Minutes int `json:"minutes"`
}

//go:embed kinds.json
var table []byte

var all = read()

func read() (fs []Facts) {
	d := json.NewDecoder(bytes.NewReader(table))
	d.DisallowUnknownFields()
	if err := d.Decode(&fs); err != nil {
		panic("kinds: " + err.Error())
	}
	return fs
}

// All are the facts of every kind, in the order of the table. They are not to
// be changed.
func All() []Facts { return all }

// WithFiles are the kinds for which files may be given.
func WithFiles() (names []string) {
	for _, f := range all {
		if f.Kind.Takes(Files) {
			names = append(names, string(f.Kind))
		}
	}
	return names
}

// Facts are those of the kind, none for one that is unknown.
func (k Kind) Facts() Facts {
	i := slices.IndexFunc(all, func(f Facts) bool { return f.Kind == k })
	if i < 0 {
		return Facts{}
	}
	return all[i]
}

// Takes tells whether a field of an item may be filled for the kind.
func (k Kind) Takes(field string) bool { return slices.Contains(k.Facts().Takes, field) }

// Pictorial tells whether nothing but pictures or videos answers the kind.
func (k Kind) Pictorial() bool { return k.Facts().Files != "" }

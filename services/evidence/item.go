package evidence

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
)

// Limits of what is given for a requirement, beside those of Item.
const (
	maxLink    = 2000
	maxRows    = 1000
	maxCell    = 2000 // characters
	maxFiles   = 20   // where the requirement says nothing
	maxReports = 100  // wrong parts named in one answer
)

// Item is what is given for one requirement. Which fields may be filled
// depends on the requirement's kind.
type Item struct {
	RequirementID string
	Value         *float64
	Text          string           `limit:"..20000"`
	Links         []string         `limit:"..50" each:"..2000"`
	Rows          []map[string]any `limit:"..1000"` // column key → text, number, yes or no
	FileIDs       []string         `limit:"..200" each:"1..64"`
	// Signatory is who made a pledge, by name; SignedAt when, by the server's clock.
	Signatory string `limit:"..60"`
	SignedAt  *time.Time
	// From is where it was taken over from; nil for what was given anew.
	From      *Source
	UpdatedBy string // person
	UpdatedAt time.Time
}

// Given tells that there is anything in it.
func (it Item) Given() bool {
	return it.Value != nil || strings.TrimSpace(it.Text) != "" || len(it.Links) > 0 || len(it.Rows) > 0 || len(it.FileIDs) > 0
}

// sign completes a pledge that is made in words: in the issuer's wording where
// there is one, by whoever enters it unless another name is given.
func (it *Item) sign(r event.Requirement, actor string) {
	if r.Kind != kinds.Pledge {
		return
	}
	it.Signatory = text.Line(it.Signatory)
	if it.Text == "" && it.Signatory != "" {
		it.Text = r.Text
	}
	if it.Text == "" {
		return
	}
	if it.Signatory == "" {
		it.Signatory = actor
	}
	at := it.UpdatedAt
	it.SignedAt = &at
}

// TextHash is the SHA-256 of the text in hex; empty where there is none.
func (it Item) TextHash() string {
	if it.Text == "" {
		return ""
	}
	return Hash([]byte(it.Text))
}

// Check tells what is wrong with an item for r, before its files are looked
// up; it returns nil when nothing is.
func (it Item) Check(r event.Requirement) error {
	if err := fault.Check(it); err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "invalid", "What was given does not fit the requirement %q.", r.Title)
	wrong := func(where string, what fault.Text, v any) {
		if len(f.Fields) < maxReports {
			_ = f.WithField(where, what, v)
		}
	}
	allowed := r.Kind.Facts().Takes
	for _, x := range []struct {
		name   string
		filled bool
	}{
		{kinds.Value, it.Value != nil}, {kinds.Text, it.Text != ""}, {kinds.Links, len(it.Links) > 0},
		{kinds.Rows, len(it.Rows) > 0}, {kinds.Signatory, it.Signatory != ""}, {kinds.Files, len(it.FileIDs) > 0},
	} {
		if x.filled && !slices.Contains(allowed, x.name) {
			wrong(x.name, fault.Textf("a %s takes %s only", fault.Word("kind", string(r.Kind)), strings.Join(allowed, ", ")), nil)
		}
	}
	if !it.Given() {
		wrong(strings.Join(allowed, " or "), "nothing is given; delete the item to leave it empty", nil)
	}
	if it.Value != nil && (math.IsNaN(*it.Value) || math.IsInf(*it.Value, 0) || *it.Value < 0 || *it.Value > 1e15) {
		wrong("value", "expected a number from 0 to 1e15", nil)
	}
	if r.Kind == kinds.Pledge && r.Text != "" && it.Text != "" && it.Text != text.Plain(r.Text) {
		wrong("text", "the wording of this pledge is the issuer's; leave it out", nil)
	}
	for i, l := range it.Links {
		if !webLink(l) {
			wrong(fmt.Sprintf("links[%d]", i), "expected an address that begins with http:// or https://, without a password in it", nil)
		}
	}
	checkRows(r, it.Rows, wrong)
	limit := r.MaxCount
	if limit <= 0 {
		limit = maxFiles
	}
	if len(it.FileIDs) > limit {
		wrong("file_ids", fault.Textf("expected at most %d files", limit), len(it.FileIDs))
	}
	for i, id := range it.FileIDs {
		if slices.Contains(it.FileIDs[:i], id) {
			wrong(fmt.Sprintf("file_ids[%d]", i), "the file is named twice", id)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// CheckFiles tells what is wrong with the files of an item: they must have
// been received, belong to the unit, and be what the requirement asks for.
func (it Item) CheckFiles(r event.Requirement, unitID string, files map[string]File) error {
	f := fault.New(fault.Invalid, "invalid", "What was given does not fit the requirement %q.", r.Title)
	for i, id := range it.FileIDs {
		where := fmt.Sprintf("file_ids[%d]", i)
		file, ok := files[id]
		switch {
		case !ok || file.UnitID != unitID || file.State != Received:
			// Alike for all, so that nobody can tell which files exist elsewhere.
			_ = f.WithField(where, "there is no such file of this unit; upload it with unit_id set to the unit, to the last byte", id)
		case !strings.HasPrefix(file.Type, r.Kind.Facts().Files):
			_ = f.WithField(where, insteadOf[r.Kind.Facts().Files], id)
		case slices.ContainsFunc(file.Cautions, func(c string) bool { return cautioned[c] != "" && !slices.Contains(r.Allow, c) }):
			_ = f.WithField(where, "the file has macros or a password, which this requirement does not allow", id)
		case !fits(r, file.Type):
			_ = f.WithField(where, expected(r), id)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// insteadOf says what is expected where the type of a file begins otherwise.
var insteadOf = map[string]fault.Text{"image/": "expected a picture", "video/": "expected a video"}

func expected(r event.Requirement) fault.Text {
	if len(r.Accept) == 0 {
		return "an archive is not taken here; give the files themselves"
	}
	return fault.Textf("expected a file of one of these kinds: %s", strings.Join(r.Accept, ", "))
}

func checkRows(r event.Requirement, rows []map[string]any, wrong func(where string, what fault.Text, v any)) {
	cols := make(map[string]event.Column, len(r.Columns))
	for _, c := range r.Columns {
		cols[c.Key] = c
	}
	for i, row := range rows {
		at := func(key string) string { return fmt.Sprintf("rows[%d].%s", i, key) }
		if len(row) > 100 {
			wrong(fmt.Sprintf("rows[%d]", i), "expected at most 100 cells", len(row))
			continue
		}
		for key, v := range row {
			c, ok := cols[key]
			if !ok && len(cols) > 0 {
				wrong(at(key), "there is no such column", nil)
				continue
			}
			if utf8.RuneCountInString(key) > 100 {
				wrong(at("?"), "the column's name is too long or not plain text", nil)
				continue
			}
			if what := checkCell(c.Type, v); what != "" {
				wrong(at(key), what, nil)
			}
		}
		for _, c := range r.Columns {
			if v, ok := row[c.Key]; c.Required && (!ok || v == nil || v == "") {
				wrong(at(c.Key), fault.Textf("%q is compulsory", c.Title), nil)
			}
		}
	}
}

func checkCell(typ string, v any) fault.Text {
	if v == nil {
		return ""
	}
	switch x := v.(type) {
	case string:
		switch {
		case utf8.RuneCountInString(x) > maxCell:
			return fault.Textf("expected at most %d characters", maxCell)
		case typ == "day" && x != "":
			if _, err := time.Parse(time.DateOnly, x); err != nil {
				return "expected a day like 2026-09-19"
			}
			return ""
		case typ == "number" && x != "":
			return "expected a number"
		case typ == "yes_no" && x != "":
			return "expected true or false"
		}
		return ""
	case float64:
		if typ == "number" || typ == "" {
			if math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 1e15 {
				return "expected a number up to 1e15"
			}
			return ""
		}
	case bool:
		if typ == "yes_no" || typ == "" {
			return ""
		}
	}
	switch typ {
	case "number":
		return "expected a number"
	case "day":
		return "expected a day like 2026-09-19"
	case "yes_no":
		return "expected true or false"
	}
	return "expected a text"
}

// webLink tells whether s is an address people can open.
func webLink(s string) bool {
	if len(s) > maxLink || strings.ContainsAny(s, " \n\t") {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

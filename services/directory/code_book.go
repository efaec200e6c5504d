package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
)

// CodeBook says what codes are called, and which are meant by names.
type CodeBook struct {
	all    []Code
	byCode map[listed]Code
	byName map[listed]Code
}

// listed is a text of one of the lists.
type listed struct{ list, text string }

func newCodeBook(all []Code) CodeBook {
	b := CodeBook{all: all, byCode: map[listed]Code{}, byName: map[listed]Code{}}
	for _, c := range all {
		b.byCode[listed{c.List, c.Code}] = c
	}
	// A value's own names come before what others are called besides.
	for _, part := range [][2]int{{0, 3}, {3, -1}} {
		for _, c := range all {
			names := c.names()
			if part[1] > 0 {
				names = names[part[0]:part[1]]
			} else {
				names = names[part[0]:]
			}
			for _, n := range names {
				k := listed{c.List, table.Key(n)}
				if _, taken := b.byName[k]; !taken && k.text != "" {
					b.byName[k] = c
				}
			}
		}
	}
	return b
}

// CodeBook reads the code lists.
func (s *Service) CodeBook(ctx context.Context) (CodeBook, error) { return codeBook(ctx, s.store) }

func codeBook(ctx context.Context, r Reader) (CodeBook, error) {
	all, err := r.Codes(ctx)
	return newCodeBook(all), err
}

// Say names a value in a language; nothing is nothing, and what the list does
// not know is something else.
func (b CodeBook) Say(language, list, code string) string {
	if code == "" {
		return ""
	}
	c, ok := b.byCode[listed{list, code}]
	switch {
	case !ok:
		return words.Of(language, "code", "other")
	case language == words.Official:
		return c.Chinese
	}
	return c.English
}

// SayAll names several values, with a comma of the language between.
func (b CodeBook) SayAll(language, list string, codes []string) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = b.Say(language, list, c)
	}
	if language == words.Official {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// find is the value of a list that somebody means.
func (b CodeBook) find(list, written string) (Code, bool) {
	c, ok := b.byName[listed{list, table.Key(written)}]
	return c, ok
}

// nearest is the open value whose name is most like what is written, if any is.
func (b CodeBook) nearest(list, written string) (Code, bool) {
	key := table.Key(written)
	var best Code
	least := 1.0
	for _, c := range b.all {
		if c.List != list || !c.Open {
			continue
		}
		for _, n := range c.names() {
			if d := unlike(key, table.Key(n)); d < least {
				best, least = c, d
			}
		}
	}
	return best, least < 0.6
}

// unlike is from 0, the same, to 1, nothing in common: one that is part of the
// other is as like as it is long, else the edits between them count.
func unlike(a, b string) float64 {
	n, m := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if n == 0 || m == 0 {
		return 1
	}
	longer := float64(max(n, m))
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return 0.5 * (1 - float64(min(n, m))/longer)
	}
	return float64(edits([]rune(a), []rune(b))) / longer
}

func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		last := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := last
			if x != y {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// open lists the values of a list that units can be given.
func (b CodeBook) open(list string) []Code {
	return slices.DeleteFunc(slices.Clone(b.all), func(c Code) bool { return c.List != list || !c.Open })
}

// given refuses a value that units cannot be given, unless it was theirs.
func (b CodeBook) given(list, field string, now, was []string) error {
	for _, code := range now {
		if c, ok := b.byCode[listed{list, code}]; ok && c.Open || slices.Contains(was, code) {
			continue
		}
		var allowed []string
		for _, c := range b.open(list) {
			allowed = append(allowed, c.Code+" "+c.Chinese)
		}
		return fault.BadField(field, fault.Textf("expected an open value of the code list: %s", strings.Join(allowed, ", ")), code)
	}
	return nil
}

// checkCodes refuses kind and lines that a unit cannot have, nil or what it was.
func checkCodes(ctx context.Context, r Reader, now Unit, was Unit) error {
	if now.Kind == was.Kind && slices.Equal(now.Sectors, was.Sectors) {
		return nil
	}
	b, err := codeBook(ctx, r)
	if err != nil {
		return err
	}
	if now.Kind != "" {
		if err := b.given(KindList, "kind", []string{now.Kind}, []string{was.Kind}); err != nil {
			return err
		}
	}
	return b.given(SectorList, "sectors", now.Sectors, was.Sectors)
}

// inOrder puts the codes of lines in one order, each once: what belongs to the
// same lines is the same.
func inOrder(codes []string) []string {
	out := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return c == "" })
	slices.SortFunc(out, cmp.Compare[string])
	return slices.Concat([]string{}, slices.Compact(out))
}

package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/directory/internal/spelling"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/text"
	"github.com/uptrace/bun"
)

// A search looks for the query at the beginning of codes and spellings and
// anywhere in names. Where it is rare, indexes name the few units it can be
// and only those are read. Where it is frequent, reading units in the order
// of the answer comes upon enough of them soon.
const (
	wordRunes    = 4 // of a name
	spelledRunes = 6 // of a spelling
	wordsAtOnce  = 2000
	// fewAll and fewScoped are how many candidates are few; who sees only a
	// part of the tree has that part read sooner.
	fewAll    = 5000
	fewScoped = 200
	perRead   = 200
)

// generic ends so many names that looking for it by index is no
// use, nor are other readings of it than the usual ones.
var generic = []string{
	"社区居民委员会", "社区村民委员会", "村民委员会", "居民委员会", "社区居委会", "村村委会", "村委会", "居委会", "街道办事处", "办事处", "委员会",
	"社区", "街道", "村", "镇", "乡",
}

// word is a line of the table unit_words.
type word struct {
	bun.BaseModel `bun:"table:unit_words"`

	Word string `bun:",pk"`
	Code string `bun:",pk"`
}

func wordsOf(code string, words []string) []word {
	rows := make([]word, len(words))
	for i, w := range words {
		rows[i] = word{Word: w, Code: code}
	}
	return rows
}

// genericEnd counts the characters of the generic end of a folded name.
func genericEnd(name string) int {
	for _, g := range generic {
		if strings.HasSuffix(name, g) {
			return utf8.RuneCountInString(g)
		}
	}
	return 0
}

// words are the beginnings of what a folded name with these spellings can be
// found by, without its generic end.
func words(name string, spellings []string) []string {
	all := []rune(name)
	n := len(all) - genericEnd(name)
	ws := make([]string, 0, n+len(spellings))
	for i := range n {
		ws = append(ws, string(all[i:min(i+wordRunes, len(all))]))
	}
	for _, s := range spellings {
		ws = append(ws, spelledWord(s))
	}
	slices.Sort(ws)
	return slices.Compact(ws)
}

// spelledWord is the word of a spelling; behind a line end it is taken for
// none of a name.
func spelledWord(s string) string { return "\n" + beginning(s, spelledRunes) }

func beginning(s string, n int) string {
	if rs := []rune(s); len(rs) > n {
		return string(rs[:n])
	}
	return s
}

// endsNames tells whether query can stand in the part of a name that terms
// leaves out.
func endsNames(query string) bool {
	return slices.ContainsFunc(generic, func(g string) bool { return strings.Contains(g, query) })
}

// index adds words; those that are there stay.
func (t *tx) index(ctx context.Context, rows []word) error {
	slices.SortFunc(rows, func(a, b word) int { return cmp.Or(strings.Compare(a.Word, b.Word), strings.Compare(a.Code, b.Code)) })
	for part := range slices.Chunk(rows, wordsAtOnce) {
		if _, err := t.tx.NewInsert().Model(&part).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// reindex puts rows, the words of one unit, in the place of those of the name
// it had.
func (t *tx) reindex(ctx context.Context, oldName string, rows []word) error {
	if _, old := foldName(oldName); len(old) > 0 && len(rows) > 0 {
		_, err := t.tx.NewDelete().Model((*word)(nil)).Where("word IN (?)", bun.List(old)).Where("code = ?", rows[0].Code).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return t.index(ctx, rows)
}

// candidates are the codes of all units that can match f's query, ascending;
// few is false when they are not worth looking at one by one.
func (r reader) candidates(ctx context.Context, f directory.UnitFilter) (codes []string, few bool, err error) {
	key, asked := text.Fold(f.Query), spelling.Asked(f.Query)
	if endsNames(key) || f.ParentID != "" {
		return nil, false, nil
	}
	limit := int64(fewScoped)
	if f.Under == "" && slices.ContainsFunc(f.Reach.Spans, func(s policy.Span) bool { return s.Where == policy.Any }) {
		limit = fewAll
	}
	first := beginning(key, wordRunes)
	ways := []*bun.SelectQuery{
		r.q.NewSelect().Model((*word)(nil)).Column("code").Where(between("word"), first, after(first)),
		r.q.NewSelect().Model((*unit)(nil)).Column("code").Where(between("code_fold"), key, after(key)),
	}
	if asked != "" {
		first := spelledWord(asked)
		ways = append(ways, r.q.NewSelect().Model((*word)(nil)).Column("code").Where(between("word"), first, after(first)))
	}
	for _, q := range ways {
		var part []string
		if err := q.Limit(limit+1).Scan(ctx, &part); err != nil {
			return nil, false, err
		}
		if int64(len(part)) > limit {
			return nil, false, nil
		}
		codes = append(codes, part...)
	}
	slices.Sort(codes)
	return slices.Compact(codes), true, nil
}

// among lists the units of f whose codes are given.
func (r reader) among(ctx context.Context, f directory.UnitFilter, codes []string) ([]directory.Unit, error) {
	at, found := slices.BinarySearch(codes, f.After)
	if found {
		at++
	}
	var us []directory.Unit
	for part := range slices.Chunk(codes[at:], perRead) {
		var rows []unit
		err := filtered(r.q.NewSelect().Model(&rows), f).Where("code IN (?)", bun.List(part)).
			OrderExpr("code").Limit(f.Limit - int64(len(us))).Scan(ctx)
		if err != nil {
			return nil, db.Translate(err)
		}
		us = append(us, units(rows)...)
		if int64(len(us)) >= f.Limit {
			break
		}
	}
	return us, nil
}

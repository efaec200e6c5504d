package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// A search looks for the query at the beginning of codes and initials and
// anywhere in names. Where it is rare, indexes name the few units it can be
// and only those are read. Where it is frequent, reading units in the order
// of the answer comes upon enough of them soon.
const (
	termRunes = 4
	// fewAll and fewScoped are how many candidates are few; who sees only a
	// part of the tree has that part read sooner.
	fewAll    = 5000
	fewScoped = 200
	perRead   = 200
)

// generic ends so many names that looking for it by index is no use.
var generic = []string{
	"社区居民委员会", "社区村民委员会", "村民委员会", "居民委员会", "社区居委会", "村村委会", "村委会", "居委会", "街道办事处", "办事处", "委员会",
	"社区", "街道", "村", "镇", "乡",
}

// term is a line of the table unit_terms.
type term struct {
	bun.BaseModel `bun:"table:unit_terms"`

	Term string `bun:",pk"`
	Code string `bun:",pk"`
}

// terms are the beginnings of what name can be found by, without its generic end.
func terms(name string) []string {
	name = strings.ToLower(name)
	own := name
	for _, g := range generic {
		if rest, ok := strings.CutSuffix(name, g); ok {
			own = rest
			break
		}
	}
	all, n := []rune(name), len([]rune(own))
	ts := make([]string, 0, n)
	for i := range n {
		ts = append(ts, string(all[i:min(i+termRunes, len(all))]))
	}
	slices.Sort(ts)
	return slices.Compact(ts)
}

// endsNames tells whether query can stand in the part of a name that terms
// leaves out.
func endsNames(query string) bool {
	return slices.ContainsFunc(generic, func(g string) bool { return strings.Contains(g, query) })
}

func (t *tx) index(ctx context.Context, us []directory.Unit) error {
	var rows []term
	for _, u := range us {
		for _, x := range terms(u.Name) {
			rows = append(rows, term{Term: x, Code: u.Code})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b term) int { return cmp.Or(strings.Compare(a.Term, b.Term), strings.Compare(a.Code, b.Code)) })
	_, err := t.tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (t *tx) reindex(ctx context.Context, oldName string, u directory.Unit) error {
	if old := terms(oldName); len(old) > 0 {
		_, err := t.tx.NewDelete().Model((*term)(nil)).Where("term IN (?)", bun.List(old)).Where("code = ?", u.Code).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return t.index(ctx, []directory.Unit{u})
}

// candidates are the codes of all units that can match f's query, ascending;
// few is false when they are not worth looking at one by one.
func (r reader) candidates(ctx context.Context, f directory.UnitFilter) (codes []string, few bool, err error) {
	low := strings.ToLower(f.Query)
	if endsNames(low) || f.ParentID != "" {
		return nil, false, nil
	}
	limit := int64(fewScoped)
	if f.Under == "" && slices.ContainsFunc(f.Reach.Spans, func(s policy.Span) bool { return s.Mode == policy.Any }) {
		limit = fewAll
	}
	first := low
	if rs := []rune(low); len(rs) > termRunes {
		first = string(rs[:termRunes])
	}
	for _, q := range []*bun.SelectQuery{
		r.q.NewSelect().Model((*term)(nil)).Column("code").Where(between("term"), first, after(first)),
		r.q.NewSelect().Model((*unit)(nil)).Column("code").Where(between("initials"), low, after(low)),
		r.q.NewSelect().Model((*unit)(nil)).Column("code").Where(between("code"), f.Query, after(f.Query)),
	} {
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

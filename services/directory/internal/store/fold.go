package store

import (
	"context"
	"strings"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/directory/internal/spelling"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fold"
	"github.com/duban/duban/services/internal/text"
	"github.com/uptrace/bun"
)

// rule is raised when rows are to be folded in another way; then the same
// release empties unit_words in a migration.
const rule = 1

// folds is what searches compare in names: the folded one, and its spellings,
// each behind a line end.
type folds struct {
	NameFold  string
	Spellings string
	Folded    int64
}

// foldName also gives the words of a unit of that name.
func foldName(name string) (folds, []string) {
	key := text.Fold(name)
	spelled := spelling.Of(name, genericEnd(key))
	f := folds{NameFold: key, Folded: rule}
	if len(spelled) > 0 {
		f.Spellings = "\n" + strings.Join(spelled, "\n")
	}
	return f, words(key, spelled)
}

// search keeps the rows that query finds: anywhere in the name, or at the
// beginning of the key column or of a spelling of the name.
func search(q *bun.SelectQuery, key, query string) *bun.SelectQuery {
	s := text.Fold(query)
	if s == "" {
		return q
	}
	asked := spelling.Asked(query)
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where(between(key), s, after(s)).WhereOr(`name_fold LIKE ? ESCAPE '\'`, fold.Contains(s))
		if asked != "" {
			q = q.WhereOr(`spellings LIKE ? ESCAPE '\'`, fold.Contains("\n"+asked))
		}
		return q
	})
}

// Fold makes what searches compare for rows that were stored by an earlier
// rule, or by none. It can be ended at any time and goes on where it was.
func (s *Store) Fold(ctx context.Context) error {
	var st state
	if err := s.q.NewSelect().Model(&st).Where("id = 1").Scan(ctx); err != nil || st.Folded == rule {
		return db.Translate(err)
	}
	err := fold.Rows(ctx, s.db, fold.Table{What: "units", Rule: rule}, func(ctx context.Context, t bun.Tx, rows []unit) error {
		var words []word
		for _, u := range rows {
			row, ws := foldUnit(directory.Unit(u))
			words = append(words, wordsOf(u.Code, ws)...)
			_, err := t.NewUpdate().Model(&row).Column("name_fold", "code_fold", "spellings", "folded").
				Where("id = ?", u.ID).Where("name = ?", u.Name).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return (&tx{reader: reader{t, s.db.Engine}, tx: t}).index(ctx, words)
	}, func(u unit) string { return u.ID })
	if err != nil {
		return err
	}
	err = fold.Rows(ctx, s.db, fold.Table{What: "people", Rule: rule}, func(ctx context.Context, t bun.Tx, rows []person) error {
		for _, p := range rows {
			row := foldPerson(directory.Person(p))
			_, err := t.NewUpdate().Model(&row).Column("name_fold", "spellings", "folded").
				Where("id = ?", p.ID).Where("name = ?", p.Name).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	}, func(p person) string { return p.ID })
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context, t bun.Tx) error {
		_, err := t.NewUpdate().Model(&state{ID: 1, Folded: rule}).Column("folded").WherePK().Exec(ctx)
		return err
	})
}

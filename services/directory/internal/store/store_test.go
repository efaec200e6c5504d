package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/directory/internal/spelling"
	"github.com/duban/duban/services/directory/internal/store"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/text"
	"pgregory.net/rapid"
)

var anywhere = policy.Reach{Spans: []policy.Span{{Where: policy.Any}}}

// plant makes a root and n units with names of few characters, so that much
// is found.
func plant(t *testing.T, d *db.DB, n int) (*store.Store, []directory.Unit) {
	t.Helper()
	s := store.New(d)
	r := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"东", "西", "山", "一", "关", "A", "村", "社区", "委员会", "%", "_"}
	now := time.Now().UTC().Truncate(time.Microsecond)
	var us []directory.Unit
	for i := range n {
		var name strings.Builder
		for range 1 + r.IntN(5) {
			name.WriteString(syllables[r.IntN(len(syllables))])
		}
		name.WriteString([]string{"", "村", "村委会", "社区居委会", "镇"}[r.IntN(5)])
		u := directory.Unit{
			ID: id.New(), Code: fmt.Sprintf("u%04d", r.IntN(9000)*10+i%10), Level: "unit", Name: name.String(),
			Active: true, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		if i > 0 {
			p := us[r.IntN(len(us))]
			u.ParentID, u.Path = p.ID, p.Path
		}
		u.Path += u.ID + "/"
		if !slices.ContainsFunc(us, func(x directory.Unit) bool { return x.Code == u.Code }) {
			us = append(us, u)
		}
	}
	err := s.InTx(context.Background(), func(ctx context.Context, tx directory.Tx) error {
		if _, err := tx.ShareNames(ctx, us, time.Now()); err != nil {
			return err
		}
		return tx.InsertUnits(ctx, us)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, us
}

// spelled are the spellings of name, whose generic end has only the usual ones.
func spelled(name string) []string {
	n := 0
	for _, g := range []string{"社区居委会", "村委会", "委员会", "社区", "村", "镇"} {
		if strings.HasSuffix(name, g) {
			n = max(n, len([]rune(g)))
		}
	}
	return spelling.Of(name, n)
}

// A search finds exactly what reading every unit would find, page by page, in
// every part of the tree, also after units were renamed.
func TestSearchFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		s, us := plant(t, d, 300)
		ctx := context.Background()
		err := s.InTx(ctx, func(ctx context.Context, tx directory.Tx) error {
			for i := range us {
				if i%3 == 0 {
					us[i].Name = us[(i+1)%len(us)].Name + "西"
					if err := tx.UpdateUnit(ctx, us[i]); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			q := rapid.SampledFrom([]string{"东", "山", "东山", "一关", "村委", "社区", "社区居", "a", "A东", "%", "_", "东%", "西西", "员会", "d", "ds", "dxs", "DONG", "dongguan", "xisha", "x", "u1", "U2", "Ａ", "关村委会", "东西山一", "东西山一关", "不", "委员会西"}).Draw(t, "query")
			at := rapid.SampledFrom(us).Draw(t, "reach")
			f := directory.UnitFilter{Query: q, Limit: int64(rapid.IntRange(1, 60).Draw(t, "limit")), Reach: anywhere}
			path := ""
			switch rapid.IntRange(0, 2).Draw(t, "part") {
			case 1:
				f.Reach, path = policy.Reach{Spans: []policy.Span{{Where: policy.Tree, Path: at.Path}}}, at.Path
			case 2:
				f.Under, path = at.Path, at.Path
			}
			low := text.Fold(q)
			var want, got []string
			for _, u := range us {
				if strings.HasPrefix(u.Path, path) && (strings.Contains(text.Fold(u.Name), low) || strings.HasPrefix(text.Fold(u.Code), low) ||
					slices.ContainsFunc(spelled(u.Name), func(s string) bool { return strings.HasPrefix(s, low) })) {
					want = append(want, u.Code)
				}
			}
			slices.Sort(want)
			for {
				page, err := s.Units(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range page {
					got = append(got, u.Code)
				}
				if int64(len(page)) < f.Limit {
					break
				}
				f.After = got[len(got)-1]
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q below %q finds %v, want %v", q, path, got, want)
			}
		})
	})
}

// Check sees every breach it is for, and repair mends paths at any depth.
func TestBreaches(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		s, _ := plant(t, d, 100)
		ctx := context.Background()
		mended := func(context.Context, directory.Tx, directory.Mended) error { return nil }
		for _, sql := range []string{
			"UPDATE units SET path = 'x/' || path",
			"UPDATE units SET path = 'y/'",
		} {
			if got, err := s.Breaches(ctx, nil); err != nil || len(got) > 0 {
				t.Fatal(got, err)
			}
			if _, err := d.Writer().ExecContext(ctx, sql); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Breaches(ctx, mended); err != nil || len(got) == 0 {
				t.Fatal(got, err)
			}
			for range 3 {
				if _, err := s.Breaches(ctx, mended); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, err := s.Breaches(ctx, nil); err != nil || len(got) > 0 {
			t.Fatal(got, err)
		}
	})
}

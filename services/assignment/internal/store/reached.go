package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

func (r reader) TargetGroups(ctx context.Context, c assignment.Campaign, t assignment.Targets) ([]assignment.UnitGroup, error) {
	var rows []assignment.UnitGroup
	err := targets(r.q.NewSelect().TableExpr("tree_units AS u"), c, t).Column("u.level", "u.kind", "u.sectors").ColumnExpr("count(*) AS units").
		GroupExpr("u.level, u.kind, u.sectors").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("groups of targets: %w", err)
	}
	return rows, nil
}

func (r reader) LeftOut(ctx context.Context, c assignment.Campaign, wider, t assignment.Targets, limit int) ([]assignment.Unit, error) {
	var us []tree.Unit
	within := targets(r.q.NewSelect().TableExpr("tree_units AS u").Column("u.id"), c, t)
	err := targets(tree.Named(r.q.NewSelect().Model(&us).ColumnExpr("u.*")), c, wider).Where("u.id NOT IN (?)", within).
		OrderExpr("u.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("units left out: %w", err)
	}
	return mappedUnits(us), nil
}

func mappedUnits(us []tree.Unit) []assignment.Unit {
	out := make([]assignment.Unit, len(us))
	for i, u := range us {
		out[i] = unit(u)
	}
	return out
}

// calledAtOnce is how many names one question asks for.
const calledAtOnce = 500

func (r reader) UnitsCalled(ctx context.Context, c assignment.Campaign, keys []string) ([]assignment.CalledUnit, error) {
	var out []assignment.CalledUnit
	seen := map[string]bool{}
	for part := range slices.Chunk(keys, calledAtOnce) {
		folded := make([]string, len(part))
		names := slices.Clone(part)
		for i, k := range part {
			folded[i] = strings.ToLower(k)
			// 前村（东镇） is the name of outside the tree.
			if bare, _, ok := strings.Cut(k, "（"); ok {
				names = append(names, bare)
			}
		}
		var us []tree.Unit
		err := targets(tree.Named(r.q.NewSelect().Model(&us).ColumnExpr("u.*")), c, assignment.Targets{Levels: policy.Levels}).
			WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
				return q.Where("lower(u.code) IN (?)", bun.List(folded)).WhereOr("u.name IN (?)", bun.List(names))
			}).OrderExpr("u.id").Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("units by name: %w", err)
		}
		for _, u := range us {
			if !seen[u.ID] {
				seen[u.ID] = true
				out = append(out, assignment.CalledUnit{Unit: unit(u), Code: u.Code, Bare: u.Name})
			}
		}
	}
	return out, nil
}

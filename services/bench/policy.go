package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/id"
)

// authorization measures one check, decided by Casbin each time, and the
// whole of it with decisions remembered, among few and many units and people.
func (b *bench) authorization() error {
	e, err := policy.New()
	if err != nil {
		return err
	}
	ctx := context.Background()
	type pair struct {
		actor  policy.Actor
		target policy.Target
	}
	population := func(n int) []pair {
		ps := make([]pair, n)
		county := id.New() + "/" + id.New() + "/"
		for i := range ps {
			town := county + id.New() + "/"
			u := id.New()
			ps[i] = pair{
				policy.Actor{PersonID: id.New(), UnitID: u, UnitPath: town + u + "/", UnitLevel: "unit",
					Grants: []policy.Grant{{Role: policy.Reporter, UnitID: u, UnitPath: town + u + "/", Level: "unit"}}},
				policy.Target{UnitID: u, UnitPath: town + u + "/"},
			}
		}
		return ps
	}
	check := func(ps []pair, n int, uncached bool) time.Duration {
		begin := time.Now()
		for i := range n {
			if uncached {
				e.Forget()
			}
			p := &ps[(i*7919)%len(ps)]
			if !e.Can(ctx, p.actor, "assignment", "acknowledge", p.target) {
				panic("the policy refuses a reporter")
			}
		}
		return time.Since(begin) / time.Duration(n)
	}
	few, many := population(1000), population(1_000_000)
	var raw, ratios []float64
	var known []time.Duration
	for i := range 7 {
		u1, u2 := check(few, 2000, true), check(many, 2000, true)
		known = append(known, check(many, 200_000, false))
		if i > 0 {
			raw, ratios = append(raw, float64(u2)), append(ratios, float64(u2)/float64(u1))
		}
	}
	begin := time.Now()
	for i := range 200_000 {
		if !e.Rights(ctx, many[i].actor, "assignment").Covers("acknowledge", many[i].target) {
			panic("the policy refuses a reporter")
		}
	}
	every := time.Since(begin) / 200_000
	runtime.KeepAlive(many)
	b.report.atMost("authorization check, uncached (Casbin decides)", time.Duration(median(raw)), 15*time.Microsecond)
	b.report.note("  … with the decision remembered", short(quantile(known, 0.5)))
	b.report.note("  … of all actions on a resource at once, remembered", short(every))
	x := median(ratios)
	b.report.add(figure{what: "  … among 1,000,000 units and people / among 1,000", ratio: fmt.Sprintf("%.2f", x), target: "≤1.2", margin: 1.2 / x})
	return nil
}

package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// lags gives, for each consumer, how long the events made in a window took
// from the moment the command was decided, just before its commit, to the
// moment their effect was written in the other service, just before that commit.
func (in *installation) lags(ctx context.Context, from, to time.Time) (map[string][]time.Duration, error) {
	made := map[string]time.Time{}
	for _, d := range in.dbs {
		var rows []struct {
			ID        string
			CreatedAt time.Time
		}
		if err := d.Read().NewRaw("SELECT id, created_at FROM outbox WHERE created_at >= ? AND created_at < ?", from.UTC(), to.UTC()).Scan(ctx, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			made[r.ID] = r.CreatedAt
		}
	}
	out := map[string][]time.Duration{}
	for _, d := range in.dbs {
		var rows []struct {
			Consumer, EventID string
			TakenAt           time.Time
		}
		if err := d.Read().NewRaw("SELECT consumer, event_id, taken_at FROM inbox WHERE taken_at >= ?", from.UTC()).Scan(ctx, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			if at, ok := made[r.EventID]; ok {
				out[r.Consumer] = append(out[r.Consumer], r.TakenAt.Sub(at))
			}
		}
	}
	return out, nil
}

// syncs tells how long this disk takes to keep a page.
func syncs(dir string) (took []time.Duration, err error) {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for range 300 {
		begin := time.Now()
		if _, err := f.Write(make([]byte, 4<<10)); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin))
	}
	return took, nil
}

// lag measures how long effects in other services take.
func (b *bench) lag(ctx context.Context, in *installation, campaign string) error {
	w, err := in.toAcknowledge(ctx, campaign, 1<<20)
	if err != nil {
		return err
	}
	window := 2 * time.Duration(b.rounds) * b.turn / 2
	synced, err := syncs(b.dir)
	if err != nil {
		return err
	}
	// An event is three of them away from its effect: commit, stream, commit.
	b.report.note("one write of 4 KiB and its fsync on this disk, p50 and p99", short(quantile(synced, 0.5))+" "+short(quantile(synced, 0.99)))
	for _, x := range []struct {
		what  string
		limit time.Duration
		drive func() (float64, error)
	}{
		{"at 100 writes/s", 10 * time.Millisecond, func() (float64, error) {
			pctx, cancel := context.WithTimeout(ctx, window)
			defer cancel()
			took, err := pace(pctx, 10*time.Millisecond, w.acknowledge)
			return float64(len(took)) / window.Seconds(), err
		}},
		{"at saturation", 100 * time.Millisecond, func() (float64, error) {
			return load(window, func(int, *rand.Rand) error { return w.acknowledge(ctx) })
		}},
	} {
		if w.left() <= 0 {
			b.report.note("event lag "+x.what, "nothing left to acknowledge")
			continue
		}
		wait := in.profile(b.file(in, "lag-"+strings.ReplaceAll(x.what[3:], "/", "-")), window)
		from := time.Now()
		rate, err := x.drive()
		if err != nil {
			return err
		}
		to := time.Now()
		drained, err := in.settle(ctx)
		if err != nil {
			return err
		}
		wait()
		lags, err := in.lags(ctx, from, to)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(lags)) {
			ds := lags[name]
			if len(ds) < 20 {
				continue
			}
			p50, p99 := quantile(ds, 0.5), quantile(ds, 0.99)
			b.report.atMost(fmt.Sprintf("event lag p99 %s (%.0f/s), %s", x.what, rate, name), p99, x.limit)
			b.report.note("  … p50, and how long its backlog lasted afterwards", short(p50)+" "+short(drained[name]))
		}
	}
	return nil
}

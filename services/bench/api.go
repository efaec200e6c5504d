package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
)

// sample gives up to n ids of assignments of a campaign, spread over all of it.
func (in *installation) sample(ctx context.Context, campaign string, n int) ([]string, error) {
	var ids []string
	if err := in.dbs["assignment"].Read().NewRaw("SELECT id FROM assignments WHERE campaign_id = ? AND state = 'issued'", campaign).Scan(ctx, &ids); err != nil {
		return nil, err
	}
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:min(n, len(ids))], nil
}

// bareRows makes the table that the reference writes to.
func (in *installation) bareRows(ctx context.Context) ([]string, error) {
	d := in.dbs["assignment"]
	w := d.Writer()
	if d.Engine == db.Postgres {
		if _, err := w.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS bare_assignments (LIKE assignments INCLUDING ALL)"); err != nil {
			return nil, err
		}
	} else {
		var texts []string
		if err := d.Read().NewRaw("SELECT sql FROM sqlite_master WHERE tbl_name = 'assignments' AND sql IS NOT NULL ORDER BY type DESC").Scan(ctx, &texts); err != nil {
			return nil, err
		}
		for _, t := range texts {
			t = strings.NewReplacer("TABLE assignments", "TABLE IF NOT EXISTS bare_assignments", "INDEX assignments_", "INDEX IF NOT EXISTS bare_assignments_", "ON assignments", "ON bare_assignments").Replace(t)
			if _, err := w.ExecContext(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	if _, err := w.ExecContext(ctx, "INSERT INTO bare_assignments SELECT * FROM assignments LIMIT 20000"); err != nil {
		return nil, err
	}
	var ids []string
	return ids, d.Read().NewRaw("SELECT id FROM bare_assignments").Scan(ctx, &ids)
}

func pick[T any](r *rand.Rand, xs []T) T { return xs[r.IntN(len(xs))] }

func get(ctx context.Context, url, token string) error {
	_, err := call(ctx, "GET", url, token, nil)
	return err
}

// compare measures the API against the bare handler, and the large
// installation against a small one.
func (b *bench) compare(ctx context.Context, large *installation, campaign string) (err error) {
	small, err := b.prepare(ctx, "small", b.small/perTown)
	if small != nil {
		defer func() {
			if derr := small.drop(context.WithoutCancel(ctx)); err == nil {
				err = derr
			}
		}()
	}
	if err != nil {
		return err
	}
	fewer, err := small.fill(ctx)
	if err != nil {
		return err
	}
	if b.wants("http") || b.wants("read") || b.wants("write") {
		if err := b.http(ctx, large, small, campaign, fewer); err != nil {
			return err
		}
		if err := b.recount(ctx, small, "load on the small one"); err != nil {
			return err
		}
	}
	if b.wants("rollup") {
		return b.rollups(ctx, large, small, campaign, fewer)
	}
	return nil
}

// reads are the requests of one installation.
type reads struct {
	in   *installation
	ids  []string
	work *work
}

func (x reads) one(ctx context.Context) func(int, *rand.Rand) error {
	return func(c int, r *rand.Rand) error {
		return get(ctx, x.in.URL+"/api/v1/assignments/"+pick(r, x.ids), x.in.managers[c].token)
	}
}

// list reads 50 assignments as a coordinator of a town sees them, or as a
// manager of the county does.
func (x reads) list(ctx context.Context, county bool) func(int, *rand.Rand) error {
	return func(c int, r *rand.Rand) error {
		token := x.in.coordinators[r.IntN(min(len(x.in.coordinators), 10))].token
		if county {
			token = x.in.managers[c].token
		}
		return get(ctx, x.in.URL+"/api/v1/assignments?limit=50", token)
	}
}

func turn(f func(int, *rand.Rand) error) func(time.Duration) (float64, error) {
	return func(d time.Duration) (float64, error) { return load(d, f) }
}

func (b *bench) http(ctx context.Context, large, small *installation, campaign, fewer string) error {
	big, little := reads{in: large}, reads{in: small}
	var err error
	if big.ids, err = large.sample(ctx, campaign, 20_000); err != nil {
		return err
	}
	if little.ids, err = small.sample(ctx, fewer, 20_000); err != nil {
		return err
	}
	if big.work, err = large.toAcknowledge(ctx, campaign, 1<<20); err != nil {
		return err
	}
	if little.work, err = small.toAcknowledge(ctx, fewer, 1<<20); err != nil {
		return err
	}
	spare, err := large.bareRows(ctx)
	if err != nil {
		return err
	}
	ref, err := spawn(roleBare, role{Data: large.cfg.Data, DatabaseURL: large.cfg.DatabaseURL, Prefix: large.cfg.SchemaPrefix})
	if err != nil {
		return err
	}
	defer func() { _ = ref.stop() }()
	bareGet := func(path func(r *rand.Rand) string) func(int, *rand.Rand) error {
		return func(_ int, r *rand.Rand) error { return get(ctx, ref.URL+path(r), "") }
	}
	peak := large.watch()
	total := len(large.leaves) * 10
	versus := func(name, what string, ours, theirs func(int, *rand.Rand) error, target float64) error {
		wait := large.profile(b.file(large, name), time.Duration(b.rounds)*b.turn)
		x, y, ratio, err := interleave(b.rounds, b.turn, turn(ours), turn(theirs))
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		wait()
		b.report.add(figure{what: what, ours: number(x, "/s"), reference: number(y, "/s"), ratio: fmt.Sprintf("%.2f", ratio), target: fmt.Sprintf("≥%g", target), margin: max(ratio/target, 1e-9)})
		return nil
	}
	one := bareGet(func(r *rand.Rand) string { return "/one/" + pick(r, big.ids) })
	under := func(u event.Unit) string { return url.QueryEscape(u.Path) }
	towns := bareGet(func(r *rand.Rand) string {
		return "/list?under=" + under(large.towns[r.IntN(min(len(large.towns), 10))])
	})
	county := bareGet(func(*rand.Rand) string { return "/all?under=" + under(large.county) })
	write := func(_ int, r *rand.Rand) error {
		_, err := call(ctx, "POST", ref.URL+"/write/"+pick(r, spare), "", nil)
		return err
	}
	acknowledge := func(w *work) func(int, *rand.Rand) error {
		return func(int, *rand.Rand) error { return w.acknowledge(ctx) }
	}
	// spends is the processor time of a request, with all that follows from it.
	spends := func(c *child, f func(int, *rand.Rand) error) (time.Duration, error) {
		before, n := c.worked(), 0.0
		for range b.rounds {
			rate, err := load(b.turn, f)
			if err != nil {
				return 0, err
			}
			n += rate * b.turn.Seconds()
		}
		if _, err := large.settle(ctx); err != nil {
			return 0, err
		}
		return time.Duration(float64(c.worked()-before) / max(n, 1)), nil
	}
	writing := []func() error{
		func() error {
			return versus("write", "acknowledge / bare durable update, commits shared", acknowledge(big.work), write, 0.3)
		},
		func() error {
			return versus("keyed", "acknowledge with an Idempotency-Key / without", func(int, *rand.Rand) error { return big.work.acknowledge(keyed(ctx)) }, acknowledge(big.work), 0.8)
		},
		func() error {
			ours, err := spends(large.child, acknowledge(big.work))
			if err != nil {
				return err
			}
			theirs, err := spends(ref, write)
			b.report.atMostTimes("processor time of acknowledging, effects included / bare", ours, theirs, 4)
			return err
		},
	}
	reading := []func() error{
		func() error { return versus("read", "read one at 16 clients / bare handler", big.one(ctx), one, 0.45) },
		func() error {
			return versus("list-town", "list 50 of a town / bare handler", big.list(ctx, false), towns, 0.65)
		},
		func() error {
			return versus("list-county", "list 50 of the county / bare handler", big.list(ctx, true), county, 0.65)
		},
	}
	var steps []func() error
	if b.wants("http") || b.wants("read") {
		steps = append(steps, reading...)
	}
	if b.wants("http") || b.wants("write") {
		steps = append(steps, writing...)
	}
	compared := []func() error{
		func() error {
			b.report.megabytes("resident under 16 clients", peak(), 256<<20)
			large.fetch(b.file(large, "heap"), "heap?gc=0")
			if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", large.cmd.Process.Pid)); err == nil && b.keep != "" {
				fmt.Fprintf(b.report.out, "%s", raw)
			}
			_, err := large.settle(ctx)
			return err
		},
		func() error {
			return versus("", fmt.Sprintf("read one, %d rows / 10,000 rows", total), big.one(ctx), little.one(ctx), 0.8)
		},
		func() error {
			return versus("", "list 50 of a town, as many / fewer rows", big.list(ctx, false), little.list(ctx, false), 0.8)
		},
		func() error {
			return versus("", "list 50 of the county, as many / fewer", big.list(ctx, true), little.list(ctx, true), 0.8)
		},
		func() error {
			// The small one has few to acknowledge: shorter turns of the same work.
			d := b.turn / 2
			x, y, ratio, err := interleave(b.rounds, d, turn(acknowledge(big.work)), turn(acknowledge(little.work)))
			if err != nil {
				return err
			}
			if little.work.left() <= 0 {
				b.report.note("acknowledge, as many / fewer rows", "not enough rows for the turns")
				return nil
			}
			b.report.add(figure{what: "acknowledge, as many / fewer rows", ours: number(x, "/s"), reference: number(y, "/s"), ratio: fmt.Sprintf("%.2f", ratio), target: "≥0.8", margin: max(ratio/0.8, 1e-9)})
			return nil
		},
		func() error {
			if _, err := small.settle(ctx); err != nil {
				return err
			}
			_, err := large.settle(ctx)
			return err
		},
	}
	if b.wants("http") {
		steps = append(steps, compared...)
	}
	for _, s := range steps {
		if err := s(); err != nil {
			return err
		}
	}
	return nil
}

// timed gives the median time of a request, tried in turns with another.
func timed(n int, a, b func() error) (ta, tb time.Duration, err error) {
	var as, bs []time.Duration
	for i := range n + 3 {
		for _, x := range []struct {
			f  func() error
			to *[]time.Duration
		}{{a, &as}, {b, &bs}} {
			begin := time.Now()
			if err := x.f(); err != nil {
				return 0, 0, err
			}
			if i >= 3 {
				*x.to = append(*x.to, time.Since(begin))
			}
		}
	}
	return quantile(as, 0.5), quantile(bs, 0.5), nil
}

// rollups reads the numbers of a node with all assignments below it, and of
// one with a thousand.
func (b *bench) rollups(ctx context.Context, large, small *installation, campaign, fewer string) error {
	n := 40 * b.rounds
	for _, x := range []struct{ what, path string }{{"of a node", ""}, {"by task", "/tasks"}, {"of its children", "/children"}} {
		read := func(in *installation, c string, u event.Unit) func() error {
			return func() error {
				return get(ctx, in.URL+"/api/v1/rollups/campaigns/"+c+x.path+"?unit_id="+u.ID, in.managers[0].token)
			}
		}
		most, thousand, err := timed(n, read(large, campaign, large.county), read(large, campaign, large.towns[len(large.towns)/2]))
		if err != nil {
			return err
		}
		b.report.atMostTimes(fmt.Sprintf("roll-up %s, %d below it / 1,000 below it", x.what, 10*len(large.leaves)), most, thousand, 1.5)
	}
	read := func(in *installation, c string) func() error {
		u := in.towns[len(in.towns)/2]
		return func() error {
			return get(ctx, in.URL+"/api/v1/rollups/campaigns/"+c+"/children?unit_id="+u.ID, in.managers[0].token)
		}
	}
	x, y, err := timed(n, read(large, campaign), read(small, fewer))
	if err == nil {
		b.report.atMostTimes("roll-up of a town's villages, large / small installation", x, y, 1.5)
	}
	return err
}

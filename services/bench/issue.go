package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/id"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// draft makes a campaign with some tasks for every village of the county, or
// only for those of some towns.
func (in *installation) draft(ctx context.Context, title string, tasks int, towns ...event.Unit) (string, error) {
	token := in.managers[0].token
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	type made struct {
		ID string `json:"id"`
	}
	c, err := ask[made](ctx, "POST", in.URL+"/api/v1/campaigns", token, map[string]any{"title": title, "starts_on": day(0), "ends_on": day(20)})
	if err != nil {
		return "", err
	}
	targets := map[string]any{"kinds": []string{"village"}}
	if len(towns) > 0 {
		var under []string
		for _, t := range towns {
			under = append(under, t.ID)
		}
		targets["under"] = under
	}
	for i := range tasks {
		_, err := call(ctx, "POST", in.URL+"/api/v1/campaigns/"+c.ID+"/tasks", token, map[string]any{
			"title": fmt.Sprintf("任务%d", i+1), "position": i, "due_on": day(10 + i), "targets": targets,
			"requirements": []any{map[string]any{"kind": "number", "title": "发放宣传册数", "compulsory": true, "figure": "leaflets", "measure": "份", "aggregate": "sum"}},
		})
		if err != nil {
			return "", err
		}
	}
	return c.ID, nil
}

// issue issues a campaign and waits until all its assignments exist; step is
// called with how many there are.
func (in *installation) issue(ctx context.Context, campaign string, step func(done int64)) error {
	if _, err := call(ctx, "POST", in.URL+"/api/v1/campaigns/"+campaign+"/issue", in.managers[0].token, nil); err != nil {
		return err
	}
	return in.issued(ctx, campaign, step)
}

func (in *installation) issued(ctx context.Context, campaign string, step func(done int64)) error {
	for {
		var state string
		var done int64
		q := in.dbs["assignment"].Read()
		if err := q.NewRaw("SELECT c.state, (SELECT COALESCE(SUM(p.done), 0) FROM issue_progress AS p WHERE p.campaign_id = c.id) FROM campaigns AS c WHERE c.id = ?", campaign).
			Scan(ctx, &state, &done); err != nil {
			return err
		}
		if step != nil {
			step(done)
		}
		if state == "active" {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// backlog is how many of the events made before the id until each consumer has
// still to take.
func (in *installation) backlog(ctx context.Context, until string) (map[string]int64, error) {
	made := map[event.Type]int64{}
	for _, d := range in.dbs {
		var rows []struct {
			Type event.Type
			N    int64
		}
		if err := d.Read().NewRaw("SELECT type, COUNT(*) AS n FROM outbox WHERE id < ? GROUP BY type", until).Scan(ctx, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			made[r.Type] += r.N
		}
	}
	left := map[string]int64{}
	for name, types := range in.Consumers {
		if len(types) == 0 {
			types = slices.Collect(maps.Keys(made))
		}
		for _, t := range types {
			left[name] += made[t]
		}
		var n int64
		service, _, _ := strings.Cut(name, "-")
		if err := in.dbs[service].Read().NewRaw("SELECT COUNT(*) FROM inbox WHERE consumer = ? AND event_id < ?", name, until).Scan(ctx, &n); err != nil {
			return nil, err
		}
		left[name] -= n
	}
	return left, nil
}

// settle waits until the named consumers, or all, have taken everything made
// so far, and gives how long each took for that. What is made meanwhile does
// not count: under load there is always some of it.
func (in *installation) settle(ctx context.Context, names ...string) (map[string]time.Duration, error) {
	if len(names) == 0 {
		names = slices.Collect(maps.Keys(in.Consumers))
	}
	begin, until := time.Now(), id.New()
	took := map[string]time.Duration{}
	for time.Since(begin) < 10*time.Minute {
		left, err := in.backlog(ctx, until)
		if err != nil {
			return took, err
		}
		for _, n := range names {
			if left[n] <= 0 && took[n] == 0 {
				took[n] = time.Since(begin)
			}
		}
		if len(took) == len(names) {
			return took, nil
		}
		select {
		case <-ctx.Done():
			return took, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	left, _ := in.backlog(ctx, until)
	return took, fmt.Errorf("events are still under way after ten minutes: %v", left)
}

const counters = "insight-assignments"

// work are assignments that wait for their unit to acknowledge them.
type work struct {
	in   *installation
	ids  []string
	unit []string
	next atomic.Int64
}

func (in *installation) toAcknowledge(ctx context.Context, campaign string, limit int) (*work, error) {
	w := &work{in: in}
	var rows []struct{ ID, UnitID string }
	err := in.dbs["assignment"].Read().NewRaw("SELECT id, unit_id FROM assignments WHERE campaign_id = ? AND state = 'issued' ORDER BY id LIMIT ?", campaign, limit).Scan(ctx, &rows)
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for _, r := range rows {
		w.ids, w.unit = append(w.ids, r.ID), append(w.unit, r.UnitID)
	}
	return w, err
}

// acknowledge has the reporter of the next unit acknowledge.
func (w *work) acknowledge(ctx context.Context) error {
	i := int(w.next.Add(1)) - 1
	if i >= len(w.ids) {
		return errOver
	}
	p := w.in.reporters[w.in.leafAt[w.unit[i]]]
	_, err := call(ctx, "POST", w.in.URL+"/api/v1/assignments/"+w.ids[i]+"/acknowledge", p.token, nil)
	return err
}

func (w *work) left() int { return len(w.ids) - int(w.next.Load()) }

// reference is an empty table of assignments with its indexes, for raw writes.
type reference struct {
	d  *db.DB
	in *installation
	n  int
}

func newReference(ctx context.Context, in *installation) (*reference, error) {
	cfg := db.Config{Service: "assignment", Dir: filepath.Join(in.cfg.Data, "reference"), URL: in.cfg.DatabaseURL, Schema: in.cfg.SchemaPrefix + "reference"}
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	_, err = d.Migrate(ctx, "assignment")
	return &reference{d: d, in: in}, err
}

func (r *reference) close(ctx context.Context) {
	if r.d.Engine == db.Postgres {
		_, _ = r.d.Writer().ExecContext(ctx, `DROP SCHEMA IF EXISTS "`+r.in.cfg.SchemaPrefix+`reference" CASCADE`)
	}
	_ = r.d.Close()
}

var (
	referenceColumns = strings.Fields(`id unit_id unit_path responsible_id campaign_id task_id parent_id issuer_id issuer_path office_id issuer_office_id state review_level
 reviewer_id reviewer_path review_started_by submission_id submission_number submitted_by issued_at ack_due_at due_at original_due_at
 open_children percent returns reassigned_to version`)
	referenceRest = "'', $2, $3, $2, $2, 'issued', '', '', '', '', '', 0, '', $4, $4, $4, $4, 0, 0, 0, '', 1"
)

// statements writes one task's assignments in statements of 2,000 rows, each
// its own commit, through the driver.
func (r *reference) statements(ctx context.Context) (time.Duration, error) {
	r.n++
	task := fmt.Sprintf("task-%d", r.n)
	at := time.Now().UTC()
	if r.d.Engine == db.SQLite {
		if _, err := r.d.Writer().ExecContext(ctx, "PRAGMA foreign_keys = 0"); err != nil {
			return 0, err
		}
	}
	begin := time.Now()
	for chunk := range slices.Chunk(r.in.leaves, 2000) {
		var b strings.Builder
		b.WriteString("INSERT INTO assignments (" + strings.Join(referenceColumns, ", ") + ") VALUES ")
		args := []any{r.in.root.ID, r.in.county.ID, r.in.county.Path, at, task}
		for i, u := range chunk {
			if i > 0 {
				b.WriteByte(',')
			}
			n := len(args)
			fmt.Fprintf(&b, "($%d,$%d,$%d,$%d,$1,$5,%s)", n+1, n+2, n+3, n+4, referenceRest)
			args = append(args, id.New(), u.ID, u.Path, u.ContactID)
		}
		// Straight to the driver: bun would write the values into the text.
		if _, err := r.d.Writer().DB.ExecContext(ctx, b.String(), args...); err != nil {
			return 0, fmt.Errorf("reference: %w", err)
		}
	}
	return time.Since(begin), nil
}

// copies writes one task's assignments with COPY.
func (r *reference) copies(ctx context.Context) (time.Duration, error) {
	r.n++
	task := fmt.Sprintf("task-%d", r.n)
	at := time.Now().UTC()
	c, err := r.d.Writer().DB.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	begin := time.Now()
	err = c.Raw(func(dc any) error {
		_, err := dc.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{"assignments"}, referenceColumns,
			pgx.CopyFromSlice(len(r.in.leaves), func(i int) ([]any, error) {
				u := r.in.leaves[i]
				return []any{
					id.New(), u.ID, u.Path, u.ContactID, r.in.root.ID, task, "", r.in.county.ID, r.in.county.Path, r.in.county.ID, r.in.county.ID, "issued", "",
					"", "", "", "", int64(0), "", at, at, at, at, int64(0), int64(0), int64(0), "", int64(1),
				}, nil
			}))
		return err
	})
	return time.Since(begin), err
}

// fanOut measures issuing, and leaves the installation with the assignments
// of a campaign of ten tasks, whose id it returns.
func (b *bench) fanOut(ctx context.Context, in *installation) (campaign string, err error) {
	n := len(in.leaves)
	ref, err := newReference(ctx, in)
	if err != nil {
		return "", err
	}
	defer ref.close(ctx)
	// A few towns have something to acknowledge meanwhile.
	warm, err := in.draft(ctx, "热身", 3, in.towns[:min(len(in.towns), 20)]...)
	if err == nil {
		err = in.issue(ctx, warm, nil)
	}
	if err != nil {
		return "", err
	}
	if _, err = in.settle(ctx); err != nil {
		return "", err
	}
	w, err := in.toAcknowledge(ctx, warm, 1<<20)
	if err != nil {
		return "", err
	}
	raw, copied := []float64{}, []float64{}
	refer := func() error {
		d, err := ref.statements(ctx)
		raw = append(raw, d.Seconds())
		if err == nil && ref.d.Engine == db.Postgres {
			d, err = ref.copies(ctx)
			copied = append(copied, d.Seconds())
		}
		return err
	}
	if err := refer(); err != nil {
		return "", err
	}
	qctx, quiet := context.WithTimeout(ctx, 2*time.Second)
	idle, err := pace(qctx, 20*time.Millisecond, w.acknowledge)
	quiet()
	if err != nil {
		return "", err
	}
	before := in.rss()
	peak := in.watch()
	one, err := in.draft(ctx, "第一项", 1)
	if err != nil {
		return "", err
	}
	pctx, cancel := context.WithCancel(ctx)
	var took []time.Duration
	var perr error
	var wg sync.WaitGroup
	wg.Go(func() { took, perr = pace(pctx, 20*time.Millisecond, w.acknowledge) })
	prof := in.profile(b.file(in, "issue"), 5*time.Second)
	begin := time.Now()
	err = in.issue(ctx, one, nil)
	job := time.Since(begin)
	var tail map[string]time.Duration
	if err == nil {
		tail, err = in.settle(ctx, counters)
	}
	counted := time.Since(begin)
	if err == nil {
		var more map[string]time.Duration
		more, err = in.settle(ctx)
		for k, d := range more {
			if k != counters {
				tail[k] = d + counted - job
			}
		}
	}
	all := time.Since(begin)
	cancel()
	wg.Wait()
	grown := peak() - before
	if err == nil {
		err = perr
	}
	if err == nil {
		err = refer()
	}
	if err != nil {
		return "", err
	}
	prof()
	r := b.report
	rate := func(seconds float64) float64 { return float64(n) / seconds }
	r.atLeast(fmt.Sprintf("issue to %d units, rows and outbox / raw 2,000-row statements", n), rate(job.Seconds()), rate(median(raw)), 0.35, "/s")
	r.atLeast("  … until the counters have them too / raw statements", rate(counted.Seconds()), rate(median(raw)), 0.35, "/s")
	if len(copied) > 0 {
		r.atLeast("issue, rows and outbox / COPY", rate(job.Seconds()), rate(median(copied)), 0.45, "/s")
		r.atLeast("  … until the counters have them too / COPY", rate(counted.Seconds()), rate(median(copied)), 0.45, "/s")
	}
	r.note("  … until every consumer has them", short(all)+" "+slowest(tail))
	r.atMost(fmt.Sprintf("another command's p99 meanwhile (%d calls)", len(took)), quantile(took, 0.99), 50*time.Millisecond)
	r.note("  … its p99 while nothing is issued", short(quantile(idle, 0.99)))
	r.megabytes("memory growth while issuing", grown, 100<<20)

	// Ten more tasks into the same table: its first against its last.
	campaign, err = in.draft(ctx, "十项任务", 10)
	if err != nil {
		return "", err
	}
	marks := []time.Time{time.Now()}
	err = in.issue(ctx, campaign, func(done int64) {
		for int64(len(marks)*n) <= done {
			marks = append(marks, time.Now())
		}
	})
	if err == nil {
		_, err = in.settle(ctx)
	}
	if err == nil && len(marks) != 11 {
		err = fmt.Errorf("%d of ten tasks were seen to end", len(marks)-1)
	}
	if err != nil {
		return "", err
	}
	// The last one alone, as the first was.
	last, err := in.draft(ctx, "末项", 1)
	if err != nil {
		return "", err
	}
	prof = in.profile(b.file(in, "issue-last"), 5*time.Second)
	begin = time.Now()
	if err = in.issue(ctx, last, nil); err == nil {
		again := time.Since(begin)
		r.atLeast(fmt.Sprintf("the twelfth %d in one table / the first", n), rate(again.Seconds()), rate(job.Seconds()), 0.5, "/s")
		_, err = in.settle(ctx)
	}
	if err != nil {
		return "", err
	}
	prof()
	r.note("  … ten in one campaign, first and last", fmt.Sprintf("%s %s", short(marks[1].Sub(marks[0])), short(marks[10].Sub(marks[9]))))
	return campaign, b.killed(ctx, in)
}

// killed issues a task, kills the process half way, and looks whether every
// unit gets it exactly once after a restart.
func (b *bench) killed(ctx context.Context, in *installation) error {
	campaign, err := in.draft(ctx, "中断", 1)
	if err != nil {
		return err
	}
	half := make(chan struct{})
	kctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		once := sync.OnceFunc(func() { close(half) })
		_ = in.issue(kctx, campaign, func(done int64) {
			if done*2 >= int64(len(in.leaves)) {
				once()
			}
		})
		once()
	}()
	<-half
	in.kill()
	cancel()
	in.child = nil
	var done int64
	if err := in.dbs["assignment"].Read().NewRaw("SELECT COUNT(*) FROM assignments WHERE campaign_id = ?", campaign).Scan(ctx, &done); err != nil {
		return err
	}
	begin := time.Now()
	if err := in.start(); err != nil {
		return err
	}
	if err := in.issued(ctx, campaign, nil); err != nil {
		return err
	}
	if _, err := in.settle(ctx); err != nil {
		return err
	}
	var rows, units int64
	err = in.dbs["assignment"].Read().NewRaw("SELECT COUNT(*), COUNT(DISTINCT unit_id) FROM assignments WHERE campaign_id = ?", campaign).Scan(ctx, &rows, &units)
	if err != nil {
		return err
	}
	var bad []string
	if rows != int64(len(in.leaves)) || units != rows {
		bad = append(bad, fmt.Sprintf("%d assignments for %d of %d units", rows, units, len(in.leaves)))
	}
	b.report.holds(fmt.Sprintf("killed -9 after %d of %d, resumed: each unit once", done, len(in.leaves)), bad)
	b.report.note("  … until every consumer has them after the restart", short(time.Since(begin)))
	return nil
}

// recount compares every roll-up with a recount.
func (b *bench) recount(ctx context.Context, in *installation, after string) error {
	begin := time.Now()
	bad, err := in.check(ctx)
	b.report.holds(fmt.Sprintf("roll-ups equal a recount after %s (%s)", after, short(time.Since(begin))), bad)
	return err
}

func slowest(m map[string]time.Duration) string {
	name := ""
	for k, d := range m {
		if name == "" || d > m[name] {
			name = k
		}
	}
	return name
}

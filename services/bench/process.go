package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	_ "net/http/pprof" // for -profile
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/host"
)

// What the program becomes when it starts itself again.
const (
	roleVariable = "DUBAN_BENCH_ROLE"
	roleServe    = "serve"
	roleBare     = "bare"
)

// role is what a child process is told.
type role struct {
	Data, DatabaseURL, Prefix string
	Profile                   bool
}

// started is what a child tells once it is ready.
type started struct {
	URL, Token, Debug string
	Consumers         map[string][]event.Type
}

// child is a process of the system under test, or of the reference.
type child struct {
	started
	cmd   *exec.Cmd
	stdin io.Closer
	done  chan error
}

// spawn starts this program again in a role and waits until it is ready.
func spawn(name string, r role) (*child, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+name, "DUBAN_BENCH_CONFIG="+string(raw))
	return run(cmd, func(line string) (started, bool) {
		var s started
		return s, json.Unmarshal([]byte(line), &s) == nil && s.URL != ""
	})
}

// run starts a command and waits for the line that says it is ready.
func run(cmd *exec.Cmd, ready func(line string) (started, bool)) (*child, error) {
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, stdin: stdin, done: make(chan error, 1)}
	said := make(chan started, 1)
	go func() {
		sc := bufio.NewScanner(stdout)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			if s, ok := ready(sc.Text()); ok {
				said <- s
			}
		}
		c.done <- cmd.Wait()
	}()
	select {
	case c.started = <-said:
		return c, nil
	case err := <-c.done:
		return nil, fmt.Errorf("the process ended before it was ready: %w", err)
	case <-time.After(time.Minute):
		c.kill()
		return nil, errors.New("the process was not ready within a minute")
	}
}

// stop ends the process as an operator would.
func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-c.done:
		return err
	case <-time.After(30 * time.Second):
		c.kill()
		return errors.New("the process did not end within 30 s")
	}
}

// kill ends the process as a power cut would, but for what the system buffers.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.done //nolint:errcheck // it was killed
}

// rss is the resident memory of the process in bytes.
func (c *child) rss() int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// worked is the processor time that the process has taken so far.
func (c *child) worked() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// Behind the name of the program, which may hold anything, in ticks of 10 ms.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// watch samples the memory until stop is called, which gives the most there was.
func (c *child) watch() (stop func() int64) {
	quit, peak := make(chan struct{}), int64(0)
	var wg sync.WaitGroup
	wg.Go(func() {
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		for {
			peak = max(peak, c.rss())
			select {
			case <-quit:
				return
			case <-t.C:
			}
		}
	})
	return func() int64 { close(quit); wg.Wait(); return peak }
}

// profile stores a CPU profile of the next seconds in a file.
func (c *child) profile(name string, d time.Duration) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() { c.fetch(name, fmt.Sprintf("profile?seconds=%d", max(1, int(d.Seconds())))) })
	return wg.Wait
}

// fetch stores a profile in a file, where profiles are wanted.
func (c *child) fetch(name, what string) {
	if c.Debug == "" {
		return
	}
	resp, err := http.Get(c.Debug + "/debug/pprof/" + what)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	f, err := os.Create(name)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = io.Copy(f, resp.Body)
}

func told() (role, error) {
	var r role
	err := json.Unmarshal([]byte(os.Getenv("DUBAN_BENCH_CONFIG")), &r)
	return r, err
}

// say tells the parent that the process is ready, and waits for its end: a
// signal, or the parent being gone.
func say(ctx context.Context, s started) error {
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(gone)
	}()
	select {
	case <-ctx.Done():
	case <-gone:
	}
	return nil
}

// serve is the system under test: all services, as `duban serve` runs them.
func serve(ctx context.Context) error {
	r, err := told()
	if err != nil {
		return err
	}
	h, err := host.Start(ctx, host.Config{
		Data: r.Data, Listen: "127.0.0.1:0", DatabaseURL: r.DatabaseURL, SchemaPrefix: r.Prefix, Version: "bench",
		Log: slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	s := started{URL: h.URL(), Consumers: h.Consumers()}
	if s.Token, err = h.SetupToken(ctx); err == nil {
		if r.Profile {
			if s.Debug, err = debug(); err != nil {
				return err
			}
		}
		err = say(ctx, s)
	}
	return errors.Join(err, h.Stop())
}

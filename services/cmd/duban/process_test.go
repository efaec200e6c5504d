package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary builds the program once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := makeFolder("duban-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "duban")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// made are the folders that outlive each single test.
var made struct {
	mu   sync.Mutex
	dirs []string
}

func makeFolder(pattern string) (string, error) {
	dir, err := os.MkdirTemp("", pattern)
	made.mu.Lock()
	defer made.mu.Unlock()
	made.dirs = append(made.dirs, dir)
	return dir, err
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range made.dirs {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func duban(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		// The binary is not built with the race detector that -short goes with.
		t.Skip("SKIPPED: runs the real binary; run it without -short")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// soak tells that the tests may take as long as they like to.
func soak() bool { return os.Getenv("DUBAN_SOAK") == "1" }

// rounds is how often a test repeats what it does to the processes.
func rounds(short, long int) int {
	if soak() {
		return long
	}
	return short
}

// process is the program at work.
type process struct {
	cmd    *exec.Cmd
	port   int
	url    string        // known once it is ready
	ready  chan struct{} // closed once it says so
	token  chan string   // the setup token, if it prints one
	exited chan struct{}
	log    *record
}

// record keeps what a process wrote to its standard error.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// tail is the last few lines.
func (r *record) tail() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(r.text.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// launch starts the program; it does not wait until it is ready.
func launch(bin string, env []string, args ...string) (*process, error) {
	p := &process{ready: make(chan struct{}), token: make(chan string, 1), exited: make(chan struct{}), log: &record{}}
	p.cmd = exec.Command(bin, args...)
	p.cmd.Env, p.cmd.Stderr = env, p.log
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	go func() {
		for s := bufio.NewScanner(stdout); s.Scan(); {
			if _, token, ok := strings.Cut(s.Text(), "setup token: "); ok {
				p.token <- strings.TrimSpace(token)
			}
			if _, url, ok := strings.Cut(s.Text(), "Duban is ready at "); ok {
				p.url = url
				close(p.ready)
			}
		}
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// odd gives the first line that is not of the log's one form.
func (r *record) odd() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(r.text.String()) {
		if !json.Valid([]byte(line)) {
			return line
		}
	}
	return ""
}

// wait waits until the process answers requests.
func (p *process) wait() error {
	select {
	case <-p.ready:
		return nil
	case <-p.exited:
		return fmt.Errorf("the process ended with %d before it was ready:\n%s", p.cmd.ProcessState.ExitCode(), p.log.tail())
	case <-time.After(2 * time.Minute):
		return errors.New("the process was not ready within two minutes:\n" + p.log.tail())
	}
}

// kill ends the process as a power cut would, but for what the system buffers.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.exited
}

// term ends the process as an operator would, and gives its exit code.
func (p *process) term() (int, error) {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(2 * time.Minute):
		p.kill()
		return 0, errors.New("the process did not end within two minutes of SIGTERM:\n" + p.log.tail())
	}
}

// environment is that of every process; the tests' own settings stay outside.
func environment(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DUBAN_LOG=warn"}, more...)
}

// eventually polls until ok says so; what tells what was seen last.
func eventually(t testing.TB, limit time.Duration, what string, ok func() (seen string, done bool)) {
	t.Helper()
	seen, done := ok()
	for end := time.Now().Add(limit); !done; seen, done = ok() {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v; last seen: %s", what, limit, seen)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

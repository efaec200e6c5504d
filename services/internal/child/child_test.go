package child_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/child"
)

func init() {
	child.Serve("test", 64<<20, func(in io.Reader, out io.Writer) {
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			switch lines.Text() {
			case "environment":
				fmt.Fprintln(out, strings.Join(os.Environ(), " "))
			case "priority":
				stat, _ := os.ReadFile("/proc/self/stat")
				_, after, _ := strings.Cut(string(stat), ") ")
				fmt.Fprintln(out, strings.Fields(after)[16])
			case "file":
				raw, _ := io.ReadAll(os.NewFile(3, "given"))
				fmt.Fprintln(out, string(raw))
			case "grow":
				var all [][]byte
				for {
					b := make([]byte, 1<<20)
					for i := range b {
						b[i] = 1
					}
					if all = append(all, b); len(all) > 1<<20 {
						return // never: the system ends it before
					}
				}
			case "talk":
				for {
					fmt.Fprint(out, strings.Repeat("x", 1<<16))
				}
			}
		}
	})
}

func start(t *testing.T, files ...*os.File) *child.Process {
	t.Helper()
	p, err := child.Start("test", files...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.End() })
	return p
}

func ask(t *testing.T, p *child.Process, what string) string {
	t.Helper()
	fmt.Fprintln(p.In, what)
	line, err := p.Line(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(line))
}

// A child knows nothing of the service's environment, stands behind it in
// priority, and has the files that it was given.
func TestChildIsApart(t *testing.T) {
	t.Parallel()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, _ = f.WriteString("given")
	_, _ = f.Seek(0, io.SeekStart)
	p := start(t, f)
	if got := ask(t, p, "environment"); strings.Contains(got, "PATH") || strings.Contains(got, "DUBAN") {
		t.Errorf("environment: %s", got)
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		if n, _ := strconv.Atoi(ask(t, p, "priority")); n < 10 {
			t.Errorf("niceness %d", n)
		}
	}
	if got := ask(t, p, "file"); got != "given" {
		t.Errorf("file: %s", got)
	}
}

// What takes too much memory ends and says so; what never stops talking is cut
// off.
func TestChildIsBounded(t *testing.T) {
	t.Parallel()
	p := start(t)
	fmt.Fprintln(p.In, "grow")
	if _, err := p.Line(100); err == nil {
		t.Fatal("it answered")
	}
	if code := p.Ended(); code != child.OutOfMemory {
		t.Errorf("code %d", code)
	}
	p = start(t)
	fmt.Fprintln(p.In, "talk")
	if _, err := p.Line(1 << 20); !errors.Is(err, child.ErrEndless) {
		t.Errorf("%v", err)
	}
}

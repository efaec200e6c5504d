package dbtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/duban/duban/services/internal/porttest"
)

// Cluster is a PostgreSQL server of a test's own, which it may stop.
type Cluster struct {
	t    testing.TB
	bin  string // folder of the programs
	dir  string
	port int
	as   *syscall.Credential // nil: as the test itself
}

// NewCluster starts a server that ends with the test. Where the programs are
// not installed the test says so and is skipped, except with CI=true, where it
// fails.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if p, err := exec.LookPath("initdb"); err == nil {
		found = append(found, p)
	}
	if len(found) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("the programs of PostgreSQL are needed with CI=true: no initdb in /usr/lib/postgresql/*/bin or the path")
		}
		t.Skip("SKIPPED: no initdb. Install the server of PostgreSQL to run this.")
	}
	slices.Sort(found)
	c := &Cluster{t: t, bin: filepath.Dir(found[len(found)-1])}
	var err error
	if c.dir, err = os.MkdirTemp("", "duban-pg-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(c.dir) })
	if os.Getuid() == 0 { // the server does not run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(c.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	c.port = porttest.Free(t)
	c.run("initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	c.ctl("start")
	t.Cleanup(func() { c.ctl("stop", "-m", "immediate") })
	return c
}

// URL is the address of its database postgres.
func (c *Cluster) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", c.port)
}

// Restart stops the server in the given mode, fast or immediate, and starts it.
func (c *Cluster) Restart(mode string) { c.ctl("restart", "-m", mode) }

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) ctl(args ...string) {
	c.t.Helper()
	o := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=32MB", c.port, c.dir)
	c.run("pg_ctl", append(args, "-w", "-D", c.data(), "-l", filepath.Join(c.dir, "log"), "-o", o)...)
}

func (c *Cluster) run(program string, args ...string) {
	c.t.Helper()
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir = c.dir
	if c.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	}
	// To a file: the server keeps what it inherits, and a pipe would never end.
	out, err := os.Create(filepath.Join(c.dir, program+".out"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		c.t.Errorf("%s %v: %v\n%s", program, args, err, said)
	}
}

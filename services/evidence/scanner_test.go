package evidence_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/evidence/module"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/module"
)

// scanner speaks the protocol of clamd: a file that contains "EICAR" is
// infected, one larger than limit is refused.
type scanner struct {
	net.Listener
	limit int
	mu    sync.Mutex
	seen  [][]byte
}

func newScanner(t *testing.T, network, address string, limit int) *scanner {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	s := &scanner{Listener: l, limit: limit}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *scanner) talk(c net.Conn) {
	defer c.Close()
	cmd := make([]byte, 10)
	if _, err := io.ReadFull(c, cmd); err != nil || string(cmd) != "zINSTREAM\x00" {
		_, _ = c.Write([]byte("UNKNOWN COMMAND\x00"))
		return
	}
	var all []byte
	for {
		var n uint32
		if err := binary.Read(c, binary.BigEndian, &n); err != nil {
			return
		}
		if n == 0 {
			break
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		if all = append(all, b...); len(all) > s.limit {
			_, _ = c.Write([]byte("INSTREAM size limit exceeded. ERROR\x00"))
			return
		}
	}
	s.mu.Lock()
	s.seen = append(s.seen, all)
	s.mu.Unlock()
	if bytes.Contains(all, []byte("EICAR")) {
		_, _ = c.Write([]byte("stream: Eicar-Test-Signature FOUND\x00"))
		return
	}
	_, _ = c.Write([]byte("stream: OK\x00"))
}

// With a scanner a file counts as received when it was found clean, and not
// before, also when the scanner is away for a while.
func TestScanner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		sock := path.Join(t.TempDir(), "clamd.ctl")
		s := newScanner(t, "unix", sock, 1<<20)
		w.settings = map[string]string{"DUBAN_CLAMD": "unix://" + sock}
		w.restart()
		clean := pdfWith("%"+strings.Repeat("x", 200<<10), "")
		w.upload(fixture.Reporter, "a.pdf", clean)
		s.mu.Lock()
		seen := s.seen
		s.mu.Unlock()
		if len(seen) != 1 || !bytes.Equal(seen[0], clean) {
			t.Fatal("the scanner saw another file")
		}
		bad := pdfWith("% X5O!P%@AP EICAR", "")
		p := w.announce(fixture.Reporter, len(bad), "filename", "b.pdf")
		problem(t, w.send(fixture.Reporter, p, 0, bad), 415, "file_infected")
		w.srv.As(t, fixture.Reporter).Get("/api/v1/files/"+path.Base(p)).Problem(404, "not_found")
		problem(t, w.tus(fixture.Reporter, "HEAD", p, nil, nil), 415, "")

		large := pdfWith("%"+strings.Repeat("y", 2<<20), "")
		q := w.announce(fixture.Reporter, len(large), "filename", "c.pdf")
		problem(t, w.send(fixture.Reporter, q, 0, large), 503, "scanner_away")
		s.Close()
		r := w.announce(fixture.Reporter, len(clean), "filename", "d.pdf")
		problem(t, w.send(fixture.Reporter, r, 0, clean), 503, "scanner_away")
		w.srv.As(t, fixture.Reporter).Get("/api/v1/files/"+path.Base(r)).Problem(404, "not_found")
		if n := len(w.events(event.FileReceived)); n != 1 {
			t.Fatalf("%d received", n)
		}
		tcp := newScanner(t, "tcp", "127.0.0.1:0", 8<<20)
		w.settings["DUBAN_CLAMD"] = "tcp://" + tcp.Addr().String()
		w.restart()
		for _, p := range []string{q, r} {
			if a := w.tus(fixture.Reporter, "HEAD", p, nil, nil); a.StatusCode != 200 || a.Header.Get("Duban-Sha256") == "" {
				t.Fatalf("%d %v", a.StatusCode, a.Header)
			}
		}
		w.settings["DUBAN_CLAMD"] = "localhost:3310"
		if _, err := module.New(platform.Deps{DB: w.db, Bus: w.bus, Policy: w.engine, Clock: w.clock, Dir: w.dir, Setting: w.setting}); err == nil || !strings.Contains(err.Error(), "DUBAN_CLAMD") {
			t.Fatalf("%v", err)
		}
	})
}

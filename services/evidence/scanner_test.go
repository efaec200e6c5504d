package evidence_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fixture"
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

// With a scanner a received file is nobody's to see, and not to be sealed,
// until it was found clean, also while the scanner is away; what is found
// infected does not stay.
func TestScanner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		sock := path.Join(t.TempDir(), "clamd.ctl")
		s := newScanner(t, "unix", sock, 1<<20)
		w.settings = map[string]string{"DUBAN_CLAMD": "unix://" + sock}
		w.restart()
		scan := func() error {
			_, err := w.svc.(interface {
				Examine(context.Context) (int, error)
			}).Examine(context.Background())
			return err
		}
		rep, town := w.srv.As(t, fixture.Reporter), w.srv.As(t, fixture.Coordinator)
		quarantine := func(fileID string) string {
			t.Helper()
			var f struct{ Quarantine, Preview string }
			rep.Get("/api/v1/files/" + fileID).Is(200).Into(&f)
			if f.Quarantine != "" {
				rep.Get("/api/v1/files/"+fileID+"/content").Problem(409, "file_quarantined")
				rep.Get("/api/v1/files/"+fileID+"/preview").Problem(409, "file_quarantined")
				town.Get("/api/v1/files/"+fileID+"/content").Problem(409, "file_quarantined")
			}
			return f.Quarantine
		}
		clean := toJPEG(t, scene(70, 640, 480), 90)
		one := w.upload(fixture.Reporter, "a.jpg", clean)
		if got := quarantine(one); got != "waiting" || len(s.seen) != 0 {
			t.Fatalf("%q before it was scanned", got)
		}
		if err := scan(); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		seen := s.seen
		s.mu.Unlock()
		if len(seen) != 1 || !bytes.Equal(seen[0], clean) || quarantine(one) != "" {
			t.Fatal("the scanner saw another file, or it is still in quarantine")
		}
		rep.Get("/api/v1/files/" + one + "/content").Is(200).Says(string(clean))
		rep.Get("/api/v1/files/" + one + "/preview").Is(200)

		draft := w.open(fixture.Reporter, "assignment", w.issue("V11").ID)
		w.put(fixture.Reporter, draft, "leaflets", map[string]any{"value": 9})
		w.put(fixture.Reporter, draft, "summary", map[string]any{"text": "已开展"})
		seal := subs + "/" + draft.ID + "/seal"
		bad := w.upload(fixture.Reporter, "b.pdf", pdfWith("% X5O!P%@AP EICAR", ""))
		w.put(fixture.Reporter, draft, "papers", map[string]any{"file_ids": []string{bad}})
		rep.Post(seal, nil).Problem(409, "file_quarantined")
		if err := scan(); err != nil {
			t.Fatal(err)
		}
		rep.Get("/api/v1/files/"+bad).Problem(404, "not_found")
		rep.Get(subs + "/" + draft.ID).Is(200).Says("infected")
		rep.Post(seal, nil).Problem(409, "file_infected").Says("items.papers")
		problem(t, w.tus(fixture.Reporter, "HEAD", "/api/v1/uploads/"+bad, nil, nil), 415, "")
		if _, err := os.Stat(filepath.Join(w.dir, "files", bad[len(bad)-4:len(bad)-2], bad[len(bad)-2:], bad)); !os.IsNotExist(err) {
			t.Fatalf("it is still there: %v", err)
		}
		if n, m := len(w.events(event.FileCleared)), len(w.events(event.FileRefused)); n != 1 || m != 1 {
			t.Fatalf("%d cleared, %d refused", n, m)
		}

		// One that the scanner cannot take, and one that comes while it is away,
		// wait however long it takes.
		large := w.upload(fixture.Reporter, "c.pdf", pdfWith("%"+strings.Repeat("y", 2<<20), ""))
		if err := scan(); !fault.IsCode(err, "scanner_away") || quarantine(large) != "waiting" {
			t.Fatal(err)
		}
		s.Close()
		late := w.upload(fixture.Reporter, "d.pdf", pdf(71))
		for range 6 {
			if err := scan(); !fault.IsCode(err, "scanner_away") || quarantine(late) != "waiting" {
				t.Fatal(err)
			}
			w.clock.Advance(time.Minute)
		}
		w.put(fixture.Reporter, draft, "papers", map[string]any{"file_ids": []string{late}})
		rep.Post(seal, nil).Problem(409, "file_quarantined")
		tcp := newScanner(t, "tcp", "127.0.0.1:0", 8<<20)
		w.settings["DUBAN_CLAMD"] = "tcp://" + tcp.Addr().String()
		w.restart()
		rep = w.srv.As(t, fixture.Reporter)
		if err := scan(); err != nil || quarantine(large) != "" || quarantine(late) != "" {
			t.Fatal(err)
		}
		rep.Post(seal, nil).Is(200)

		// Without a scanner nothing waits for one.
		left := w.upload(fixture.Reporter, "e.pdf", pdf(72))
		delete(w.settings, "DUBAN_CLAMD")
		w.restart()
		rep = w.srv.As(t, fixture.Reporter)
		town = w.srv.As(t, fixture.Coordinator)
		if got := quarantine(left); got != "waiting" {
			t.Fatal(got)
		}
		if err := scan(); err != nil || quarantine(left) != "" {
			t.Fatal(err)
		}
		w.settings["DUBAN_CLAMD"] = "localhost:3310"
		if err := w.unfit(); err == nil || !strings.Contains(err.Error(), "DUBAN_CLAMD") {
			t.Fatalf("%v", err)
		}
	})
}

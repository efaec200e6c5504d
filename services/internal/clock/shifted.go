package clock

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Shifted is the machine's clock, moved by an offset that can be changed while
// it runs; for rehearsals that play weeks in minutes.
type Shifted struct{ offset atomic.Int64 }

// Now implements Clock.
func (s *Shifted) Now() time.Time { return System{}.Now().Add(time.Duration(s.offset.Load())) }

// Set moves the clock so that it shows t now; the zero time takes it back to
// the machine's clock.
func (s *Shifted) Set(t time.Time) {
	if t.IsZero() {
		s.offset.Store(0)
		return
	}
	s.offset.Store(int64(time.Until(t)))
}

// FileShifted is the machine's clock, moved by the whole seconds that a file
// holds, so that several processes rehearse on one clock. A file that is
// missing or unreadable is no shift.
type FileShifted struct {
	path string

	mu     sync.Mutex
	read   time.Time
	offset time.Duration
}

// fresh is how long the file's content is believed.
const fresh = 20 * time.Millisecond

// NewFileShifted makes a clock that follows the file at path.
func NewFileShifted(path string) *FileShifted { return &FileShifted{path: path} }

// Now implements Clock.
func (s *FileShifted) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.read) > fresh {
		s.read = time.Now()
		s.offset = 0
		if raw, err := os.ReadFile(s.path); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil {
				s.offset = time.Duration(n) * time.Second
			}
		}
	}
	return System{}.Now().Add(s.offset)
}

package rest

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// patience is how long a line may be silent within a piece.
const patience = 60 * time.Second

// line bounds how long a connection may be silent while a body comes in, and
// not a moment longer. Behind the body net/http goes on reading, to see whether
// the client has gone: a deadline that it meets there ends the context of the
// connection, and with it this request and every later one that a proxy sends
// over the same connection.
type line struct {
	rc      *http.ResponseController
	silence time.Duration

	mu    sync.Mutex
	freed bool
}

// bound lets the line be silent for so long from now on.
func (l *line) bound() {
	now := time.Now()
	_ = l.read(now.Add(l.silence))
	_ = l.write(now.Add(2 * l.silence))
}

// loose takes the bounds off until the next is set.
func (l *line) loose() {
	_ = l.read(time.Time{})
	_ = l.write(time.Time{})
}

// free takes the bounds off for good.
func (l *line) free() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.freed = true
	_ = l.rc.SetReadDeadline(time.Time{})
	_ = l.rc.SetWriteDeadline(time.Time{})
}

func (l *line) read(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.freed {
		return nil
	}
	return l.rc.SetReadDeadline(t)
}

func (l *line) write(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.freed {
		return nil
	}
	return l.rc.SetWriteDeadline(t)
}

// body reads from the sender, who may take long but not be silent for long.
type body struct {
	io.ReadCloser
	line *line
	err  error // why it broke off
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.line.bound()
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.line.free()
	case err != nil:
		b.err = err
	}
	return n, err
}

// Package clamd asks a ClamAV daemon whether a file is clean.
package clamd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/fault"
)

const (
	piece    = 1 << 16          // bytes of a stream sent at once
	patience = 2 * time.Minute  // for one piece, and for each look at the answer
	longest  = 30 * time.Minute // for one file
)

// Scanner implements evidence.Scanner.
type Scanner struct{ network, address string }

// Open reads an address: tcp://host:3310 or unix:///run/clamav/clamd.ctl. It
// asks nothing yet.
func Open(address string) (*Scanner, error) {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.Scheme == "tcp" && u.Port() != "":
		return &Scanner{"tcp", u.Host}, nil
	case err == nil && u.Scheme == "unix" && u.Path != "":
		return &Scanner{"unix", u.Path}, nil
	}
	return nil, errors.New("DUBAN_CLAMD must be tcp://host:3310 or unix:///path/of/clamd.ctl")
}

func away(err error) error {
	return fault.New(fault.Unavailable, "scanner_away", "The virus scanner does not answer. Nothing is lost: files stay in quarantine until it does.").WithCause(err)
}

// Scan implements evidence.Scanner with the command INSTREAM: pieces with their
// length before them, and an empty one at the end (clamd(8)).
func (s *Scanner) Scan(ctx context.Context, r io.Reader) (found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", away(err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if err := s.send(c, r); err != nil {
		var own *readError
		if errors.As(err, &own) {
			return "", own.error
		}
		// It may have said why before it hung up.
		if answer := s.answer(c); answer != "" {
			err = fmt.Errorf("clamd: %s", answer)
		}
		return "", away(err)
	}
	switch answer := s.answer(c); {
	case answer == "stream: OK":
		return "", nil
	case strings.HasPrefix(answer, "stream: ") && strings.HasSuffix(answer, " FOUND"):
		return strings.TrimSuffix(strings.TrimPrefix(answer, "stream: "), " FOUND"), nil
	default:
		// "INSTREAM size limit exceeded. ERROR" among them: StreamMaxLength is too small.
		return "", away(fmt.Errorf("clamd: %q", answer))
	}
}

// readError is one of the file and not of the scanner.
type readError struct{ error }

func (s *Scanner) send(c net.Conn, r io.Reader) error {
	put := func(b []byte) error {
		if err := c.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		_, err := c.Write(b)
		return err
	}
	if err := put([]byte("zINSTREAM\x00")); err != nil {
		return err
	}
	b := make([]byte, 4+piece)
	for {
		n, err := io.ReadFull(r, b[4:])
		binary.BigEndian.PutUint32(b, uint32(n))
		if n > 0 {
			if err := put(b[:4+n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return put(make([]byte, 4))
		case err != nil:
			return &readError{err}
		}
	}
}

// answer is what the scanner said; empty when it said nothing.
func (s *Scanner) answer(c net.Conn) string {
	_ = c.SetReadDeadline(time.Now().Add(longest))
	b, err := io.ReadAll(io.LimitReader(c, 4096))
	if err != nil && len(b) == 0 {
		return ""
	}
	return strings.TrimRight(string(b), "\x00\n")
}

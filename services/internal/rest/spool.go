package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/fault"
)

// TablesAreRead says in the document how tables from outside are read.
const TablesAreRead = "The headings are found below a title and notes, whatever stars, brackets and blanks they carry, also by common other names; 序号 and 备注 and rows like 合计 are passed over, " +
	"hidden sheets too (hidden rows and columns are not), and merged cells have the value of their first. A cell is read as it is shown. Refused, with sheet and cell, are errors of formulas, " +
	"numbers of more than 15 digits or in scientific notation, and numbers and days that can be read in two ways. CSV may be UTF-8, GB18030 or UTF-16, with commas, semicolons or tabs. " +
	"One file of a person is read at a time, and two in all: 429 or 503 says when to come again."

// TableType is the header that says what a table from outside is. Embed it,
// exported, and have the operation take table.Types.
type TableType struct {
	ContentType string `header:"Content-Type" maxLength:"200" doc:"text/csv (UTF-8, UTF-16, or GB18030 with or without saying so) or application/vnd.openxmlformats-officedocument.spreadsheetml.sheet. application/vnd.ms-excel and application/octet-stream, as browsers say, leave it to the content; another answers 415" example:"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"`
}

// spoolTime is how long the body of a request may take to arrive in a Spool.
const spoolTime = 2 * time.Minute

// Spool is the body of a request as a file that has no name any more: a large
// one takes no memory of the service. Use it as a field of the input of an
// operation that says what it Takes, and close it.
type Spool struct {
	file *os.File
	size int64
	sum  [sha256.Size]byte
	err  error
}

// Resolve implements huma.Resolver: it takes the body in. What goes wrong is
// told by Err, in the words of a fault.
func (s *Spool) Resolve(ctx huma.Context) []error {
	s.err = s.take(ctx)
	return nil
}

func (s *Spool) take(ctx huma.Context) error {
	f, err := os.CreateTemp("", "duban-body-")
	if err != nil {
		return fmt.Errorf("keep the body of a request: %w", err)
	}
	s.file = f
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("keep the body of a request: %w", err)
	}
	most := ctx.Operation().MaxBodyBytes
	_ = ctx.SetReadDeadline(time.Now().Add(spoolTime))
	defer func() { _ = ctx.SetReadDeadline(time.Time{}) }()
	h := sha256.New()
	s.size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(ctx.BodyReader(), most+1))
	h.Sum(s.sum[:0])
	var late net.Error
	var disk *os.PathError
	switch {
	case s.size > most:
		return fault.New(fault.TooLarge, "too_large", "The file has more than %d bytes; split it.", most)
	case errors.As(err, &disk):
		return fault.New(fault.Unavailable, "unavailable", "There is no room for the file just now. Try again later.").WithCause(err)
	case errors.As(err, &late) && late.Timeout():
		return fault.New(fault.Invalid, "invalid", "The file took too long to arrive. Send it again.")
	case err != nil:
		return fault.New(fault.Invalid, "invalid", "The file did not arrive whole. Send it again.")
	}
	return nil
}

// Err tells why the body is not here.
func (s *Spool) Err() error { return s.err }

// File is where the body lies.
func (s *Spool) File() *os.File { return s.file }

// Size is how long it is, in bytes.
func (s *Spool) Size() int64 { return s.size }

// ReadAt implements io.ReaderAt.
func (s *Spool) ReadAt(p []byte, at int64) (int, error) { return s.file.ReadAt(p, at) }

// Close gives its room back.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// MarshalJSON is what an Idempotency-Key holds a body by.
func (s *Spool) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(s.sum[:])) }

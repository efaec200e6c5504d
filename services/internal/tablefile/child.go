package tablefile

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/child"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
)

const (
	// work is what the processes are started for.
	work = "table"
	// memory is what one may take for itself; with the program's own pages it
	// stays below 256 MiB.
	memory = 176 << 20
	// slow is the exit code of a child that ran out of time.
	slow = 79
)

// task is what a child is told about the file that it has as descriptor 3.
type task struct {
	Size     int64
	Unzipped int64
	Most     int // records
	Answer   int64
	Patience time.Duration
	Columns  []table.Column
}

func init() { child.Serve(work, memory, serve) }

// serve reads one workbook and answers with messages: a letter, the length of
// what follows, and that.
func serve(in io.Reader, out io.Writer) {
	line, err := bufio.NewReader(in).ReadBytes('\n')
	var t task
	if err != nil || json.Unmarshal(line, &t) != nil {
		return
	}
	// Also when nobody is there any more to end it.
	time.AfterFunc(t.Patience, func() { os.Exit(slow) })
	w := &wire{w: bufio.NewWriterSize(out, 64<<10), left: t.Answer}
	f := os.NewFile(3, "table")
	w.end(readBook(f, t, w))
}

// readBook reads the workbook f.
func readBook(f io.ReaderAt, t task, to sink) (err error) {
	defer func() {
		if recover() != nil { // a file that broke a decoder
			err = errDamaged
		}
	}()
	b, err := openBook(f, t.Size, t.Unzipped)
	if err != nil {
		return err
	}
	p := newPainter(b.from04)
	var grids []grid
	for _, part := range b.sheets {
		sh, err := b.open(p, part)
		if err != nil {
			return err
		}
		grids = append(grids, sh)
	}
	h := table.NewHeadings(t.Columns)
	x, err := choose(h, grids)
	if err != nil {
		return err
	}
	return take(h, x, t.Most, b.title, to)
}

func (sh *sheet) name() string { return sh.part.name }

// Messages of a child.
const (
	aBook = 'B'
	aRow  = 'R'
	anEnd = 'E'
)

// ending is how the reading of a file ended.
type ending struct {
	Unreadable *table.Unreadable `json:",omitempty"`
	Headless   *table.Headless   `json:",omitempty"`
	Error      string            `json:",omitempty"`
}

// wire writes messages; it implements sink.
type wire struct {
	w    *bufio.Writer
	left int64
	buf  []byte
}

func (w *wire) say(letter byte, message []byte) error {
	if w.left -= int64(len(message)); w.left < 0 && letter != anEnd {
		return errTooMuch
	}
	head := binary.AppendUvarint([]byte{letter}, uint64(len(message)))
	if _, err := w.w.Write(head); err != nil {
		return err
	}
	_, err := w.w.Write(message)
	return err
}

func (w *wire) book(b table.Book) error {
	raw, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return w.say(aBook, raw)
}

func (w *wire) row(r table.Row) error {
	b := binary.AppendUvarint(w.buf[:0], uint64(r.Number))
	for _, c := range r.Cells {
		b = appendCell(b, c)
	}
	if r.Stray != nil {
		b = appendCell(b, *r.Stray)
	}
	w.buf = b
	return w.say(aRow, b)
}

func appendCell(b []byte, c table.Cell) []byte {
	b = append(b, byte(c.Kind))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(c.Value))
	for _, s := range []string{c.At, c.Day, c.Shown} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func (w *wire) end(err error) {
	var e ending
	var u *table.Unreadable
	var h *table.Headless
	switch {
	case err == nil:
	case errors.As(err, &u):
		e.Unreadable = u
	case errors.As(err, &h):
		e.Headless = h
	case errors.Is(err, errTooMuch):
		e.Unreadable = tooMuch
	default:
		// Whatever a decoder of files says is about the file.
		e.Unreadable = damaged
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return
	}
	_ = w.say(anEnd, raw)
	_ = w.w.Flush()
}

var (
	tooMuch = &table.Unreadable{Why: "it holds more than a table of this kind can: copy the table alone, as values, into a new workbook and send that"}
	damaged = &table.Unreadable{Why: "it is damaged or no XLSX file; open it in Excel or WPS, save it as XLSX and send it again"}
)

// maxMessage bounds what is taken from a child at once: a row and its frame.
const maxMessage = 8 << 20

// hear takes the messages of a child until the last one.
func hear(p *child.Process, columns int, to sink) error {
	var buf []byte
	var b table.Book
	for {
		letter, err := p.Out.ReadByte()
		if err != nil {
			return errDied
		}
		n, err := binary.ReadUvarint(p.Out)
		if err != nil || n > maxMessage {
			return errDied
		}
		if uint64(cap(buf)) < n {
			buf = make([]byte, n)
		}
		buf = buf[:n]
		if _, err := io.ReadFull(p.Out, buf); err != nil {
			return errDied
		}
		switch letter {
		case aBook:
			if err := json.Unmarshal(buf, &b); err != nil {
				return errDied
			}
			if err := to.book(b); err != nil {
				return err
			}
		case aRow:
			r, ok := rowOf(buf, columns)
			if !ok {
				return errDied
			}
			r.Sheet = b.Sheet
			if err := to.row(r); err != nil {
				return err
			}
		case anEnd:
			var e ending
			if err := json.Unmarshal(buf, &e); err != nil {
				return errDied
			}
			switch {
			case e.Unreadable != nil:
				return e.Unreadable
			case e.Headless != nil:
				return e.Headless
			}
			return nil
		default:
			return errDied
		}
	}
}

var errDied = errors.New("the reader of the workbook died")

func rowOf(b []byte, columns int) (r table.Row, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return r, false
	}
	b = b[size:]
	r.Number = int(n)
	r.Cells = make([]table.Cell, columns)
	for i := range r.Cells {
		if r.Cells[i], b, ok = cellOf(b); !ok {
			return r, false
		}
	}
	if len(b) > 0 {
		c, _, ok := cellOf(b)
		if !ok {
			return r, false
		}
		r.Stray = &c
	}
	return r, true
}

func cellOf(b []byte) (c table.Cell, rest []byte, ok bool) {
	if len(b) < 9 {
		return c, nil, false
	}
	c.Kind = table.Kind(b[0])
	c.Value = math.Float64frombits(binary.BigEndian.Uint64(b[1:]))
	b = b[9:]
	for _, s := range []*string{&c.At, &c.Day, &c.Shown} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return c, nil, false
		}
		*s = strings.ToValidUTF8(string(b[size:size+int(n)]), "")
		b = b[size+int(n):]
	}
	return c, b, true
}

// askChild has a child read the workbook f.
func askChild(ctx context.Context, f *os.File, t task, to sink) error {
	p, err := child.Start(work, f)
	if err != nil {
		return err
	}
	defer p.End()
	ctx, cancel := context.WithTimeout(ctx, t.Patience)
	defer cancel()
	defer context.AfterFunc(ctx, func() { p.End() })()
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = p.In.Write(append(raw, '\n'))
	if err == nil {
		err = hear(p, len(t.Columns), to)
	}
	if err == nil || !errors.Is(err, errDied) {
		return err
	}
	if ctx.Err() != nil {
		p.End()
	}
	switch code := p.Ended(); {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case ctx.Err() != nil, code == child.OutOfMemory, code == slow:
		return tooMuch
	default:
		return fault.New(fault.Unavailable, "unavailable", "The file could not be read just now. Try again in a moment.").
			WithCause(fmt.Errorf("%w with code %d", errDied, code))
	}
}

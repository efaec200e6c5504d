// Package tablefile reads the tables that people send, XLSX and CSV, for all
// services: in one way, and in bounded memory and time whatever is in the file.
//
// A workbook is read in a child (package child), which unpacks it piece by
// piece: excelize, which writes workbooks here, keeps all of one in memory and
// takes the square of the length of some texts. It is asked for one thing, how a
// number is shown by a format. A CSV file is read where it is, since nothing in
// it can take more than a line.
package tablefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
)

// Limits of a file, by how many records are wanted of it. What is unpacked
// counts each time: a sheet is, twice.
const (
	fewRows      = 10_000
	fewUnzipped  = 192 << 20
	fewAnswer    = 32 << 20
	fewPatience  = 20 * time.Second
	manyUnzipped = 768 << 20
	manyAnswer   = 256 << 20
	manyPatience = 60 * time.Second
)

// Reader reads tables, as table.Read says.
type Reader struct{ Gate *Gate }

// New makes a reader that shares its bounds with all others of the process.
func New() Reader { return Reader{Gate: sharedGate} }

// filed is a body that lies in a file already.
type filed interface{ File() *os.File }

// Read implements table.Read.
func (r Reader) Read(ctx context.Context, in table.Input, row func(table.Row) error) (table.Book, error) {
	kind, params, err := mime.ParseMediaType(in.Type)
	if err != nil {
		kind = in.Type
	}
	charset := strings.ToLower(params["charset"])
	if kind != "" && !slices.Contains(table.Types, kind) {
		return table.Book{}, &table.Unreadable{Unsupported: true, Why: fault.Textf("Send the file with Content-Type %s or %s.", table.CSV, table.XLSX)}
	}
	if kind != table.XLSX {
		kind = table.CSV // unless its content says otherwise
	}
	if _, known := charsets[charset]; kind == table.CSV && !known {
		return table.Book{}, &table.Unreadable{Unsupported: true, Why: fault.Textf("The character set %q is not known; use utf-8 or gb18030.", table.Clip(charset))}
	}
	lead := make([]byte, 8)
	n, err := in.Body.ReadAt(lead, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return table.Book{}, err
	}
	if lead = lead[:n]; bytes.HasPrefix(lead, []byte("PK\x03\x04")) {
		kind = table.XLSX // whatever it was called
	}
	if why := foreign(lead, kind); why != "" {
		return table.Book{}, &table.Unreadable{Why: why}
	}
	leave, err := r.Gate.Enter(ctx, in.Who)
	if err != nil {
		return table.Book{}, err
	}
	defer leave()
	to := &taker{each: row}
	if kind == table.CSV {
		err = readCSV(ctx, in, charset, to)
	} else {
		err = readXLSX(ctx, in, to)
	}
	return to.at, err
}

// foreign tells of a file that is of another kind than it is called.
func foreign(lead []byte, kind string) fault.Text {
	switch {
	case bytes.HasPrefix(lead, []byte("\xd0\xcf\x11\xe0")):
		return "it is a workbook of the old kind (XLS), or one with a password; save it as XLSX without a password and send it again"
	case kind == table.XLSX && !bytes.HasPrefix(lead, []byte("PK")):
		return "it is no XLSX file; save it in Excel or WPS as XLSX and send it again"
	case bytes.HasPrefix(lead, []byte("%PDF")), bytes.HasPrefix(bytes.ToLower(lead), []byte("<html")), bytes.HasPrefix(lead, []byte("<?xml")), bytes.HasPrefix(lead, []byte("<!")):
		return "it is no table; save it in Excel or WPS as XLSX or CSV and send it again"
	}
	return ""
}

// taker hands the records over; it implements sink.
type taker struct {
	at   table.Book
	each func(table.Row) error
}

func (t *taker) book(b table.Book) error { t.at = b; return nil }

func (t *taker) row(r table.Row) error { return t.each(r) }

func readXLSX(ctx context.Context, in table.Input, to sink) error {
	t := task{Size: in.Body.Size(), Unzipped: fewUnzipped, Most: in.Rows, Answer: fewAnswer, Patience: fewPatience, Columns: in.Columns}
	if in.Rows > fewRows {
		t.Unzipped, t.Answer, t.Patience = manyUnzipped, manyAnswer, manyPatience
	}
	if b, ok := in.Body.(filed); ok {
		return askChild(ctx, b.File(), t, to)
	}
	f, err := os.CreateTemp("", "duban-table-")
	if err != nil {
		return fmt.Errorf("keep a table: %w", err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("keep a table: %w", err)
	}
	if _, err := io.Copy(f, io.NewSectionReader(in.Body, 0, in.Body.Size())); err != nil {
		return fmt.Errorf("keep a table: %w", err)
	}
	return askChild(ctx, f, t, to)
}

// splitText is a text split at one separator.
type splitText struct {
	t   plainText
	ctx context.Context
	sep rune
}

func (s splitText) name() string { return "" }

func (s splitText) rows(each func(line) error) error {
	c, _ := s.t.split(s.ctx, s.sep)
	return c.rows(each)
}

func readCSV(ctx context.Context, in table.Input, charset string, to sink) error {
	t, err := textOf(ctx, in.Body, charset)
	if err != nil {
		return err
	}
	h := table.NewHeadings(in.Columns)
	_, told := t.split(ctx, ',')
	var best headed
	var first error
	for i, sep := range separators {
		x, err := headOf(h, splitText{t, ctx, sep})
		if i == 0 {
			best, first = x, err
		}
		if err == nil && (first != nil || x.found.Full && !best.found.Full || x.found.Full == best.found.Full && x.found.Known > best.found.Known) {
			if i == 0 || x.found.Known > 0 {
				best, first = x, nil
			}
		}
		if told || ctx.Err() != nil {
			break
		}
	}
	if first != nil {
		return first
	}
	return take(h, best, in.Rows, "", to)
}

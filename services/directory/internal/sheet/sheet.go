// Package sheet reads the tables people keep: CSV in UTF-8 or GB18030, and
// XLSX. Nothing in a file can make it use unbounded memory.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/xlsx"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// The content types that are read.
const (
	CSV  = "text/csv"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

const maxUnzipped = 512 << 20

// Reader implements directory.Sheets.
type Reader struct{}

// Read implements directory.Sheets.
func (Reader) Read(contentType string, data []byte, row func(number int, cells []string) error) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = contentType
	}
	switch kind {
	case CSV:
		return readCSV(data, strings.ToLower(params["charset"]), row)
	case XLSX:
		return readXLSX(data, row)
	}
	return fault.New(fault.Unsupported, "import_type", "Send the file with Content-Type %s or %s.", CSV, XLSX)
}

func broken(row int, why fault.Text) error {
	f := fault.New(fault.Invalid, "import_file", "The file cannot be read; nothing was imported.")
	where := "body"
	if row > 0 {
		where = "row " + strconv.Itoa(row)
	}
	return f.WithField(where, why, nil)
}

func readCSV(data []byte, charset string, row func(int, []string) error) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var in io.Reader = bytes.NewReader(data)
	switch charset {
	case "", "utf-8", "utf8", "gb18030", "gbk", "gb2312":
	default:
		return fault.New(fault.Unsupported, "import_type", "The character set %q is not known; use utf-8 or gb18030.", charset)
	}
	// Excel says nothing or the wrong thing about the encoding; text that is
	// valid UTF-8 is never meant as something else.
	if !utf8.Valid(data) {
		if strings.HasPrefix(charset, "utf") {
			return broken(0, "it is not valid UTF-8")
		}
		in = transform.NewReader(in, simplifiedchinese.GB18030.NewDecoder())
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	r.LazyQuotes = false
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			return broken(syntax.Line, "the line is not valid CSV; look at its quotation marks")
		}
		if err != nil {
			return broken(0, "it cannot be read to its end")
		}
		number, _ := r.FieldPos(0)
		if len(cells) > xlsx.MaxColumns {
			return broken(number, "it has more than 100 columns")
		}
		for _, c := range cells {
			if strings.ContainsRune(c, utf8.RuneError) {
				return broken(number, "it holds text that is neither UTF-8 nor GB18030")
			}
		}
		if xlsx.Blank(cells) {
			continue
		}
		if err := row(number, cells); err != nil {
			return err
		}
	}
}

func readXLSX(data []byte, row func(int, []string) error) error {
	_, err := xlsx.Rows(data, maxUnzipped, func(_ xlsx.Book, number int, cells []string) error {
		for i, c := range cells {
			cells[i] = plainNumber(c)
		}
		return row(number, cells)
	})
	if bad, ok := errors.AsType[*xlsx.Broken](err); ok {
		return broken(bad.Row, bad.Why)
	}
	return err
}

var scientific = regexp.MustCompile(`^\d(\.\d+)?[eE]\+?\d{1,2}$`)

// plainNumber undoes the notation in which some programs store long codes
// that look like numbers.
func plainNumber(s string) string {
	if !scientific.MatchString(s) {
		return s
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x >= 1e15 {
		return s
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

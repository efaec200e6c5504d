// Package xlsx reads the rows of workbooks that people send. Nothing in a file
// can make it use unbounded memory.
package xlsx

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/fault"
	"github.com/xuri/excelize/v2"
)

const (
	// MaxColumns is how many columns a row may have.
	MaxColumns = 100
	// inMemory is the size from which on a sheet is unpacked to a temporary file.
	inMemory = 16 << 20
)

// Broken says why a workbook cannot be read.
type Broken struct {
	Row int // 0 when it is not about a row
	Why fault.Text
}

// Error implements error.
func (b *Broken) Error() string { return fmt.Sprintf("row %d: %s", b.Row, b.Why) }

// Book is what is known of a workbook before its rows are read.
type Book struct {
	Title string
	// From1904 tells that its dates are numbers of days since the beginning of
	// 1904, as old programs for the Macintosh write them.
	From1904 bool
}

// Day reads what a cell formatted as a date holds; false when it holds no day
// from 1900 (1904) to 2200.
func (b Book) Day(cell string) (time.Time, bool) {
	n, err := strconv.ParseFloat(cell, 64)
	// A smaller number is a count that got into the wrong column.
	if err != nil || !(n >= 367 && n <= 110_000) {
		return time.Time{}, false
	}
	t, err := excelize.ExcelDateToTime(n, b.From1904)
	return t, err == nil
}

// Rows calls row with every row of the first sheet that is not blank, by its
// number from 1, and gives what is known of the workbook. unzipped bounds the bytes
// that all of it unpacks to. What is wrong with the file is a *Broken; an error
// of row ends the reading and comes back as it is.
func Rows(data []byte, unzipped int64, row func(b Book, number int, cells []string) error) (b Book, err error) {
	defer func() {
		// The parser meets whatever a broken or hostile file holds.
		if p := recover(); p != nil {
			err = &Broken{Why: "it is not a readable XLSX file"}
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: unzipped, UnzipXMLSizeLimit: inMemory,
	})
	if err != nil {
		return b, &Broken{Why: "it is not a readable XLSX file"}
	}
	defer f.Close()
	if p, err := f.GetDocProps(); err == nil {
		b.Title = p.Title
	}
	if p, err := f.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		b.From1904 = *p.Date1904
	}
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		return b, &Broken{Why: "it has no sheet"}
	}
	rows, err := f.Rows(sheets[0])
	if err != nil {
		return b, &Broken{Why: "the first sheet cannot be read"}
	}
	defer rows.Close()
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err != nil {
			return b, &Broken{number, "it cannot be read"}
		}
		if len(cells) > MaxColumns {
			return b, &Broken{number, fault.Textf("it has more than %d columns", MaxColumns)}
		}
		if Blank(cells) {
			continue
		}
		if err := row(b, number, cells); err != nil {
			return b, err
		}
	}
	if rows.Error() != nil {
		return b, &Broken{Why: "the first sheet cannot be read to its end"}
	}
	return b, nil
}

// Blank tells whether the cells hold nothing but space.
func Blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

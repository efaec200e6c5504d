// Package xlsx reads the rows of workbooks that people send. Nothing in a file
// can make it use unbounded memory.
package xlsx

import (
	"bytes"
	"fmt"
	"strings"

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

// Rows calls row with every row of the first sheet that is not blank, by its
// number from 1, and gives the title of the workbook. unzipped bounds the bytes
// that all of it unpacks to. What is wrong with the file is a *Broken; an error
// of row ends the reading and comes back as it is.
func Rows(data []byte, unzipped int64, row func(number int, cells []string) error) (title string, err error) {
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
		return "", &Broken{Why: "it is not a readable XLSX file"}
	}
	defer f.Close()
	if p, err := f.GetDocProps(); err == nil {
		title = p.Title
	}
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		return title, &Broken{Why: "it has no sheet"}
	}
	rows, err := f.Rows(sheets[0])
	if err != nil {
		return title, &Broken{Why: "the first sheet cannot be read"}
	}
	defer rows.Close()
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err != nil {
			return title, &Broken{number, "it cannot be read"}
		}
		if len(cells) > MaxColumns {
			return title, &Broken{number, fault.Textf("it has more than %d columns", MaxColumns)}
		}
		if Blank(cells) {
			continue
		}
		if err := row(number, cells); err != nil {
			return title, err
		}
	}
	if rows.Error() != nil {
		return title, &Broken{Why: "the first sheet cannot be read to its end"}
	}
	return title, nil
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

package tablefile

import (
	"errors"

	"github.com/duban/duban/services/internal/table"
)

// ReadHere reads a workbook in this process, as its child does.
func ReadHere(body table.Body, columns []table.Column) error {
	t := task{Size: body.Size(), Unzipped: fewUnzipped, Most: 100, Columns: columns}
	err := readBook(body, t, &taker{each: func(table.Row) error { return nil }})
	if errors.Is(err, errTooMuch) || errors.Is(err, errDamaged) {
		return damaged
	}
	return err
}

package form

import (
	"bytes"
	"regexp"

	"github.com/duban/duban/services/evidence"
)

// maxCells is how much of a text is looked at as a table, in bytes.
const maxCells = 4 << 20

// starts is a cell that has a table program start another one.
var starts = regexp.MustCompile(`(?mi)(?:^|[,;\t"])[=+\-@][^,;\t\r\n]{0,100}?\b[a-z]{2,30}\|['"]?[^,;\t\r\n]{0,500}![a-z_$'"]`)

// text looks for cells that start a program where the text is opened as a table.
func (w *walker) text() {
	b := w.bytes(0, int(min(w.size, maxCells)))
	if bytes.IndexByte(b, '|') >= 0 && starts.Match(b) {
		w.refuse(evidence.RefusedActive, "A cell of the text starts another program (DDE) where it is opened as a table. Remove it.")
	}
}

package form

import (
	"bytes"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/pdffile"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/filename"
)

// pdf looks at beginning, end, the table they lead to, and for what runs by
// itself, wherever it stands.
func (w *walker) pdf() {
	const another fault.Text = "The PDF contains scripts, or starts programs. Print it into a new PDF and send that."
	table, ok := pdffile.Table(w.r, w.size)
	if !ok {
		w.damaged()
		return
	}
	x := pdffile.Inspect(w.r, w.size, table)
	switch {
	case x.Encrypted && x.Crypt == nil:
		w.caution(evidence.Encrypted, "")
	case x.Encrypted && x.Crypt.Restricted:
		w.caution(evidence.Restricted, "")
	}
	if x.Active {
		w.refuse(evidence.RefusedActive, another)
	}
	for _, name := range x.Attached {
		if !evidence.Packable(filename.Ending(name)) {
			w.refuse(evidence.RefusedActive, fault.Textf("The PDF carries the file %q, which is not taken within one. Print it into a new PDF and send that.", evidence.CleanName(name)))
		}
	}
	if x.Hidden {
		w.refuse(evidence.RefusedActive, "The PDF has parts that cannot be looked into. Print it into a new PDF and send that.")
	}
	// Programs also read what is no object by the rules.
	for from := int64(0); w.ok(); {
		p, i := w.find(from, active...)
		if p < 0 {
			return
		}
		if named(w.bytes(p, 32), active[i]) {
			w.refuse(evidence.RefusedActive, another)
		}
		from = p + 1
	}
}

var active = [][]byte{[]byte("/JavaScript"), []byte("/Launch"), []byte("/RichMedia")}

// named tells that a whole name of a PDF stands in b.
func named(b, name []byte) bool {
	i := bytes.Index(b, name)
	if i < 0 {
		return false
	}
	rest := b[i+len(name):]
	return len(rest) == 0 || bytes.IndexByte([]byte("\x00\t\n\f\r ()<>[]{}/%"), rest[0]) >= 0
}

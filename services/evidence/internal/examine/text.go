package examine

import (
	"archive/zip"
	"encoding/xml"
	"io"
	"os"
	"strings"

	"github.com/duban/duban/services/evidence"
)

// Limits of a text that is compared with others.
const (
	textBytes = 2 << 20  // of it
	partBytes = 64 << 20 // of the part of a document that holds it, unpacked
)

// document reads the text of a document and makes what it is recognized by. A
// document whose text cannot be read has none: nobody is told that it is
// damaged, for programs differ in what they make of one.
func document(f *os.File, mediaType string) (evidence.Findings, error) {
	st, err := f.Stat()
	if err != nil {
		return evidence.Findings{}, err
	}
	if mediaType != "application/pdf" {
		return evidence.Findings{Wording: evidence.WordingOf(textOfDOCX(f, st.Size()))}, nil
	}
	return pdfFile(f, st.Size()), nil
}

// textOfDOCX are the runs of text of the main part, in order.
func textOfDOCX(r io.ReaderAt, size int64) string {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return ""
	}
	part, err := z.Open("word/document.xml")
	if err != nil {
		return ""
	}
	defer part.Close()
	var b strings.Builder
	d := xml.NewDecoder(io.LimitReader(part, partBytes))
	within := false
	for b.Len() < textBytes {
		t, err := d.Token()
		if err != nil {
			break // also for a text that breaks off
		}
		switch t := t.(type) {
		case xml.StartElement:
			within = t.Name.Local == "t"
		case xml.EndElement:
			within = false
			if t.Name.Local == "p" {
				b.WriteByte('\n')
			}
		case xml.CharData:
			if within {
				b.Write(t)
			}
		}
	}
	return b.String()
}

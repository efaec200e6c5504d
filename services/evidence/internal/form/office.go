package form

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/filename"
)

// Bounds of what is read of the parts of an office document.
const (
	maxPart  = 16 << 20 // of one part, unpacked
	maxParts = 64 << 20 // of all of them
)

const noTemplate = "The document takes a template or an object from the network when it is opened. Open it, save it as PDF, and send that."

// office tells which document it is from its table of contents, and looks for
// what it runs or takes from elsewhere.
func (w *walker) office(types *zip.File, files []*zip.File) string {
	left := int64(maxParts)
	for _, f := range files {
		lower := strings.ToLower(f.Name)
		switch {
		case path.Base(lower) == "vbaproject.bin", strings.Contains(lower, "/macrosheets/"):
			w.caution(evidence.WithMacros, "The document contains macros. Save it without them (as DOCX, XLSX or PPTX).")
		case strings.HasSuffix(lower, ".rels"):
			w.relations(w.part(f, &left))
		case strings.HasPrefix(lower, "xl/externallinks/"):
			if b := w.part(f, &left); bytes.Contains(b, []byte("ddeLink")) {
				w.refuse(evidence.RefusedActive, "The document starts another program (DDE). Remove the field or link, or save it as PDF.")
			}
		case strings.HasPrefix(lower, "word/") && strings.HasSuffix(lower, ".xml"):
			if dde(w.part(f, &left)) {
				w.refuse(evidence.RefusedActive, "The document starts another program (DDE). Remove the field or link, or save it as PDF.")
			}
		case strings.Contains(lower, "/embeddings/"), strings.Contains(lower, "/activex/"):
			w.embedded(lower)
		}
	}
	b := w.part(types, &left)
	if bytes.Contains(b, []byte("macroEnabled")) {
		w.caution(evidence.WithMacros, "The document may contain macros. Save it without them (as DOCX, XLSX or PPTX).")
	}
	const plain, macros = "application/vnd.openxmlformats-officedocument.", "application/vnd.ms-"
	for _, k := range []struct{ main, kind, part string }{
		{"wordprocessingml.document.main+xml", plain + "wordprocessingml.document", "word/"},
		{"spreadsheetml.sheet.main+xml", plain + "spreadsheetml.sheet", "xl/"},
		{"presentationml.presentation.main+xml", plain + "presentationml.presentation", "ppt/"},
		{"presentationml.slideshow.main+xml", plain + "presentationml.presentation", "ppt/"},
		{"ms-word.document.macroEnabled.main+xml", macros + "word.document.macroenabled.12", "word/"},
		{"ms-excel.sheet.macroEnabled.main+xml", macros + "excel.sheet.macroenabled.12", "xl/"},
		{"ms-powerpoint.presentation.macroEnabled.main+xml", macros + "powerpoint.presentation.macroenabled.12", "ppt/"},
	} {
		if bytes.Contains(b, []byte(k.main)) {
			if !slices.ContainsFunc(files, func(f *zip.File) bool { return strings.HasPrefix(f.Name, k.part) }) {
				w.damaged()
			}
			return k.kind
		}
	}
	if bytes.Contains(b, []byte("<Types")) {
		return "application/x-opc" // a template, a drawing, a package: not taken
	}
	w.damaged()
	return evidence.Archive
}

// embedded notes a document or control of another program. The figures of a
// chart are none: they are a workbook that nothing is run of.
func (w *walker) embedded(name string) {
	switch end := filename.Ending(name); {
	case end == ".xlsx" || end == ".docx" || end == ".pptx" || end == ".rels":
	case slices.Contains(withMacros, end):
		w.caution(evidence.WithMacros, "The document contains macros. Save it without them (as DOCX, XLSX or PPTX).")
	default:
		w.caution(evidence.Objects, "")
	}
}

// part is what a part holds, or how it begins when it is large: what matters
// of a long text stands in the parts beside it, too.
func (w *walker) part(f *zip.File, left *int64) []byte {
	most := min(maxPart, *left)
	if most <= 0 || f.Flags&1 != 0 {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		w.damaged()
		return nil
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		w.damaged()
	}
	*left -= int64(len(b))
	return b
}

// relations looks at what the parts of a document belong to: programs fetch what
// lies outside of it without asking, but for what somebody must click.
func (w *walker) relations(b []byte) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		t, err := d.RawToken()
		if err != nil {
			if !errors.Is(err, io.EOF) && len(b) > 0 {
				w.damaged()
			}
			return
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" {
			continue
		}
		var kind, to, mode string
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "Type":
				kind = strings.ToLower(path.Base(a.Value))
			case "Target":
				to = strings.TrimSpace(a.Value)
			case "TargetMode":
				mode = a.Value
			}
		}
		switch {
		case kind == "oleobject" || kind == "package" || kind == "control":
			w.embedded(to)
		case !strings.EqualFold(mode, "External") || kind == "hyperlink":
			continue
		}
		if !strings.EqualFold(mode, "External") {
			continue
		}
		switch away := remote(to); {
		case away && (kind == "attachedtemplate" || kind == "oleobject" || kind == "frame" || kind == "subdocument" || kind == "package" || kind == "control"):
			w.refuse(evidence.RefusedActive, noTemplate)
		default:
			w.caution(evidence.Links, "")
		}
	}
}

// remote tells whether an address is of another computer: not a folder of the
// machine that a document was written on, which nobody else has.
func remote(to string) bool {
	s := strings.ToLower(strings.ReplaceAll(to, `\`, "/"))
	if u, err := url.Parse(s); err == nil && u.Scheme != "" && len(u.Scheme) > 1 {
		if u.Scheme != "file" {
			return true
		}
		s = strings.TrimPrefix(s, "file:")
		if strings.HasPrefix(s, "///") && !strings.HasPrefix(s, "////") {
			return false // file:///C:/…
		}
		return strings.HasPrefix(s, "//")
	}
	return strings.HasPrefix(s, "//") || strings.Contains(s, "://")
}

// dde tells whether a field of a text starts another program. What a field says
// may be cut into pieces.
func dde(b []byte) bool {
	if !bytes.Contains(b, []byte("instr")) {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var field strings.Builder
	within := false
	starts := func() bool {
		s := strings.ToUpper(strings.TrimLeft(field.String(), " \t\r\n\"\\"))
		field.Reset()
		return strings.HasPrefix(s, "DDE")
	}
	for {
		t, err := d.RawToken()
		if err != nil {
			return starts()
		}
		switch t := t.(type) {
		case xml.StartElement:
			within = t.Name.Local == "instrText"
			for _, a := range t.Attr {
				switch {
				case a.Name.Local == "instr":
					field.WriteString(a.Value)
					if starts() {
						return true
					}
				case t.Name.Local == "fldChar" && a.Name.Local == "fldCharType" && starts():
					return true
				}
			}
		case xml.EndElement:
			within = false
		case xml.CharData:
			if within && field.Len() < 1<<16 {
				field.Write(t)
			}
		}
	}
}

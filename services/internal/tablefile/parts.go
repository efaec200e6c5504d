package tablefile

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/duban/duban/services/internal/table"
)

// Limits of the parts of a workbook. Excel itself keeps at most 65,490 styles.
const (
	maxEntries    = 2_000
	maxSheets     = 200 // that are looked into
	maxStyles     = 66_000
	maxFormats    = 5_000
	maxFormat     = 255 // characters of a format
	maxParts      = 4 << 20
	maxStylesPart = 32 << 20
	// maxTexts and maxTextBytes bound the table of texts, which is kept in memory.
	maxTexts     = 1_500_000
	maxTextBytes = 64 << 20
)

// book is a workbook.
type book struct {
	files  map[string]*zip.File // by name in small letters
	left   int64                // bytes that may still be unpacked
	sheets []sheetPart
	hidden int // sheets that are passed over
	title  string
	from04 bool

	formats []format // by style
	texts   *shared
	shared  string // name of the part with the texts
}

type sheetPart struct{ name, part string }

// limited counts what is unpacked.
type limited struct {
	r    io.Reader
	left *int64
	own  int64 // of this part
}

func (l *limited) Read(p []byte) (int, error) {
	if *l.left <= 0 || l.own <= 0 {
		return 0, errTooMuch
	}
	p = p[:min(int64(len(p)), *l.left, l.own)]
	n, err := l.r.Read(p)
	*l.left -= int64(n)
	l.own -= int64(n)
	return n, err
}

// errNone is a part that is not there.
var errNone = errors.New("there is no such part")

// part opens a part of at most so many bytes.
func (b *book) part(name string, most int64, read func(*scanner) error) error {
	f := b.files[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if f == nil {
		return errNone
	}
	r, err := f.Open()
	if err != nil {
		return errDamaged
	}
	defer r.Close()
	return read(newScanner(&limited{r: r, left: &b.left, own: most}))
}

// openBook reads what a workbook says of itself.
func openBook(r io.ReaderAt, size, unzipped int64) (*book, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, errDamaged
	}
	if len(z.File) > maxEntries {
		return nil, errTooMuch
	}
	b := &book{files: map[string]*zip.File{}, left: unzipped, shared: "xl/sharedstrings.xml"}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if b.files[name] != nil {
			return nil, errDamaged // programs would not agree on which one it is
		}
		b.files[name] = f
	}
	main := "xl/workbook.xml"
	if rels, err := b.relations("_rels/.rels"); err == nil {
		for _, rel := range rels {
			if strings.HasSuffix(rel.kind, "/officeDocument") {
				main = rel.target
			}
		}
	}
	if err := b.workbook(main); err != nil {
		return nil, err
	}
	if err := b.part("docProps/core.xml", maxParts, b.core); err != nil && !errors.Is(err, errNone) && !errors.Is(err, errDamaged) {
		return nil, err
	}
	return b, nil
}

type relation struct{ id, kind, target string }

func (b *book) relations(name string) (rels []relation, err error) {
	folder := path.Dir(path.Dir(name))
	err = b.part(name, maxParts, func(s *scanner) error {
		for {
			ok, err := s.to("Relationship")
			if err != nil || !ok {
				return err
			}
			if len(rels) == maxEntries {
				return errTooMuch
			}
			t := strings.ReplaceAll(s.attr("Target"), `\`, "/")
			if !strings.HasPrefix(t, "/") {
				t = path.Join(folder, t)
			}
			rels = append(rels, relation{s.attr("Id"), s.attr("Type"), strings.TrimPrefix(t, "/")})
		}
	})
	return rels, err
}

func (b *book) workbook(main string) error {
	rels, err := b.relations(path.Join(path.Dir(main), "_rels", path.Base(main)+".rels"))
	if err != nil && !errors.Is(err, errNone) {
		return err
	}
	parts := map[string]relation{}
	styles := ""
	for _, rel := range rels {
		parts[rel.id] = rel
		switch {
		case strings.HasSuffix(rel.kind, "/styles"):
			styles = rel.target
		case strings.HasSuffix(rel.kind, "/sharedStrings"):
			b.shared = rel.target
		}
	}
	err = b.part(main, maxParts, func(s *scanner) error {
		for {
			k, err := s.next()
			if err != nil || k == ended {
				return err
			}
			if k != opened {
				continue
			}
			switch string(s.name) {
			case "workbookPr":
				b.from04 = yes(s.attr("date1904"))
			case "sheet":
				state := s.attr("state")
				rel, ok := parts[s.attr("id")]
				if !ok || !strings.HasSuffix(rel.kind, "/worksheet") {
					continue // a chart, or a macro
				}
				if state == "hidden" || state == "veryHidden" || len(b.sheets) == maxSheets {
					b.hidden++
					continue
				}
				b.sheets = append(b.sheets, sheetPart{table.Clip(s.attr("name")), rel.target})
			}
		}
	})
	if err != nil {
		return err
	}
	if styles != "" {
		if err := b.part(styles, maxStylesPart, b.styles); err != nil && !errors.Is(err, errNone) {
			return err
		}
	}
	return nil
}

func yes(s string) bool { return s == "1" || s == "true" || s == "on" }

// core reads the title of the workbook.
func (b *book) core(s *scanner) error {
	ok, err := s.to("title")
	if err != nil || !ok {
		return err
	}
	var t texts
	for {
		k, err := s.next()
		if err != nil {
			return err
		}
		if k != text {
			break
		}
		t.add(s)
	}
	title, fine := t.String()
	if fine && len([]rune(title)) <= 1000 {
		b.title = strings.TrimSpace(title)
	}
	return nil
}

// styles reads the formats of numbers.
func (b *book) styles(s *scanner) error {
	codes := map[int]string{}
	within := false
	for {
		k, err := s.next()
		if err != nil || k == ended {
			return err
		}
		if string(s.name) == "cellXfs" {
			within = k == opened
			continue
		}
		if k != opened {
			continue
		}
		switch string(s.name) {
		case "numFmt":
			if len(codes) == maxFormats {
				return errTooMuch
			}
			n, err := strconv.Atoi(s.attr("numFmtId"))
			if err != nil {
				continue
			}
			// Later ones belong to conditions, and may reuse numbers.
			if c := s.attr("formatCode"); codes[n] == "" && len([]rune(c)) <= maxFormat {
				codes[n] = c
			}
		case "xf":
			if !within {
				continue
			}
			if len(b.formats) == maxStyles {
				return errTooMuch
			}
			n, _ := strconv.Atoi(s.attr("numFmtId"))
			b.formats = append(b.formats, formatOf(n, codes[n]))
		}
	}
}

// shared is the table of the texts that cells point to, in one piece of memory.
type shared struct {
	bytes  []byte
	ends   []uint32
	absent map[int]table.Kind // those that cannot be taken
}

func (t *shared) get(i int) (string, table.Kind, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", 0, false
	}
	if k, ok := t.absent[i]; ok {
		return "", k, true
	}
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return string(t.bytes[from:t.ends[i]]), table.Text, true
}

// shareds reads the table of texts, once.
func (b *book) shareds() (*shared, error) {
	if b.texts != nil {
		return b.texts, nil
	}
	t := &shared{absent: map[int]table.Kind{}}
	// Its size is known before: growing into it would take twice the memory.
	if f := b.files[strings.ToLower(b.shared)]; f != nil {
		t.bytes = make([]byte, 0, min(f.UncompressedSize64, maxTextBytes))
	}
	err := b.part(b.shared, b.left, func(s *scanner) error {
		var one texts
		phonetic, inside := 0, false
		for {
			k, err := s.next()
			if err != nil || k == ended {
				return err
			}
			switch {
			case k == text:
				if inside && phonetic == 0 {
					one.add(s)
				}
			case string(s.name) == "t":
				inside = k == opened
			case string(s.name) == "rPh":
				if phonetic++; k == closed {
					phonetic -= 2
				}
			case string(s.name) == "si" && k == opened:
				one.reset()
			case string(s.name) == "si":
				if err := t.add(&one); err != nil {
					return err
				}
			}
		}
	})
	if err != nil && !errors.Is(err, errNone) {
		return nil, err
	}
	b.texts = t
	return t, nil
}

func (t *shared) add(one *texts) error {
	if len(t.ends) == maxTexts {
		return errTooMuch
	}
	if one.huge {
		t.absent[len(t.ends)] = table.Huge
	} else {
		s, ok := one.String()
		if !ok {
			return errDamaged
		}
		if tooLong(s) {
			t.absent[len(t.ends)] = table.Huge
		} else {
			if len(t.bytes)+len(s) > maxTextBytes {
				return errTooMuch
			}
			t.bytes = append(t.bytes, s...)
		}
	}
	t.ends = append(t.ends, uint32(len(t.bytes)))
	return nil
}

// tooLong tells whether a text has more characters than a cell holds.
func tooLong(s string) bool {
	if len(s) <= table.MaxText {
		return false
	}
	n := 0
	for range s {
		n++
	}
	return n > table.MaxText
}

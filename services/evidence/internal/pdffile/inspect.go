package pdffile

import (
	"bytes"
	"io"
	"math"
	"strings"
	"unicode/utf16"
)

// Report says what a document does by itself, and whether it opens.
type Report struct {
	// Encrypted: it is; Crypt opens it, and is nil when a password is needed.
	Encrypted bool
	Crypt     *Crypt
	// Active: it runs scripts, starts programs, or opens something else as soon as
	// it is opened. Hidden: part of it cannot be looked into.
	Active, Hidden bool
	// Attached are the names of files within it, the first thousand.
	Attached []string
}

// Inspect looks through a document whose table, or the end of it, stands at an
// offset. A document that is more than can be looked through is Hidden.
func Inspect(r io.ReaderAt, size, table int64) (x Report) {
	f := &file{r: r, size: size}
	x.Crypt, x.Encrypted = f.lock(table)
	i := &inspector{file: f, report: &x, waiting: map[int64]bool{}}
	if err := f.objects(i.visit); err != nil {
		x.Hidden = true
	}
	// What a document does when it is opened may stand in another object, which
	// names another again.
	for round := 0; round < 4 && len(i.waiting) > 0 && !x.Active; round++ {
		i.asked, i.waiting = i.waiting, map[int64]bool{}
		i.unpacked = 0
		if err := f.objects(i.visit); err != nil {
			x.Hidden = true
		}
	}
	return x
}

// lock finds out whether a document is encrypted, and opens it when it can.
func (f *file) lock(table int64) (*Crypt, bool) {
	t := f.trailer(table)
	tail := f.bytes(max(0, f.size-2048), 2048)
	if t["Encrypt"] == nil {
		// The document as a whole is encrypted as its last trailer says, too.
		i := bytes.LastIndex(tail, []byte("/Encrypt"))
		if i < 0 {
			return nil, false
		}
		l := &lexer{b: tail, i: i}
		if k, _ := l.name(); k != name("Encrypt") {
			return nil, false
		}
		v, ok := l.value(0)
		if !ok {
			return nil, true
		}
		if t == nil {
			t = dict{}
		}
		t["Encrypt"] = v
		if i := bytes.LastIndex(tail, []byte("/ID")); i >= 0 && t["ID"] == nil {
			l := &lexer{b: tail, i: i + len("/ID")}
			t["ID"], _ = l.value(0)
		}
	}
	e, _ := t["Encrypt"].(dict)
	if r, ok := t["Encrypt"].(ref); ok {
		e = f.find(r)
	}
	var id []byte
	if ids, ok := t["ID"].(array); ok && len(ids) > 0 {
		id = bytesOf(ids[0])
	}
	return unlock(e, id), true
}

type inspector struct {
	*file
	report   *Report
	unpacked int64
	// waiting are objects that are done when the document is opened, asked those
	// of them that are looked for.
	waiting, asked map[int64]bool
}

// busy are the actions and kinds of content that run something, whoever asks.
var busy = map[name]bool{
	"JavaScript": true, "Launch": true, "RichMedia": true, "RichMediaExecute": true, "ImportData": true, "GoToE": true, "Rendition": true, "XFA": true,
}

// calm are the actions that may be done when a document is opened: to turn to a
// page of it, and the like.
var calm = map[name]bool{"GoTo": true, "Named": true, "GoTo3DView": true, "GoToDp": true, "SetOCGState": true, "Hide": true, "Trans": true, "Thread": true}

func (i *inspector) visit(o object) bool {
	i.look(o)
	d, ok := o.value.(dict)
	if ok && o.stream >= 0 && d["First"] != nil && d["N"] != nil {
		i.packed(o, d)
	}
	return !i.report.Active
}

// look looks through the value of an object.
func (i *inspector) look(o object) {
	if i.asked[o.num] {
		i.opens(o.value, 0)
	}
	i.walk(o, o.value)
}

func (i *inspector) walk(o object, v any) {
	switch v := v.(type) {
	case name:
		if busy[v] {
			i.report.Active = true
		}
	case array:
		for _, x := range v {
			i.walk(o, x)
		}
	case twice:
		for _, x := range v {
			i.walk(o, x)
		}
	case dict:
		for k, x := range v {
			if busy[k] && !empty(x) {
				i.report.Active = true
			}
			switch k {
			case "OpenAction":
				i.opens(x, 0)
			case "AA":
				i.triggers(x)
			}
			i.walk(o, x)
		}
		if v["EF"] != nil {
			i.attached(o, v)
		}
	}
}

func empty(v any) bool {
	a, isArray := v.(array)
	return v == nil || (isArray && len(a) == 0)
}

// opens looks at what is done when the document, or a page of it, is opened.
func (i *inspector) opens(v any, depth int) {
	switch v := v.(type) {
	case ref:
		if len(i.waiting) < 10_000 {
			i.waiting[v.num] = true
		}
	case dict:
		if depth > maxDepth {
			return
		}
		for _, s := range list(v["S"]) { // of a key that stands there twice, either
			if kind, ok := s.(name); ok && !calm[kind] {
				i.report.Active = true
			}
		}
		for _, next := range list(v["Next"]) {
			i.opens(next, depth+1)
		}
		// It may be a list of triggers that is named by its number.
		if v["S"] == nil {
			for k, x := range v {
				if _, ok := x.(dict); ok && k != "Next" && len(k) <= 2 {
					i.opens(x, depth+1)
				}
			}
		}
	case twice:
		for _, x := range v {
			i.opens(x, depth+1)
		}
	}
}

// triggers looks at what is done on the way.
func (i *inspector) triggers(v any) {
	switch v := v.(type) {
	case ref:
		i.opens(v, 0)
	case dict:
		for _, x := range v {
			i.opens(x, 0)
		}
	case twice:
		for _, x := range v {
			i.triggers(x)
		}
	}
}

// attached notes the names of a file within the document.
func (i *inspector) attached(o object, d dict) {
	if len(i.report.Attached) >= 1000 {
		i.report.Hidden = true
		return
	}
	for _, k := range []name{"F", "UF", "DOS", "Mac", "Unix"} {
		for _, v := range list(d[k]) {
			b, ok := v.(text)
			if !ok {
				i.report.Hidden = true // it is called what another object says
				continue
			}
			if c := i.report.Crypt; c != nil && o.stream != within {
				b = c.open(b, c.texts, o.num, o.gen)
			}
			i.report.Attached = append(i.report.Attached, words(b))
		}
	}
	if d["F"] == nil && d["UF"] == nil {
		i.report.Hidden = true
	}
}

// words is a string that people read.
func words(b []byte) string {
	if s, ok := strings.CutPrefix(string(b), "\xef\xbb\xbf"); ok {
		return s
	}
	if len(b) < 2 || b[0] != 0xfe || b[1] != 0xff {
		return string(b)
	}
	var u []uint16
	for b = b[2:]; len(b) > 1; b = b[2:] {
		u = append(u, uint16(b[0])<<8|uint16(b[1]))
	}
	return string(utf16.Decode(u))
}

// within marks objects of a stream of objects, which is encrypted as a whole.
const within = math.MinInt64

// packed looks through a stream of objects.
func (i *inspector) packed(o object, d dict) {
	n := i.end(o.stream, d) - o.stream
	_, first := d["First"].(float64)
	_, count := d["N"].(float64)
	_, filters := d["Filter"].(twice)
	if !first || !count || filters {
		i.report.Hidden = true // programs may read it in more than one way
		return
	}
	if d["F"] != nil || n > 4*maxUnpacked {
		i.report.Hidden = true // its bytes are in another file, or too many
		return
	}
	c := i.report.Crypt
	if i.report.Encrypted && c == nil {
		return // nobody opens it without the password
	}
	if i.left -= n; i.left < 0 {
		i.report.Hidden = true
		return
	}
	b := i.bytes(o.stream, int(n))
	if c != nil {
		b = c.open(b, c.streams, o.num, o.gen)
	}
	b, ok := unpack(d, b)
	i.unpacked += int64(len(b))
	if !ok || i.unpacked > maxAll {
		i.report.Hidden = true
		return
	}
	begin := integer(d["First"])
	if begin < 0 || begin > int64(len(b)) {
		return
	}
	head := &lexer{b: b[:begin]}
	for range integer(d["N"]) {
		num, ok := head.value(0)
		at, ok2 := head.value(0)
		if !ok || !ok2 {
			break
		}
		from := begin + integer(at)
		if from < begin || from > int64(len(b)) {
			continue
		}
		l := &lexer{b: b[from:]}
		v, ok := l.value(0)
		if i.left -= int64(l.i) + 16; i.left < 0 {
			i.report.Hidden = true
			return
		}
		if ok {
			i.look(object{num: integer(num), value: v, stream: within})
		}
		if i.report.Active {
			return
		}
	}
}

package form

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
)

// pdf looks at beginning, end, the table they lead to, and for what runs by itself.
func (w *walker) pdf() {
	tail := w.bytes(max(0, w.size-2048), 2048)
	end := bytes.LastIndex(tail, []byte("%%EOF"))
	start := bytes.LastIndex(tail, []byte("startxref"))
	if end < 0 || start < 0 || start > end {
		w.damaged()
		return
	}
	table, err := strconv.ParseInt(string(bytes.TrimSpace(tail[start+9:end])), 10, 64)
	if err != nil || table < 0 || table >= w.size {
		w.damaged()
		return
	}
	at := bytes.TrimLeft(w.bytes(table, 1<<16), "\x00\t\n\f\r ")
	if !bytes.HasPrefix(at, []byte("xref")) && (len(at) == 0 || at[0] < '0' || at[0] > '9') {
		w.damaged()
		return
	}
	encrypted := []byte("/Encrypt")
	if i := bytes.Index(at, []byte("stream")); i >= 0 && !bytes.HasPrefix(at, []byte("xref")) {
		at = at[:i]
	}
	if named(at, encrypted) || named(tail, encrypted) {
		w.caution(evidence.Encrypted, "")
	}
	for from := int64(0); w.ok(); {
		p, i := w.find(from, active...)
		if p < 0 {
			return
		}
		if named(w.bytes(p, 32), active[i]) {
			w.refuse(evidence.RefusedActive, "The PDF contains scripts, or starts programs. Print it into a new PDF and send that.")
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

// compound looks through the directory entries of an old office document,
// wherever they lie: they stand at multiples of 128 bytes.
func (w *walker) compound() string {
	kind := ""
	h := w.need(0, 512)
	if !w.ok() || (binary.LittleEndian.Uint16(h[30:]) != 9 && binary.LittleEndian.Uint16(h[30:]) != 12) || w.size < 1536 {
		w.damaged()
		return "application/x-ole-storage"
	}
	for at := int64(512); at < w.size && w.ok(); at += 1 << 18 {
		b := w.bytes(at, 1<<18)
		for ; len(b) >= 128; b = b[128:] {
			switch name := entryName(b); {
			case name == "WordDocument":
				kind = "application/msword"
				if lockedWord(w.stream(h, b)) {
					w.caution(evidence.Encrypted, "")
				}
			case name == "Workbook" || name == "Book":
				kind = "application/vnd.ms-excel"
				if lockedSheet(w.stream(h, b)) {
					w.caution(evidence.Encrypted, "")
				}
			case name == "PowerPoint Document":
				kind = "application/vnd.ms-powerpoint"
			case name == "EncryptedPackage":
				kind = evidence.Locked
				w.caution(evidence.Encrypted, "")
			case name == "EncryptionInfo" || name == "EncryptedSummary":
				w.caution(evidence.Encrypted, "")
			case name == "_VBA_PROJECT" || name == "_VBA_PROJECT_CUR" || name == "VBA":
				w.caution(evidence.WithMacros, "")
			}
		}
	}
	if kind == "" {
		return "application/x-ole-storage" // not taken
	}
	return kind
}

// stream is how the stream of a directory entry begins, within its first
// sector. Streams below 4 KiB lie elsewhere, and none is answered for them.
func (w *walker) stream(header, entry []byte) []byte {
	const small = 4096
	if binary.LittleEndian.Uint32(entry[120:]) < small {
		return nil
	}
	shift := binary.LittleEndian.Uint16(header[30:])
	return w.bytes((int64(binary.LittleEndian.Uint32(entry[116:]))+1)<<shift, 512)
}

// lockedWord reads whether a Word document has a password (MS-DOC 2.5.2, fEncrypted).
func lockedWord(b []byte) bool {
	return len(b) > 12 && binary.LittleEndian.Uint16(b) == 0xa5ec && binary.LittleEndian.Uint16(b[10:])&0x100 != 0
}

// lockedSheet reads whether a workbook has a password: then the record
// FilePass is among its first (MS-XLS 2.1.7.20.3).
func lockedSheet(b []byte) bool {
	const beginning, filePass = 0x0809, 0x2f
	for n := 0; n < 3 && len(b) >= 4; n++ {
		kind, length := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		switch {
		case n == 0 && kind != beginning:
			return false
		case kind == filePass:
			return true
		}
		b = b[min(4+length, len(b)):]
	}
	return false
}

// entryName is the name of a directory entry; empty when b is none.
func entryName(b []byte) string {
	n := int(binary.LittleEndian.Uint16(b[64:]))
	if n < 4 || n > 64 || n%2 != 0 || (b[66] != 1 && b[66] != 2 && b[66] != 5) || b[67] > 1 {
		return ""
	}
	u := make([]uint16, n/2-1)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// end is the record at the end of an archive.
type end struct {
	at, size int64 // where it stands; bytes of the directory before it
	count    int
}

// directory finds the record that must be the last thing in an archive.
func (w *walker) directory() (end, bool) {
	const length = 22
	tail := w.bytes(max(0, w.size-length-65_535), length+65_535)
	for i := len(tail) - length; i >= 0; i-- {
		if string(tail[i:i+4]) != "PK\x05\x06" || i+length+int(binary.LittleEndian.Uint16(tail[i+20:])) != len(tail) {
			continue
		}
		e := end{at: w.size - int64(len(tail)-i), size: int64(binary.LittleEndian.Uint32(tail[i+12:])), count: int(binary.LittleEndian.Uint16(tail[i+10:]))}
		return e, e.size <= e.at
	}
	return end{}, false
}

// pack looks into an archive's directory: names, sizes and places, and what
// kind of document it is.
func (w *walker) pack() string {
	e, ok := w.directory()
	switch {
	case !ok:
		w.damaged()
		return evidence.Archive
	case e.count > evidence.MaxEntries || e.size > 16<<20:
		// 65,535 entries also stand for an archive in the large form.
		w.refuse(evidence.RefusedLimits, fault.Textf("The file has more than %d entries. Leave some out.", evidence.MaxEntries))
		return evidence.Archive
	}
	z, err := zip.NewReader(w.r, w.size)
	if err != nil {
		w.damaged()
		return evidence.Archive
	}
	w.entries(z.File, e.at-e.size)
	if !w.ok() {
		return evidence.Archive
	}
	for _, f := range z.File {
		switch f.Name {
		case "[Content_Types].xml":
			return w.office(f, z.File)
		case "OFD.xml":
			// Where parts are encrypted this says how (GM/T 0099, annex C).
			if slices.ContainsFunc(z.File, func(f *zip.File) bool { return strings.EqualFold(f.Name, "Encryptions.xml") }) {
				w.caution(evidence.Encrypted, "")
			}
			return "application/ofd"
		}
	}
	for _, f := range z.File {
		switch ext := strings.ToLower(path.Ext(f.Name)); {
		case slices.Contains(runnable, ext):
			w.refuse(evidence.RefusedActive, fault.Textf("The archive contains %q, which a computer would run. Leave it out.", f.Name))
		case slices.Contains(withMacros, ext):
			w.caution(evidence.WithMacros, fault.Textf("The archive contains %q, a document with macros. Leave it out.", f.Name))
		}
	}
	return evidence.Archive
}

// runnable are the endings of what a computer or a browser runs.
var runnable = []string{
	".apk", ".app", ".bat", ".cmd", ".com", ".cpl", ".dll", ".exe", ".hta", ".htm", ".html", ".jar", ".js", ".jse",
	".lnk", ".mht", ".mhtml", ".mjs", ".msi", ".php", ".ps1", ".py", ".reg", ".scr", ".sh", ".svg", ".svgz", ".url",
	".vbe", ".vbs", ".wsf", ".xht", ".xhtml",
}

// withMacros are the endings of documents that may contain macros.
var withMacros = []string{".docm", ".dotm", ".ppam", ".potm", ".ppsm", ".pptm", ".xlam", ".xlsb", ".xlsm", ".xltm"}

func (w *walker) entries(fs []*zip.File, directory int64) {
	type span struct{ from, to int64 }
	var spans []span
	var unpacked uint64
	for _, f := range fs {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		switch {
		case strings.ContainsRune(name, 0) || path.IsAbs(name) || slices.Contains(strings.Split(name, "/"), "..") || (len(name) > 1 && name[1] == ':'):
			w.refuse(evidence.RefusedActive, "A name in the archive leads out of its folder. Pack it anew.")
		case f.Flags&1 != 0:
			w.caution(evidence.Encrypted, "The archive is protected by a password, so nobody could review it. Pack it without one.")
		case f.Method != zip.Store && f.Method != zip.Deflate:
			w.refuse(evidence.RefusedDamaged, "The archive is packed in an unusual way. Pack it anew as ZIP.")
		}
		from, err := f.DataOffset()
		if err != nil || f.CompressedSize64 > uint64(w.size) {
			w.damaged()
			return
		}
		spans = append(spans, span{from, from + int64(f.CompressedSize64)})
		unpacked += f.UncompressedSize64
		if unpacked > evidence.MaxUnpacked || (unpacked > 20<<20 && unpacked > evidence.MaxRatio*uint64(w.size)) {
			w.refuse(evidence.RefusedLimits, "The file would unpack to far more than it is. Leave the large parts out.")
			return
		}
	}
	// Parts that share bytes unpack to more than there is.
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i, s := range spans {
		if s.to > directory || (i > 0 && s.from < spans[i-1].to) {
			w.damaged()
			return
		}
	}
}

// office tells which document it is from its table of contents.
func (w *walker) office(types *zip.File, fs []*zip.File) string {
	for _, f := range fs {
		if strings.EqualFold(path.Base(f.Name), "vbaProject.bin") {
			w.caution(evidence.WithMacros, "The document contains macros. Save it without them (as DOCX, XLSX or PPTX).")
		}
	}
	r, err := types.Open()
	if err != nil {
		w.damaged()
		return evidence.Archive
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 4<<20))
	if err != nil {
		w.damaged()
	}
	if bytes.Contains(b, []byte("macroEnabled")) {
		w.caution(evidence.WithMacros, "The document may contain macros. Save it without them (as DOCX, XLSX or PPTX).")
	}
	const plain, macros = "application/vnd.openxmlformats-officedocument.", "application/vnd.ms-"
	for _, k := range []struct{ main, kind, part string }{
		{"wordprocessingml.document.main+xml", plain + "wordprocessingml.document", "word/"},
		{"spreadsheetml.sheet.main+xml", plain + "spreadsheetml.sheet", "xl/"},
		{"presentationml.presentation.main+xml", plain + "presentationml.presentation", "ppt/"},
		{"ms-word.document.macroEnabled.main+xml", macros + "word.document.macroenabled.12", "word/"},
		{"ms-excel.sheet.macroEnabled.main+xml", macros + "excel.sheet.macroenabled.12", "xl/"},
		{"ms-powerpoint.presentation.macroEnabled.main+xml", macros + "powerpoint.presentation.macroenabled.12", "ppt/"},
	} {
		if bytes.Contains(b, []byte(k.main)) {
			if !slices.ContainsFunc(fs, func(f *zip.File) bool { return strings.HasPrefix(f.Name, k.part) }) {
				w.damaged()
			}
			return k.kind
		}
	}
	w.damaged()
	return evidence.Archive
}

package form

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/filename"
	"golang.org/x/text/encoding/simplifiedchinese"
)

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
	names := make([]string, len(z.File))
	for i, f := range z.File {
		names[i] = nameOf(f)
	}
	w.entries(z.File, names, e)
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
			for i, name := range names {
				if strings.Contains(strings.ToLower(name), "attach") && !z.File[i].Mode().IsDir() {
					w.packed(name)
				}
			}
			return "application/ofd"
		}
	}
	if kind := foreign(z.File); kind != "" {
		return kind // not taken
	}
	for i, name := range names {
		if !z.File[i].Mode().IsDir() {
			w.packed(name)
			w.packed(secondName(z.File[i]))
		}
	}
	return evidence.Archive
}

// foreign tells which kind of document or program an archive is that is not taken.
func foreign(fs []*zip.File) string {
	for _, f := range fs {
		switch lower := strings.ToLower(f.Name); {
		case f.Name == "mimetype" && f.UncompressedSize64 < 200:
			r, err := f.Open()
			if err != nil {
				return ""
			}
			b, err := io.ReadAll(io.LimitReader(r, 200))
			r.Close()
			if kind := strings.TrimSpace(string(b)); err == nil && strings.HasPrefix(kind, "application/") {
				return kind
			}
		case f.Name == "AndroidManifest.xml":
			return "application/vnd.android.package-archive"
		case lower == "meta-inf/manifest.mf":
			return "application/java-archive"
		case strings.HasPrefix(f.Name, "Index/") && strings.HasSuffix(f.Name, ".iwa"), f.Name == "Index.zip", f.Name == "index.apxl", f.Name == "index.xml.gz":
			return "application/x-iwork"
		}
	}
	return ""
}

// packed refuses what may not lie within an archive, and notes documents that
// may hold macros.
func (w *walker) packed(name string) {
	last := path.Base(name)
	end := filename.Ending(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, last))
	switch {
	case slices.Contains(withMacros, end):
		w.caution(evidence.WithMacros, fault.Textf("The archive contains %q, a document with macros. Leave it out.", last))
	case slices.Contains(archives, end):
		w.refuse(evidence.RefusedActive, fault.Textf("The archive contains the archive %q. Unpack it, and put its files into one archive.", last))
	case !evidence.Packable(end) || strings.EqualFold(strings.TrimRight(last, " ."), "desktop.ini"):
		w.refuse(evidence.RefusedActive, fault.Textf("The archive contains %q, which is not taken within one: a computer may run it. Leave it out.", last))
	}
}

// withMacros are the endings of documents that may contain macros.
var withMacros = []string{".docm", ".dotm", ".ppam", ".potm", ".ppsm", ".pptm", ".xlam", ".xlsb", ".xlsm", ".xltm"}

// archives are endings of what is packed again.
var archives = []string{".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zipx", ".cab"}

// nameOf is the name of an entry as people see it: programs in China write GBK
// where they do not say UTF-8.
func nameOf(f *zip.File) string {
	name := f.Name
	if f.NonUTF8 || !utf8.ValidString(name) {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil {
			name = s
		}
	}
	return strings.ReplaceAll(name, `\`, "/")
}

// elsewhere tells whether a name means something else to Windows than a file
// in the folder it is unpacked to.
func elsewhere(name string) bool {
	if path.IsAbs(name) || strings.ContainsRune(name, ':') || strings.ContainsFunc(name, unicode.IsControl) {
		return true
	}
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return part == ".." || (part != "." && part != "" && strings.Trim(part, " .") == "") || filename.Reserved(part)
	})
}

// secondName is another name of an entry, which some programs take instead (the
// field 0x7075 of Info-ZIP); empty for none.
func secondName(f *zip.File) string {
	for b := f.Extra; len(b) >= 4; {
		n := int(binary.LittleEndian.Uint16(b[2:]))
		if n > len(b)-4 {
			break
		}
		if field := b[4 : 4+n]; binary.LittleEndian.Uint16(b) == 0x7075 && len(field) > 5 {
			return strings.ReplaceAll(string(field[5:]), `\`, "/")
		}
		b = b[4+n:]
	}
	return ""
}

// twoNames tells whether the directory calls an entry otherwise than it is
// called where it lies: some programs read the one, some the other.
func (w *walker) twoNames(e end) bool {
	le := binary.LittleEndian
	for at, n := e.at-e.size, 0; at+46 <= e.at && n <= evidence.MaxEntries; n++ {
		h := w.bytes(at, 46)
		if len(h) < 46 || string(h[:4]) != "PK\x01\x02" {
			return false
		}
		length := int(le.Uint16(h[28:]))
		name := w.bytes(at+46, length)
		if local := w.bytes(int64(le.Uint32(h[42:])), 30); len(local) == 30 && string(local[:4]) == "PK\x03\x04" {
			if there := w.bytes(int64(le.Uint32(h[42:]))+30, int(le.Uint16(local[26:]))); !bytes.Equal(there, name) {
				return true
			}
		}
		at += 46 + int64(length) + int64(le.Uint16(h[30:])) + int64(le.Uint16(h[32:]))
	}
	return false
}

func (w *walker) entries(files []*zip.File, names []string, e end) {
	type span struct{ from, to int64 }
	var spans []span
	var unpacked uint64
	for i, f := range files {
		switch kind := f.Mode().Type(); {
		case elsewhere(names[i]), elsewhere(secondName(f)):
			w.refuse(evidence.RefusedActive, "A name in the archive leads out of its folder, or means something else to Windows. Rename it and pack it anew.")
		case kind&^fs.ModeDir != 0:
			w.refuse(evidence.RefusedActive, fault.Textf("%q in the archive is no file, but leads to another. Pack it anew with the files themselves.", path.Base(names[i])))
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
		if s.to > e.at-e.size || (i > 0 && s.from < spans[i-1].to) {
			w.damaged()
			return
		}
	}
	if w.twoNames(e) {
		w.refuse(evidence.RefusedMixed, "A file in the archive has two names. Pack it anew.")
	}
}

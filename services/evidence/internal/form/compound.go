package form

import (
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/duban/duban/services/evidence"
	"github.com/richardlehane/mscfb"
)

// maxMain is how many entries of an old office document may say what it is.
const maxMain = 16

// compound looks through the directory entries of an old office document,
// wherever they lie: they stand at multiples of 128 bytes. Their names know no
// small and large letters.
func (w *walker) compound() string {
	kind, main := "", 0
	h := w.need(0, 512)
	if !w.ok() || (binary.LittleEndian.Uint16(h[30:]) != 9 && binary.LittleEndian.Uint16(h[30:]) != 12) || w.size < 1536 {
		w.damaged()
		return "application/x-ole-storage"
	}
	for at := int64(512); at < w.size && w.ok(); at += 1 << 18 {
		b := w.bytes(at, 1<<18)
		for ; len(b) >= 128; b = b[128:] {
			switch name := strings.ToLower(entryName(b)); name {
			case "":
			case "worddocument", "workbook", "book":
				if main++; main > maxMain {
					w.damaged()
				}
				if first := w.stream(h, b); name == "worddocument" {
					kind = "application/msword"
					w.lock(lockedWord(first))
				} else {
					kind = "application/vnd.ms-excel"
					w.lock(lockedSheet(first))
				}
			case "powerpoint document":
				kind = "application/vnd.ms-powerpoint"
			case "encryptedpackage":
				kind = evidence.Locked
				w.lock(true)
			case "encryptioninfo", "encryptedsummary":
				w.lock(true)
			case "_vba_project", "_vba_project_cur", "vba", "macros":
				w.caution(evidence.WithMacros, "")
			case "\x01ole10native", "\x01ole10itemname", "equation native":
				w.caution(evidence.Objects, "")
			default:
				if strings.HasPrefix(name, "mbd") && len(name) == 11 {
					w.caution(evidence.Objects, "")
				}
			}
		}
	}
	switch kind {
	case "":
		return "application/x-ole-storage" // not taken
	case evidence.Locked:
		if in := w.opened(); in != nil {
			// It is what is in it, and nobody is asked for anything.
			w.cautions = nil
			kind = in.pack()
			w.refusal, w.why, w.cautions = in.refusal, in.why, in.cautions
		}
	case "application/vnd.ms-excel":
		w.macroSheets()
	}
	return kind
}

// macroSheets looks for the macros of Excel before it had others: they stand in
// sheets of their own (BoundSheet8, MS-XLS 2.4.28).
func (w *walker) macroSheets() {
	const bound, filePass = 0x85, 0x2f // behind the latter nothing can be read
	doc, err := mscfb.New(io.NewSectionReader(w.r, 0, w.size))
	if err != nil {
		return
	}
	for f, err := doc.Next(); err == nil; f, err = doc.Next() {
		if name := strings.ToLower(f.Name); name != "workbook" && name != "book" {
			continue
		}
		b, _ := io.ReadAll(io.LimitReader(doc, 1<<20)) // the sheets are named at the beginning
		for len(b) >= 4 {
			kind, length := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
			if kind == filePass {
				return
			}
			if kind == bound && len(b) >= 10 && b[9]&0x0f == 1 {
				w.caution(evidence.WithMacros, "")
			}
			b = b[min(4+length, len(b)):]
		}
	}
}

func (w *walker) lock(locked bool) {
	if locked {
		w.caution(evidence.Encrypted, "")
	}
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
// FilePass is among its first (MS-XLS 2.1.7.20.3). Excel itself sets one that it
// never asks for; see unasked.
func lockedSheet(b []byte) bool {
	const beginning, filePass = 0x0809, 0x2f
	for n := 0; n < 3 && len(b) >= 4; n++ {
		kind, length := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		switch {
		case n == 0 && kind != beginning:
			return false
		case kind == filePass:
			return !unasked(b[4:min(4+length, len(b))])
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

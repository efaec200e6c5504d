package evidence

import (
	"path"
	"slices"
	"strings"

	"github.com/duban/duban/services/internal/fault"
)

// Limits of what is inside files. They are checked before anything is decoded
// or unpacked.
const (
	MaxPixels   = 50_000_000 // of a picture
	MaxFrames   = 500        // of a moving picture
	MaxPicture  = 100 << 20  // bytes of a picture file
	MaxEntries  = 10_000     // of an archive or an office document
	MaxUnpacked = 1 << 30    // bytes that all of them unpack to
	MaxRatio    = 200        // unpacked to packed, from 20 MiB on
	MaxPages    = 2_000      // of a document that is read
)

// Codes of files that are not taken. They are stored with the file.
const (
	refusedType      = "file_type_refused"
	refusedMismatch  = "file_type_mismatch"
	RefusedDamaged   = "file_damaged"
	RefusedLimits    = "file_limits"
	RefusedMixed     = "file_mixed"
	RefusedEncrypted = "file_encrypted"
	RefusedActive    = "file_active"
	refusedInfected  = "file_infected"
)

// endings are the types that are received, each with the endings its names
// may have. What is not named here is refused: programs, pages and drawings
// with scripts above all.
var endings = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"}, "image/png": {".png"}, "image/gif": {".gif"}, "image/webp": {".webp"},
	"image/heic":      {".heic", ".heif", ".hif"},
	"application/pdf": {".pdf"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {".docx", ".wps"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {".xlsx", ".et"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {".pptx", ".dps"},
	"application/ofd":    {".ofd"},
	"application/msword": {".doc", ".wps"}, "application/vnd.ms-excel": {".xls", ".et"}, "application/vnd.ms-powerpoint": {".ppt", ".dps"},
	"text/plain": {".txt", ".csv"}, "text/csv": {".csv", ".txt"},
	"video/mp4": {".mp4", ".m4v"}, "video/quicktime": {".mov", ".qt"},
	"audio/mpeg": {".mp3"}, "audio/mp4": {".m4a", ".mp4"},
	Archive: {".zip"},
	"application/vnd.ms-word.document.macroenabled.12":           {".docm"},
	"application/vnd.ms-excel.sheet.macroenabled.12":             {".xlsm"},
	"application/vnd.ms-powerpoint.presentation.macroenabled.12": {".pptm"},
	Locked: {".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".pptm", ".wps", ".et", ".dps"},
}

// Archive is the type of ZIP files, which a requirement must name to be given them.
const Archive = "application/zip"

// Locked is the type of office documents with a password: which kind of
// document it is, is itself encrypted.
const Locked = "application/x-office-encrypted"

// Caution is something in a file that is taken only where the requirement
// allows it.
type Caution struct {
	Kind string     // WithMacros or Encrypted
	Why  fault.Text // more about it, for where it is not allowed; may be empty
}

// The kinds of cautions, as requirements name them.
const (
	WithMacros = "macros"
	Encrypted  = "encrypted"
)

// cautioned are the codes of files that are refused for a caution.
var cautioned = map[string]string{WithMacros: RefusedActive, Encrypted: RefusedEncrypted}

// Picture tells whether files of a type are pictures.
func Picture(mediaType string) bool { return strings.HasPrefix(mediaType, "image/") }

// Taken tells whether files of a type are received, if nothing is wrong with them.
func Taken(mediaType string) bool {
	_, ok := endings[mediaType]
	return ok
}

// Refuse tells why a file of this name and content is not taken; it returns
// nil when it is. Name, beginning and inner form must say the same, and what
// is in it that wants caution must be among what the requirement allows.
func Refuse(name string, x Examined, allowed []string) *fault.Error {
	if x.Refusal != "" {
		return refused(x.Refusal, x.Why)
	}
	for _, c := range x.Cautions {
		if !slices.Contains(allowed, c.Kind) {
			return refused(cautioned[c.Kind], c.Why)
		}
	}
	ext := strings.ToLower(path.Ext(name))
	base, _, _ := strings.Cut(x.Type, ";")
	may, ok := endings[strings.TrimSpace(base)]
	if !ok || slices.Contains(active, ext) {
		return refused(refusedType, "")
	}
	if ext != "" && !slices.Contains(may, ext) {
		return refused(refusedMismatch, fault.Textf("The name ends in %s, but the content is %s. Give the file the ending %s, or send the right file.", ext, base, may[0]))
	}
	return nil
}

// refusals make the fault of each code, with what is said where no more is known.
var refusals = map[string]func() *fault.Error{
	refusedType: func() *fault.Error {
		return fault.New(fault.Unsupported, refusedType, "Files of this type are not taken. Send pictures (JPEG, PNG, WebP, GIF, HEIC), PDF, OFD, office and WPS documents, text, CSV, MP4, MOV, MP3, M4A or ZIP.")
	},
	refusedMismatch: func() *fault.Error {
		return fault.New(fault.Unsupported, refusedMismatch, "The ending of the name and the content of the file do not agree.")
	},
	RefusedDamaged: func() *fault.Error {
		return fault.New(fault.Invalid, RefusedDamaged, "The file is damaged or cut off. Open it on your device; if it opens there, save it anew and send that.")
	},
	RefusedLimits: func() *fault.Error {
		return fault.New(fault.Invalid, RefusedLimits, "The file holds more than is taken: pictures up to 50 million pixels and 100 MiB, archives up to 10,000 entries and 1 GiB unpacked. Make it smaller.")
	},
	RefusedMixed: func() *fault.Error {
		return fault.New(fault.Unsupported, RefusedMixed, "The file is two kinds of file in one. Save it anew and send that.")
	},
	RefusedEncrypted: func() *fault.Error {
		return fault.New(fault.Unsupported, RefusedEncrypted, "The document is protected by a password, so nobody could review it. Save it without one.")
	},
	refusedInfected: func() *fault.Error {
		return fault.New(fault.Unsupported, refusedInfected, "The virus scanner found malicious software in the file; it was not kept. Have your device looked at, and send the file from a clean one.")
	},
	RefusedActive: func() *fault.Error {
		return fault.New(fault.Unsupported, RefusedActive, "The document contains macros, scripts or programs. Save it without them.")
	},
}

// refused is the fault of a code; why says more when it is known.
func refused(code string, why fault.Text) *fault.Error {
	build, ok := refusals[code]
	if !ok {
		build = refusals[refusedType]
	}
	f := build()
	if why != "" {
		f.Detail = why
	}
	return f
}

// isRefusal tells that err says why a file is not taken.
func isRefusal(err error) bool {
	f := fault.As(err)
	if f == nil {
		return false
	}
	_, ok := refusals[f.Code]
	return ok
}

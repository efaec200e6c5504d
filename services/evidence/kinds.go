package evidence

import (
	"slices"
	"strings"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/filename"
)

// Limits of what is inside files. They are checked before anything is decoded
// or unpacked.
const (
	MaxPixels   = 250_000_000 // of a picture: phones of today make 200 million
	MaxFrames   = 500         // of a moving picture
	MaxPicture  = 100 << 20   // bytes of a picture file
	MaxEntries  = 10_000      // of an archive or an office document
	MaxUnpacked = 1 << 30     // bytes that all of them unpack to
	MaxRatio    = 200         // unpacked to packed, from 20 MiB on
	MaxPages    = 2_000       // of a document that is read
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
// may have, the usual one first. What is not named here is refused: programs,
// pages and drawings with scripts above all.
var endings = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"}, "image/png": {".png"}, "image/gif": {".gif"}, "image/webp": {".webp"},
	"image/heic":      {".heic", ".heif", ".hif"},
	"application/pdf": {".pdf"},
	wordType:          {".docx", ".wps"},
	sheetType:         {".xlsx", ".et"},
	slideType:         {".pptx", ".dps", ".ppsx"},
	"application/ofd": {".ofd"},
	oldWord:           {".doc", ".wps"}, oldSheet: {".xls", ".et"}, oldSlides: {".ppt", ".dps", ".pps"},
	"text/plain": {".txt", ".csv", ".tsv"}, "text/csv": {".csv", ".txt"},
	"video/mp4": {".mp4", ".m4v"}, "video/quicktime": {".mov", ".qt"},
	"audio/mpeg": {".mp3"}, "audio/mp4": {".m4a", ".mp4"},
	Archive: {".zip"},
	"application/vnd.ms-word.document.macroenabled.12":           {".docm"},
	"application/vnd.ms-excel.sheet.macroenabled.12":             {".xlsm"},
	"application/vnd.ms-powerpoint.presentation.macroenabled.12": {".pptm"},
	Locked: {".docx", ".xlsx", ".pptx", ".doc", ".xls", ".ppt", ".docm", ".xlsm", ".pptm", ".wps", ".et", ".dps"},
}

const (
	wordType  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	slideType = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	oldWord   = "application/msword"
	oldSheet  = "application/vnd.ms-excel"
	oldSlides = "application/vnd.ms-powerpoint"
)

// families are types that programs and people take for one another: a name that
// means another one of its family is no lie, and nobody can mend it on a phone.
// The file is taken as it is, and its name gets the right ending.
var families = []struct{ types, endings []string }{
	{
		[]string{"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic"},
		[]string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".heic", ".heif", ".hif", ".heics", ".avif", ".bmp", ".tif", ".tiff"},
	},
	{[]string{wordType, oldWord}, []string{".docx", ".doc", ".wps"}},
	{[]string{sheetType, oldSheet, "text/csv", "text/plain"}, []string{".xlsx", ".xls", ".et", ".csv"}},
	{[]string{slideType, oldSlides}, []string{".pptx", ".ppt", ".dps", ".ppsx", ".pps"}},
	{[]string{"text/plain", "text/csv"}, []string{".txt", ".csv", ".tsv", ".text", ".log", ".md"}},
	{[]string{"video/mp4", "video/quicktime", "audio/mp4"}, []string{".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".m4a"}},
	{[]string{"audio/mpeg", "audio/mp4"}, []string{".mp3", ".m4a", ".mp2", ".mpga"}},
}

// packable are endings of what may lie within an archive or be attached to a
// document, beside those that are received: no computer starts anything by them.
var packable = map[string]bool{}

func init() {
	for _, ends := range endings {
		for _, e := range ends {
			packable[e] = true
		}
	}
	for _, f := range families {
		for _, e := range f.endings {
			packable[e] = true
		}
	}
	for _, e := range strings.Fields(`.aac .ai .amr .asc .avi .caj .ceb .cdr .cer .crt .db .dbf .dib .dot .dotx .dps .ds_store .dwg .dxf .eml .eps .ett .flac .flv
		.geojson .gpx .ics .ini .json .key .kml .log .m4b .mkv .mp .mpeg .mpg .mpp .msg .numbers .odg .odp .ods .odt .ogg .ott .p7b .p7s .pages .pem .pot .potx .prj
		.psd .raw .cr2 .nef .arw .dng .rm .rmvb .rtf .sbn .sbx .shp .shx .sig .srt .step .stp .ttf .otf .ttc .vcf .vob .vsd .vsdx .wav .webm .wma .wmf .wmv .wpt .xlt .xltx .xmind .xml .yaml .yml`) {
		packable[e] = true
	}
	delete(packable, ".zip") // nobody looks into what is packed twice
}

// Packable tells whether a file of this ending may lie within another: the one
// list of what is allowed. None, and one that means nothing to a computer, may.
func Packable(ending string) bool { return ending == "" || packable[ending] }

// Archive is the type of ZIP files, which a requirement must name to be given them.
const Archive = "application/zip"

// Locked is the type of office documents with a password: which kind of
// document it is, is itself encrypted.
const Locked = "application/x-office-encrypted"

// Caution is something in a file that is taken only where the requirement
// allows it.
type Caution struct {
	Kind string
	Why  fault.Text // more about it, for where it is not allowed; may be empty
}

// The kinds of cautions. Macros and passwords are taken only where a requirement
// names them; of the others whoever looks at the file is told.
const (
	WithMacros = "macros"
	Encrypted  = "encrypted"
	Restricted = "restricted" // it opens, but says that it is not to be printed or copied
	Objects    = "objects"    // documents or controls of other programs are embedded in it
	Links      = "links"      // it takes parts of itself from elsewhere when it is opened
	Incomplete = "incomplete" // its end is missing, and all that matters is there
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
// nil when it is. The content decides; the name must mean the same or another of
// its family (see Renamed), and what is in it that wants caution must be among
// what the requirement allows.
func Refuse(name string, x Examined, allowed []string) *fault.Error {
	if x.Refusal != "" {
		return refused(x.Refusal, x.Why)
	}
	for _, c := range x.Cautions {
		if code := cautioned[c.Kind]; code != "" && !slices.Contains(allowed, c.Kind) {
			return refused(code, c.Why)
		}
	}
	ext := filename.Ending(name)
	may, ok := endings[base(x.Type)]
	switch {
	case !ok:
		return refused(refusedType, instead(base(x.Type), ext))
	case ext == "" || slices.Contains(may, ext) || related(base(x.Type), ext):
		return nil
	case received(ext):
		return refused(refusedMismatch, fault.Textf("The name ends in %s, but the content is %s. Give the file the ending %s, or send the right file.", ext, called(may), may[0]))
	}
	return refused(refusedType, fault.Textf("Files whose names end in %s are not taken. If it is really %s inside, give it the ending %s.", ext, called(may), may[0]))
}

// Renamed is the name that a file of a type is kept under: the one it came with,
// with the right ending where it has none or one of another type of its family.
func Renamed(name, mediaType string) string {
	may := endings[base(mediaType)]
	ext := filename.Ending(name)
	switch {
	case len(may) == 0 || slices.Contains(may, ext):
		return name
	case ext == "" && name == CleanName(""):
		return name // it came without any name
	case ext == "":
		return CleanName(name + may[0])
	}
	return CleanName(name[:len(name)-len(ext)] + may[0])
}

// called is what people call a type: PNG, not image/png.
func called(may []string) string { return strings.ToUpper(strings.TrimPrefix(may[0], ".")) }

func base(mediaType string) string {
	b, _, _ := strings.Cut(mediaType, ";")
	return strings.TrimSpace(b)
}

func related(mediaType, ending string) bool {
	for _, f := range families {
		if slices.Contains(f.types, mediaType) && slices.Contains(f.endings, ending) {
			return true
		}
	}
	return false
}

// received tells whether files of an ending are received, if they are what it says.
func received(ending string) bool {
	for _, may := range endings {
		if slices.Contains(may, ending) {
			return true
		}
	}
	return false
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
		return fault.New(fault.Invalid, RefusedLimits, "The file holds more than is taken: pictures up to 250 million pixels and 100 MiB, archives up to 10,000 entries and 1 GiB unpacked. Make it smaller.")
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

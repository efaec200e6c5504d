package evidence

import (
	"slices"
	"strings"

	"github.com/duban/duban/services/internal/fault"
)

// What to send in place of a file that is not taken. Each is a way that leads to
// a file that is.
const (
	asDocument fault.Text = "Documents of this kind are not taken. Open it, save it as DOCX or PDF, and send that."
	asTable    fault.Text = "Tables of this kind are not taken. Open it, save it as XLSX or PDF, and send that."
	asSlides   fault.Text = "Presentations of this kind are not taken. Open it, save it as PPTX or PDF, and send that."
	asPicture  fault.Text = "Pictures of this kind are not taken. Save it as JPEG or PNG, a scan of several pages as PDF, and send that."
	asFilm     fault.Text = "Films of this kind are not taken. Convert it to MP4 and send that."
	asSound    fault.Text = "Recordings of this kind are not taken. Convert it to MP3 or M4A and send that."
	unpacked   fault.Text = "Archives of this kind are not taken. Unpack it and send the files themselves, or pack them as ZIP where an archive is asked for."
	noProgram  fault.Text = "Programs and scripts are not taken. Send a document, a picture or a film."
)

// ways are those that the content of a file tells, by how its type begins.
var ways = []struct {
	say   fault.Text
	types []string
}{
	{asTable, []string{"application/vnd.oasis.opendocument.spreadsheet", "application/vnd.ms-excel.", "application/x-numbers", "application/x-dbf"}},
	{asSlides, []string{"application/vnd.oasis.opendocument.presentation", "application/vnd.ms-powerpoint.", "application/x-keynote"}},
	{noProgram, []string{
		"application/java-archive", "application/jar", "application/vnd.android", "application/x-elf", "application/x-executable", "application/x-mach", "application/vnd.microsoft.portable-executable",
		"application/x-ms-installer", "application/x-msdownload", "application/x-java", "text/x-", "text/javascript", "application/javascript", "application/x-sh", "application/x-ms-shortcut", "text/vbscript",
	}},
	{asDocument, []string{
		"application/vnd.oasis.opendocument", "application/epub", "text/rtf", "application/rtf", "application/x-iwork", "application/x-opc", "application/vnd.ms-word.", "application/vnd.visio",
		"application/vnd.ms-publisher", "application/vnd.ms-outlook", "application/x-mobipocket", "application/vnd.ms-xps", "application/postscript",
	}},
	{unpacked, []string{
		"application/x-rar", "application/vnd.rar", "application/x-7z", "application/gzip", "application/x-gzip", "application/x-tar", "application/x-bzip2", "application/x-xz", "application/zstd",
		"application/vnd.ms-cab", "application/x-archive", "application/x-iso9660",
	}},
	{asPicture, []string{"image/"}}, {asFilm, []string{"video/", "application/vnd.rn-realmedia", "application/x-shockwave"}}, {asSound, []string{"audio/"}},
}

// instead tells what to send in place of a file that is not taken; empty when
// that cannot be told from what it is. Where its content is of several kinds, as
// pages and old compound files are, its ending tells which.
func instead(mediaType, ending string) fault.Text {
	for _, w := range ways {
		if slices.ContainsFunc(w.types, func(t string) bool { return strings.HasPrefix(mediaType, t) }) {
			return w.say
		}
	}
	switch ending {
	case ".xls", ".et", ".xlt", ".ods", ".csv", ".xlsx", ".ett":
		return asTable
	case ".ppt", ".dps", ".pps", ".odp", ".pptx", ".dpt":
		return asSlides
	case ".doc", ".wps", ".rtf", ".odt", ".docx", ".dot", ".wpt", ".pages", ".mht", ".mhtml", ".ceb", ".caj", ".xps", ".pub", ".vsd", ".epub":
		return asDocument
	}
	switch {
	case mediaType == "text/html", mediaType == "text/xml", mediaType == "application/xml", mediaType == "application/x-ole-storage":
		return asDocument
	}
	return ""
}

package rest

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/table"
)

// WorkbookType is the media type of a workbook.
const WorkbookType = table.XLSX

// File answers bytes to be saved under a name; make it with Saved.
type File struct {
	ContentType  string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition" doc:"attachment, with the name as RFC 6266 says" example:"attachment; filename*=UTF-8''table.xlsx"`
	CacheControl string `header:"Cache-Control" doc:"Never kept by anybody on the way" example:"no-store"`
	Body         []byte
}

// Saved is the answer with data of a media type, to be saved under name.
func Saved(name, mediaType string, data []byte) *File {
	return &File{ContentType: mediaType, Disposition: Attachment(filename.Safe(name, filename.Most)), CacheControl: "no-store", Body: data}
}

// Attachment is the Content-Disposition of a file to save: the name in UTF-8
// as RFC 6266 and 8187 say, and a plain one for programs that know neither. A
// name that people gave goes through filename.Safe before.
func Attachment(name string) string {
	stem, ext := filename.Split(name)
	lost := false // letters that the plain name cannot have
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r > 0x7e:
				lost = lost || unicode.IsLetter(r)
				return -1
			case r < 0x20 || strings.ContainsRune(`"\%;/:*?<>|`, r):
				return -1
			}
			return r
		}, s)
	}
	end := plain(ext)
	lost = false
	if stem = plain(stem); lost || strings.Trim(stem, " ._-()") == "" {
		stem = "file"
	}
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, filename.Safe(stem+end, filename.Most), extValue(name))
}

// extValue encodes s as the ext-value of RFC 8187.
func extValue(s string) string {
	// PathEscape leaves some marks alone that RFC 8187 wants encoded.
	return strings.NewReplacer("'", "%27", "(", "%28", ")", "%29", "*", "%2A", ":", "%3A", "=", "%3D", "@", "%40", ",", "%2C", ";", "%3B").
		Replace(url.PathEscape(s))
}

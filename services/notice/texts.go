package notice

import (
	"embed"
	"regexp"
	"strings"
	"time"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/i18n"
)

// Texts holds i18n/zh-CN.json and i18n/en.json: problem codes, "notice.<kind>"
// with {placeholders}, and "why.<code>", why a submission was not taken in.
//
//go:embed i18n/*.json
var Texts embed.FS

var texts = i18n.New(Texts)

var placeholder = regexp.MustCompile(`\{(\w+)\}|\[([^\[\]]*)\]`)

// Render makes the text of a notice in the language that accept, an
// Accept-Language header, asks for. A part in [brackets] is left out when one of
// its placeholders is empty.
func Render(kind string, params map[string]string, accept string) string {
	text, ok := texts.Lookup("notice."+kind, accept)
	if !ok {
		return kind
	}
	s, _ := fill(text, params, accept)
	return s
}

// fill replaces placeholders and tells whether all of them had a value.
// Values are never looked at for placeholders of their own.
func fill(text string, params map[string]string, accept string) (string, bool) {
	whole := true
	s := placeholder.ReplaceAllStringFunc(text, func(m string) string {
		if strings.HasPrefix(m, "[") {
			part, ok := fill(m[1:len(m)-1], params, accept)
			if !ok {
				return ""
			}
			return part
		}
		v := value(m[1:len(m)-1], params, accept)
		if v == "" {
			whole = false
		}
		return v
	})
	return s, whole
}

func value(name string, params map[string]string, accept string) string {
	v := params[name]
	switch {
	case strings.HasSuffix(name, "_at"):
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.In(clock.Shanghai).Format("2006-01-02 15:04")
		}
	case name == "why": // the event's text is the code of it
		s, _ := texts.Lookup("why."+params["text"], accept)
		return s
	case name == "role":
		return words.Of(texts.Language(accept), "role", v)
	}
	return v
}

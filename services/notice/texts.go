package notice

import (
	"embed"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/clock"
)

// Texts holds i18n/zh-CN.json and i18n/en.json: problem codes, "notice.<kind>"
// with {placeholders}, and "role.<role>".
//
//go:embed i18n/*.json
var Texts embed.FS

var texts = map[string]map[string]string{"zh-CN": load("zh-CN"), "en": load("en")}

func load(lang string) map[string]string {
	raw, err := Texts.ReadFile("i18n/" + lang + ".json")
	if err != nil {
		panic(err)
	}
	m := map[string]string{}
	if err := json.Unmarshal(raw, &m); err != nil {
		panic("notice i18n/" + lang + ".json: " + err.Error())
	}
	return m
}

var placeholder = regexp.MustCompile(`\{(\w+)\}|\[([^\[\]]*)\]`)

// Render makes the text of a notice in the language that accept, an
// Accept-Language header, asks for: English when it comes first, otherwise
// Chinese. A part in [brackets] is left out when one of its placeholders is empty.
func Render(kind string, params map[string]string, accept string) string {
	lang := "zh-CN"
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(accept)), "en") {
		lang = "en"
	}
	text, ok := texts[lang]["notice."+kind]
	if !ok {
		return kind
	}
	s, _ := fill(text, params, lang)
	return s
}

// fill replaces placeholders and tells whether all of them had a value.
// Values are never looked at for placeholders of their own.
func fill(text string, params map[string]string, lang string) (string, bool) {
	whole := true
	s := placeholder.ReplaceAllStringFunc(text, func(m string) string {
		if strings.HasPrefix(m, "[") {
			part, ok := fill(m[1:len(m)-1], params, lang)
			if !ok {
				return ""
			}
			return part
		}
		v := value(m[1:len(m)-1], params, lang)
		if v == "" {
			whole = false
		}
		return v
	})
	return s, whole
}

func value(name string, params map[string]string, lang string) string {
	v := params[name]
	switch {
	case strings.HasSuffix(name, "_at"):
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.In(clock.Shanghai).Format("2006-01-02 15:04")
		}
	case name == "role":
		if s, ok := texts[lang]["role."+v]; ok {
			return s
		}
	}
	return v
}

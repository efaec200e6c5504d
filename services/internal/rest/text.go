package rest

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/fault"
)

// plainText refuses control characters in any text of an input, other than
// tab and line breaks: PostgreSQL cannot store a NUL, and the others, as those
// that turn the direction of writing, only mislead whoever reads it later.
func plainText(in any) error {
	if at := control(reflect.ValueOf(in), ""); at != "" {
		return fault.New(fault.Invalid, "invalid_text", "A text contains a control character; remove it.").
			WithField(at, "must not contain control characters", nil)
	}
	return nil
}

// control gives the place of the first text with a control character.
func control(v reflect.Value, at string) string {
	switch v.Kind() {
	case reflect.String:
		if bad(v.String()) {
			return strings.TrimPrefix(at, ".")
		}
	case reflect.Pointer, reflect.Interface:
		return control(v.Elem(), at)
	case reflect.Slice, reflect.Array:
		switch v.Type().Elem().Kind() {
		case reflect.Uint8:
			return "" // a file, not a text
		}
		for i := range v.Len() {
			if p := control(v.Index(i), at+"["+strconv.Itoa(i)+"]"); p != "" {
				return p
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if k.Kind() == reflect.String && bad(k.String()) {
				return strings.TrimPrefix(at, ".")
			}
			if p := control(v.MapIndex(k), at+"."+k.String()); p != "" {
				return p
			}
		}
	case reflect.Struct:
		t := v.Type()
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				continue
			}
			name := at
			if !f.Anonymous {
				name += "." + wireName(f)
			}
			if p := control(v.Field(i), name); p != "" {
				return p
			}
		}
	}
	return ""
}

func wireName(f reflect.StructField) string {
	for _, tag := range []string{"json", "path", "query", "header"} {
		if n, _, _ := strings.Cut(f.Tag.Get(tag), ","); n != "" {
			return n
		}
	}
	return strings.ToLower(f.Name)
}

// bidi are the characters that turn the direction of writing around: a name
// can be made to read as another one with them.
const bidi = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

func bad(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return !utf8.ValidString(s) || strings.ContainsAny(s, bidi)
}

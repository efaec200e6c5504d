package contract

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Schema is a schema of the document, references followed.
func (d *Document) Schema(s map[string]any) map[string]any {
	for {
		ref, ok := s["$ref"].(string)
		if !ok {
			return s
		}
		s, _ = d.schemas[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any)
	}
}

// valid holds v to what the document uses of JSON Schema.
func (d *Document) valid(s map[string]any, v any, at string) error {
	s = d.Schema(s)
	for _, word := range []string{"oneOf", "anyOf"} {
		if all, ok := s[word].([]any); ok {
			var last error
			for _, x := range all {
				m, _ := x.(map[string]any)
				if last = d.valid(m, v, at); last == nil {
					break
				}
			}
			if last != nil {
				return last
			}
		}
	}
	if enum, ok := s["enum"].([]any); ok && !in(enum, v) {
		return fmt.Errorf("%s: %v is not one of %v", at, v, enum)
	}
	kind, _ := s["type"].(string)
	switch v := v.(type) {
	case nil:
		if kind != "" {
			return fmt.Errorf("%s: is null", at)
		}
	case bool:
		return expect(kind == "" || kind == "boolean", at, v, kind)
	case float64:
		return number(s, v, at, kind)
	case string:
		return text(s, v, at, kind)
	case []any:
		return d.list(s, v, at, kind)
	case map[string]any:
		return d.object(s, v, at, kind)
	}
	return nil
}

func expect(ok bool, at string, v any, kind string) error {
	if !ok {
		return fmt.Errorf("%s: %.60v is no %s", at, fmt.Sprint(v), kind)
	}
	return nil
}

func in(enum []any, v any) bool {
	for _, x := range enum {
		if fmt.Sprint(x) == fmt.Sprint(v) {
			return true
		}
	}
	return false
}

// Bound is a number of a schema, as its minimum.
func Bound(s map[string]any, name string) (float64, bool) {
	switch x := s[name].(type) {
	case int:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

func number(s map[string]any, v float64, at, kind string) error {
	if kind != "" && kind != "number" && (kind != "integer" || v != math.Trunc(v)) {
		return expect(false, at, v, kind)
	}
	if low, ok := Bound(s, "minimum"); ok && v < low {
		return fmt.Errorf("%s: %v is below %v", at, v, low)
	}
	if high, ok := Bound(s, "maximum"); ok && v > high {
		return fmt.Errorf("%s: %v is above %v", at, v, high)
	}
	return nil
}

var patterns sync.Map

func text(s map[string]any, v, at, kind string) error {
	if kind != "" && kind != "string" {
		return expect(false, at, v, kind)
	}
	n := float64(utf8.RuneCountInString(v))
	if low, ok := Bound(s, "minLength"); ok && n < low {
		return fmt.Errorf("%s: %v characters, at least %v", at, n, low)
	}
	if high, ok := Bound(s, "maxLength"); ok && n > high {
		return fmt.Errorf("%s: %v characters, at most %v", at, n, high)
	}
	if p, ok := s["pattern"].(string); ok {
		re, ok := patterns.Load(p)
		if !ok {
			re, _ = patterns.LoadOrStore(p, regexp.MustCompile(p))
		}
		if !re.(*regexp.Regexp).MatchString(v) {
			return fmt.Errorf("%s: %.60q does not match %s", at, v, p)
		}
	}
	form := map[any]string{"date": time.DateOnly, "date-time": time.RFC3339}[s["format"]]
	if form != "" {
		if _, err := time.Parse(form, v); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	return nil
}

func (d *Document) list(s map[string]any, v []any, at, kind string) error {
	if kind != "" && kind != "array" {
		return expect(false, at, v, kind)
	}
	if high, ok := Bound(s, "maxItems"); ok && float64(len(v)) > high {
		return fmt.Errorf("%s: %d items, at most %v", at, len(v), high)
	}
	items, ok := s["items"].(map[string]any)
	for i, x := range v {
		if !ok {
			break
		}
		if err := d.valid(items, x, fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) object(s map[string]any, v map[string]any, at, kind string) error {
	if kind != "" && kind != "object" {
		return expect(false, at, v, kind)
	}
	required, _ := s["required"].([]any)
	for _, x := range required {
		if _, ok := v[fmt.Sprint(x)]; !ok {
			return fmt.Errorf("%s: lacks %v", at, x)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for k, x := range v {
		p, ok := properties[k].(map[string]any)
		if !ok {
			switch more := s["additionalProperties"].(type) {
			case bool:
				if !more {
					return fmt.Errorf("%s: has %s", at, k)
				}
				continue
			case map[string]any:
				p = more
			default:
				continue
			}
		}
		if err := d.valid(p, x, at+"."+k); err != nil {
			return err
		}
	}
	return nil
}

package rest

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
)

// cleanTexts puts every text of an input in the form that is kept, see package
// text, and tells what is wrong then: a text that no hand wrote, or one that
// must not be empty and shows nothing. in is a pointer to the input. Fields
// with the format "password" are left as they are.
func cleanTexts(in any) error {
	c := &cleaning{}
	c.value(reflect.ValueOf(in), "", "")
	if c.wrong == nil {
		return nil
	}
	return c.wrong
}

// oneLine are the fields, by their names on the wire, whose texts stand on one
// line wherever they are shown: in lists, headings, notices, names of files.
var oneLine = map[string]bool{
	"account": true, "basis": true, "group": true, "keeper": true, "kind": true, "label": true, "name": true, "person_name": true, "place": true,
	"sector": true, "serial": true, "signatory": true, "theme": true, "title": true,
}

type cleaning struct{ wrong *fault.Error }

func (c *cleaning) refuse(at string, what fault.Text) {
	if c.wrong == nil {
		c.wrong = fault.New(fault.Invalid, "invalid_text", "A text contains a character that is not allowed; see errors for each.")
	}
	c.wrong.WithField(strings.TrimPrefix(at, "."), what, nil)
}

// text is s cleaned, on one line where it is one of a field that has no more.
func (c *cleaning) text(s, at string, tag reflect.StructTag) string {
	if r, broken := text.Broken(s); r == utf8.RuneError {
		c.refuse(at, "a character was lost on the way (�); write it again")
		return s
	} else if broken {
		c.refuse(at, fault.Textf("contains the control character %s; remove it", fmt.Sprintf("U+%04X", r)))
		return s
	}
	if oneLine[fieldName(tag)] {
		return text.Line(s)
	}
	return text.Plain(s)
}

// value cleans what v holds. tag is that of the field v stands in.
func (c *cleaning) value(v reflect.Value, at string, tag reflect.StructTag) {
	switch v.Kind() {
	case reflect.String:
		if tag.Get("format") == "password" {
			return
		}
		was := v.String()
		now := c.text(was, at, tag)
		if now == was {
			return
		}
		v.SetString(now)
		if least, _ := strconv.Atoi(tag.Get("minLength")); least > 0 && utf8.RuneCountInString(now) < least && c.wrong == nil {
			c.wrong = fault.New(fault.Invalid, "invalid", "The request is not valid; see errors for each wrong part.").
				WithField(strings.TrimPrefix(at, "."), fault.Textf("expected at least %d visible characters", least), nil)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c.value(v.Elem(), at, tag)
		}
	case reflect.Interface:
		if !v.IsNil() {
			// What an interface holds cannot be set; a copy can.
			now := reflect.New(v.Elem().Type()).Elem()
			now.Set(v.Elem())
			c.value(now, at, tag)
			v.Set(now)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return // a file, not a text
		}
		for i := range v.Len() {
			c.value(v.Index(i), at+"["+strconv.Itoa(i)+"]", "")
		}
	case reflect.Map:
		c.keyed(v, at)
	case reflect.Struct:
		t := v.Type()
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				continue
			}
			c.value(v.Field(i), placeIn(at, f), f.Tag)
		}
	}
}

// keyed cleans keys and values of a map. Two keys that become one are refused.
func (c *cleaning) keyed(v reflect.Value, at string) {
	for k, x := range maps.Collect(v.Seq2()) {
		key := k
		if k.Kind() == reflect.String {
			key = reflect.New(k.Type()).Elem()
			key.SetString(c.text(k.String(), at, ""))
		}
		now := reflect.New(x.Type()).Elem()
		now.Set(x)
		c.value(now, at+"."+key.String(), "")
		if !key.Equal(k) {
			if v.MapIndex(key).IsValid() {
				c.refuse(at+"."+key.String(), "the key is there twice")
			}
			v.SetMapIndex(k, reflect.Value{})
		}
		v.SetMapIndex(key, now)
	}
}

// fieldName is what a field is called in a body or a query.
func fieldName(tag reflect.StructTag) string {
	for _, of := range []string{"json", "query"} {
		if n, _, _ := strings.Cut(tag.Get(of), ","); n != "" {
			return n
		}
	}
	return ""
}

// placeIn is where the field f of what stands at at is, as callers write it:
// body.title, query.under.
func placeIn(at string, f reflect.StructField) string {
	if f.Anonymous {
		return at
	}
	for _, tag := range []string{"json", "path", "query", "header"} {
		if n, _, _ := strings.Cut(f.Tag.Get(tag), ","); n != "" {
			if tag != "json" {
				n = tag + "." + n
			}
			return at + "." + n
		}
	}
	return at + "." + strings.ToLower(f.Name)
}

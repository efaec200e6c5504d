package fault

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Limits stand once, as tags on what a use case takes in; Check holds them
// wherever it comes from, and the document of the API is made from them:
//
//	limit:"1..200"     characters of a text, items of a list, or a number
//	limit:"..200"      no least one
//	limit:"open|shut"  one of these
//	limit:"1..250?"    the same, and the zero value means that it is not given
//	limit:"flat"       the fields of this part are those of the whole
//	each:"1..64"       what holds for every item of a list of texts
//
// The values of an enumeration are no limit of their own: see ValuesOf. With
// limit:"?" beside them one need not be given.
//
// A pointer that is nil is not given.

// Limit is what one field is held to.
type Limit struct {
	Least, Most *int64
	OneOf       []string
	Optional    bool   // the zero value means that it is not given
	Each        *Limit // of the items of a list
}

// Check tells which fields of v, a struct or a pointer to one, are beyond their
// limits: an Invalid error that names each as v does, in snake case, or nil.
func Check(v any) error {
	f := New(Invalid, "invalid", "The request is not valid; see errors for each wrong part.")
	check(reflect.ValueOf(v), "", f)
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// wrong is how many wrong fields are told.
const wrong = 100

func check(v reflect.Value, at string, f *Error) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			check(v.Elem(), at, f)
		}
	case reflect.Slice, reflect.Array:
		if !holds(v.Type().Elem()) {
			return
		}
		for i := range v.Len() {
			check(v.Index(i), at+"["+strconv.Itoa(i)+"]", f)
		}
	case reflect.Struct:
		for _, x := range LimitsOf(v.Type()) {
			if len(f.Fields) >= wrong {
				return
			}
			// What is embedded as a pointer may be nil.
			value, err := v.FieldByIndexErr(x.index)
			if err != nil {
				continue
			}
			place := x.Place
			if at != "" {
				place = at + "." + x.Place
			}
			if x.Limit.hold(value, place, f) {
				check(value, place, f)
			}
		}
	}
}

// hold tells whether what lies in value is worth looking at.
func (l Limit) hold(value reflect.Value, place string, f *Error) bool {
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return false
		}
		value = value.Elem()
	}
	if l.Optional && value.IsZero() {
		return false
	}
	switch value.Kind() {
	case reflect.String:
		s := value.String()
		n := int64(utf8.RuneCountInString(s))
		switch {
		case l.OneOf != nil && !slices.Contains(l.OneOf, s):
			f.WithField(place, Textf("expected one of %s", strings.Join(l.OneOf, ", ")), cut(s))
		case l.Most != nil && n > *l.Most:
			f.WithField(place, Textf("expected length <= %d", *l.Most), nil)
		case l.Least != nil && int64(utf8.RuneCountInString(strings.TrimSpace(s))) < *l.Least:
			f.WithField(place, Textf("expected at least %d visible characters", *l.Least), nil)
		}
		return false
	case reflect.Slice, reflect.Map:
		n := int64(value.Len())
		switch {
		case l.Most != nil && n > *l.Most:
			f.WithField(place, Textf("expected array length <= %d", *l.Most), nil)
			return false
		case l.Least != nil && n < *l.Least:
			f.WithField(place, Textf("expected array length >= %d", *l.Least), nil)
		}
		if l.Each != nil && value.Kind() == reflect.Slice {
			for i := range value.Len() {
				l.Each.hold(value.Index(i), place+"["+strconv.Itoa(i)+"]", f)
			}
		}
		return true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		l.number(float64(value.Int()), value.Interface(), place, f)
		return false
	case reflect.Float32, reflect.Float64:
		l.number(value.Float(), value.Interface(), place, f)
		return false
	}
	return true
}

func (l Limit) number(n float64, given any, place string, f *Error) {
	switch {
	case l.Most != nil && !(n <= float64(*l.Most)): // neither is what is no number
		f.WithField(place, Textf("expected number <= %v", *l.Most), given)
	case l.Least != nil && n < float64(*l.Least):
		f.WithField(place, Textf("expected number >= %v", *l.Least), given)
	}
}

// cut keeps a text that is too long from being given back at full length.
func cut(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

// LimitedField is a field of a type with what it is held to.
type LimitedField struct {
	Name  string // in Go
	Place string // as Check names it
	Type  reflect.Type
	Limit Limit
	index []int
}

// In is the field of v, an addressable struct of the type.
func (f LimitedField) In(v reflect.Value) reflect.Value {
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v
}

var limits sync.Map // of []LimitedField by reflect.Type

// LimitsOf are the fields of t, a struct, in their order; those of embedded and
// of flat parts are its own. It panics on a tag that it cannot read.
func LimitsOf(t reflect.Type) []LimitedField {
	if known, ok := limits.Load(t); ok {
		return known.([]LimitedField)
	}
	var xs []LimitedField
	for i := range t.NumField() {
		f := t.Field(i)
		inner := f.Type
		if f.Anonymous && inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && (f.Anonymous || f.Tag.Get("limit") == "flat") {
			for _, x := range LimitsOf(inner) {
				x.index = append([]int{i}, x.index...)
				xs = append(xs, x)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		l := parse(t, f, f.Tag.Get("limit"))
		if each := f.Tag.Get("each"); each != "" {
			l.Each = new(parse(t, f, each))
		}
		if values := ValuesOf(f); values != nil && f.Type.Kind() == reflect.Slice {
			l.Each = &Limit{OneOf: values}
		} else if values != nil {
			l.OneOf = values
		}
		xs = append(xs, LimitedField{Name: f.Name, Place: Snake(f.Name), Type: f.Type, Limit: l, index: []int{i}})
	}
	known, _ := limits.LoadOrStore(t, xs)
	return known.([]LimitedField)
}

func parse(t reflect.Type, f reflect.StructField, tag string) (l Limit) {
	rule, optional := strings.CutSuffix(tag, "?")
	l.Optional = optional
	least, most, span := strings.Cut(rule, "..")
	if !span {
		if rule != "" {
			l.OneOf = strings.Split(rule, "|")
		}
		return l
	}
	for _, x := range []struct {
		text string
		to   **int64
	}{{least, &l.Least}, {most, &l.Most}} {
		if x.text == "" {
			continue
		}
		n, err := strconv.ParseInt(x.text, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("%s.%s: the limit %q cannot be read", t, f.Name, tag))
		}
		*x.to = &n
	}
	return l
}

// holds tells whether values of t can have fields with limits.
func holds(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Interface
}

// Snake is a name of Go as it is written in snake case: UnitIDs is unit_ids.
func Snake(name string) string {
	var b strings.Builder
	rs := []rune(strings.ReplaceAll(name, "IDs", "Ids"))
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

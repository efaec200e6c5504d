package rest

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// datesInBounds refuses days, months and times of an input, wherever they stand
// in it, that lie outside of what clock takes: nobody means them, and neither
// the databases nor the arithmetic of deadlines can do without an end.
func datesInBounds(in any) error {
	if at, value := outside(reflect.ValueOf(in), "", ""); at != "" {
		return fault.BadField(at, clock.Bounds, value)
	}
	return nil
}

// outside gives the place of the first date out of bounds, and what stands
// there. form says what a text is to be, by the tags of its field.
func outside(v reflect.Value, at, form string) (place, value string) {
	here := strings.TrimPrefix(at, ".")
	switch x := v.Interface().(type) {
	case time.Time:
		if !x.IsZero() && !clock.InBounds(x) {
			return here, x.Format(time.RFC3339)
		}
		return "", ""
	case DueOn:
		if x.outside {
			return here, ""
		}
		return "", ""
	}
	switch v.Kind() {
	case reflect.String:
		if form != "" && v.String() != "" && !dayInBounds(v.String(), form) {
			return here, v.String()
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return outside(v.Elem(), at, form)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return "", ""
		}
		for i := range v.Len() {
			if p, x := outside(v.Index(i), at+"["+strconv.Itoa(i)+"]", form); p != "" {
				return p, x
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if p, x := outside(v.MapIndex(k), at+"."+k.String(), form); p != "" {
				return p, x
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			if p, x := outside(v.Field(i), placeIn(at, f), formOf(f)); p != "" {
				return p, x
			}
		}
	}
	return "", ""
}

// formOf tells whether the tags of a field say that it is a day or a month.
func formOf(f reflect.StructField) string {
	if f.Tag.Get("patternDescription") == "a month" {
		return "2006-01"
	}
	if f.Tag.Get("format") == "date" {
		return time.DateOnly
	}
	return ""
}

// dayInBounds leaves what is no date at all to the schema.
func dayInBounds(s, form string) bool {
	t, err := time.ParseInLocation(form, s, clock.Shanghai)
	return err != nil || clock.InBounds(t)
}

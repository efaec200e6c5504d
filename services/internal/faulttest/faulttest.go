// Package faulttest calls use cases with inputs that are beyond their limits.
package faulttest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/fault"
)

// Beyond calls a use case with an input in which one field after the other is
// beyond its limit by one, and fails the test unless each is refused as invalid
// under the name of that field. The use case may be that of a service without a
// store: what is beyond a limit is refused before anything is read or kept.
func Beyond[I any](t *testing.T, call func(I) error) {
	t.Helper()
	n := 0
	vary(reflect.TypeFor[I](), "", func(place string, put func(reflect.Value)) {
		n++
		var in I
		put(reflect.ValueOf(&in).Elem())
		f := fault.As(called(call, in))
		if f == nil || f.Kind != fault.Invalid || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Location == place }) {
			t.Errorf("%T with %s beyond its limit: %+v", in, place, f)
		}
	})
	if n == 0 {
		t.Errorf("%s has no limits", reflect.TypeFor[I]())
	}
}

func called[I any](call func(I) error, in I) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panicked: %v", p)
		}
	}()
	return call(in)
}

// vary has each told every way in which a value of t can be beyond a limit:
// the place, and what puts it there.
func vary(t reflect.Type, at string, each func(place string, put func(reflect.Value))) {
	for _, x := range fault.LimitsOf(t) {
		place := at + x.Place
		wrong := func(bad reflect.Value) {
			each(place, func(v reflect.Value) { given(x.In(v)).Set(bad) })
		}
		kind := pointed(x.Type)
		switch kind.Kind() {
		case reflect.Slice:
			if x.Limit.Most != nil {
				wrong(reflect.MakeSlice(kind, int(*x.Limit.Most)+1, int(*x.Limit.Most)+1))
			}
			if x.Limit.Least != nil && !x.Limit.Optional {
				wrong(reflect.MakeSlice(kind, 0, 0))
			}
			one := func(put func(reflect.Value)) func(reflect.Value) {
				return func(v reflect.Value) {
					list := reflect.MakeSlice(kind, 1, 1)
					put(list.Index(0))
					given(x.In(v)).Set(list)
				}
			}
			if x.Limit.Each != nil {
				for _, bad := range beyond(kind.Elem(), *x.Limit.Each) {
					each(place+"[0]", one(func(v reflect.Value) { v.Set(bad) }))
				}
			}
			if kind.Elem().Kind() == reflect.Struct {
				vary(kind.Elem(), place+"[0].", func(p string, put func(reflect.Value)) { each(p, one(put)) })
			}
		case reflect.Struct:
			vary(kind, place+".", func(p string, put func(reflect.Value)) {
				each(p, func(v reflect.Value) { put(given(x.In(v))) })
			})
		default:
			for _, bad := range beyond(kind, x.Limit) {
				wrong(bad)
			}
		}
	}
}

// beyond are values of t that l does not let pass.
func beyond(t reflect.Type, l fault.Limit) (bad []reflect.Value) {
	add := func(v any) { bad = append(bad, reflect.ValueOf(v).Convert(t)) }
	switch {
	case t.Kind() == reflect.String && l.OneOf != nil:
		add(l.OneOf[0] + "x")
	case t.Kind() == reflect.String:
		if l.Most != nil {
			add(strings.Repeat("长", int(*l.Most)+1))
		}
		if l.Least != nil && *l.Least > 0 {
			add(strings.Repeat(" ", int(*l.Least)))
		}
	default:
		if l.Most != nil {
			add(*l.Most + 1)
		}
		if l.Least != nil && (*l.Least != 1 || !l.Optional) {
			add(*l.Least - 1)
		}
	}
	return bad
}

func pointed(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// given is what v points to, made where there is nothing.
func given(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	return v
}

package fault

import "reflect"

// Enumeration is a type of text that has these values and no others. Check
// holds fields of it to them, and the document of the API has them from there.
// Its zero value is used to ask.
type Enumeration interface{ Values() []string }

// Values are those of an enumeration as its method answers them.
func Values[T ~string](vs ...T) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = string(v)
	}
	return out
}

// ValuesOf are the values of a type that is an enumeration, nil for any other.
func ValuesOf(t reflect.Type) []string {
	if t.Kind() == reflect.String && t.Implements(reflect.TypeFor[Enumeration]()) {
		return reflect.Zero(t).Interface().(Enumeration).Values()
	}
	return nil
}

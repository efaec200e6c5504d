package fault

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/duban/duban/api/words"
)

// ValuesOf are the values that a field may have, in their order, nil where it is
// of no enumeration. Enumerations have one home, api/words; a field, of a use
// case as of an answer, tells by its tags which values are its own:
//
//	words:"state.campaign"                       all of that enumeration
//	words:"state.campaign" only:"active,closed"  these of them
//	words:"state.campaign" except:"draft"        all but these
//
// It panics on an enumeration or a value that api/words does not have, and on a
// field that is neither a text nor a list of texts.
func ValuesOf(f reflect.StructField) []string {
	name, ok := f.Tag.Lookup("words")
	if !ok {
		return nil
	}
	inner := f.Type
	for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
		inner = inner.Elem()
	}
	if inner.Kind() != reflect.String {
		panic(fmt.Sprintf("%s has the words of %s and is no text", f.Name, name))
	}
	values := words.Values(name)
	named := func(tag string) (vs []string, ok bool) {
		list, ok := f.Tag.Lookup(tag)
		if !ok {
			return nil, false
		}
		vs = strings.Split(list, ",")
		for _, v := range vs {
			if !slices.Contains(values, v) {
				panic(fmt.Sprintf("%s has %s:%q, and %s has no %s", f.Name, tag, list, name, v))
			}
		}
		return vs, true
	}
	only, some := named("only")
	except, _ := named("except")
	return slices.DeleteFunc(values, func(v string) bool {
		return some && !slices.Contains(only, v) || slices.Contains(except, v)
	})
}

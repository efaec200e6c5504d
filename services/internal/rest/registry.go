package rest

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/fault"
)

// registry keeps the schemas of the document. Unlike huma's own it knows
// enumerations: see fault.ValuesOf.
type registry struct {
	schemas map[string]*huma.Schema
	types   map[string]reflect.Type
}

const refs = "#/components/schemas/"

func newRegistry() *registry {
	return &registry{map[string]*huma.Schema{}, map[string]reflect.Type{}}
}

// Schema implements huma.Registry.
func (r *registry) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	inner := t
	for inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	if inner.Kind() != reflect.Struct || ownSchema(inner) || inner.PkgPath() == "time" {
		return huma.SchemaFromType(r, t)
	}
	name := nameSchema(inner, hint)
	if was, ok := r.types[name]; ok && was != inner {
		panic(fmt.Sprintf("two types have the schema %s: %s and %s", name, was, inner))
	} else if !ok {
		// Known before it is made, because it may contain itself.
		r.schemas[name], r.types[name] = &huma.Schema{}, inner
		s := huma.SchemaFromType(r, inner)
		for _, f := range fieldsOf(inner) {
			enumerate(s.Properties[f.json], f.StructField)
		}
		r.schemas[name] = s
	}
	if allowRef {
		return &huma.Schema{Ref: refs + name}
	}
	return r.schemas[name]
}

// SchemaFromRef implements huma.Registry.
func (r *registry) SchemaFromRef(ref string) *huma.Schema { return r.schemas[nameOf(ref)] }

// TypeFromRef implements huma.Registry.
func (r *registry) TypeFromRef(ref string) reflect.Type { return r.types[nameOf(ref)] }

// Map implements huma.Registry.
func (r *registry) Map() map[string]*huma.Schema { return r.schemas }

// RegisterTypeAlias implements huma.Registry; nobody has an alias here.
func (r *registry) RegisterTypeAlias(t, _ reflect.Type) { panic("an alias of " + t.String()) }

// MarshalJSON implements json.Marshaler.
func (r *registry) MarshalJSON() ([]byte, error) { return json.Marshal(r.schemas) }

// enumerate gives the schema of a field the values that it may have.
func enumerate(s *huma.Schema, f reflect.StructField) {
	values := fault.ValuesOf(f)
	if values == nil {
		return
	}
	if _, ok := f.Tag.Lookup("enum"); ok {
		panic(f.Name + " has values of its own beside those of api/words")
	}
	one := s
	for one.Type == huma.TypeArray {
		one = one.Items
	}
	one.Enum = anyOf(values)
	s.PrecomputeMessages()
}

func nameOf(ref string) string {
	if len(ref) < len(refs) {
		return ""
	}
	return ref[len(refs):]
}

func anyOf(values []string) []any {
	xs := make([]any, len(values))
	for i, v := range values {
		xs[i] = v
	}
	return xs
}

package rest

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/fault"
)

// registry keeps the schemas of the document. Unlike huma's own it knows
// enumerations: see fault.Enumeration.
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
	if values := fault.ValuesOf(inner); values != nil {
		s := &huma.Schema{Type: huma.TypeString, Nullable: t != inner, Enum: anyOf(values)}
		s.PrecomputeMessages()
		return s
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
		r.schemas[name] = huma.SchemaFromType(r, inner)
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

package rest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/fault"
)

// A limit has one home, the type that the use case takes in: see fault.Check.
// The document gets it from there, field by field of the same name in Go, and a
// wrong field that a use case names is told as the caller wrote it.

// tagsOfLimits are those that no field of a body has: its limit would be known
// at this door only.
var tagsOfLimits = []string{"minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "words", "pattern"}

// limit gives the schema of a body what the fields of input are held to. It
// panics where the two do not agree.
func (g *Group) limit(op Op, in reflect.Type) {
	body, ok := in.FieldByName("Body")
	switch {
	case op.Input == nil && ok && slices.ContainsFunc(fieldsOf(bare(body.Type)), wireField.limited):
		panic("operation " + op.ID + " has no Input: what its body may hold would be known at this door only")
	case op.Input == nil:
		return
	case !ok:
		panic("operation " + op.ID + " has an Input and no body")
	}
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Sprintf("operation %s: %v", op.ID, p))
		}
	}()
	r := g.api.huma.OpenAPI().Components.Schemas
	limitType(r, body.Type, reflect.TypeOf(op.Input))
}

func limitType(r huma.Registry, wire, domain reflect.Type) {
	wire, domain = bare(wire), bare(domain)
	schema := r.Schema(wire, false, "")
	limits := fault.LimitsOf(domain)
	for _, f := range fieldsOf(wire) {
		if !f.limited() {
			continue
		}
		for _, tag := range tagsOfLimits {
			if _, ok := f.Tag.Lookup(tag); ok {
				panic(fmt.Sprintf("%s.%s has a limit of its own, %s; it belongs into %s", wire, f.Name, tag, domain))
			}
		}
		i := slices.IndexFunc(limits, func(x fault.LimitedField) bool { return x.Name == f.Name })
		if i < 0 {
			panic(fmt.Sprintf("%s.%s stands for nothing in %s", wire, f.Name, domain))
		}
		l, p := limits[i].Limit, schema.Properties[f.json]
		if f.inner.Kind() == reflect.Struct {
			limitType(r, f.Type, limits[i].Type)
		}
		limitSchema(p, l)
		if unlimited(p) {
			panic(fmt.Sprintf("%s.%s has no limit", domain, f.Name))
		}
	}
	schema.PrecomputeMessages()
}

func limitSchema(s *huma.Schema, l fault.Limit) {
	number := func(n *int64) *float64 {
		if n == nil {
			return nil
		}
		return ptr(float64(*n))
	}
	whole := func(n *int64) *int {
		if n == nil {
			return nil
		}
		return ptr(int(*n))
	}
	switch s.Type {
	case huma.TypeString:
		s.MinLength, s.MaxLength = whole(l.Least), whole(l.Most)
	case huma.TypeArray:
		s.MinItems, s.MaxItems = whole(l.Least), whole(l.Most)
		if l.Each != nil {
			limitSchema(s.Items, *l.Each)
		}
	case huma.TypeInteger, huma.TypeNumber:
		s.Minimum, s.Maximum = number(l.Least), number(l.Most)
	}
	if l.OneOf != nil {
		s.Enum = anyOf(l.OneOf)
	}
	s.PrecomputeMessages()
}

// unlimited tells whether what a caller gives there may be of any size.
func unlimited(s *huma.Schema) bool {
	switch s.Type {
	case huma.TypeString:
		return s.MaxLength == nil && s.Enum == nil && !strings.HasPrefix(s.Format, "date")
	case huma.TypeArray:
		return s.MaxItems == nil || unlimited(s.Items)
	case huma.TypeInteger:
		return s.Maximum == nil
	}
	return false
}

// wireField is a field of a body.
type wireField struct {
	reflect.StructField
	json  string
	inner reflect.Type // without pointers and lists
}

// limited tells whether there is anything to limit: not where it is yes or no,
// or a type that reads itself, as a day.
func (f wireField) limited() bool { return f.inner.Kind() != reflect.Bool && !ownSchema(f.inner) }

// fieldsOf are the fields of a struct as they are written, those of what it
// embeds among them.
func fieldsOf(t reflect.Type) []wireField {
	var fs []wireField
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			fs = append(fs, fieldsOf(bare(f.Type))...)
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && name != "" && name != "-" {
			fs = append(fs, wireField{f, name, bare(f.Type)})
		}
	}
	return fs
}

// bare is t without pointers and lists.
func bare(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

func ownSchema(t reflect.Type) bool {
	provider := reflect.TypeFor[huma.SchemaProvider]()
	return t.Implements(provider) || reflect.PointerTo(t).Implements(provider)
}

// locate names the wrong fields of a fault as the caller wrote them: a use case
// knows its own names only, and not whether they came in the body or in the
// address, and the whole by no name. What it names in another way stays.
func locate(err error, in reflect.Type, input any) {
	f := fault.As(err)
	if f == nil {
		return
	}
	var wire reflect.Type
	if body, ok := in.FieldByName("Body"); ok {
		wire = bare(body.Type)
	}
	for i, x := range f.Fields {
		if input != nil {
			if at, ok := placed(wire, reflect.TypeOf(input), x.Location); ok {
				f.Fields[i].Location = "body." + at
				continue
			}
		}
		if x.Location == "" && wire != nil {
			f.Fields[i].Location = "body"
			continue
		}
		name := x.Location
		name, _, _ = strings.Cut(name, " or ") // any one of several
		if end := strings.IndexAny(name, ".["); end >= 0 {
			name = name[:end]
		}
		switch {
		case wire != nil && wire.Kind() == reflect.Struct && slices.ContainsFunc(fieldsOf(wire), func(w wireField) bool { return w.json == name }):
			f.Fields[i].Location = "body." + x.Location
		case slices.ContainsFunc(reflect.VisibleFields(in), func(p reflect.StructField) bool { return p.Tag.Get("query") == name }):
			f.Fields[i].Location = "query." + x.Location
		}
	}
}

// placed is at, a place in domain, as a place in wire.
func placed(wire, domain reflect.Type, at string) (string, bool) {
	var place []string
	for part := range strings.SplitSeq(at, ".") {
		name, index, _ := strings.Cut(part, "[")
		if wire, domain = bare(wire), bare(domain); wire.Kind() != reflect.Struct || domain.Kind() != reflect.Struct {
			return "", false
		}
		limits, fields := fault.LimitsOf(domain), fieldsOf(wire)
		i := slices.IndexFunc(limits, func(x fault.LimitedField) bool { return x.Place == name })
		if i < 0 {
			return "", false
		}
		j := slices.IndexFunc(fields, func(x wireField) bool { return x.Name == limits[i].Name })
		if j < 0 {
			return "", false
		}
		part = fields[j].json
		if index != "" {
			part += "[" + index
		}
		place, wire, domain = append(place, part), fields[j].inner, limits[i].Type
	}
	return strings.Join(place, "."), true
}

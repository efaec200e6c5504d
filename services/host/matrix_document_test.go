package host_test

import (
	"context"
	"crypto/rand"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/policy/policytest"
	"github.com/duban/duban/services/host"
	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"
)

// operation is one of the OpenAPI document, with its row of the matrix.
type operation struct {
	ID         string `yaml:"operationId"`
	Resource   string `yaml:"x-duban-resource"`
	Action     string `yaml:"x-duban-action"`
	Security   []any  `yaml:"security"`
	Parameters []struct {
		Name     string `yaml:"name"`
		In       string `yaml:"in"`
		Required bool   `yaml:"required"`
		Example  any    `yaml:"example"`
		Schema   struct {
			Enum []any `yaml:"enum"`
		} `yaml:"schema"`
	} `yaml:"parameters"`
	RequestBody struct {
		Content map[string]struct {
			Example any `yaml:"example"`
			Schema  struct {
				Examples []any `yaml:"examples"`
			} `yaml:"schema"`
		} `yaml:"content"`
	} `yaml:"requestBody"`

	method, path string
	row          *policytest.Row
	file         *policytest.File
}

// operations reads the document and the matrix. Every operation must have a
// row, every row an operation, and both must name the same right.
func operations(t testing.TB) []*operation {
	t.Helper()
	raw, err := host.OpenAPI(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]*operation `yaml:"paths"`
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	files, err := policytest.Read("../../policy/testdata")
	if err != nil {
		t.Fatal(err)
	}
	var ops []*operation
	for path, methods := range doc.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			ops = append(ops, op)
			for _, f := range files {
				if r := f.Operations[op.ID]; r != nil {
					op.row, op.file = r, f
				}
			}
			if op.row == nil {
				t.Errorf("%s (%s %s) has no row in policy/testdata", op.ID, op.method, path)
				continue
			}
			if op.row.Resource != op.Resource || op.row.Action != op.Action {
				t.Errorf("%s: the document says it needs %q %q, its row %q %q", op.ID, op.Resource, op.Action, op.row.Resource, op.row.Action)
			}
			if public := len(op.Security) == 0; public != op.row.Public {
				t.Errorf("%s: public is %v in the document, %v in its row", op.ID, public, op.row.Public)
			}
		}
	}
	for _, f := range files {
		for id := range f.Operations {
			if !slices.ContainsFunc(ops, func(o *operation) bool { return o.ID == id }) {
				t.Errorf("policy/testdata/%s.yaml: there is no operation %s", f.Service, id)
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	slices.SortFunc(ops, func(a, b *operation) int { return strings.Compare(a.ID, b.ID) })
	return ops
}

func byID(ops []*operation, id string) *operation {
	i := slices.IndexFunc(ops, func(o *operation) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return ops[i]
}

// values are what $name stands for in a row, for one thing.
func (w *world) values(th *thing) map[string]string {
	v := map[string]string{
		"$uuid": uuid.Must(uuid.NewV7()).String(), "$fresh": strings.ToLower("n" + rand.Text()), "$root": w.root,
		"$leaf": w.places["V12"].id, "$spare": w.people["spare-1"].id,
	}
	// Where a row names a part of the thing, that the thing may not have.
	for _, part := range []string{"$measure", "$stage", "$requirement"} {
		v[part] = uuid.Must(uuid.NewV7()).String()
	}
	if th == nil {
		return v
	}
	u := w.places[th.place]
	v["$id"], v["$unit"], v["$metadata"] = th.id, u.id, metadata("a.txt", u.id)
	at := "C"
	if within(u.path, w.places["D"].path) {
		at = "D"
	}
	v["$campaign"] = w.of("campaign", at).id
	for k, x := range th.props {
		v["$"+k] = x
	}
	return v
}

// unknown is a thing like th that does not exist.
func unknown(v map[string]string) map[string]string {
	out := maps.Clone(v)
	for _, k := range []string{"$id", "$unit"} {
		out[k] = uuid.Must(uuid.NewV7()).String()
	}
	out["$metadata"] = metadata("a.txt", out["$unit"])
	return out
}

// request fills an operation in.
func (o *operation) request(v map[string]string) (path string, header map[string]string, body any) {
	path, header = o.path, map[string]string{}
	query := url.Values{}
	for _, p := range o.Parameters {
		switch {
		case p.In == "path":
			x := "$id"
			if given, ok := o.row.Path[p.Name]; ok {
				x = given
			}
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(fill(x, v).(string)))
		case p.In == "header" && p.Required:
			header[p.Name], _ = p.Example.(string)
			if header[p.Name] == "" && p.Name == "Tus-Resumable" {
				header[p.Name] = "1.0.0"
			}
		}
	}
	for k, x := range o.row.Query {
		query.Set(k, fill(x, v).(string))
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	for mediaType, m := range o.RequestBody.Content {
		if m.Example == nil && len(o.RequestBody.Content) > 1 {
			continue // one of several types has the example
		}
		header["Content-Type"] = mediaType
		body = m.Example
		if body == nil && len(m.Schema.Examples) > 0 {
			body = m.Schema.Examples[0]
		}
		if example, ok := body.(map[string]any); ok || mediaType == "application/json" {
			merged := maps.Clone(example)
			if merged == nil {
				merged = map[string]any{}
			}
			for k, x := range o.row.Body {
				merged[k] = fill(x, v)
			}
			body = merged
		} else if body == nil {
			body = "hello world"
		}
	}
	for k, x := range o.row.Header {
		header[k] = fill(x, v).(string)
	}
	return path, header, body
}

// fill puts the properties of a thing in for their names.
func fill(x any, v map[string]string) any {
	switch x := x.(type) {
	case string:
		if s, ok := v[x]; ok {
			return s
		}
		return x
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = fill(x[i], v)
		}
		return out
	}
	return x
}

// Package contract holds answers to the OpenAPI document: tests ask it of every
// answer that they get. It knows the document as a client does, and nothing of
// the types that it was made from.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Document is an OpenAPI document.
type Document struct {
	operations []Operation
	schemas    map[string]any
}

// Operation is one of a document.
type Operation struct {
	ID, Method, Path string
	Raw              map[string]any // as it stands in the document
	parts            []string
}

// Answer is what came back for a request.
type Answer struct {
	Method, Path string // the path as it was sent, without the query
	Status       int
	Header       http.Header
	Body         []byte
}

// Of is the answer r, whose body was read.
func Of(r *http.Response, body []byte) Answer {
	return Answer{Method: r.Request.Method, Path: r.Request.URL.EscapedPath(), Status: r.StatusCode, Header: r.Header, Body: body}
}

// Read reads a document in YAML or JSON.
func Read(raw []byte) (*Document, error) {
	var doc struct {
		Paths      map[string]map[string]map[string]any `json:"paths" yaml:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas" yaml:"schemas"`
		} `json:"components" yaml:"components"`
	}
	read := yaml.Unmarshal
	if bytes.HasPrefix(raw, []byte("{")) { // a tenth of the time
		read = func(raw []byte, to any) error { return json.Unmarshal(raw, to) }
	}
	if err := read(raw, &doc); err != nil {
		return nil, err
	}
	d := &Document{schemas: doc.Components.Schemas}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			id, _ := o["operationId"].(string)
			d.operations = append(d.operations, Operation{id, strings.ToUpper(method), path, o, strings.Split(path, "/")})
		}
	}
	slices.SortFunc(d.operations, func(a, b Operation) int { return strings.Compare(a.ID, b.ID) })
	return d, nil
}

// Operations are all of the document, by their ids.
func (d *Document) Operations() []Operation { return d.operations }

// find is the operation of a request; names in a path win over parameters.
func (d *Document) find(method, path string) *Operation {
	parts := strings.Split(path, "/")
	var best *Operation
	literal := -1
	for i, o := range d.operations {
		if o.Method != method || len(o.parts) != len(parts) {
			continue
		}
		n := 0
		for j, p := range o.parts {
			switch {
			case strings.HasPrefix(p, "{") && parts[j] != "":
			case p == parts[j]:
				n++
			default:
				n = -len(parts) - 1
			}
		}
		if n > literal {
			best, literal = &d.operations[i], n
		}
	}
	switch {
	case best == nil && method == http.MethodHead:
		return d.find(http.MethodGet, path)
	case best == nil && method == http.MethodOptions && len(parts) > 4 && parts[len(parts)-1] != "": // of one thing, as of all of them
		return d.find(method, path[:strings.LastIndexByte(path, '/')])
	}
	return best
}

// Check tells what is wrong with an answer; nil when the document has it so.
// Paths outside of the API are no part of it.
func (d *Document) Check(a Answer) error {
	if a.Path != "/api" && !strings.HasPrefix(a.Path, "/api/") {
		return nil
	}
	op := d.find(a.Method, a.Path)
	if op != nil && a.Status >= 400 && len(op.parts) != strings.Count(a.Path, "/")+1 {
		op = nil
	}
	if op == nil {
		if a.Status < 400 || a.Status >= 500 {
			return fmt.Errorf("no operation is %s %s, and it answers %d", a.Method, a.Path, a.Status)
		}
		return d.problem(a)
	}
	responses, _ := op.Raw["responses"].(map[string]any)
	response, ok := responses[strconv.Itoa(a.Status)].(map[string]any)
	if !ok {
		return fmt.Errorf("%s: the document does not know the status %d", op.ID, a.Status)
	}
	if a.Method == http.MethodHead || a.Status == http.StatusNotModified || a.Status == http.StatusNoContent {
		return nil
	}
	content, _ := response["content"].(map[string]any)
	if len(a.Body) == 0 && len(content) == 0 {
		return nil
	}
	given := a.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(given)
	if err != nil {
		return fmt.Errorf("%s: %d has Content-Type %q", op.ID, a.Status, given)
	}
	described, ok := content[media].(map[string]any)
	if !ok {
		if described, ok = content["*/*"].(map[string]any); !ok {
			return fmt.Errorf("%s: the document does not know %s for %d", op.ID, media, a.Status)
		}
	}
	schema, _ := described["schema"].(map[string]any)
	switch {
	case media == "text/event-stream":
		return nil // of which only the beginning is read
	case media == "application/json" || strings.HasSuffix(media, "+json"):
		if cache := a.Header.Get("Cache-Control"); !strings.Contains(cache, "no-store") {
			return fmt.Errorf("%s: %d is JSON and Cache-Control is %q", op.ID, a.Status, cache)
		}
		if schema["format"] == "binary" {
			return nil
		}
		var v any
		if err := json.Unmarshal(a.Body, &v); err != nil {
			return fmt.Errorf("%s: %d: %w", op.ID, a.Status, err)
		}
		if err := d.valid(schema, v, "body"); err != nil {
			return fmt.Errorf("%s: %d: %w", op.ID, a.Status, err)
		}
	}
	return nil
}

func (d *Document) problem(a Answer) error {
	if a.Method == http.MethodHead {
		return nil
	}
	var v any
	if err := json.NewDecoder(bytes.NewReader(a.Body)).Decode(&v); err != nil || a.Header.Get("Content-Type") != "application/problem+json" {
		return fmt.Errorf("%s %s: %d is no problem: %.200s", a.Method, a.Path, a.Status, a.Body)
	}
	return d.valid(map[string]any{"$ref": "#/components/schemas/Problem"}, v, "body")
}

package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/bustest"
	"go.yaml.in/yaml/v3"
)

// document is what the rules below look at of openapi.yaml.
type document struct {
	Paths map[string]map[string]struct {
		ID          string   `yaml:"operationId"`
		Summary     string   `yaml:"summary"`
		Description string   `yaml:"description"`
		Tags        []string `yaml:"tags"`
		Parameters  []struct {
			Name        string `yaml:"name"`
			Description string `yaml:"description"`
			Example     any    `yaml:"example"`
			Schema      struct {
				Type     string `yaml:"type"`
				Enum     []any  `yaml:"enum"`
				Examples []any  `yaml:"examples"`
			} `yaml:"schema"`
		} `yaml:"parameters"`
		RequestBody struct {
			Content map[string]struct {
				Example any `yaml:"example"`
				Schema  struct {
					Ref string `yaml:"$ref"`
				} `yaml:"schema"`
			} `yaml:"content"`
		} `yaml:"requestBody"`
		Responses map[string]struct {
			Content map[string]struct {
				Schema struct {
					Ref string `yaml:"$ref"`
				} `yaml:"schema"`
			} `yaml:"content"`
		} `yaml:"responses"`
	} `yaml:"paths"`
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any `yaml:"properties"`
		} `yaml:"schemas"`
	} `yaml:"components"`
}

func readDocument(t *testing.T) (document, string) {
	t.Helper()
	raw, err := host.OpenAPI(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := yaml.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d, string(raw)
}

// shared are the schemas that mean the same in every service.
var shared = []string{"Count", "Field", "HistoryEntry", "ListHistoryEntry", "Person", "Problem", "Thresholds"}

// A client is generated from the document, so it is held to one way of saying
// things.
func TestDocumentIsEven(t *testing.T) {
	t.Parallel()
	d, raw := readDocument(t)
	service := regexp.MustCompile(`^(Assignment|Audit|Directory|Evidence|Insight|Notice|Rectification|System)`)
	for name, s := range d.Components.Schemas {
		if !service.MatchString(name) && !slices.Contains(shared, name) {
			t.Errorf("schema %s does not begin with its service", name)
		}
		for p, x := range s.Properties {
			if m, ok := x.(map[string]any); ok && m["$ref"] == nil && m["description"] == nil {
				t.Errorf("%s.%s is not described", name, p)
			}
			if p != strings.ToLower(p) || strings.ContainsAny(p, "-.") {
				t.Errorf("%s.%s is not snake_case", name, p)
			}
		}
	}
	if strings.Contains(raw, `- "null"`) {
		t.Error("something may be null; a list is empty and anything else absent")
	}
	for path, methods := range d.Paths {
		for method, op := range methods {
			if op.Summary == "" || op.Description == "" || len(op.Tags) != 1 {
				t.Errorf("%s: summary %q, description %q, tags %v", op.ID, op.Summary, op.Description, op.Tags)
			}
			for _, p := range op.Parameters {
				if p.Description == "" {
					t.Errorf("%s: parameter %s is not described", op.ID, p.Name)
				}
				if p.Example == nil && len(p.Schema.Examples) == 0 {
					t.Errorf("%s: parameter %s has no example", op.ID, p.Name)
				}
				if slices.Contains(p.Schema.Enum, any("true")) {
					t.Errorf("%s: parameter %s is a text for what is a boolean elsewhere", op.ID, p.Name)
				}
				if p.Name == "state" && p.Schema.Type != "array" {
					t.Errorf("%s takes one state; every other list takes several", op.ID)
				}
			}
			for ct, b := range op.RequestBody.Content {
				if ct == "application/json" && (b.Example == nil || b.Schema.Ref == "") {
					t.Errorf("%s: its body has example %v and schema %q", op.ID, b.Example, b.Schema.Ref)
				}
			}
			if method == "options" || strings.HasPrefix(path, "/api/v1/uploads") {
				continue // as the tus protocol says
			}
			for _, status := range []string{"422", "429", "500", "503"} {
				if op.Responses[status].Content["application/problem+json"].Schema.Ref != "#/components/schemas/Problem" {
					t.Errorf("%s: %s is not documented as a problem", op.ID, status)
				}
			}
			if list := strings.HasPrefix(op.ID, "list-"); list {
				ref := op.Responses["200"].Content["application/json"].Schema.Ref
				s := d.Components.Schemas[ref[strings.LastIndexByte(ref, '/')+1:]]
				if s.Properties["items"] == nil {
					t.Errorf("%s answers %s, which has no items", op.ID, ref)
				}
			}
		}
	}
}

// A process that runs a part of the services gives the document of all of them.
func TestDocumentIsWholeInEveryProcess(t *testing.T) {
	t.Parallel()
	h, err := host.Start(t.Context(), host.Config{
		Data: t.TempDir(), Listen: "127.0.0.1:0", NATSURL: bustest.Server(t), Services: []string{"audit"}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	}()
	_, want := readDocument(t)
	get := func(name, ask string) (*http.Response, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("If-None-Match", ask)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(b)
	}
	resp, got := get("/openapi.yaml", "")
	if resp.StatusCode != http.StatusOK || got != want {
		t.Fatalf("%s, %d bytes, want the %d of api/openapi.yaml", resp.Status, len(got), len(want))
	}
	if resp, _ := get("/openapi.yaml", resp.Header.Get("ETag")); resp.StatusCode != http.StatusNotModified {
		t.Error(resp.Status)
	}
	var inYAML, inJSON any
	_, got = get("/openapi.json", "")
	if err := errors.Join(yaml.Unmarshal([]byte(want), &inYAML), json.Unmarshal([]byte(got), &inJSON)); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(inYAML)
	if err != nil {
		t.Fatal(err)
	}
	if inYAML = nil; json.Unmarshal(again, &inYAML) != nil || !reflect.DeepEqual(inYAML, inJSON) {
		t.Error("the document in JSON is another one")
	}
}

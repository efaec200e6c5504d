package services_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources are the Go files below the services and what they hold, by their path
// from here; without tests and what is generated.
func sources(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	set, files := token.NewFileSet(), map[string]*ast.File{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"node_modules", "dist", "testdata"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(f) {
			files[filepath.ToSlash(path)] = f
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 300 {
		t.Fatalf("only %d files", len(files))
	}
	return set, files
}

// A use case names what is wrong as its own input does; rest knows whether that
// stood in the body, the address or a header, and under which name.
var placeOfHTTP = regexp.MustCompile(`^(body|query|path|header|cookie)(\.|\[|$)`)

// tagsOfDomain are the struct tags that a domain may have: what its inputs are
// held to (see package fault), and how it writes down what it keeps, hashes or
// sends as JSON. Tables have their own types in internal/store, the wire has them
// in internal/rest.
var tagsOfDomain = []string{"limit", "each", "words", "only", "except", "json"}

var keyOfTag = regexp.MustCompile(`([^\s:"]+):"(?:[^"\\]|\\.)*"`)

// spoken is what a node says of HTTP or of tables, or empty.
func spoken(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind != token.STRING {
			return ""
		}
		if s, err := strconv.Unquote(n.Value); err == nil && placeOfHTTP.MatchString(s) {
			return "a place in a request, " + n.Value
		}
	case *ast.StructType:
		for _, f := range n.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag, _ := strconv.Unquote(f.Tag.Value)
			for _, key := range keyOfTag.FindAllStringSubmatch(tag, -1) {
				if !slices.Contains(tagsOfDomain, key[1]) {
					return "a tag of the wire or of tables, " + key[0]
				}
			}
		}
	}
	return ""
}

// The domain speaks neither HTTP nor SQL: no place in a request, and no tag of
// the wire or of tables, in the root of a service and in the packages below it.
func TestTheDomainSpeaksItsOwnLanguage(t *testing.T) {
	t.Parallel()
	set, files := sources(t)
	looked := 0
	for path, f := range files {
		if domain("services/"+filepath.ToSlash(filepath.Dir(path))) == "" {
			continue
		}
		looked++
		ast.Inspect(f, func(n ast.Node) bool {
			if what := spoken(n); what != "" {
				t.Errorf("%s: the domain speaks of %s", set.Position(n.Pos()), what)
			}
			return true
		})
	}
	if looked < 150 {
		t.Errorf("only %d files of domains", looked)
	}
}

// What it finds, and what it lets pass.
func TestSpokenBites(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		`var x = "body.title"`: true, `var x = "body"`: true, `var x = "query.limit"`: true, `var x = "header.If-Match"`: true,
		`var x = "title"`: false, `var x = "The body is empty."`: false, `var x = "bodyguard"`: false, `var x = "items.leaflets"`: false,
		"type x struct { A string `bun:\",pk\"` }":                    true,
		"type x struct { A string `json:\"a\" doc:\"A title\"` }":     true,
		"type x struct { A string `json:\"a\" limit:\"1..200\"` }":    false,
		"type x struct { A []string `limit:\"..5\" each:\"1..64\"` }": false,
		"func f() { type x struct { A string `query:\"a\"` } }":       true,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+src, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := false
		ast.Inspect(f, func(n ast.Node) bool {
			got = got || spoken(n) != ""
			return true
		})
		if got != want {
			t.Errorf("%s: %v, want %v", src, got, want)
		}
	}
}

// mostParameters bounds a function, the context among them: what is always
// passed together is one value with a name of its own, as a deed or an errand.
const mostParameters = 5

// parameters counts those of a function.
func parameters(f *ast.FuncType) int {
	n := 0
	for _, p := range f.Params.List {
		n += max(len(p.Names), 1)
	}
	return n
}

func TestFunctionsTakeFewParameters(t *testing.T) {
	t.Parallel()
	set, files := sources(t)
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncType); ok && parameters(f) > mostParameters {
				t.Errorf("%s: a function of %d parameters, more than %d", set.Position(f.Pos()), parameters(f), mostParameters)
			}
			return true
		})
	}
}

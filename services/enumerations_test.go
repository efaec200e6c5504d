package services_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/duban/duban/api/words"
)

// list is where values are told one by one.
type list struct {
	at     string
	values []string
}

// listed are the values that the tags of a file's structs tell, and its lists of
// constant texts.
func listed(set *token.FileSet, f *ast.File) (tags, texts []list) {
	ast.Inspect(f, func(n ast.Node) bool {
		at := func() string { return set.Position(n.Pos()).String() }
		switch n := n.(type) {
		case *ast.Field:
			if n.Tag == nil {
				return true
			}
			raw, err := strconv.Unquote(n.Tag.Value)
			if err != nil {
				return true
			}
			tag := reflect.StructTag(raw)
			if e := tag.Get("enum"); e != "" {
				tags = append(tags, list{at(), strings.Split(e, ",")})
			}
			for _, name := range []string{"limit", "each"} {
				if l := strings.TrimSuffix(tag.Get(name), "?"); strings.Contains(l, "|") {
					tags = append(tags, list{at(), strings.Split(l, "|")})
				}
			}
		case *ast.CompositeLit:
			var vs []string
			for _, e := range n.Elts {
				if b, ok := e.(*ast.BasicLit); ok && b.Kind == token.STRING {
					v, _ := strconv.Unquote(b.Value)
					vs = append(vs, v)
				}
			}
			if len(vs) > 1 && len(vs) == len(n.Elts) {
				texts = append(texts, list{at(), vs})
			}
		}
		return true
	})
	return tags, texts
}

// lists tells what is wrong with lists of values: an enumeration that has words
// is written out, in a tag even a part of it, or one is written out twice.
func lists(tags, texts []list) (wrong []string) {
	seen := map[string]string{}
	for _, l := range tags {
		for _, e := range words.Enumerations() {
			if !slices.ContainsFunc(l.values, func(v string) bool { return !slices.Contains(words.Values(e), v) }) {
				wrong = append(wrong, l.at+" writes out "+e+", which is in api/words: say words:\""+e+"\"")
			}
		}
		key := strings.Join(slices.Sorted(slices.Values(l.values)), ",")
		if at := seen[key]; at != "" {
			wrong = append(wrong, l.at+" writes out what stands at "+at+" too: an enumeration of two places belongs into api/words")
		}
		seen[key] = l.at
	}
	for _, l := range texts {
		for _, e := range words.Enumerations() {
			if slices.Equal(slices.Sorted(slices.Values(l.values)), slices.Sorted(slices.Values(words.Values(e)))) {
				wrong = append(wrong, l.at+" writes out "+e+": take words.Values")
			}
		}
	}
	return wrong
}

// An enumeration has one home. What has words has it in api/words; what stands
// in one place and is no word may stay in its tag.
func TestEveryEnumerationHasOneHome(t *testing.T) {
	t.Parallel()
	set, files := sources(t)
	for _, at := range []string{"../api/event/*.go", "../api/rpc/*.go", "../policy/*.go"} {
		paths, err := filepath.Glob(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(path, "_test.go") {
				files[path] = f
			}
		}
	}
	var tags, texts []list
	for _, path := range slices.Sorted(maps.Keys(files)) {
		inTags, inTexts := listed(set, files[path])
		tags, texts = append(tags, inTags...), append(texts, inTexts...)
	}
	if len(tags) < 20 || len(texts) < 20 {
		t.Fatalf("%d tags and %d texts were found", len(tags), len(texts))
	}
	for _, w := range lists(tags, texts) {
		t.Error(w)
	}
}

// The rule itself: what it lets pass and what it stops.
func TestOneHomeBites(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]int{
		"type a struct { L string `enum:\"green,blue,yellow,red\"` }":                                                1,
		"type a struct { L string `enum:\"red,green\"` }":                                                            1,
		"type a struct { L string `limit:\"green|red?\"`; M []string `each:\"blue|red\"` }":                          2,
		"type a struct { O string `enum:\"up,down\"` }":                                                              0,
		"type a struct { O string `enum:\"up,down\"`; P string `limit:\"down|up\"` }":                                1,
		"type a struct { L string `words:\"light\"`; N string `limit:\"1..20?\"` }":                                  0,
		"var a = []string{\"minor\", \"major\", \"ordinary\"}":                                                       1,
		"var a = []string{\"minor\", \"major\"}":                                                                     0,
		"var a = map[string]string{\"minor\": \"ordinary\", \"major\": \"x\"}; var b = []any{\"minor\", 1, \"red\"}": 0,
	} {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, "a.go", "package a\n"+src, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := lists(listed(set, f)); len(got) != want {
			t.Errorf("%s: %v, want %d", src, got, want)
		}
	}
}

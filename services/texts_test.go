package services_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// texts reads the i18n folders of services and pages: folder → language →
// key → text.
func texts(t *testing.T) map[string]map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]map[string]string{}
	walk(t, func(name string) {
		dir := filepath.Dir(name)
		if filepath.Ext(name) != ".json" || filepath.Base(dir) != "i18n" {
			return
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if all[dir] == nil {
			all[dir] = map[string]map[string]string{}
		}
		all[dir][strings.TrimSuffix(filepath.Base(name), ".json")] = m
	})
	return all
}

func walk(t *testing.T, f func(name string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			f(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTextsInBothLanguages(t *testing.T) {
	t.Parallel()
	all := texts(t)
	if len(all) < 2 {
		t.Fatalf("%d folders with texts", len(all))
	}
	for dir, m := range all {
		zh, en := m["zh-CN"], m["en"]
		for lang := range m {
			if lang != "zh-CN" && lang != "en" && lang != "phrases.zh-CN" {
				t.Errorf("%s: what is %s.json?", dir, lang)
			}
		}
		if zh == nil || en == nil {
			t.Errorf("%s: want zh-CN.json and en.json", dir)
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(zh)) {
			if en[k] == "" || zh[k] == "" {
				t.Errorf("%s: %q lacks a text", dir, k)
			}
		}
		for _, k := range slices.Sorted(maps.Keys(en)) {
			if zh[k] == "" {
				t.Errorf("%s: %q lacks a Chinese text", dir, k)
			}
		}
	}
}

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// Every problem code has a text: its service's or the platform's.
func TestProblemCodesHaveTexts(t *testing.T) {
	t.Parallel()
	all := texts(t)
	platform := all[filepath.Join("internal", "rest", "i18n")]
	packages := map[string][]string{}
	walk(t, func(name string) {
		if filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			packages[filepath.Dir(name)] = append(packages[filepath.Dir(name)], name)
		}
	})
	found := 0
	for dir, files := range packages {
		top, _, _ := strings.Cut(filepath.ToSlash(dir), "/")
		own := all[filepath.Join(top, "i18n")]
		for pos, code := range codes(t, files) {
			found++
			if code == "" {
				t.Errorf("%s: write the code as a string or a constant of the package, so that its texts can be checked", pos)
				continue
			}
			if !codeForm.MatchString(code) {
				t.Errorf("%s: the code %q is not lower_snake_case", pos, code)
			}
			for _, lang := range []string{"zh-CN", "en"} {
				if own[lang][code] == "" && platform[lang][code] == "" {
					t.Errorf("%s: no %s text for the code %q", pos, lang, code)
				}
			}
		}
	}
	if found < 10 {
		t.Fatalf("%d codes found", found)
	}
}

// codes finds the codes given to fault.New in a package, also those that go
// through a function of the package: position → code, empty where it is
// neither a string nor a constant of the package.
func codes(t *testing.T, files []string) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	var parsed []*ast.File
	consts := map[string]string{}
	for _, name := range files {
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		parsed = append(parsed, f)
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) == len(v.Values) {
				for i, id := range v.Names {
					if s := literal(v.Values[i]); s != "" {
						consts[id.Name] = s
					}
				}
			}
			return true
		})
	}
	found := map[string]string{}
	// takers are the functions that take a code, and in which place.
	takers := map[string]int{"fault.New": 1}
	if len(parsed) > 0 && parsed[0].Name.Name == "fault" {
		takers = map[string]int{"New": 1}
	}
	for known := 0; known < len(takers); {
		known = len(takers)
		clear(found)
		for _, f := range parsed {
			for _, decl := range f.Decls {
				ast.Inspect(decl, func(n ast.Node) bool {
					c, ok := n.(*ast.CallExpr)
					if !ok {
						return true
					}
					place, ok := takers[called(c.Fun)]
					if !ok || place >= len(c.Args) {
						return true
					}
					code := literal(c.Args[place])
					if id, ok := c.Args[place].(*ast.Ident); ok {
						code = consts[id.Name]
						if i := parameter(decl, id.Name); i >= 0 {
							takers[decl.(*ast.FuncDecl).Name.Name] = i
							return true
						}
					}
					found[fset.Position(c.Pos()).String()] = code
					return true
				})
			}
		}
	}
	return found
}

func called(fun ast.Expr) string {
	switch x := fun.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		if id, ok := x.X.(*ast.Ident); ok && id.Name == "fault" {
			return "fault." + x.Sel.Name
		}
	}
	return ""
}

// parameter is the place of the parameter name of a function, or -1.
func parameter(decl ast.Decl, name string) int {
	f, ok := decl.(*ast.FuncDecl)
	if !ok {
		return -1
	}
	i := 0
	for _, field := range f.Type.Params.List {
		for _, id := range field.Names {
			if id.Name == name {
				return i
			}
			i++
		}
	}
	return -1
}

func literal(e ast.Expr) string {
	if x, ok := e.(*ast.BasicLit); ok && x.Kind == token.STRING {
		s, _ := strconv.Unquote(x.Value)
		return s
	}
	return ""
}

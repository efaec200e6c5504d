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
		if len(m) != 2 || zh == nil || en == nil {
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
	found := 0
	walk(t, func(name string) {
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return
		}
		top, _, _ := strings.Cut(filepath.ToSlash(name), "/")
		own := all[filepath.Join(top, "i18n")]
		for pos, code := range codes(t, name) {
			found++
			if code == "" {
				t.Errorf("%s: write the code as a string, so that its texts can be checked", pos)
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
	})
	if found < 10 {
		t.Fatalf("%d codes found", found)
	}
}

// codes finds the calls of fault.New in a file: position → code, empty where
// it is neither a string nor a constant of the file.
func codes(t *testing.T, name string) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, nil, 0)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	inFault := f.Name.Name == "fault"
	found := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || len(c.Args) < 3 {
			return true
		}
		switch fun := c.Fun.(type) {
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); !ok || x.Name != "fault" || fun.Sel.Name != "New" {
				return true
			}
		case *ast.Ident:
			if !inFault || fun.Name != "New" {
				return true
			}
		default:
			return true
		}
		found[fset.Position(c.Pos()).String()] = text(c.Args[1])
		return true
	})
	return found
}

func text(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(x.Value)
		return s
	case *ast.Ident:
		if x.Obj != nil {
			if v, ok := x.Obj.Decl.(*ast.ValueSpec); ok && x.Obj.Kind == ast.Con && len(v.Values) == 1 {
				return text(v.Values[0])
			}
		}
	}
	return ""
}

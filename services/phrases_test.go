package services_test

import (
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every sentence that people read has a Chinese one: each constant that the
// compiler takes as a fault.Text, and what Huma says about a request.
func TestSentencesHavePhrases(t *testing.T) {
	t.Parallel()
	phrases := map[string]map[string]string{} // service, or internal/rest → English → Chinese
	for dir, m := range texts(t) {
		top := strings.TrimSuffix(filepath.ToSlash(dir), "/i18n")
		if m["phrases.zh-CN"] != nil {
			phrases[top] = m["phrases.zh-CN"]
		}
	}
	platform := phrases["internal/rest"]
	used := map[string]map[string]bool{}
	found := 0
	for _, s := range sentences(t) {
		found++
		own, _, _ := strings.Cut(s.dir, "/") // the service
		if phrases[own] == nil {
			own = "internal/rest"
		}
		where := own
		if phrases[own][s.text] == "" {
			where = "internal/rest"
		}
		zh := phrases[where][s.text]
		if zh == "" {
			t.Errorf("%s: no Chinese phrase for %q in services/%s/i18n/phrases.zh-CN.json", s.at, s.text, own)
			continue
		}
		if used[where] == nil {
			used[where] = map[string]bool{}
		}
		used[where][s.text] = true
		if a, b := len(verb.FindAllString(s.text, -1)), len(verb.FindAllString(zh, -1)); a != b {
			t.Errorf("%q has %d values, its phrase %q has %d", s.text, a, zh, b)
		}
	}
	if found < 200 {
		t.Errorf("only %d sentences found", found)
	}
	huma := humaSays(t)
	for _, s := range huma {
		if platform[s] == "" {
			t.Errorf("Huma says %q; no Chinese phrase in services/internal/rest/i18n/phrases.zh-CN.json", s)
		}
	}
	// What is no longer said is dropped.
	for own, m := range phrases {
		for _, en := range slices.Sorted(maps.Keys(m)) {
			if !used[own][en] && !layouts[en] && !slices.Contains(huma, en) {
				t.Errorf("services/%s: nobody says %q any more", own, en)
			}
		}
	}
}

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]`)

type sentence struct{ dir, at, text string }

// sentences type-checks the services and finds the constants that are given
// where a fault.Text is wanted.
func sentences(t *testing.T) []sentence {
	t.Helper()
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
		Module                  *struct{ Path string }
	}
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Module", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	var own []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, module+"services/") {
			own = append(own, p)
		}
	}
	fset := token.NewFileSet()
	imp := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var all []sentence
	for _, p := range own {
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		if _, err := (&types.Config{Importer: imp}).Check(p.ImportPath, fset, files, info); err != nil {
			t.Fatal(err)
		}
		dir := strings.TrimPrefix(p.ImportPath, module+"services/")
		for e := range info.Types {
			if c, ok := e.(*ast.CallExpr); ok {
				for _, arg := range rawTimes(c, info) {
					t.Errorf("%s: a day or a time in a sentence is a fault.Day or a fault.Minute (case 51)", fset.Position(arg.Pos()))
				}
			}
		}
		parts := map[ast.Expr]bool{} // of a sentence written over several lines
		for e := range info.Types {
			if b, ok := e.(*ast.BinaryExpr); ok {
				parts[b.X], parts[b.Y] = true, true
			}
		}
		for e, tv := range info.Types {
			if parts[e] || tv.Type == nil || tv.Type.String() != module+"services/internal/fault.Text" {
				continue
			}
			at := strings.TrimPrefix(fset.Position(e.Pos()).String(), p.Dir)
			if c, ok := e.(*ast.CallExpr); ok && tv.Value == nil && info.Types[c.Fun].IsType() && !saysAgain[dir] {
				t.Errorf("%s%s: a sentence is made with fault.Textf from a constant format, so that it can be translated", dir, at)
			}
			if tv.Value != nil && tv.Value.Kind() == constant.String {
				if s := constant.StringVal(tv.Value); s != "" {
					all = append(all, sentence{dir, dir + at, s})
				}
			}
		}
	}
	return all
}

// rawTimes are the arguments of a call that fill a sentence with a time as it
// is, or as it was written there and then.
func rawTimes(c *ast.CallExpr, info *types.Info) []ast.Expr {
	sig, ok := info.Types[c.Fun].Type.(*types.Signature)
	if !ok || !sig.Variadic() || sig.Params().Len() < 2 ||
		sig.Params().At(sig.Params().Len()-2).Type().String() != module+"services/internal/fault.Text" {
		return nil
	}
	var bad []ast.Expr
	for _, arg := range c.Args[min(len(c.Args), sig.Params().Len()-1):] {
		kind := strings.TrimPrefix(info.Types[arg].Type.String(), "*")
		written := ""
		if call, ok := arg.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				written = sel.Sel.Name
			}
		}
		if kind == "time.Time" || written == "Format" || written == "Day" && !info.Types[arg.(*ast.CallExpr).Fun].IsType() {
			bad = append(bad, arg)
		}
	}
	return bad
}

// saysAgain are the packages that turn stored or foreign sentences into a Text.
var saysAgain = map[string]bool{
	"internal/fault": true, "internal/rest": true, "assignment/internal/rest": true, "rectification/internal/rest": true,
}

// humaSays reads Huma's messages about requests from its source.
func humaSays(t *testing.T) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/danielgtaylor/huma/v2/validation").Output()
	if err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*.go"))
	var said []string
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 && strings.HasPrefix(v.Names[0].Name, "Msg") {
				if s := literal(v.Values[0]); s != "" {
					said = append(said, s)
				}
			}
			return true
		})
	}
	if len(said) < 30 {
		t.Fatalf("only %d messages of Huma found in %s", len(said), dir)
	}
	return said
}

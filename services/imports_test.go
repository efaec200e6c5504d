// Package services_test holds the rules that concern all services at once;
// services/README.md explains them.
package services_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/migrations"
)

const module = "github.com/duban/duban/"

type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var ps []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

func in(p string, trees ...string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") })
}

// serviceOf is the service that package p belongs to, or empty.
func serviceOf(p string) string {
	parts := strings.Split(p, "/")
	if len(parts) > 1 && parts[0] == "services" && slices.Contains(migrations.Services, parts[1]) {
		return parts[1]
	}
	return ""
}

// domain is the service whose domain package p is, or empty: the root of a
// service and every package below it that is neither inside nor its module.
func domain(p string) string {
	x := serviceOf(p)
	if own := "services/" + x; x == "" || in(p, own+"/internal", own+"/module") {
		return ""
	}
	return x
}

// notInDomain are what the domain of a service may not import: it holds the
// rules of the business and knows neither tables nor the network.
var notInDomain = []string{
	"github.com/uptrace/bun", "github.com/danielgtaylor/huma", "github.com/nats-io", "github.com/casbin",
	"database/sql", "net/http",
}

// may tells whether package from may import package to, both of ours and
// without the module's name: the table in services/README.md, row by row.
func may(from, to string) bool {
	platform := in(to, "services/internal")
	x := serviceOf(from)
	switch {
	case in(from, "api"):
		return in(to, "api")
	case in(from, "policy"):
		return to == "api/words"
	case in(from, "migrations", "services/web"):
		return false
	case in(from, "services/internal"):
		return platform || in(to, "api", "policy", "migrations")
	case x != "":
		own := "services/" + x
		part, _, _ := strings.Cut(strings.TrimPrefix(from, own+"/internal/"), "/")
		switch {
		case in(from, own+"/internal"):
			if platform || in(to, "api", "policy") || domain(to) == x {
				return true
			}
			parts := []string{"store", "rest", "feed"}
			other, _, _ := strings.Cut(strings.TrimPrefix(to, own+"/internal/"), "/")
			return in(to, own+"/internal") && (part == other || !slices.Contains(parts, part) || !slices.Contains(parts, other))
		case in(from, own+"/module"):
			return platform || in(to, "api", "policy", own)
		}
		return domain(to) == x || in(to, "api/event", "api/kinds", "api/words", "policy", "services/internal/fault", "services/internal/clock", "services/internal/id", "services/internal/table", "services/internal/text", "services/internal/filename", "services/internal/i18n")
	case in(from, "services/demo"):
		// The demo uses what everybody can use: the public API.
		return in(to, "api", "services/demo")
	case in(from, "services/bench"):
		// It stands where the host stands, and looks at every database.
		return platform || in(to, "api", "policy", "migrations", "services/host", "services/demo/divisions", "services/bench")
	case in(from, "services/host", "services/cmd"):
		if s := serviceOf(to); s != "" {
			return to == "services/"+s+"/module"
		}
		return !in(to, "services/cmd", "services/bench") || in(from, "services/cmd") && !in(to, "services/bench")
	}
	return false // a new kind of package needs a row of its own
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	ps := packages(t)
	if len(ps) < 20 {
		t.Fatalf("go list found %d packages", len(ps))
	}
	for _, p := range ps {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if ours && !may(from, to) {
				t.Errorf("%s may not import %s", from, to)
			}
			if !ours && domain(from) != "" && in(i, notInDomain...) {
				t.Errorf("%s holds the domain and may not import %s", from, i)
			}
		}
		// Tests may use the test helpers, but no other service either.
		for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
			to, ours := strings.CutPrefix(i, module)
			if x, y := serviceOf(from), serviceOf(to); ours && x != "" && y != "" && x != y {
				t.Errorf("the tests of %s may not import %s", from, to)
			}
		}
	}
}

// The rules themselves: what they let pass and what they stop.
func TestRulesBite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"api/rpc", "api/event", true},
		{"api/client", "policy", false},
		{"migrations", "api/event", false},
		{"policy", "services/internal/fault", false},
		{"policy", "api/words", true},
		{"policy", "api/event", false},
		{"services/internal/rest", "policy", true},
		{"services/internal/rest", "services/audit", false},
		{"services/audit", "api/event", true},
		{"services/audit", "api/rpc", false},
		{"services/audit", "services/internal/clock", true},
		{"services/audit", "services/internal/text", true},
		{"services/audit", "services/internal/db", false},
		{"services/audit", "services/audit/internal/store", false},
		{"services/audit", "services/audit/module", false},
		{"services/audit", "services/audit/seal", true},
		{"services/audit/seal", "services/audit", true},
		{"services/audit/seal", "api/words", true},
		{"services/audit/seal", "api/rpc", false},
		{"services/audit/seal", "services/internal/db", false},
		{"services/audit/seal", "services/audit/internal/store", false},
		{"services/audit/internal/store", "services/audit", true},
		{"services/audit/internal/store", "services/audit/seal", true},
		{"services/audit/internal/store", "services/notice/seal", false},
		{"services/audit/internal/store", "services/internal/db", true},
		{"services/audit/internal/store", "services/audit/internal/rest", false},
		{"services/audit/internal/rest", "services/audit/internal/feed", false},
		{"services/audit/internal/rest", "services/audit/internal/chain", true},
		{"services/audit/internal/rest", "services/notice", false},
		{"services/audit/module", "services/audit/internal/store", true},
		{"services/audit/module", "services/notice/module", false},
		{"services/audit/module", "services/host", false},
		{"services/host", "services/audit/module", true},
		{"services/host", "services/audit", false},
		{"services/host", "services/cmd/duban", false},
		{"services/cmd/duban", "services/host", true},
		{"services/demo", "services/audit/module", false},
		{"services/bench", "services/host", true},
		{"services/bench", "services/internal/db", true},
		{"services/bench", "services/audit/module", false},
		{"services/host", "services/bench", false},
		{"services/cmd/duban", "services/bench", false},
		{"services/other", "api/event", false},
	} {
		if got := may(c.from, c.to); got != c.want {
			t.Errorf("%s → %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
	if path.Base(module) != "duban" {
		t.Error("the module was renamed; the rules compare its name")
	}
}

package host_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/rest"
)

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What routes requests between separate processes must know every operation:
// the owner of a path, the Caddyfile and the ingress of the Helm chart.
func TestEveryPathIsRouted(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, m := range regexp.MustCompile(`(?m)^  (/api/v1/\S+):$`).FindAllStringSubmatch(read(t, "api/openapi.yaml"), -1) {
		paths = append(paths, m[1])
	}
	if len(paths) < 20 {
		t.Fatalf("%d paths in api/openapi.yaml", len(paths))
	}
	for _, s := range migrations.Services {
		paths = append(paths, "/api/v1/system/"+s+"/health")
	}
	// Uploads speak the tus protocol and are no operations.
	paths = append(paths, "/api/v1/uploads", "/api/v1/uploads/1")

	var caddy []struct {
		service string
		re      *regexp.Regexp
	}
	for _, m := range regexp.MustCompile(`@(\w+) path_regexp (\S+)`).FindAllStringSubmatch(read(t, "deploy/Caddyfile"), -1) {
		caddy = append(caddy, struct {
			service string
			re      *regexp.Regexp
		}{m[1], regexp.MustCompile(m[2])})
	}
	chart := map[string][]string{}
	_, routes, _ := strings.Cut(read(t, "deploy/helm/values.yaml"), "\nroutes:\n")
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): \[(.*)\]`).FindAllStringSubmatch(routes, -1) {
		chart[m[1]] = append(strings.Split(m[2], ", "), "system/"+m[1])
	}
	for _, p := range paths {
		if strings.HasPrefix(p, "/api/v1/system/{") {
			continue // stands for those of every service
		}
		owner := host.Owner(p)
		if !slices.Contains(migrations.Services, owner) {
			t.Errorf("%s belongs to no service (%q)", p, owner)
			continue
		}
		var sent []string
		for _, c := range caddy {
			if c.re.MatchString(p) {
				sent = append(sent, c.service)
			}
		}
		if !slices.Equal(sent, []string{owner}) {
			t.Errorf("deploy/Caddyfile sends %s to %v, want %s", p, sent, owner)
		}
		if !slices.ContainsFunc(chart[owner], func(prefix string) bool {
			return p == "/api/v1/"+prefix || strings.HasPrefix(p, "/api/v1/"+prefix+"/")
		}) {
			t.Errorf("deploy/helm/values.yaml does not send %s to %s", p, owner)
		}
	}
	compose := read(t, "deploy/compose.split.yaml")
	for _, s := range migrations.Services {
		if !strings.Contains(compose, "DUBAN_SERVICES: "+s+"}") || !strings.Contains(read(t, "deploy/Caddyfile"), "reverse_proxy "+s+":8080") {
			t.Errorf("compose.split.yaml and the Caddyfile must have %s", s)
		}
	}
}

// However it is deployed, the program knows which proxy stands before it.
func TestCase19DeploymentsNameTheirProxy(t *testing.T) {
	t.Parallel()
	for _, f := range []string{"deploy/compose.yaml", "deploy/compose.split.yaml", "deploy/duban.service", "deploy/helm/templates/_helpers.tpl", "deploy/runbook.md"} {
		if !strings.Contains(read(t, f), "DUBAN_TRUSTED_PROXIES") {
			t.Errorf("%s does not set DUBAN_TRUSTED_PROXIES", f)
		}
	}
}

// Case 30: what the proxy answers alone has the headers that the services send,
// and it overrides none of theirs.
func TestCase30ProxyAddsNoOtherHeaders(t *testing.T) {
	t.Parallel()
	a := httptest.NewRecorder()
	rest.New(http.NewServeMux(), rest.Options{Version: "test"}).Handler().ServeHTTP(a, httptest.NewRequest(http.MethodGet, "/nothing", nil))
	want := map[string]string{}
	for k := range a.Header() {
		if k != "X-Request-Id" && k != "Content-Type" {
			want[k] = a.Header().Get(k)
		}
	}
	_, block, _ := strings.Cut(read(t, "deploy/Caddyfile"), "\n\theader {\n")
	block, _, _ = strings.Cut(block, "\n\t}\n")
	got := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t\t\?(\S+) (.*)$`).FindAllStringSubmatch(block, -1) {
		got[m[1]] = strings.Trim(m[2], `"`)
	}
	if len(want) < 6 || !maps.Equal(got, want) {
		t.Errorf("deploy/Caddyfile: %v, the services send %v", got, want)
	}
	if n := strings.Count(block, "\n") + 1; n != len(got) {
		t.Errorf("deploy/Caddyfile sets a header that it does not leave to the services: %s", block)
	}
}

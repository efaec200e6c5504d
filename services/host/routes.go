package host

import "strings"

// prefixes are the first path segments below /api/v1 that each service
// answers. The reverse proxy in front of separate processes routes by them;
// a test holds them and deploy/Caddyfile to the OpenAPI document.
var prefixes = map[string][]string{
	"directory":     {"setup", "sessions", "me", "units", "codes", "people", "grants", "policy", "imports"},
	"assignment":    {"campaign-templates", "campaigns", "tasks", "assignments", "extension-requests"},
	"evidence":      {"uploads", "files", "submissions", "registers", "matches", "retentions"},
	"rectification": {"checklists", "inspections", "findings", "rectifications", "document-jobs"},
	"insight":       {"rollups"},
	"notice":        {"notices"},
	"audit":         {"audit-entries", "audit-chain"},
}

// Owner names the service that answers a path; empty when none does, which
// any process answers then (/, /docs, /openapi.json, /healthz).
func Owner(path string) string {
	rest, ok := strings.CutPrefix(path, "/api/v1/")
	if !ok {
		return ""
	}
	first, rest, _ := strings.Cut(rest, "/")
	if first == "system" {
		service, _, _ := strings.Cut(rest, "/")
		return service
	}
	for service, ps := range prefixes {
		for _, p := range ps {
			if p == first {
				return service
			}
		}
	}
	return ""
}

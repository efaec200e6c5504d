// Package api holds what the outside may rely on. Its folders are what the
// services rely on among themselves.
package api

import _ "embed"

// Document is the OpenAPI document of all services, in YAML: what `duban
// openapi` prints, without the version of the program.
//
//go:embed openapi.yaml
var Document []byte

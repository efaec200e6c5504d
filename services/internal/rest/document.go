package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// made is a form of the document, written when it is first asked for: by then
// all services have added their operations.
type made struct {
	once  sync.Once
	bytes []byte
	tag   string
	err   error
}

// serveDocument answers /openapi.json and /openapi.yaml. Both are public and
// large, so a client that has one is told that it is still the same.
func (a *API) serveDocument(whole []byte) {
	inYAML := func() ([]byte, error) { return a.OpenAPI().YAML() }
	inJSON := func() ([]byte, error) { return json.Marshal(a.OpenAPI()) }
	if len(whole) > 0 {
		inYAML = func() ([]byte, error) { return whole, nil }
		inJSON = func() ([]byte, error) {
			var doc map[string]any
			if err := yaml.Unmarshal(whole, &doc); err != nil {
				return nil, err
			}
			return json.Marshal(doc)
		}
	}
	for name, write := range map[string]func() ([]byte, error){"json": inJSON, "yaml": inYAML} {
		m := &made{}
		a.mux.HandleFunc("GET /openapi."+name, func(w http.ResponseWriter, r *http.Request) {
			m.once.Do(func() {
				m.bytes, m.err = write()
				sum := sha256.Sum256(m.bytes)
				m.tag = `"` + hex.EncodeToString(sum[:16]) + `"`
			})
			if m.err != nil {
				a.WriteProblem(w, r, m.err)
				return
			}
			h := w.Header()
			h.Set("Content-Type", "application/openapi+"+name)
			h.Set("Cache-Control", "no-cache")
			h.Set("ETag", m.tag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.bytes))
		})
	}
}

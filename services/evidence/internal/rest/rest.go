// Package rest offers files and submissions over HTTP.
package rest

import (
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/i18n"
	"github.com/duban/duban/services/internal/rest"
	"github.com/tus/tusd/v2/pkg/handler"
)

type handlers struct {
	s   *evidence.Service
	api *rest.API
}

// Arrivals says where and how uploads arrive.
type Arrivals struct {
	Bytes *handler.StoreComposer
	Spool string // folder for pieces that are still to be checked
	// Silence is how long a line may be silent within a piece; 0 for 60 seconds.
	Silence time.Duration
}

// Mount adds the operations of the service to a.
func Mount(a *rest.API, s *evidence.Service, d *db.DB, texts i18n.Files, in Arrivals) error {
	g := a.Group("evidence", "Files and submissions: what proves the work.", d, texts)
	h := handlers{s, a}
	h.files(g)
	h.shown(g)
	h.matches(g)
	h.submissions(g)
	h.items(g)
	h.sheets(g)
	h.once(g)
	h.registers(g)
	h.retentions(g)
	return mountUploads(a, g, s, in)
}

// Package rest offers files and submissions over HTTP.
package rest

import (
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/rest"
	"github.com/tus/tusd/v2/pkg/handler"
)

type handlers struct {
	s   *evidence.Service
	api *rest.API
}

// Mount adds the operations of the service to a. uploads says where the bytes
// of uploads collect; spool is a folder for pieces that are still to be checked.
func Mount(a *rest.API, s *evidence.Service, d *db.DB, texts rest.TextFiles, uploads *handler.StoreComposer, spool string) error {
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
	return mountUploads(a, g, s, uploads, spool)
}

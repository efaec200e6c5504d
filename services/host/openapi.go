package host

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/rest"
)

// OpenAPI gives the document of all services in YAML. dir is an empty folder
// it may use; nothing is started.
func OpenAPI(ctx context.Context, dir string) ([]byte, error) {
	cfg := Config{Data: dir, Version: "1"}
	units, err := open(ctx, cfg, true)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, u := range units {
			_ = u.db.Close()
		}
	}()
	engine, err := policy.New()
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	h := &Host{cfg: cfg, log: log, engine: engine, units: units, started: time.Now()}
	h.api = rest.New(http.NewServeMux(), rest.Options{Version: cfg.Version, Policy: engine, Log: log})
	if err := build(units, cfg, engine, nil, log); err != nil {
		return nil, err
	}
	for _, u := range units {
		u.svc.Mount(h.api)
	}
	h.mountSystem()
	return h.api.OpenAPI().YAML()
}

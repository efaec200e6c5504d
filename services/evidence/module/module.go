// Package module wires the evidence service together.
package module

import (
	"context"
	"log/slog"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/disk"
	"github.com/duban/duban/services/evidence/internal/feed"
	evidencerest "github.com/duban/duban/services/evidence/internal/rest"
	"github.com/duban/duban/services/evidence/internal/store"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
)

// sweepEvery is how often abandoned uploads are looked for.
const sweepEvery = time.Hour

type service struct {
	*evidence.Service
	store *store.Store
	disk  *disk.Disk
	db    *db.DB
	log   *slog.Logger
}

// New makes the evidence service; its files are kept in d.Dir.
func New(d module.Deps) (module.Service, error) {
	files, err := disk.Open(d.Dir)
	if err != nil {
		return nil, err
	}
	log := d.Log
	if log == nil {
		log = slog.Default()
	}
	st := store.New(d.DB)
	return &service{
		Service: evidence.New(st, files, d.Policy, d.Clock, feed.Owners{Bus: d.Bus}),
		store:   st, disk: files, db: d.DB, log: log,
	}, nil
}

// Mount implements module.Service.
func (s *service) Mount(a *rest.API) {
	if err := evidencerest.Mount(a, s.Service, s.db, evidence.Texts, s.disk.Tus()); err != nil {
		panic("evidence: " + err.Error()) // a mistake in the configuration of tusd, found by every test
	}
}

// Consumers implements module.Service.
func (s *service) Consumers() []inbox.Consumer {
	return feed.Consumers(s.Service, s.store.In, store.PathColumns)
}

// Respond implements module.Service; nobody asks evidence anything.
func (s *service) Respond() error { return nil }

// Run finishes what a dead process left and sweeps abandoned uploads until
// ctx ends.
func (s *service) Run(ctx context.Context) {
	if n, err := s.Recover(ctx); err != nil {
		s.log.Warn("evidence: uploads not finished", "error", err)
	} else if n > 0 {
		s.log.Info("evidence: uploads finished that an earlier process left", "count", n)
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if n, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("evidence: sweep", "error", err)
		} else if n > 0 {
			s.log.Info("evidence: abandoned uploads removed", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

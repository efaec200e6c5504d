// Package module wires the notice service.
package module

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	platform "github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/notice"
	"github.com/duban/duban/services/notice/internal/feed"
	"github.com/duban/duban/services/notice/internal/rest"
	"github.com/duban/duban/services/notice/internal/store"
)

// Every hour read notices that are old are forgotten.
const pruneEvery = time.Hour

type service struct {
	deps     module.Deps
	notice   *notice.Service
	store    *store.Store
	hub      *notice.Hub
	announce *feed.Announcer
	changes  *feed.Changes
}

var (
	_ module.Service = (*service)(nil)
	_ module.Keeper  = (*service)(nil)
)

// New makes the service.
func New(d module.Deps) (module.Service, error) {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	hub := notice.NewHub()
	announce, err := feed.NewAnnouncer(d.DB, d.Bus, hub, d.Clock, d.Log)
	if err != nil {
		return nil, err
	}
	changes, err := feed.NewChanges(d.Bus, hub, d.Log)
	if err != nil {
		return nil, err
	}
	st := store.New(d.DB)
	return &service{
		deps: d, notice: notice.New(st, d.Policy, d.Clock, announce, hub), store: st, hub: hub, announce: announce, changes: changes,
	}, nil
}

func (s *service) Mount(api *platform.API) {
	g := api.Group("notice", "Your inbox: what happened that concerns you.", s.deps.DB, notice.Texts)
	rest.Mount(g, s.notice, rest.Usual)
}

// Copies implements module.Keeper.
func (s *service) Copies() []copies.Copy {
	return []copies.Copy{
		{Owner: "directory", Things: "units", Version: 1},
		{Owner: "directory", Things: "people", Version: 2},
	}
}

func (s *service) Consumers() []inbox.Consumer { return feed.Consumers(s.notice, store.Bind) }

func (s *service) Respond() error { return nil }

func (s *service) Run(ctx context.Context) {
	defer s.hub.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.announce.Run(ctx, s.store.Counts) })
	wg.Go(func() { s.changes.Run(ctx) })
	prune := time.NewTicker(pruneEvery)
	defer prune.Stop()
	for {
		if _, err := s.notice.Prune(ctx); err != nil && ctx.Err() == nil {
			s.deps.Log.Warn("forget read notices", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-prune.C:
		}
	}
}

func (s *service) Check(ctx context.Context, repair bool) ([]string, error) {
	return s.notice.Check(ctx, repair)
}

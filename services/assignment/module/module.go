// Package module wires the assignment service.
package module

import (
	"context"
	"errors"
	"log/slog"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/assignment/internal/feed"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/assignment/internal/store"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/job"
	"github.com/duban/duban/services/internal/module"
	platform "github.com/duban/duban/services/internal/rest"
)

type service struct {
	svc   *assignment.Service
	store *store.Store
	db    *db.DB
	bus   *bus.Bus
	jobs  *job.Loop
}

var (
	_ module.Preparer = (*service)(nil)
	_ module.Service  = (*service)(nil)
	_ module.Keeper   = (*service)(nil)
	_ module.Source   = (*service)(nil)
)

// New makes the service on its migrated database.
func New(d module.Deps) (module.Service, error) {
	log := d.Log
	if log == nil {
		log = slog.Default()
	}
	st := store.New(d.DB)
	svc := assignment.New(st, d.Policy, d.Clock, d.Calendar)
	return &service{svc: svc, store: st, db: d.DB, bus: d.Bus, jobs: store.Jobs.Loop(d.DB, log, svc.WorkJobs)}, nil
}

func (s *service) Prepare(ctx context.Context) error { return s.store.Fold(ctx) }

func (s *service) Mount(api *platform.API) {
	rest.Mount(api.Group("assignment", "Campaigns, their tasks, and the assignments they are issued as.", s.db, assignment.Texts), s.svc)
}

// Tellers implements module.Source.
func (s *service) Tellers() []copies.Teller {
	return []copies.Teller{
		copies.Tells("campaigns", s.store.Tx, s.svc.TellCampaigns), copies.Tells("assignments", s.store.Tx, s.svc.TellAssignments),
	}
}

// Copies implements module.Keeper.
func (s *service) Copies() []copies.Copy {
	return []copies.Copy{
		{Owner: "directory", Things: "units", Version: 1},
		{Owner: "directory", Things: "people", Version: 2},
	}
}

func (s *service) Consumers() []inbox.Consumer { return feed.Consumers(s.svc, s.store.Tx) }

func (s *service) Respond() error { return feed.Respond(s.bus, s.svc) }

func (s *service) Run(ctx context.Context) {
	s.svc.OnProgress(feed.Progress(s.bus))
	s.jobs.Run(ctx)
}

func (s *service) Check(ctx context.Context, repair bool) ([]string, error) {
	return s.svc.Check(ctx, repair)
}

// Owned implements module.Owner. The sum of versions tells that a copy has the
// latest change of each, not only the same states.
func (s *service) Owned(ctx context.Context) (map[string]int64, error) {
	m := map[string]int64{}
	return m, errors.Join(
		s.db.Tally(ctx, m, `SELECT 'assignments ' || campaign_id || ' ' || task_id || ' ' || state, COUNT(*) FROM assignments GROUP BY campaign_id, task_id, state`),
		s.db.Tally(ctx, m, `SELECT 'assignment versions ' || campaign_id || ' ' || task_id, SUM(version) FROM assignments GROUP BY campaign_id, task_id`))
}

// Package module puts the insight service together for the host.
package module

import (
	"context"
	"errors"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/insight/internal/feed"
	api "github.com/duban/duban/services/insight/internal/rest"
	"github.com/duban/duban/services/insight/internal/store"
	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
)

type service struct {
	*insight.Service
	store *store.Store
	db    *db.DB
}

var (
	_ module.Service = (*service)(nil)
	_ module.Copier  = (*service)(nil)
	_ module.Keeper  = (*service)(nil)
)

// New makes the service.
func New(d module.Deps) (module.Service, error) {
	st := store.New(d.DB)
	return &service{Service: insight.New(st, d.Policy, d.Clock, d.Calendar), store: st, db: d.DB}, nil
}

func (s *service) Mount(a *rest.API) {
	g := a.Group("insight", "How far the work is: roll-ups of campaigns, figures and findings at every unit of the tree.", s.db, insight.Texts)
	api.Mount(g, s.Service)
}

// Copies implements module.Keeper.
func (s *service) Copies() []copies.Copy {
	return []copies.Copy{
		{Owner: "directory", Things: "units", Version: 1},
		{Owner: "assignment", Things: "campaigns", Version: 2},
		{Owner: "assignment", Things: "assignments", Version: 1},
		{Owner: "evidence", Things: "submissions", Version: 1},
		{Owner: "rectification", Things: "findings", Version: 2},
		{Owner: "rectification", Things: "inspections", Version: 2},
		{Owner: "rectification", Things: "rectifications", Version: 2},
	}
}

func (s *service) Consumers() []inbox.Consumer { return feed.Consumers(s.Service, s.store.Tx) }

func (s *service) Respond() error { return nil }

// findingNumbers counts findings by campaign, those solved in time and those
// transferred to another unit again.
func (s *service) findingNumbers(ctx context.Context) (map[string]int64, error) {
	m := map[string]int64{}
	return m, s.db.Tally(ctx, m, `SELECT campaign_id, SUM(CASE WHEN found_us > 0 THEN 1 ELSE 0 END + on_time + on_time_original + transferred)
		FROM entries WHERE kind = 'finding' GROUP BY campaign_id`)
}

// Run implements module.Service; everything happens when events come.
func (s *service) Run(context.Context) {}

// Check implements module.Service: it counts everything again.
func (s *service) Check(ctx context.Context, repair bool) ([]string, error) {
	return s.Service.Check(ctx, s.store, repair)
}

func (s *service) Copied(ctx context.Context) (map[string]int64, error) {
	m := map[string]int64{}
	numbers, err := s.findingNumbers(ctx)
	for campaign, n := range numbers {
		m["finding numbers "+campaign] = n
	}
	return m, errors.Join(err,
		s.db.Tally(ctx, m, `SELECT 'assignments ' || campaign_id || ' ' || task_id || ' ' || state, COUNT(*) FROM assignments GROUP BY campaign_id, task_id, state`),
		s.db.Tally(ctx, m, `SELECT 'assignment versions ' || campaign_id || ' ' || task_id, SUM(version) FROM assignments GROUP BY campaign_id, task_id`),
		s.db.Tally(ctx, m, `SELECT kind || ' ' || campaign_id || ' ' || state, COUNT(*) FROM entries WHERE kind IN ('finding', 'rectification') GROUP BY kind, campaign_id, state`),
		s.db.Tally(ctx, m, `SELECT kind || ' versions ' || campaign_id, SUM(version) FROM entries WHERE kind IN ('finding', 'rectification') GROUP BY kind, campaign_id`))
}

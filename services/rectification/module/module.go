// Package module wires the rectification service for the host.
package module

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/job"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/tablefile"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/document"
	"github.com/duban/duban/services/rectification/internal/feed"
	"github.com/duban/duban/services/rectification/internal/paper"
	wire "github.com/duban/duban/services/rectification/internal/rest"
	"github.com/duban/duban/services/rectification/internal/sheet"
	"github.com/duban/duban/services/rectification/internal/store"
	"github.com/uptrace/bun"
)

type service struct {
	d      module.Deps
	store  *store.Store
	svc    *rectification.Service
	docs   *document.Service
	loops  []*job.Loop
	offers wire.Services
}

var (
	_ module.Service = (*service)(nil)
	_ module.Teller  = (*service)(nil)
	_ module.Owner   = (*service)(nil)
	_ module.Source  = (*service)(nil)
	_ module.Keeper  = (*service)(nil)
)

// New wires the service on its database and stores the built-in checklists.
func New(d module.Deps) (module.Service, error) {
	st := store.New(d.DB)
	lists := checklist.New(store.Checklists{Store: st}, d.Policy, d.Clock, sheet.Tables{Reader: tablefile.New()})
	files := feed.Files{Bus: d.Bus}
	deps := rectification.Deps{Store: st, Policy: d.Policy, Clock: d.Clock, Calendar: d.Calendar, Checklists: lists, Files: files}
	svc, inspections := rectification.New(deps), rectification.NewInspections(deps)
	docs := document.New(document.Deps{Store: store.Documents{Store: st}, Cases: svc, Inspections: inspections, Policy: d.Policy, Clock: d.Clock, Papers: paper.Writer{}, Files: files})
	if err := lists.Seed(context.Background()); err != nil {
		return nil, fmt.Errorf("rectification: %w", err)
	}
	log := cmp.Or(d.Log, slog.Default())
	made := store.DocumentJobs.Loop(d.DB, log, docs.Work)
	dropped := job.NewLoop("documents that were kept long enough", time.Hour, log, docs.Drop)
	return &service{loops: []*job.Loop{made, dropped}, d: d, store: st, svc: svc, docs: docs, offers: wire.Services{
		Checklists: lists, Inspections: inspections, Orders: svc, Documents: docs,
	}}, nil
}

func (s *service) Mount(api *rest.API) {
	wire.Mount(api.Group("rectification", "Checklists, inspections, findings and their rectification.", s.d.DB, rectification.Texts), s.offers)
}

// Copies implements module.Keeper.
func (s *service) Copies() []copies.Copy {
	return []copies.Copy{
		{Owner: "directory", Things: "units", Version: 1},
		{Owner: "directory", Things: "people", Version: 2},
		{Owner: "assignment", Things: "campaigns", Version: 1},
	}
}

func (s *service) Consumers() []inbox.Consumer {
	return feed.Consumers(s.svc, s.docs, func(t bun.Tx) feed.Tx { return store.Bind(t) }, store.Moved)
}

func (s *service) Respond() error { return feed.Respond(s.d.Bus, s.svc) }

// Tellers implements module.Source.
func (s *service) Tellers() []copies.Teller {
	return []copies.Teller{
		copies.Tells("findings", tx, s.svc.TellAllFindings), copies.Tells("inspections", tx, s.svc.TellInspections),
		copies.Tells("rectifications", tx, s.svc.TellRectifications),
	}
}

func tx(t bun.Tx) rectification.Tx { return store.Bind(t) }

// Run implements module.Service: it makes the documents of jobs.
func (s *service) Run(ctx context.Context) {
	s.docs.OnProgress(feed.Progress(s.d.Bus))
	var running sync.WaitGroup
	for _, l := range s.loops {
		running.Go(func() { l.Run(ctx) })
	}
	running.Wait()
}

// DropDocuments forgets documents that were kept long enough.
func (s *service) DropDocuments(ctx context.Context) error { return s.docs.Drop(ctx) }

func (s *service) Check(ctx context.Context, repair bool) ([]string, error) {
	return s.svc.Check(ctx, repair)
}

// findingNumbers begins the key of what findings are counted by; the id of
// their campaign follows.
const findingNumbers = "finding numbers "

func (s *service) TellAgain(ctx context.Context, keys []string) (int, error) {
	var campaigns []string
	for _, k := range keys {
		if c, ok := strings.CutPrefix(k, findingNumbers); ok {
			campaigns = append(campaigns, c)
		}
	}
	return s.svc.TellFindings(ctx, campaigns)
}

func (s *service) Owned(ctx context.Context) (map[string]int64, error) {
	m := map[string]int64{}
	numbers, err := s.store.FindingNumbers(ctx)
	for campaign, n := range numbers {
		m[findingNumbers+campaign] = n
	}
	return m, errors.Join(err,
		s.d.DB.Tally(ctx, m, `SELECT 'finding ' || campaign_id || ' ' || state, COUNT(*) FROM findings GROUP BY campaign_id, state`),
		s.d.DB.Tally(ctx, m, `SELECT 'finding versions ' || campaign_id, SUM(version) FROM findings GROUP BY campaign_id`),
		s.d.DB.Tally(ctx, m, `SELECT 'rectification ' || campaign_id || ' ' || state, COUNT(*) FROM rectifications GROUP BY campaign_id, state`),
		s.d.DB.Tally(ctx, m, `SELECT 'rectification versions ' || campaign_id, SUM(version) FROM rectifications GROUP BY campaign_id`))
}

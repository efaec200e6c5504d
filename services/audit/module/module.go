// Package module wires the audit service.
package module

import (
	"context"

	"github.com/duban/duban/services/audit"
	"github.com/duban/duban/services/audit/internal/feed"
	"github.com/duban/duban/services/audit/internal/rest"
	"github.com/duban/duban/services/audit/internal/store"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	platform "github.com/duban/duban/services/internal/rest"
)

type service struct {
	deps  module.Deps
	store *store.Store
	audit *audit.Service
}

var _ module.Service = (*service)(nil)

// New makes the service.
func New(d module.Deps) (module.Service, error) {
	st := store.New(d.DB)
	return &service{deps: d, store: st, audit: audit.New(st, d.Policy, d.Clock)}, nil
}

func (s *service) Mount(api *platform.API) {
	rest.Mount(api.Group("audit", "The audit trail: every transition and sign-in, chained by hashes. For auditors only.", s.deps.DB, audit.Texts), s.audit)
}

func (s *service) Consumers() []inbox.Consumer {
	return []inbox.Consumer{feed.Consumer(s.audit, s.store.Bind)}
}

func (s *service) Respond() error { return nil }

func (s *service) Run(ctx context.Context) { <-ctx.Done() }

func (s *service) Check(ctx context.Context, _ bool) ([]string, error) { return s.audit.Check(ctx) }

// Package module puts the directory together for the host.
package module

import (
	"context"
	"errors"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/directory/internal/feed"
	directoryrest "github.com/duban/duban/services/directory/internal/rest"
	"github.com/duban/duban/services/directory/internal/store"
	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/tablefile"
)

// Module is the directory as the host sees it.
type Module struct {
	deps    module.Deps
	store   *store.Store
	service *directory.Service
}

var (
	_ module.Preparer = (*Module)(nil)
	_ module.Service  = (*Module)(nil)
	_ module.Source   = (*Module)(nil)
)

// New wires the directory.
func New(d module.Deps) (module.Service, error) {
	s := store.New(d.DB)
	m := &Module{d, s, directory.New(s, tablefile.New().Read, d.Policy, d.Clock, d.Log)}
	d.DB.Await("imports", "state IN ('"+string(directory.Staging)+"', '"+string(directory.Applying)+"')", m.service.Wake)
	if d.Bus != nil {
		m.service.AskHoldings(feed.Holdings(d.Bus))
	}
	return m, nil
}

func (m *Module) Prepare(ctx context.Context) error {
	return errors.Join(m.store.Fold(ctx), m.service.SeedCodes(ctx))
}

func (m *Module) Mount(api *rest.API) {
	directoryrest.Mount(api, m.service, m.deps.DB, directory.Texts)
}

// Consumers implements module.Service: the directory consumes nothing.
func (m *Module) Consumers() []inbox.Consumer { return nil }

// Tellers implements module.Source.
func (m *Module) Tellers() []copies.Teller {
	return []copies.Teller{
		copies.Tells("units", m.store.Bind, m.service.TellUnits), copies.Tells("people", m.store.Bind, m.service.TellPeople),
		copies.Tells("codes", m.store.Bind, m.service.TellCodes), copies.Tells("lead offices", m.store.Bind, m.service.TellLeadOffices),
	}
}

func (m *Module) Respond() error { return feed.Respond(m.deps.Bus, m.service) }

func (m *Module) Run(ctx context.Context) {
	m.service.OnProgress(feed.Progress(m.deps.Bus))
	m.service.Run(ctx)
}

func (m *Module) Check(ctx context.Context, repair bool) ([]string, error) {
	return m.service.Check(ctx, repair)
}

// SetupToken makes a token for POST /setup, besides earlier ones; needed is false once there
// is anybody. The host prints it.
func (m *Module) SetupToken(ctx context.Context) (token string, needed bool, err error) {
	return m.service.SetupToken(ctx)
}

// RecoverAdministrator gives an administrator a fresh initial password, on
// behalf of somebody at the machine itself.
func (m *Module) RecoverAdministrator(ctx context.Context, account, by string) (password string, err error) {
	return m.service.RecoverAdministrator(ctx, account, by)
}

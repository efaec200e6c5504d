package store

import (
	"context"

	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/notice"
)

func (t tx) Holders(ctx context.Context, unitIDs, roles []string) ([]notice.Holder, error) {
	gs, err := people.Holders(ctx, t, unitIDs, roles)
	hs := make([]notice.Holder, len(gs))
	for i, g := range gs {
		hs[i] = notice.Holder{PersonID: g.PersonID, UnitID: g.UnitID, Role: g.Role}
	}
	return hs, err
}

func (t tx) Enabled(ctx context.Context, personIDs []string) (map[string]bool, error) {
	ps, err := people.ByID(ctx, t, personIDs)
	m := make(map[string]bool, len(ps))
	for id, p := range ps {
		m[id] = !p.Disabled
	}
	return m, err
}

func (t tx) Names(ctx context.Context, personIDs []string) (map[string]string, error) {
	return people.Names(ctx, t, personIDs)
}

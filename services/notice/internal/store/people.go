package store

import (
	"context"

	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/notice"
)

func (t tx) Holders(ctx context.Context, unitIDs, roles []string) ([]notice.Holder, error) {
	gs, err := people.Holders(ctx, t, unitIDs, roles)
	return holders(gs), err
}

func (t tx) Serving(ctx context.Context, officeID string, roles []string) ([]notice.Holder, error) {
	heir, err := tree.Heir(ctx, t, officeID)
	if err != nil {
		return nil, err
	}
	gs, err := people.Serving(ctx, t, []string{officeID, heir.ID}, roles)
	return holders(gs), err
}

func holders(gs []people.Grant) []notice.Holder {
	hs := make([]notice.Holder, len(gs))
	for i, g := range gs {
		hs[i] = notice.Holder{PersonID: g.PersonID, UnitID: g.UnitID, Role: g.Role}
	}
	return hs
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

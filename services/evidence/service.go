package evidence

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"golang.org/x/sync/singleflight"
)

// Service holds the use cases. Safe for concurrent use.
type Service struct {
	store  Store
	blobs  Blobs
	policy *policy.Engine
	clock  clock.Clock
	owners Owners
	sheets Sheets
	pages  Pages // nil where addresses are not looked at

	examiner Examiner
	quotas   Quotas
	scanner  Scanner // nil for none
	arrived  chan struct{}

	finishing singleflight.Group // by file id
}

// New makes the service; pages and scanner may be nil.
func New(store Store, blobs Blobs, engine *policy.Engine, clk clock.Clock, owners Owners, sheets Sheets, pages Pages, examiner Examiner, quotas Quotas, scanner Scanner) *Service {
	return &Service{
		store: store, blobs: blobs, policy: engine, clock: clk, owners: owners, sheets: sheets, pages: pages,
		examiner: examiner, quotas: quotas, scanner: scanner, arrived: make(chan struct{}, 1),
	}
}

// unit is what is known of a unit; just its id and path when the tree lacks it.
func (s *Service) unit(ctx context.Context, id, path string) (UnitInfo, error) {
	us, err := s.store.Units(ctx, []string{id})
	if err != nil {
		return UnitInfo{}, err
	}
	u, ok := us[id]
	if !ok {
		u = UnitInfo{ID: id, Path: path}
	}
	return u, nil
}

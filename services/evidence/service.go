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

	examiner Examiner
	options  Options

	finishing singleflight.Group // by file id
}

// Options are what an installation may have or not; the zero value has none of it.
type Options struct {
	Pages   Pages   // looks at addresses that units give
	Scanner Scanner // looks for malicious software
	Quotas  Quotas
	Reserve int64  // bytes of the disk that nothing new may take; 0 for none
	SM3     bool   // files get an SM3 digest as well
	Marker  Marker // draws into previews who looks at them
	// Far is how many kilometres from its unit a picture is taken far away; 0 for
	// no such hint.
	Far float64
}

// Ports are what the service stands on.
type Ports struct {
	Store    Store
	Blobs    Blobs
	Policy   *policy.Engine
	Clock    clock.Clock
	Owners   Owners
	Sheets   Sheets
	Examiner Examiner
}

// New makes the service.
func New(p Ports, o Options) *Service {
	return &Service{
		store: p.Store, blobs: p.Blobs, policy: p.Policy, clock: p.Clock, owners: p.Owners, sheets: p.Sheets,
		examiner: p.Examiner, options: o,
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

package evidence

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
)

// TakeFinding keeps which files show a finding, and of which unit it is. They
// belong to the inspector's office, out of the reach of the inspected unit;
// whoever may read the finding may see them, or they could not answer it.
func (s *Service) TakeFinding(ctx context.Context, tx Tx, f event.Finding) error {
	us, err := tx.Units(ctx, []string{f.UnitID})
	if err != nil {
		return err
	}
	at := policy.Target{UnitID: f.UnitID, UnitPath: f.UnitPath}
	if u, ok := us[f.UnitID]; ok {
		at.UnitPath = u.Path
	}
	return tx.PutFindingFiles(ctx, f.ID, at, f.FileIDs, f.Version)
}

// showsFinding tells whether a file shows a finding that the actor may read,
// and is of an office above the unit it is about. What another unit handed in
// stays out of reach, even where an inspector names it in a finding.
func (s *Service) showsFinding(ctx context.Context, a policy.Actor, f File) (bool, error) {
	reach := s.policy.Reach(ctx, a, "finding", "read")
	if reach.Empty() {
		return false, nil
	}
	return s.store.ShowsFinding(ctx, f.ID, f.UnitPath, reach)
}

package evidence

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
)

// FindingFiles are the files that show a finding, and the units it is of: where
// it was found and, where that is another one, which has to rectify it.
type FindingFiles struct {
	FindingID string
	FileIDs   []string
	At, Duty  policy.Target // Duty is empty where the unit is the same
	OfficeID  string        // whose the finding is
	Version   int64
}

// TakeFinding keeps which files show a finding, and of which units it is. They
// belong to the inspector's office, out of the reach of the inspected unit;
// to whomever the finding is open they are, or they could not answer it.
func (s *Service) TakeFinding(ctx context.Context, tx Tx, f event.Finding) error {
	duty, path := f.Duty()
	us, err := tx.Units(ctx, []string{f.UnitID, duty})
	if err != nil {
		return err
	}
	now := func(unit, path string) policy.Target {
		if u, ok := us[unit]; ok {
			path = u.Path
		}
		return policy.Target{UnitID: unit, UnitPath: path}
	}
	of := FindingFiles{FindingID: f.ID, FileIDs: f.FileIDs, At: now(f.UnitID, f.UnitPath), OfficeID: f.OfficeID, Version: f.Version}
	if duty != f.UnitID {
		of.Duty = now(duty, path)
	}
	return tx.PutFindingFiles(ctx, of)
}

// TakeToldFindings keeps of which units findings are that were told again, as
// an older version may have told less of it.
func (s *Service) TakeToldFindings(ctx context.Context, tx Tx, e event.Findings) error {
	for _, f := range e.Findings {
		if err := s.TakeFinding(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// showsFinding tells whether a file shows a finding that is open to the actor, and
// is of an office above the unit it is about. What another unit handed in
// stays out of reach, even where an inspector names it in a finding.
func (s *Service) showsFinding(ctx context.Context, a policy.Actor, f File) (bool, error) {
	reach := s.policy.Reach(ctx, a, "finding", "open")
	if reach.Empty() {
		return false, nil
	}
	return s.store.ShowsFinding(ctx, f.ID, f.UnitPath, reach)
}

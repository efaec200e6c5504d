package evidence

import (
	"context"
	"slices"

	"github.com/duban/duban/services/internal/fault"
)

// Quotas bound what is kept of one person and of one unit, in bytes, and what
// a unit may give for one task or rectification; 0 does not. What is being
// received counts as if it were there. Of several uploads announced in the
// same moment one may go over it.
type Quotas struct{ Person, Unit, Task int64 }

// room tells whether the quotas leave room for size more bytes.
func (s *Service) room(ctx context.Context, personID, unitID string, size int64) error {
	if s.options.Quotas.Person <= 0 && s.options.Quotas.Unit <= 0 {
		return nil
	}
	person, unit, err := s.store.Kept(ctx, personID, unitID)
	if err != nil {
		return err
	}
	for _, q := range []struct {
		whose      fault.Text
		have, most int64
	}{{"Your", person, s.options.Quotas.Person}, {"Your unit's", unit, s.options.Quotas.Unit}} {
		if q.most > 0 && q.have+size > q.most {
			return fault.New(fault.TooLarge, "quota_exceeded", "%s files hold %d MiB of %d MiB; this one does not fit. Send smaller files, give up uploads that stand still, or ask the system administrator for more room.",
				q.whose, q.have>>20, q.most>>20)
		}
	}
	return nil
}

// roomFor tells whether the quota of a task leaves room for the files of an
// item beside those of the others. A file that is given twice counts once.
func (s *Service) roomFor(ctx context.Context, tx Tx, submissionID string, it Item) error {
	if s.options.Quotas.Task <= 0 || len(it.FileIDs) == 0 {
		return nil
	}
	items, err := tx.Items(ctx, submissionID)
	if err != nil {
		return err
	}
	ids := slices.Clone(it.FileIDs)
	for _, other := range items {
		if other.RequirementID != it.RequirementID {
			ids = append(ids, other.FileIDs...)
		}
	}
	files, err := tx.Files(ctx, ids)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, f := range files {
		total += f.Size
	}
	if total > s.options.Quotas.Task {
		return fault.New(fault.TooLarge, "quota_exceeded", "With these the submission holds %d MiB of files; at most %d MiB are taken for one task. Give fewer or smaller files, or ask the system administrator for more room.",
			(total+1<<20-1)>>20, s.options.Quotas.Task>>20)
	}
	return nil
}

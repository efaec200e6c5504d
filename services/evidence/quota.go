package evidence

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/services/internal/fault"
)

// Quotas bound what is kept of one person and of one unit, in bytes, and what
// a unit may give for one task or rectification; 0 does not. What is being
// received counts as if it were there. Of several uploads announced in the
// same moment one may go over it.
type Quotas struct{ Person, Unit, Task int64 }

const (
	// MaxUnfinished is how many uploads a person may have begun and not finished.
	MaxUnfinished = 50
	// stands is after how long an upload to which nothing comes makes room for
	// another of the same person, who has no list of what stands still.
	stands = time.Hour
	// untraced is the same for one of which this machine has no bytes: it may be
	// arriving at another.
	untraced = 24 * time.Hour
)

// mayBegin tells whether a person may begin one more upload.
func (s *Service) mayBegin(ctx context.Context, personID string) error {
	begun, err := s.store.UnfinishedOf(ctx, personID, MaxUnfinished)
	if err != nil || len(begun) < MaxUnfinished {
		return err
	}
	for _, f := range begun {
		gone, err := s.giveUp(ctx, f)
		if gone || err != nil {
			return err
		}
	}
	return fault.New(fault.Limited, "too_many_uploads", "You have begun %d uploads and finished none of them. Finish or give up some of them first; one to which nothing has come for an hour makes room by itself.", MaxUnfinished)
}

// giveUp forgets an upload that stands still; false when it does not.
func (s *Service) giveUp(ctx context.Context, f File) (bool, error) {
	since, err := s.blobs.Idle(ctx, f.ID)
	if err != nil {
		return false, err
	}
	before := s.clock.Now().Add(-stands)
	if since.IsZero() {
		since, before = f.CreatedAt, s.clock.Now().Add(-untraced)
	}
	if n, ok, err := s.blobs.Arrived(ctx, f.ID); err != nil || since.After(before) || (ok && n >= f.Size) {
		return false, err
	}
	if err := s.Abandon(ctx, f.ID); err != nil {
		if fault.Is(err, fault.Conflict) {
			return true, nil // received in this moment
		}
		return false, err
	}
	return true, s.blobs.Drop(ctx, f.ID)
}

// Spare tells whether so many bytes can arrive without the reserve of the disk
// being touched. What has arrived is finished, shown and reviewed out of the
// reserve, whoever fills the rest.
func (s *Service) Spare(ctx context.Context, size int64) error {
	if s.options.Reserve <= 0 {
		return nil
	}
	free, err := s.blobs.Room(ctx)
	if err != nil {
		return err
	}
	if free-s.options.Reserve < size {
		return fault.New(fault.Unavailable, "storage_full", "The storage is full; what remains is kept for finishing and reviewing. Tell the system administrator; go on with the upload later.")
	}
	return nil
}

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

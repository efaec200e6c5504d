package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// How often every stored file is hashed again, and how much is read in one
// go, so that it never keeps the disk from those who work.
const (
	RehashEvery = 30 * 24 * time.Hour
	rehashBytes = 1 << 30
	rehashFiles = 500
)

// FileCheck is when a stored file is, and was, hashed again.
type FileCheck struct {
	FileID    string
	DueAt     time.Time
	CheckedAt *time.Time
	Altered   bool
}

// Rehash hashes stored files again that are due, up to a limit, and tells of
// each that has become another since. It returns how many were read and how
// many are not what was received.
func (s *Service) Rehash(ctx context.Context) (read, altered int, err error) {
	due, err := s.store.DueChecks(ctx, s.clock.Now(), rehashFiles)
	if err != nil {
		return 0, 0, err
	}
	total := int64(0)
	var failed error
	for _, c := range due {
		if err := ctx.Err(); err != nil || total > rehashBytes {
			return read, altered, errors.Join(failed, err)
		}
		f, err := s.store.File(ctx, c.FileID)
		if err != nil {
			return read, altered, err
		}
		same, why, err := s.unaltered(ctx, f)
		if err != nil {
			failed = fmt.Errorf("hash file %s again: %w", f.ID, err) // the others all the same
			continue
		}
		total += f.Size
		read++
		if !same {
			altered++
		}
		if err := s.checked(ctx, c, f, !same, why); err != nil {
			return read, altered, err
		}
	}
	return read, altered, failed
}

// unaltered hashes a file and says how it differs. What cannot be read is
// altered; what the machine cannot do now is an error.
func (s *Service) unaltered(ctx context.Context, f File) (same bool, why string, err error) {
	r, err := s.blobs.Open(ctx, f.ID)
	if fault.Is(err, fault.NotFound) {
		return false, "the file is gone", nil
	}
	if err != nil {
		return false, "", err
	}
	defer r.Close()
	d, err := digestsOf(r, false)
	switch {
	case fault.Is(err, fault.Unavailable):
		return false, "", err
	case err != nil:
		return false, "the file cannot be read", nil //nolint:nilerr // that is the finding
	case d.size != f.Size:
		return false, fmt.Sprintf("the file has %d bytes, received were %d", d.size, f.Size), nil
	case d.sha256 != f.SHA256:
		return false, "the file has the SHA-256 " + d.sha256, nil
	}
	return true, "", nil
}

func (s *Service) checked(ctx context.Context, c FileCheck, f File, altered bool, why string) error {
	now := s.clock.Now()
	before := c.Altered
	c.CheckedAt, c.DueAt, c.Altered = &now, now.Add(RehashEvery), altered
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.SetCheck(ctx, c); err != nil || altered == before {
			return err
		}
		v, err := tx.Bump(ctx, f.ID)
		if err != nil {
			return err
		}
		typ := event.FileAltered
		if !altered {
			typ, why = event.FileRestored, "the file is again what was received"
		}
		return tx.Tell(ctx, event.New(id.New(), now, typ, f.ID, v, f.Event()).For(f.UnitID, f.UnitPath).Because(why))
	})
}

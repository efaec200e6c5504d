package evidence

import (
	"context"
	"io"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// FileView is a file with what is shown beside it.
type FileView struct {
	File
	UnitName    string
	Examination Examination
	Altered     bool // it is not what was received any more
}

// GetFile shows a file that was received, also one that was deleted since.
func (s *Service) GetFile(ctx context.Context, a policy.Actor, fileID string) (FileView, error) {
	f, err := s.visible(ctx, a, fileID)
	if err != nil && !fault.IsCode(err, "file_deleted") && !fault.IsCode(err, "file_quarantined") {
		return FileView{}, err
	}
	u, err := s.unit(ctx, f.UnitID, f.UnitPath)
	if err != nil {
		return FileView{}, err
	}
	xs, err := s.store.Examinations(ctx, []string{f.ID})
	if err != nil {
		return FileView{}, err
	}
	altered, err := s.store.Altered(ctx, []string{f.ID})
	return FileView{File: f, UnitName: u.Name, Examination: xs[f.ID], Altered: altered[f.ID]}, err
}

// visible finds a file in reach; with the code file_deleted one whose bytes are
// gone, with the code file_quarantined one whose bytes are not to be seen yet.
func (s *Service) visible(ctx context.Context, a policy.Actor, fileID string) (File, error) {
	f, err := s.store.File(ctx, fileID)
	if err != nil {
		return f, err
	}
	if f.State != Received && f.State != Deleted {
		return File{}, fault.Missing("file")
	}
	offices, err := s.store.OfficesOf(ctx, []string{f.ID})
	if err != nil {
		return File{}, err
	}
	may := s.policy.Can(ctx, a, "file", "read", f.Target(offices[f.ID]))
	if !may {
		if may, err = s.showsFinding(ctx, a, f); err != nil {
			return File{}, err
		}
	}
	if !may {
		return File{}, fault.Missing("file")
	}
	if f.State == Deleted {
		return f, deleted(f)
	}
	if f.Quarantined {
		return f, quarantined()
	}
	return f, nil
}

// Download opens a file for its bytes. With record, the download is recorded
// before a byte is given out; without, the caller gives none out. The caller
// closes the reader.
func (s *Service) Download(ctx context.Context, a policy.Actor, fileID string, record bool) (File, io.ReadSeekCloser, error) {
	f, err := s.visible(ctx, a, fileID)
	if err != nil {
		return f, nil, err
	}
	r, err := s.blobs.Open(ctx, f.ID)
	if err != nil {
		return f, nil, err
	}
	if !record {
		return f, r, nil
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		v, err := tx.Bump(ctx, f.ID)
		if err != nil {
			return err
		}
		return tx.Tell(ctx, event.New(id.New(), s.clock.Now(), event.FileDownloaded, f.ID, v, f.Event()).
			By(a.PersonID, a.Name).For(f.UnitID, f.UnitPath))
	})
	if err != nil {
		r.Close()
		return f, nil, err
	}
	return f, r, nil
}

package disk

import (
	"context"
	"io"
	"net/http"

	"github.com/duban/duban/services/internal/fault"
	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
)

// CodeFull is the tusd error code of a full disk.
const CodeFull = "ERR_STORAGE_FULL"

// Tus is the store that tusd writes arriving bytes to. It neither defers
// lengths nor concatenates.
func (d *Disk) Tus() *handler.StoreComposer {
	fs := filestore.New(d.Uploads())
	fs.DirModePerm, fs.FileModePerm = 0o700, 0o600
	c := handler.NewStoreComposer()
	s := tusStore{fs, d.sums}
	c.UseCore(s)
	c.UseTerminater(s)
	c.UseLocker(memorylocker.New())
	return c
}

// tusStore is tusd's file store that hashes what it writes, with a full disk
// told apart from other failures.
type tusStore struct {
	filestore.FileStore
	sums *sums
}

type tusUpload struct {
	handler.Upload
	id   string
	sums *sums
}

// NewUpload implements handler.DataStore.
func (s tusStore) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	u, err := s.FileStore.NewUpload(ctx, info)
	if err != nil {
		return nil, full(err)
	}
	return tusUpload{u, info.ID, s.sums}, nil
}

// GetUpload implements handler.DataStore.
func (s tusStore) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	u, err := s.FileStore.GetUpload(ctx, id)
	if err != nil {
		return nil, err
	}
	return tusUpload{u, id, s.sums}, nil
}

// AsTerminatableUpload implements handler.TerminaterDataStore.
func (s tusStore) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return s.FileStore.AsTerminatableUpload(u.(tusUpload).Upload)
}

// WriteChunk implements handler.Upload.
func (u tusUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.sums.write(u.id, offset, src, func(r io.Reader) (int64, error) { return u.Upload.WriteChunk(ctx, offset, r) })
	return n, full(err)
}

func full(err error) error {
	if fault.IsCode(Translate(err), "storage_full") {
		return handler.NewError(CodeFull, "the storage is full", http.StatusServiceUnavailable)
	}
	return err
}

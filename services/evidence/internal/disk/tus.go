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
	s := tusStore{fs}
	c.UseCore(s)
	c.UseTerminater(s)
	c.UseLocker(memorylocker.New())
	return c
}

// tusStore is tusd's file store with a full disk told apart from other failures.
type tusStore struct{ filestore.FileStore }

type tusUpload struct{ handler.Upload }

// NewUpload implements handler.DataStore.
func (s tusStore) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	u, err := s.FileStore.NewUpload(ctx, info)
	if err != nil {
		return nil, full(err)
	}
	return tusUpload{u}, nil
}

// GetUpload implements handler.DataStore.
func (s tusStore) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	u, err := s.FileStore.GetUpload(ctx, id)
	if err != nil {
		return nil, err
	}
	return tusUpload{u}, nil
}

// AsTerminatableUpload implements handler.TerminaterDataStore.
func (s tusStore) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return s.FileStore.AsTerminatableUpload(u.(tusUpload).Upload)
}

// WriteChunk implements handler.Upload.
func (u tusUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.Upload.WriteChunk(ctx, offset, src)
	return n, full(err)
}

func full(err error) error {
	if fault.IsCode(Translate(err), "storage_full") {
		return handler.NewError(CodeFull, "the storage is full", http.StatusServiceUnavailable)
	}
	return err
}

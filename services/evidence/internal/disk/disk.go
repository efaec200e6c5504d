// Package disk keeps the bytes of files on the local disk: uploads/<id> while
// they arrive, files/xx/yy/<id> once they are whole, where xx and yy are the
// last four letters of the id, so that no folder grows too large and the
// place of a file is known from its id alone.
package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/form"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/gabriel-vasile/mimetype"
)

// sniffed is how many bytes the type of a file is told from.
const sniffed = 1 << 20

// The library looks at 3 KB otherwise, which is too little for office
// documents whose telling part comes late.
func init() { mimetype.SetLimit(sniffed) }

// Disk implements evidence.Blobs in one folder.
type Disk struct {
	dir  string
	sums *sums
}

var _ evidence.Blobs = (*Disk)(nil)

// Open makes the folders below dir.
func Open(dir string) (*Disk, error) {
	d := &Disk{dir: dir, sums: &sums{by: map[string]sum{}}}
	for _, p := range []string{d.Uploads(), filepath.Join(dir, "files")} {
		if err := os.MkdirAll(p, 0o700); err != nil {
			return nil, fmt.Errorf("folder for files: %w", err)
		}
	}
	// What a dead process was looking at.
	for _, name := range []string{"piece-*", "look-*"} {
		left, _ := filepath.Glob(filepath.Join(d.Uploads(), name)) // the pattern is right
		for _, p := range left {
			if err := remove(p); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

// Uploads is the folder of what is arriving.
func (d *Disk) Uploads() string { return filepath.Join(d.dir, "uploads") }

func (d *Disk) arriving(fileID string) string { return filepath.Join(d.Uploads(), fileID) }

// Place is where a file is kept.
func (d *Disk) Place(fileID string) string {
	n := len(fileID)
	return filepath.Join(d.dir, "files", fileID[n-4:n-2], fileID[n-2:], fileID)
}

// Translate turns a full disk, a quota or a limit of file sizes into a fault;
// everything else is returned as it is.
func Translate(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fault.New(fault.Unavailable, "storage_full", "The storage is full; nothing more was saved. Tell the system administrator, then go on with the upload.").WithCause(err)
	}
	return err
}

// find opens the bytes of a file where they are now.
func (d *Disk) find(fileID string) (*os.File, error) {
	if !id.Valid(fileID) {
		return nil, fault.Missing("file") // never let a strange id become a path
	}
	f, err := os.Open(d.arriving(fileID))
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.Open(d.Place(fileID))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Missing("file")
	}
	return f, err
}

func (d *Disk) Arrived(_ context.Context, fileID string) (int64, bool, error) {
	f, err := d.find(fileID)
	if fault.Is(err, fault.NotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	return st.Size(), true, nil
}

func (d *Disk) Examine(_ context.Context, fileID string) (evidence.Examined, error) {
	var x evidence.Examined
	f, err := d.find(fileID)
	if err != nil {
		return x, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return x, Translate(err)
	}
	st, err := f.Stat()
	if err != nil {
		return x, err
	}
	size := st.Size()
	sum, known := d.sums.whole(fileID, size)
	if !known {
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(f, 0, size)); err != nil {
			return x, err
		}
		sum = hex.EncodeToString(h.Sum(nil))
	}
	head, err := io.ReadAll(io.NewSectionReader(f, 0, sniffed))
	if err != nil {
		return x, err
	}
	mt, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	is := form.Identify(f, size, mt)
	return evidence.Examined{
		Size: size, SHA256: sum, Type: is.Type, Refusal: is.Refusal, Why: is.Why, Cautions: is.Cautions,
	}, nil
}

func (d *Disk) Keep(_ context.Context, fileID string) error {
	to := d.Place(fileID)
	yy := filepath.Dir(to)
	if err := os.MkdirAll(yy, 0o700); err != nil {
		return Translate(err)
	}
	if err := os.Rename(d.arriving(fileID), to); err != nil {
		if _, serr := os.Stat(to); !errors.Is(err, fs.ErrNotExist) || serr != nil {
			return Translate(err)
		}
		// It was moved before, by a process that died right after.
	}
	if err := os.Chmod(to, 0o400); err != nil {
		return err
	}
	for _, dir := range []string{yy, filepath.Dir(yy), filepath.Dir(filepath.Dir(yy)), d.Uploads()} {
		if err := syncDir(dir); err != nil {
			return Translate(err)
		}
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d *Disk) Drop(ctx context.Context, fileID string) error {
	if !id.Valid(fileID) {
		return nil
	}
	d.sums.forget(fileID)
	err := remove(d.arriving(fileID))
	if e := remove(d.Place(fileID)); err == nil {
		err = e
	}
	for _, kind := range []evidence.Rendition{evidence.Thumbnail, evidence.Preview} {
		if e := remove(d.shown(fileID, kind)); err == nil {
			err = e
		}
	}
	if e := d.Tidy(ctx, fileID); err == nil {
		err = e
	}
	return err
}

func (d *Disk) Tidy(_ context.Context, fileID string) error {
	if !id.Valid(fileID) {
		return nil
	}
	d.sums.forget(fileID)
	return remove(d.arriving(fileID) + ".info")
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d *Disk) Room(context.Context) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.Uploads(), &s); err != nil {
		return 0, fmt.Errorf("room on the disk: %w", err)
	}
	return int64(min(s.Bavail, math.MaxInt64/uint64(s.Bsize)) * uint64(s.Bsize)), nil
}

func (d *Disk) Idle(_ context.Context, fileID string) (time.Time, error) {
	st, err := os.Stat(d.arriving(fileID))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return st.ModTime(), nil
}

func (d *Disk) Orphans(_ context.Context, t time.Time) ([]string, error) {
	es, err := os.ReadDir(d.Uploads())
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var ids []string
	for _, e := range es {
		name := strings.TrimSuffix(e.Name(), ".info")
		st, err := e.Info()
		if err != nil || !id.Valid(name) || seen[name] || st.ModTime().After(t) {
			continue
		}
		if bin, err := os.Stat(d.arriving(name)); err == nil && bin.ModTime().After(t) {
			continue
		}
		seen[name] = true
		ids = append(ids, name)
	}
	return ids, nil
}

func (d *Disk) Open(_ context.Context, fileID string) (io.ReadSeekCloser, error) {
	if !id.Valid(fileID) {
		return nil, fault.Missing("file")
	}
	f, err := os.Open(d.Place(fileID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Missing("file")
	}
	return f, err
}

func (d *Disk) Local(_ context.Context, fileID string) (string, func(), error) {
	if !id.Valid(fileID) {
		return "", nil, fault.Missing("file")
	}
	return d.Place(fileID), func() {}, nil
}

// Arriving opens an upload whose bytes are all there.
func (d *Disk) Arriving(fileID string) (*os.File, error) {
	if !id.Valid(fileID) {
		return nil, fault.Missing("file")
	}
	f, err := os.Open(d.arriving(fileID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Missing("file")
	}
	return f, err
}

// shown is where a rendition is kept: beside the files, in folders made alike.
func (d *Disk) shown(fileID string, kind evidence.Rendition) string {
	n := len(fileID)
	return filepath.Join(d.dir, "shown", fileID[n-4:n-2], fileID[n-2:], fileID+"."+string(kind)+".jpg")
}

func (d *Disk) KeepRendition(_ context.Context, fileID string, kind evidence.Rendition, b []byte) error {
	if !id.Valid(fileID) {
		return fault.Missing("file")
	}
	to := d.shown(fileID, kind)
	dir := filepath.Dir(to)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Translate(err)
	}
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return Translate(err)
	}
	_, err = f.Write(b)
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return Translate(err)
	}
	for _, dir := range []string{dir, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} {
		if err := syncDir(dir); err != nil {
			return Translate(err)
		}
	}
	return nil
}

func (d *Disk) OpenRendition(_ context.Context, fileID string, kind evidence.Rendition) (io.ReadSeekCloser, error) {
	if !id.Valid(fileID) {
		return nil, fault.Missing("file")
	}
	f, err := os.Open(d.shown(fileID, kind))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Missing("file")
	}
	return f, err
}

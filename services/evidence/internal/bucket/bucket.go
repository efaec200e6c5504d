// Package bucket keeps the bytes of received files in an S3 bucket. What is
// arriving still collects on the local disk of the process that takes it,
// because it is hashed and looked through there; a file counts as received
// when the bucket has it. Requests of one upload should therefore reach the
// same process; one that reaches another begins anew there.
package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/disk"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Config says where the bucket is.
type Config struct {
	// URL is http or https, host, bucket and an optional prefix:
	// https://s3.example.org/duban/files?region=cn-north-1.
	URL       string
	AccessKey string
	SecretKey string
}

// Bucket implements evidence.Blobs.
type Bucket struct {
	*disk.Disk   // of what is arriving
	client       *minio.Client
	name, prefix string
}

var _ evidence.Blobs = (*Bucket)(nil)

// Open makes the client; it asks the bucket nothing yet.
func Open(d *disk.Disk, c Config) (*Bucket, error) {
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, errors.New("S3_URL must be http or https, host and bucket, as https://s3.example.org/duban; keys go into S3_ACCESS_KEY and S3_SECRET_KEY")
	}
	name, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if name == "" {
		return nil, errors.New("S3_URL names no bucket; add it as https://s3.example.org/duban")
	}
	if c.AccessKey == "" || c.SecretKey == "" {
		return nil, errors.New("S3_URL wants S3_ACCESS_KEY and S3_SECRET_KEY (or S3_ACCESS_KEY_FILE and S3_SECRET_KEY_FILE)")
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: u.Scheme == "https",
		Region: u.Query().Get("region"), MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("S3_URL: %w", err)
	}
	return &Bucket{Disk: d, client: client, name: name, prefix: prefix}, nil
}

// Check asks whether the bucket is there and may be used.
func (b *Bucket) Check(ctx context.Context) error {
	ok, err := b.client.BucketExists(ctx, b.name)
	if err != nil {
		return fmt.Errorf("bucket %s: %w", b.name, err)
	}
	if !ok {
		return fmt.Errorf("bucket %s does not exist", b.name)
	}
	return nil
}

func (b *Bucket) file(fileID string) string { return path.Join(b.prefix, "files", fileID) }

func (b *Bucket) shown(fileID string, kind evidence.Rendition) string {
	return path.Join(b.prefix, "shown", fileID+"."+string(kind)+".jpg")
}

// translate tells a missing object apart from a bucket that cannot be used.
func translate(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	var r minio.ErrorResponse
	if errors.As(err, &r) && r.Code == minio.NoSuchKey {
		return fault.Missing("file")
	}
	return fault.New(fault.Unavailable, "storage_away", "The file store does not answer; nothing is lost. Go on in a moment.").WithCause(err)
}

// put stores an object whole or not at all. The store checks the bytes
// against their MD5 before it answers.
func (b *Bucket) put(ctx context.Context, key string, r io.Reader, size int64, contentType string) error {
	info, err := b.client.PutObject(ctx, b.name, key, r, size, minio.PutObjectOptions{
		ContentType: contentType, SendContentMd5: true, DisableMultipart: true,
	})
	if err == nil && info.Size != size {
		err = fmt.Errorf("the store has %d of %d bytes of %s", info.Size, size, key)
	}
	return translate(err)
}

// Keep implements evidence.Blobs. The local copy stays until Tidy: a process
// that dies before the record finishes from it.
func (b *Bucket) Keep(ctx context.Context, fileID string) error {
	f, err := b.Arriving(fileID)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return b.put(ctx, b.file(fileID), f, st.Size(), "application/octet-stream")
}

func (b *Bucket) Drop(ctx context.Context, fileID string) error {
	if !id.Valid(fileID) {
		return nil
	}
	if err := b.Disk.Drop(ctx, fileID); err != nil {
		return err
	}
	for _, key := range []string{b.file(fileID), b.shown(fileID, evidence.Thumbnail), b.shown(fileID, evidence.Preview)} {
		err := translate(b.client.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{}))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

func (b *Bucket) Tidy(ctx context.Context, fileID string) error { return b.Disk.Drop(ctx, fileID) }

func (b *Bucket) Open(ctx context.Context, fileID string) (io.ReadSeekCloser, error) {
	if !id.Valid(fileID) {
		return nil, fault.Missing("file")
	}
	return b.open(ctx, b.file(fileID))
}

func (b *Bucket) OpenRendition(ctx context.Context, fileID string, kind evidence.Rendition) (io.ReadSeekCloser, error) {
	if !id.Valid(fileID) {
		return nil, fault.Missing("file")
	}
	return b.open(ctx, b.shown(fileID, kind))
}

func (b *Bucket) open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	o, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, translate(err)
	}
	if _, err := o.Stat(); err != nil {
		o.Close()
		return nil, translate(err)
	}
	return object{o}, nil
}

// object tells a store that fails in the middle apart from a file that ends.
type object struct{ *minio.Object }

// Read implements io.Reader.
func (o object) Read(p []byte) (int, error) {
	n, err := o.Object.Read(p)
	return n, translate(err)
}

func (b *Bucket) KeepRendition(ctx context.Context, fileID string, kind evidence.Rendition, jpeg []byte) error {
	if !id.Valid(fileID) {
		return fault.Missing("file")
	}
	return b.put(ctx, b.shown(fileID, kind), bytes.NewReader(jpeg), int64(len(jpeg)), "image/jpeg")
}

func (b *Bucket) Local(ctx context.Context, fileID string) (string, func(), error) {
	r, err := b.Open(ctx, fileID)
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	f, err := os.CreateTemp(b.Uploads(), "look-*")
	if err != nil {
		return "", nil, disk.Translate(err)
	}
	_, err = io.Copy(f, r)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", nil, disk.Translate(err)
	}
	return f.Name(), func() { _ = os.Remove(f.Name()) }, nil
}

package rest

import (
	"crypto/sha1" //nolint:gosec // the algorithm that tus 1.0 requires of every server; it guards against accidents only
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/duban/duban/services/evidence/internal/disk"
	"github.com/duban/duban/services/internal/fault"
)

// The checksum extension of tus 1.0, which tusd does not have. A piece that
// comes with a checksum is collected beside the upload first and appended only
// when it is whole and right: until then the upload has not grown, whatever
// happens to the line or the process.

// algorithms of checksums, by their names in tus; sha1 is required of all servers.
var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New}

const checksumHeader = "Upload-Checksum"

// checksum is what a piece must have.
type checksum struct {
	hash hash.Hash
	want []byte
}

// checksumOf reads the header; nil when there is none.
func checksumOf(h http.Header) (*checksum, error) {
	given := h.Get(checksumHeader)
	if given == "" {
		return nil, nil
	}
	name, value, _ := strings.Cut(given, " ")
	build, ok := algorithms[name]
	if !ok {
		return nil, fault.BadField("header.Upload-Checksum", "expected sha1 or sha256, a space, and the checksum of this piece in base64", given)
	}
	c := &checksum{hash: build()}
	var err error
	if c.want, err = base64.StdEncoding.DecodeString(value); err != nil || len(c.want) != c.hash.Size() {
		return nil, fault.BadField("header.Upload-Checksum", "expected sha1 or sha256, a space, and the checksum of this piece in base64", given)
	}
	return c, nil
}

// checked collects the body of a request, at most limit bytes of it, and puts
// what was collected in its place when the checksum is right. The caller calls
// done in any case.
func (u *uploads) checked(r *http.Request, c *checksum, limit int64) (done func(), err error) {
	done = func() {}
	f, err := os.CreateTemp(u.spool, "piece-*")
	if err != nil {
		return done, disk.Translate(err)
	}
	// Without a name it is gone when the process is.
	_ = os.Remove(f.Name())
	done = func() { f.Close() }
	n, err := io.Copy(io.MultiWriter(f, c.hash), io.LimitReader(r.Body, limit+1))
	switch {
	case exchangeOf(r.Context()).body.err != nil:
		return done, problemOf("ERR_UNEXPECTED_EOF", 0)
	case err != nil:
		return done, disk.Translate(err)
	case n > limit:
		return done, problemOf("ERR_UPLOAD_SIZE_EXCEEDED", 0)
	case subtle.ConstantTimeCompare(c.hash.Sum(nil), c.want) != 1:
		return done, fault.New(fault.Corrupted, "checksum_mismatch", "The bytes that arrived are not those of Upload-Checksum; none of them were kept. Send the piece again from the same offset.")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return done, err
	}
	// tusd reads from the request as it was when it came in.
	for _, r := range []*http.Request{r, exchangeOf(r.Context()).request} {
		r.Body, r.ContentLength = io.NopCloser(f), n
	}
	return done, nil
}

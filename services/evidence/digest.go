package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/emmansun/gmsm/sm3"
)

// digests are the hashes of the bytes of a file, in hex.
type digests struct {
	size   int64
	sha256 string
	sm3    string // empty where it was not asked for
}

// digestsOf reads to the end. SM3 costs several times as much as SHA-256 and
// is made only where it is asked for.
func digestsOf(r io.Reader, withSM3 bool) (digests, error) {
	h := sha256.New()
	var also hash.Hash
	var to io.Writer = h
	if withSM3 {
		also = sm3.New()
		to = io.MultiWriter(h, also)
	}
	n, err := io.Copy(to, r)
	d := digests{size: n, sha256: hex.EncodeToString(h.Sum(nil))}
	if also != nil {
		d.sm3 = hex.EncodeToString(also.Sum(nil))
	}
	return d, err
}

// addSM3 makes the SM3 digest of a file after its receipt, where it is switched on.
func (s *Service) addSM3(ctx context.Context, f *File) error {
	if !s.options.SM3 || f.SM3 != "" {
		return nil
	}
	r, err := s.blobs.Open(ctx, f.ID)
	if err != nil {
		return err
	}
	defer r.Close()
	h := sm3.New()
	if _, err := io.Copy(h, r); err != nil {
		return err
	}
	f.SM3 = hex.EncodeToString(h.Sum(nil))
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.SetSM3(ctx, f.ID, f.SM3) })
}

package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync"
)

// maxSums is how many arriving files are hashed while they arrive; of more,
// some are hashed at their end.
const maxSums = 10_000

// sums are the SHA-256 of what has arrived so far. They live in memory only:
// what a dead process, or a dead machine, had written is read again, and not
// believed. Safe for concurrent use; of one file only one writes at a time.
type sums struct {
	mu sync.Mutex
	by map[string]sum
}

type sum struct {
	hash hash.Hash
	at   int64 // bytes hashed
}

// take is the hash of the bytes before an offset, which is no longer kept;
// nil when they are not known.
func (s *sums) take(fileID string, offset int64) hash.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.by[fileID]
	delete(s.by, fileID)
	switch {
	case offset == 0:
		return sha256.New()
	case ok && x.at == offset:
		return x.hash
	}
	return nil
}

func (s *sums) put(fileID string, h hash.Hash, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.by {
		if len(s.by) < maxSums {
			break
		}
		delete(s.by, other)
	}
	s.by[fileID] = sum{h, at}
}

// whole is the SHA-256 in hex of a file of so many bytes; false when not all of
// it was hashed while it arrived.
func (s *sums) whole(fileID string, size int64) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.by[fileID]
	if !ok || x.at != size {
		return "", false
	}
	return hex.EncodeToString(x.hash.Sum(nil)), true
}

func (s *sums) forget(fileID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, fileID)
}

// write has to append what src gives at an offset, and hashes it on the way.
// When not all that was read was written, the hash is not kept.
func (s *sums) write(fileID string, offset int64, src io.Reader, to func(io.Reader) (int64, error)) (int64, error) {
	h := s.take(fileID, offset)
	if h == nil {
		return to(src)
	}
	t := &tally{r: src, hash: h}
	n, err := to(t)
	if n == t.n {
		s.put(fileID, h, offset+n)
	}
	return n, err
}

// tally hashes and counts what is read.
type tally struct {
	r    io.Reader
	hash hash.Hash
	n    int64
}

// Read implements io.Reader.
func (t *tally) Read(b []byte) (int, error) {
	n, err := t.r.Read(b)
	_, _ = t.hash.Write(b[:n]) // a hash never fails
	t.n += int64(n)
	return n, err
}

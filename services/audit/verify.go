package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// page is how many entries are read at a time while verifying or exporting.
const page = 1000

// Breach is a place where the chain is not as it was made.
type Breach struct {
	Seq     int64
	Problem string
}

func (b Breach) String() string { return fmt.Sprintf("audit entry %d: %s", b.Seq, b.Problem) }

// verifier looks at entries in ascending order. After a breach it goes on
// from what is there, so that one changed entry is one breach.
type verifier struct {
	next int64  // the seq that has to come
	hash string // of the entry before
	// loose tells that the hash before is not known.
	loose bool
}

// see returns what is wrong with x.
func (v *verifier) see(x Entry) []Breach {
	var bs []Breach
	switch {
	case x.Seq > v.next:
		bs = append(bs, Breach{v.next, fmt.Sprintf("entries %d to %d are missing", v.next, x.Seq-1)})
	case !v.loose && x.PrevHash != v.hash:
		bs = append(bs, Breach{x.Seq, "it does not follow from the entry before it"})
	}
	if Hash(x) != x.Hash {
		bs = append(bs, Breach{x.Seq, "it was changed: its hash is not that of its content"})
	}
	if x.Whole {
		if sum := sha256.Sum256([]byte(x.Detail)); hex.EncodeToString(sum[:]) != x.DataHash {
			bs = append(bs, Breach{x.Seq, "its data is not the data it was made of"})
		}
	}
	v.next, v.hash, v.loose = x.Seq+1, x.Hash, false
	return bs
}

// span is a part of the chain, both ends among it.
type span struct{ from, to int64 }

// walk verifies the entries of a span against the head as it was before; it
// calls f for every breach until f returns false.
func walk(ctx context.Context, s Store, part span, head Head, f func(Breach) bool) error {
	from, to := part.from, part.to
	v := &verifier{next: from}
	if from > 1 {
		before, err := s.Range(ctx, from-1, from-1, 1)
		if err != nil {
			return err
		}
		if len(before) == 1 {
			v.hash = before[0].Hash
		} else if !f(Breach{from - 1, "it is missing"}) {
			return nil
		} else {
			v.loose = true
		}
	}
	for at := from; at <= to; {
		xs, err := s.Range(ctx, at, to, page)
		if err != nil {
			return err
		}
		for _, x := range xs {
			for _, b := range v.see(x) {
				if !f(b) {
					return nil
				}
			}
		}
		if len(xs) < page {
			break
		}
		at = v.next
	}
	if v.next <= to && !f(Breach{v.next, fmt.Sprintf("entries %d to %d are missing", v.next, to)}) {
		return nil
	}
	if to == head.Seq && to > 0 && v.next > to && v.hash != head.Hash {
		f(Breach{to, "it is not the end of the chain that was noted down"})
	}
	return nil
}

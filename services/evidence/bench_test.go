package evidence_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/examine"
	"github.com/duban/duban/services/evidence/internal/form"
	"github.com/duban/duban/services/evidence/internal/store"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/uptrace/bun"
)

// All that is done with a picture of 12 megapixels (hashed, looked through,
// decoded, turned, made small twice, recognized), beside decoding it alone.
func BenchmarkPicture(b *testing.B) {
	photo := toJPEG(b, scene(1, 4000, 3000), 88)
	at := filepath.Join(b.TempDir(), "a.jpg")
	if err := os.WriteFile(at, photo, 0o600); err != nil {
		b.Fatal(err)
	}
	p := examine.New(1, examine.Patience)
	defer p.Close()
	var all, alone time.Duration
	for b.Loop() {
		t := time.Now()
		if _, err := jpeg.Decode(bytes.NewReader(photo)); err != nil {
			b.Fatal(err)
		}
		alone += time.Since(t)
		t = time.Now()
		sha256.Sum256(photo)
		if f := form.Identify(bytes.NewReader(photo), int64(len(photo)), "image/jpeg"); f.Refusal != "" {
			b.Fatal(f)
		}
		if x, err := p.Examine(context.Background(), at, "image/jpeg"); err != nil || x.Print == nil {
			b.Fatal(x.Verdict, err)
		}
		all += time.Since(t)
	}
	b.ReportMetric(float64(all)/float64(alone), "×decoding")
}

// Looking for a picture among 10,000 and among 1,000,000 indexed codes.
func BenchmarkSearch(b *testing.B) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		for _, n := range []int{10_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", e, n), func(b *testing.B) {
				d := dbtest.Open(b, "evidence", e)
				fillCodes(b, d, n)
				s := store.New(d)
				var ps []*evidence.Print
				for i := range 20 {
					ps = append(ps, printed(scene(uint64(i), 240, 180)))
				}
				i := 0
				for b.Loop() {
					if _, err := s.Candidates(b.Context(), "nobody", *ps[i%len(ps)], 200); err != nil {
						b.Fatal(err)
					}
					i++
				}
			})
		}
	}
}

// fillCodes indexes n codes: those of drawn scenes, each with its noise.
func fillCodes(b *testing.B, d *db.DB, n int) {
	b.Helper()
	type code struct {
		bun.BaseModel `bun:"table:picture_codes"`

		Whole  bool
		Code   int64
		FileID string
	}
	r := rand.New(rand.NewPCG(4, 4))
	var base []*evidence.Print
	for i := range 200 {
		base = append(base, printed(scene(uint64(500+i), 240, 180)))
	}
	var id [16]byte
	for n > 0 {
		var rows []code
		for len(rows) < 5000 && n > 0 {
			p := base[r.IntN(len(base))]
			binary.BigEndian.PutUint64(id[:], r.Uint64())
			fileID := hex.EncodeToString(id[:])
			seen := map[code]bool{}
			// Every picture is another one: some of its signs are turned around.
			turned := uint32(0)
			for range 6 {
				turned |= 1 << r.IntN(20)
			}
			add := func(cs []uint32, whole bool) {
				for _, c := range cs {
					if x := (code{Whole: whole, Code: int64(c ^ turned), FileID: fileID}); !seen[x] {
						seen[x] = true
						rows = append(rows, x)
						n--
					}
				}
			}
			add(p.Codes, true)
			add(p.Windows, false)
		}
		err := d.InTx(b.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewInsert().Model(&rows).Exec(ctx)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := d.Writer().ExecContext(b.Context(), "ANALYZE picture_codes"); err != nil {
		b.Fatal(err)
	}
}

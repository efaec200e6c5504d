package db_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
)

// Pages that were committed reach the database file long before the writer
// would take them there itself.
func TestLogIsFoldedBesideTheWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := db.Open(t.Context(), db.Config{Service: "folded", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Writer().Exec(`CREATE TABLE idempotency_keys (key TEXT PRIMARY KEY, request_hash TEXT, response TEXT, created_at TIMESTAMP)`); err != nil {
		t.Fatal(err)
	}
	const rows, size = 100, 8 << 10
	for i := range rows {
		if err := insert(t.Context(), d, string(rune('A'+i)), strings.Repeat("x", size)); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		i, err := os.Stat(filepath.Join(dir, "folded.db"))
		if err != nil {
			t.Fatal(err)
		}
		if i.Size() > rows*size {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the database file has %d bytes, %d were committed", i.Size(), rows*size)
		}
	}
}

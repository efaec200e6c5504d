package host_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/db"
)

// Findings that insight took when it counted less of them are counted after
// duban reconcile, while the server runs.
func TestReconcileTellsAgain(t *testing.T) {
	t.Parallel()
	w := found(t, host.Config{})
	until(t, "the units arrive at rectification", func() bool {
		a := w.call(t, w.token(t, "insp-c"), http.MethodPost, "/api/v1/findings", nil, finding(w.places["V11"].id))
		return a.status == http.StatusCreated
	})
	counted := func() bool {
		a := w.call(t, w.token(t, "insp-c"), http.MethodGet, "/api/v1/rollups/findings/numbers", nil, nil)
		total, _ := a.object()["total"].(map[string]any)
		return total["found"] == float64(1)
	}
	until(t, "the finding is counted", counted)
	ctx := context.Background()
	cfg := host.Config{Data: w.data}
	tell := func(want int) {
		t.Helper()
		if n, err := host.Reconcile(ctx, cfg, io.Discard); err != nil || n != want {
			t.Fatalf("reconcile: %d, %v; want %d", n, err, want)
		}
	}
	tell(0)
	d, err := db.Open(ctx, db.Config{Service: "insight", Dir: w.data})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, q := range []string{"UPDATE entries SET found_us = 0", "DELETE FROM facet_tallies"} {
		if _, err := d.Writer().ExecContext(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := host.Check(ctx, cfg, false, io.Discard); err != nil || n != 1 {
		t.Fatalf("check: %d, %v; want the one difference", n, err)
	}
	tell(1)
	until(t, "the finding is counted again", counted)
	if n, err := host.Check(ctx, cfg, false, io.Discard); err != nil || n != 0 {
		t.Errorf("check: %d, %v", n, err)
	}
}

package host_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/db"
)

// Case 45: what an earlier program had not counted yet is counted soon after
// the first start of a later one, without a command, and everything holds.
func TestCase45CopiesFillThemselvesAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	w := found(t, host.Config{})
	until(t, "the units arrive at rectification", func() bool {
		a := w.call(t, w.token(t, "insp-c"), http.MethodPost, "/api/v1/findings", nil, finding(w.places["V11"].id))
		return a.status == http.StatusCreated
	})
	ctx := context.Background()
	cfg := host.Config{Data: w.data, Listen: "127.0.0.1:0", Version: "test", Log: slog.New(slog.DiscardHandler)}
	holds := func() bool {
		n, err := host.Check(ctx, cfg, false, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	}
	until(t, "the finding is counted", holds)
	if err := w.h.Stop(); err != nil {
		t.Fatal(err)
	}
	// As it was before findings had numbers: insight does not count them, and
	// they were asked for in an earlier version of its tables.
	for service, statements := range map[string][]string{
		"insight": {"UPDATE entries SET found_us = 0", "DELETE FROM facet_tallies", "UPDATE asked_copies SET version = 0 WHERE things = 'rectification findings'"},
	} {
		d, err := db.Open(ctx, db.Config{Service: service, Dir: w.data})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range statements {
			if _, err := d.Writer().ExecContext(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if holds() {
		t.Fatal("the check does not see what is lacking")
	}
	h, err := host.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Stop()
	until(t, "everything holds", holds)
}

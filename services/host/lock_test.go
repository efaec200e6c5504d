package host_test

import (
	"strings"
	"testing"

	"github.com/duban/duban/services/host"
)

// Evidence keeps files in a folder also where the rows are in PostgreSQL, and
// two processes must not keep them in the same.
func TestOneProcessKeepsTheFiles(t *testing.T) {
	t.Parallel()
	cfg := host.Config{Data: t.TempDir(), DatabaseURL: "postgres://nowhere", NATSURL: "nats://nowhere", Services: []string{"evidence", "insight"}}
	release, err := host.Lock(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = host.Lock(cfg)
	if err == nil || !strings.Contains(err.Error(), "keeps uploads and files") {
		t.Errorf("a second process with evidence: %v", err)
	}
	rest := cfg
	rest.Services = []string{"insight", "audit"}
	free, err := host.Lock(rest)
	if err != nil {
		t.Fatalf("a second process without evidence: %v", err)
	}
	free()
	release()
	again, err := host.Lock(cfg)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again()
}

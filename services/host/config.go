// Package host wires the services together and runs them: all in one process,
// or some of them, with the others elsewhere on the same NATS.
package host

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/rest"
)

// Config is the effective configuration of a process.
type Config struct {
	// Services to run; empty means all. Fewer than all need NATSURL.
	Services []string
	// Data is the folder of the databases, files and the embedded NATS.
	Data string
	// Listen is the address of the HTTP server, host:port; port 0 takes a free one.
	Listen string
	// NATSURL of a cluster with JetStream; empty embeds a server.
	NATSURL string
	// NATSReplicas of the event stream on a cluster.
	NATSReplicas int
	// DatabaseURL of PostgreSQL; empty uses one SQLite file per service.
	DatabaseURL string
	// SchemaPrefix is put before the PostgreSQL schema of each service.
	SchemaPrefix string
	// Proxies are those that stand before the server: their X-Forwarded-For and
	// X-Forwarded-Proto are believed, nobody else's.
	Proxies rest.Proxies
	// Clock that the services go by; nil is the machine's.
	Clock clock.Clock
	// Version of the program.
	Version string
	Log     *slog.Logger

	// through stands between the services and their databases, in tests.
	through func(driver.Connector) driver.Connector
}

// All tells whether every service runs in this process.
func (c Config) All() bool {
	return len(c.Services) == 0 || len(c.Services) == len(migrations.Services)
}

// Names are the services to run, in their fixed order.
func (c Config) Names() []string {
	if len(c.Services) == 0 {
		return migrations.Services
	}
	var names []string
	for _, s := range migrations.Services {
		if slices.Contains(c.Services, s) {
			names = append(names, s)
		}
	}
	return names
}

// Validate says what is wrong with the configuration and how to mend it.
func (c Config) Validate() error {
	for _, s := range c.Services {
		if !slices.Contains(migrations.Services, s) {
			return fmt.Errorf("--services names %q; the services are %s", s, strings.Join(migrations.Services, ", "))
		}
	}
	if !c.All() && c.NATSURL == "" {
		return errors.New("--services runs only some services, so the others must be reachable: set NATS_URL")
	}
	if c.Data == "" {
		return errors.New("no data folder: set --data or DUBAN_DATA")
	}
	return nil
}

// Env reads a setting from the environment, or, for secrets, from the file
// that NAME_FILE names. Neither set gives def.
func Env(name, def string) (string, error) {
	if v, ok := os.LookupEnv(name); ok {
		return v, nil
	}
	if path, ok := os.LookupEnv(name + "_FILE"); ok {
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("%s_FILE: %w", name, err)
		}
		return strings.TrimSpace(string(raw)), nil
	}
	return def, nil
}

// ParseProxies reads DUBAN_TRUSTED_PROXIES: addresses and networks, separated
// by commas.
func ParseProxies(s string) (rest.Proxies, error) { return rest.ParseProxies(s) }

// Clock is the machine's clock with an offset that can be set while it runs.
type Clock = clock.Shifted

// NewClock makes a clock that is not moved yet; for rehearsals.
func NewClock() *Clock { return &clock.Shifted{} }

// ShiftedClock is a clock moved by the whole seconds that the file at path
// holds; for rehearsals.
func ShiftedClock(path string) clock.Clock { return clock.NewFileShifted(path) }

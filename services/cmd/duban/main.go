// Command duban runs the services of the Duban supervision system and looks
// after them.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/duban/duban/services/host"
	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if c, err := root().ExecuteContextC(ctx); err != nil {
		if c.Name() == "serve" {
			// What reads the log of a server reads one form.
			slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("duban ends", "error", err)
		} else {
			fmt.Fprintln(os.Stderr, "duban:", err)
		}
		os.Exit(1)
	}
}

// settings are the flags every command shares; each has an environment
// variable, and the flag wins.
type settings struct {
	data     string
	services []string
	logLevel string
}

func root() *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use: "duban", Short: "Duban 督办: assign, supervise, verify", SilenceUsage: true, SilenceErrors: true,
		Long: "Duban assigns campaigns to units, takes in their evidence, tracks rectification to\n" +
			"verified closure and shows progress up the tree.\n\n" +
			"Environment: DUBAN_DATA, DUBAN_LISTEN, DUBAN_SERVICES, DUBAN_LOG, DUBAN_TRUSTED_PROXIES,\n" +
			"NATS_URL, NATS_REPLICAS, DATABASE_URL, DUBAN_SCHEMA_PREFIX, DUBAN_QUOTA_PERSON, DUBAN_QUOTA_UNIT, DUBAN_QUOTA_TASK,\n" +
			"DUBAN_DISK_RESERVE, DUBAN_LINK_SNAPSHOTS, S3_URL, S3_ACCESS_KEY, S3_SECRET_KEY, DUBAN_CLAMD, DUBAN_SM3, DUBAN_FAR_KM,\n" +
			"DUBAN_WATERMARK. NATS_URL and DATABASE_URL may come from files named by\n" +
			"NATS_URL_FILE and DATABASE_URL_FILE. DUBAN_CLOCK_OFFSET_FILE names a file with seconds by\n" +
			"which the clock is moved, for rehearsals only.",
	}
	c.PersistentPreRunE = onlyTaken
	f := c.PersistentFlags()
	f.StringVar(&s.data, "data", "", "folder of databases, files and the embedded NATS (default $DUBAN_DATA or ./data)")
	f.StringSliceVar(&s.services, "services", nil, "services to run or look at (default $DUBAN_SERVICES or all)")
	f.StringVar(&s.logLevel, "log", "", "least level that is logged: debug, info, warn, error (default $DUBAN_LOG or info)")
	c.AddCommand(serveCommand(&s), migrateCommand(&s), openapiCommand(), importCommand(), demoCommand(&s),
		checkCommand(&s), reconcileCommand(&s), doctorCommand(&s), resetAdministratorCommand(&s), natsPasswordCommand(), verifyCommand(), versionCommand())
	return c
}

// sharedFlags are those of settings.
var sharedFlags = []string{"data", "services", "log"}

// uses marks a command with the shared flags that it takes; see onlyTaken.
func uses(flags ...string) map[string]string {
	return map[string]string{"uses": strings.Join(flags, " ")}
}

// onlyTaken refuses a shared flag that the command would not look at.
func onlyTaken(c *cobra.Command, _ []string) error {
	takes := strings.Fields(c.Annotations["uses"])
	for _, f := range sharedFlags {
		if c.Flags().Changed(f) && !slices.Contains(takes, f) {
			return fmt.Errorf("--%s means nothing to %q", f, c.CommandPath())
		}
	}
	return nil
}

// config is the effective configuration.
func (s *settings) config() (host.Config, error) {
	cfg := host.Config{Services: s.services, Data: s.data, Version: version}
	env := map[string]string{}
	for name, def := range map[string]string{
		"DUBAN_DATA": "data", "DUBAN_LISTEN": "127.0.0.1:8080", "DUBAN_SERVICES": "", "DUBAN_LOG": "info",
		"NATS_URL": "", "NATS_REPLICAS": "1", "DATABASE_URL": "", "DUBAN_SCHEMA_PREFIX": "", "DUBAN_CLOCK_OFFSET_FILE": "",
		"DUBAN_TRUSTED_PROXIES": "",
	} {
		v, err := host.Env(name, def)
		if err != nil {
			return cfg, err
		}
		env[name] = v
	}
	if cfg.Data == "" {
		cfg.Data = env["DUBAN_DATA"]
	}
	if len(cfg.Services) == 0 && env["DUBAN_SERVICES"] != "" {
		cfg.Services = strings.Split(env["DUBAN_SERVICES"], ",")
	}
	cfg.Listen, cfg.NATSURL, cfg.DatabaseURL, cfg.SchemaPrefix = env["DUBAN_LISTEN"], env["NATS_URL"], env["DATABASE_URL"], env["DUBAN_SCHEMA_PREFIX"]
	if _, err := fmt.Sscan(env["NATS_REPLICAS"], &cfg.NATSReplicas); err != nil || cfg.NATSReplicas < 1 || cfg.NATSReplicas > 5 {
		return cfg, fmt.Errorf("NATS_REPLICAS is %q; it must be a number from 1 to 5", env["NATS_REPLICAS"])
	}
	var err error
	if cfg.Proxies, err = host.ParseProxies(env["DUBAN_TRUSTED_PROXIES"]); err != nil {
		return cfg, fmt.Errorf("DUBAN_TRUSTED_PROXIES: %w", err)
	}
	level := s.logLevel
	if level == "" {
		level = env["DUBAN_LOG"]
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return cfg, fmt.Errorf("log level is %q; it must be debug, info, warn or error", level)
	}
	if f := env["DUBAN_CLOCK_OFFSET_FILE"]; f != "" {
		cfg.Clock = host.ShiftedClock(f)
	}
	cfg.Log = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
	return cfg, cfg.Validate()
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), version) },
	}
}

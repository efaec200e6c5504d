package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/duban/duban/services/demo"
	"github.com/duban/duban/services/host"
	"github.com/spf13/cobra"
)

func serveCommand(s *settings) *cobra.Command {
	var listen string
	var withDemo bool
	c := &cobra.Command{
		Use: "serve", Short: "Run the services", Args: cobra.NoArgs, Annotations: uses(sharedFlags...),
		Long: "Runs all services in one process, with an embedded NATS server and one SQLite file per\n" +
			"service below --data. With --services, NATS_URL and DATABASE_URL the same program runs as\n" +
			"separate processes. Ends cleanly on SIGTERM and SIGINT.",
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := s.config()
			if err != nil {
				return err
			}
			// Libraries that log by themselves do so in the same form.
			slog.SetDefault(cfg.Log)
			if listen != "" {
				cfg.Listen = listen
			}
			if withDemo && !cfg.All() {
				return errors.New("--demo needs all services in this process; for others use: duban demo --server URL")
			}
			ctx := c.Context()
			clk := host.NewClock()
			if withDemo {
				cfg.Clock = clk
				clk.Set(today().AddDate(0, 0, -demo.LastDay-20))
			}
			h, err := host.Start(ctx, cfg)
			if err != nil {
				return err
			}
			token, err := h.SetupToken(ctx)
			if err == nil {
				switch {
				case withDemo:
					err = fillDemo(ctx, h, clk, beginning{token, cfg.Data}, c.OutOrStdout())
					clk.Set(time.Time{})
				case token != "":
					announce(c.OutOrStdout(), h.URL(), token)
				}
			}
			if err != nil && ctx.Err() == nil {
				return errors.Join(err, h.Stop())
			}
			fmt.Fprintf(c.OutOrStdout(), "Duban is ready at %s\n", h.URL())
			<-ctx.Done()
			return h.Stop()
		},
	}
	c.Flags().StringVar(&listen, "listen", "", "address of the HTTP server (default $DUBAN_LISTEN or 127.0.0.1:8080)")
	c.Flags().BoolVar(&withDemo, "demo", false, "fill an empty installation with a demo county and print who can sign in")
	return c
}

func announce(w io.Writer, url, token string) {
	fmt.Fprintf(w, `
This installation has no administrators yet. Make the first three with the
setup token below. It is good until that is done, and so is any that another
process or an earlier start has printed.

  %[1]s/setup
  setup token: %[2]s

`, url, token)
}

func openapiCommand() *cobra.Command {
	return &cobra.Command{
		Use: "openapi", Short: "Print the OpenAPI document of all services", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := os.MkdirTemp("", "duban-openapi-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			doc, err := host.OpenAPI(c.Context(), dir)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(doc)
			return err
		},
	}
}

package main

import (
	"fmt"

	"github.com/duban/duban/services/host"
	"github.com/spf13/cobra"
)

func migrateCommand(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the tables up to date", Args: cobra.NoArgs, Annotations: uses(sharedFlags...),
		Long: "Applies the migrations that wait, each in one transaction with the mark that it was applied,\n" +
			"under a lock that ends with its process: whatever killed an earlier one, run it again.\n" +
			"`serve` does so too.",
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := s.config()
			if err != nil {
				return err
			}
			return host.Migrate(c.Context(), cfg, c.OutOrStdout())
		},
	}
	c.AddCommand(&cobra.Command{
		Use: "unlock", Args: cobra.NoArgs, Annotations: uses(sharedFlags...), Deprecated: "the lock of migrations ends with the process that holds it; there is nothing to unlock.",
		Run: func(*cobra.Command, []string) {},
	})
	return c
}

func checkCommand(s *settings) *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use: "check", Short: "Recount the roll-ups and verify what must always hold", Args: cobra.NoArgs, Annotations: uses(sharedFlags...),
		Long: "Looks at the databases directly; the server may be running. While events are under way the\n" +
			"services may differ for a moment. Exits 1 when something does not hold.",
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := s.config()
			if err != nil {
				return err
			}
			n, err := host.Check(c.Context(), cfg, repair, c.OutOrStdout())
			if err != nil {
				return err
			}
			if n > 0 {
				return fmt.Errorf("%d things do not hold", n)
			}
			fmt.Fprintln(c.OutOrStdout(), "Everything holds.")
			return nil
		},
	}
	c.Flags().BoolVar(&repair, "repair", false, "mend what can be computed again")
	return c
}

func reconcileCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "reconcile", Short: "Publish events again that some service has not taken", Args: cobra.NoArgs, Annotations: uses(sharedFlags...),
		Long: "Compares what every service published with what every consumer took. Needs all databases;\n" +
			"safe at any time, because consumers skip what they have had.",
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := s.config()
			if err != nil {
				return err
			}
			n, err := host.Reconcile(c.Context(), cfg, c.OutOrStdout())
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "%d in all\n", n)
			}
			return err
		},
	}
}

func doctorCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Look at what the system needs from its surroundings", Args: cobra.NoArgs, Annotations: uses(sharedFlags...),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := s.config()
			if err != nil {
				return err
			}
			if n := host.Doctor(c.Context(), cfg, c.OutOrStdout()); n > 0 {
				return fmt.Errorf("%d things are wrong", n)
			}
			return nil
		},
	}
}

package main

import (
	evidence "github.com/duban/duban/services/evidence/module"
	"github.com/spf13/cobra"
)

func verifyCommand() *cobra.Command {
	var want string
	c := &cobra.Command{
		Use: "verify BUNDLE.ZIP", Short: "Check a downloaded bundle, without the server", Args: cobra.ExactArgs(1),
		Long: "Checks that every file in a bundle is what was sealed, and that the manifests follow each other.\n" +
			"Whether the manifest is the one that was sealed tells its SHA-256: compare it with the receipt or the\n" +
			"audit trail, or give it with --manifest-sha256. Exits 1 when something differs.",
		RunE: func(c *cobra.Command, args []string) error {
			return evidence.VerifyBundle(args[0], want, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&want, "manifest-sha256", "", "what the manifest's SHA-256 must be")
	return c
}

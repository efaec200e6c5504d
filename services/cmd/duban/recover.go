package main

import (
	"fmt"
	"os"
	"os/user"

	"github.com/duban/duban/services/host"
	"github.com/spf13/cobra"
)

func resetAdministratorCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "reset-administrator ACCOUNT", Short: "Give an administrator a new initial password", Args: cobra.ExactArgs(1), Annotations: uses("data", "log"),
		Long: "Prints a new initial password for one of the administrators, which must be changed at the first\n" +
			"sign-in, and ends their sessions. No administrator can do this for another one in the pages:\n" +
			"they would hold two of the three roles. Works on the database directly, whether the server is\n" +
			"running or not, and stands in the audit trail with the name of who ran it.",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := s.config()
			if err != nil {
				return err
			}
			password, err := host.ResetAdministrator(c.Context(), cfg, args[0], operator())
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), password)
			return nil
		},
	}
}

// operator names who runs the command, for the audit trail.
func operator() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	machine, err := os.Hostname()
	if err != nil {
		machine = "localhost"
	}
	return "command line: " + name + "@" + machine
}

package main

import (
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/bcrypt"
)

// natsCost is the cost of a hash that NATS compares at every connect, about a
// tenth of a second: enough for a password of 128 random bits.
const natsCost = 11

func natsPasswordCommand() *cobra.Command {
	return &cobra.Command{
		Use: "nats-password", Short: "Make a password for a NATS server and its hash for nats.env", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			password := rand.Text()
			hash, err := bcrypt.GenerateFromPassword([]byte(password), natsCost)
			if err != nil {
				return err
			}
			// In quotes, or compose would take what follows a $ for a variable.
			_, err = fmt.Fprintf(c.OutOrStdout(), "For nats_url:  %s\nFor nats.env:  NATS_PASSWORD_HASH='%s'\n", password, hash)
			return err
		},
	}
}

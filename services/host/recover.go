package host

import (
	"context"
	"errors"
)

// ResetAdministrator gives an administrator a fresh initial password and
// returns it; by names in the audit trail who did. It looks at the database
// directly: the server may be running, and tells the others when it is.
func ResetAdministrator(ctx context.Context, cfg Config, account, by string) (string, error) {
	cfg.Services = []string{"directory"}
	units, done, err := offline(ctx, cfg)
	if err != nil {
		return "", err
	}
	defer done()
	for _, u := range units {
		if s, ok := u.svc.(interface {
			RecoverAdministrator(ctx context.Context, account, by string) (string, error)
		}); ok {
			return s.RecoverAdministrator(ctx, account, by)
		}
	}
	return "", errors.New("the directory is not among the services of this program")
}

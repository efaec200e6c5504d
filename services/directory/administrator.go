package directory

import (
	"context"
	"slices"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// recovered is the cause of a password that was set on the command line.
const recovered = "recovered"

// administers tells whether somebody with the grants is an administrator.
func administers(gs []Grant) bool {
	return slices.ContainsFunc(gs, func(g Grant) bool { return slices.Contains(policy.Administrators, g.Role) })
}

// administrators tells which of the people are administrators, as far as it
// matters to the caller: whoever may change nobody is told nothing.
func (s *Service) administrators(ctx context.Context, rights policy.Rights, ids ...string) (map[string]bool, error) {
	if rights.Reach("write").Empty() {
		return nil, nil
	}
	gs, err := s.store.GrantsOf(ctx, ids)
	m := make(map[string]bool, len(gs))
	for p, g := range gs {
		m[p] = administers(g)
	}
	return m, err
}

// RecoverAdministrator gives an administrator a fresh initial password,
// returned once, and ends their sessions. No administrator can do so for
// another one, who would then hold two of the roles: it takes somebody at the
// machine itself, named by by in the audit trail. Faults: not_found,
// not_administrator, wrong_state.
func (s *Service) RecoverAdministrator(ctx context.Context, account, by string) (string, error) {
	password := newInitialPassword()
	hash := hashInitial(password)
	err := s.change(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Lock(ctx); err != nil {
			return err
		}
		p, found, err := tx.PersonByAccount(ctx, account)
		if err != nil {
			return err
		}
		if !found {
			return fault.Missing("account")
		}
		if p, err = tx.LockPerson(ctx, p.ID); err != nil {
			return err
		}
		gs, err := tx.GrantsOf(ctx, []string{p.ID})
		if err != nil {
			return err
		}
		if !administers(gs[p.ID]) {
			return fault.New(fault.Conflict, "not_administrator", "%s is no administrator; the system administrator resets the password.", p.Account)
		}
		if p.Disabled {
			return fault.New(fault.Conflict, "wrong_state", "The account is disabled; set its password after it is enabled again.")
		}
		p.PasswordHash, p.MustChange = hash, true
		if err := unlock(ctx, tx, &p); err != nil {
			return err
		}
		return s.savePassword(ctx, deed{Tx: tx, actor: policy.Actor{Name: by}}, &p, "", recovered)
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

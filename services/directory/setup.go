package directory

import (
	"context"
	"crypto/subtle"
	"slices"
	"strconv"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// maxSetupTokens is how many setup tokens are good at a time: each replica
// prints one at each start, and people use whichever they have read.
const maxSetupTokens = 32

// SetupToken makes a token with which the first three administrators are made;
// earlier ones stay good until that is done. needed is false once there is
// anybody.
func (s *Service) SetupToken(ctx context.Context) (token string, needed bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		token, needed = "", false
		st, err := tx.Lock(ctx)
		if err != nil {
			return err
		}
		anybody, err := tx.AnyPerson(ctx)
		if err != nil || anybody {
			return err
		}
		token, needed = newSecret(), true
		hashes := append(st.SetupHashes, hashSecret(token))
		st.SetupHashes = hashes[max(0, len(hashes)-maxSetupTokens):]
		return tx.PutState(ctx, st)
	})
	return token, needed, err
}

// SetUpNeeded tells whether there is nobody yet who could sign in.
func (s *Service) SetUpNeeded(ctx context.Context) (bool, error) {
	anybody, err := s.store.AnyPerson(ctx)
	return !anybody, err
}

// FirstAdministrator is one of the three people made at the first start.
type FirstAdministrator struct {
	Role    string `words:"role" only:"system_administrator,security_administrator,auditor"`
	Name    string `limit:"1..100"`
	Account string `limit:"1..64"`
}

// Credentials are told once, to whoever made the account.
type Credentials struct{ PersonID, Name, Account, Role, InitialPassword string }

// SetUp makes the root unit and the three administrators. Faults: setup_done,
// setup_token.
func (s *Service) SetUp(ctx context.Context, token string, root UnitInput, admins []FirstAdministrator) (Unit, []Credentials, error) {
	if err := fault.Check(SettingUp{token, root, admins}); err != nil {
		return Unit{}, nil, err
	}
	if err := root.clean(); err != nil {
		return Unit{}, nil, within("root", err)
	}
	if err := threeKinds(admins); err != nil {
		return Unit{}, nil, err
	}
	var u Unit
	var creds []Credentials
	err := s.change(ctx, func(ctx context.Context, tx Tx) error {
		st, err := tx.Lock(ctx)
		if err != nil {
			return err
		}
		anybody, err := tx.AnyPerson(ctx)
		if err != nil {
			return err
		}
		if anybody {
			return fault.New(fault.Conflict, "setup_done", "The installation is set up already.")
		}
		given := []byte(hashSecret(token))
		if !slices.ContainsFunc(st.SetupHashes, func(h string) bool { return subtle.ConstantTimeCompare([]byte(h), given) == 1 }) {
			return fault.New(fault.Unauthorized, "setup_token", "The setup token is wrong. The server prints a fresh one at each start until it is set up.")
		}
		st.SetupHashes = nil
		st.Version++
		if err := tx.PutState(ctx, st); err != nil {
			return err
		}
		now := s.clock.Now()
		u = root.unit(Unit{}, now)
		if err := checkCodes(ctx, tx, u, Unit{}); err != nil {
			return within("root", err)
		}
		if err := tx.InsertUnits(ctx, []Unit{u}); err != nil {
			return err
		}
		evs := []event.Event{unitsChanged(now, u)}
		creds = nil
		var people []Person
		var grants []Grant
		held := map[string][]Grant{}
		for i, a := range admins {
			in := PersonInput{Account: a.Account, Name: a.Name, UnitID: u.ID}
			if err := in.clean(); err != nil {
				return within("administrators["+strconv.Itoa(i)+"]", err)
			}
			p, password := in.person(u, now)
			g := newGrant(p, a.Role, u, "", now)
			people, grants, held[p.ID] = append(people, p), append(grants, g), []Grant{g}
			creds = append(creds, Credentials{PersonID: p.ID, Name: p.Name, Account: p.Account, Role: a.Role, InitialPassword: password})
		}
		if err := tx.InsertPeople(ctx, people); err != nil {
			return err
		}
		if err := tx.InsertGrants(ctx, grants); err != nil {
			return err
		}
		evs = append(evs, personsChanged(now, people, held))
		for _, g := range grants {
			evs = append(evs, event.New(id.New(), now, event.GrantGiven, g.ID, 1, g.event()).For(u.ID, u.Path))
		}
		evs = append(evs, event.New(id.New(), now, event.InstallationSetUp, u.ID, 1, event.Session{PersonID: people[0].ID}).For(u.ID, u.Path))
		return tx.Emit(ctx, evs...)
	})
	return u, creds, err
}

func threeKinds(admins []FirstAdministrator) error {
	var roles, accounts []string
	for _, a := range admins {
		roles = append(roles, a.Role)
		if slices.Contains(accounts, AccountKey(a.Account)) {
			return fault.BadField("administrators", "three different accounts are needed: nobody holds two of the roles", a.Account)
		}
		accounts = append(accounts, AccountKey(a.Account))
	}
	slices.Sort(roles)
	want := slices.Sorted(slices.Values(policy.Administrators))
	if !slices.Equal(roles, want) {
		return fault.BadField("administrators", fault.Textf("expected exactly one each of %s", strings.Join(want, ", ")), strings.Join(roles, ", "))
	}
	return nil
}

// within puts a field's place before its name.
func within(where string, err error) error {
	if f := fault.As(err); f != nil {
		for i := range f.Fields {
			f.Fields[i].Location = where + "." + f.Fields[i].Location
		}
	}
	return err
}

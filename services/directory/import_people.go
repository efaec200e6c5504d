package directory

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

var unitCodeAlso = []string{"单位代码", "所属单位编码", "所在单位编码", "机构编码", "机构代码", "工作单位编码", "unit"}

var accountAlso = []string{"帐号", "用户名", "登录名", "登录账号", "登录帐号", "账户", "用户账号", "user", "username", "login"}

var peopleColumns = []column{
	{"account", "账号", true, 64, accountAlso}, {"name", "姓名", true, 100, []string{"人员姓名", "名字"}}, {"unit_code", "单位编码", true, 64, unitCodeAlso},
	{"title", "职务", false, 100, []string{"岗位", "职务/岗位", "职位"}}, {"phone", "电话", false, 50, []string{"手机", "手机号", "手机号码", "联系电话", "联系方式", "电话号码", "mobile", "tel"}},
}

var grantColumns = []column{
	{"account", "账号", true, 64, accountAlso}, {"role", "角色", true, 50, []string{"角色名称", "权限角色"}}, {"unit_code", "单位编码", true, 64, unitCodeAlso},
	{"office_code", "督办机构编码", false, 64, []string{"督办机构", "机构编码（督办）", "office"}},
}

type peopleLine struct {
	row  int
	code string
	in   PersonInput
}

// ImportPeople makes people from a file, all or nothing; the report holds the
// initial password of each, which is stored nowhere. An account that exists is
// refused: a file neither moves nor disables anybody, so that nobody leaves what
// hangs on them by one. Faults as ImportUnits.
func (s *Service) ImportPeople(ctx context.Context, actor policy.Actor, up Upload, dryRun bool) (Report, error) {
	if !s.policy.Can(ctx, actor, "person", "write", policy.Target{}) {
		return Report{}, fault.Denied("Only system administrators import people.")
	}
	read := plan{kind: ImportPeople}
	all, err := s.readPeople(ctx, up, &read)
	if err != nil {
		return Report{}, err
	}
	return s.importFile(ctx, actor, dryRun, func(ctx context.Context) (*plan, error) {
		p := read
		p.problems = read.problems.clone()
		return &p, s.planPeople(ctx, all, &p)
	})
}

func (s *Service) readPeople(ctx context.Context, up Upload, p *plan) (all []peopleLine, err error) {
	rows := map[string]int{} // by account key
	_, p.lines, err = s.readLines(ctx, up, list{peopleColumns, maxPeople}, &p.problems, func(l lineOf) {
		in := PersonInput{Account: l.text("account"), Name: l.text("name"), Title: l.text("title"), Phone: l.text("phone")}
		if !validAccount(in.Account) {
			p.problems.add(l.row, "account", in.Account, "expected letters, digits, . - _ and @")
		}
		if in.Name == "" {
			p.problems.add(l.row, "name", "", "is missing")
		}
		key := AccountKey(in.Account)
		if first, twice := rows[key]; twice && key != "" {
			p.problems.add(l.row, "account", in.Account, "the account is in row %d already", first)
			return
		}
		rows[key] = l.row
		all = append(all, peopleLine{row: l.row, code: l.text("unit_code"), in: in})
	})
	return all, err
}

func (s *Service) planPeople(ctx context.Context, all []peopleLine, p *plan) error {
	var accounts, codes []string
	for _, l := range all {
		accounts, codes = append(accounts, AccountKey(l.in.Account)), append(codes, l.code)
	}
	taken, err := s.accounts(ctx, accounts)
	if err != nil {
		return err
	}
	units, err := s.unitsByCode(ctx, codes)
	if err != nil {
		return err
	}
	var people []Person
	now := s.clock.Now()
	for _, l := range all {
		if _, ok := taken[AccountKey(l.in.Account)]; ok {
			p.problems.add(l.row, "account", l.in.Account, "the account exists already")
		}
		u, ok := p.activeUnit(l.row, l.code, units)
		if !ok || p.problems.count > 0 {
			continue
		}
		person, password := l.in.person(u, now)
		people = append(people, person)
		p.credentials = append(p.credentials, Credentials{PersonID: person.ID, Name: person.Name, Account: person.Account, InitialPassword: password})
	}
	p.created = int64(len(all))
	p.chunks = chunksOf(people, func(part []Person) chunk { return chunk{People: part} })
	return nil
}

func (p *plan) activeUnit(row int, code string, units codes) (Unit, bool) {
	u, ok := units.find(code)
	switch {
	case !ok:
		p.problems.add(row, "unit_code", code, "there is no unit with this code")
	case !u.Active:
		p.problems.add(row, "unit_code", code, "the unit %s is deactivated", u.Name)
	}
	return u, ok && u.Active
}

func chunksOf[T any](all []T, wrap func([]T) chunk) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		for part := range slices.Chunk(all, chunkSize) {
			if !yield(wrap(part)) {
				return
			}
		}
	}
}

func (s *Service) accounts(ctx context.Context, keys []string) (map[string]Person, error) {
	return inParts(keys, func(part []string) (map[string]Person, error) { return s.store.PeopleByAccount(ctx, part) })
}

func (s *Service) unitsByCode(ctx context.Context, all []string) (codes, error) {
	m, err := inParts(all, func(part []string) (map[string]Unit, error) { return s.store.UnitsByCode(ctx, part) })
	return newCodes(m), err
}

func inParts[T any](keys []string, get func([]string) (map[string]T, error)) (map[string]T, error) {
	all := map[string]T{}
	keys = slices.Clone(keys)
	slices.Sort(keys)
	for part := range slices.Chunk(slices.Compact(keys), batch) {
		m, err := get(part)
		if err != nil {
			return nil, err
		}
		for k, v := range m {
			all[k] = v
		}
	}
	return all, nil
}

// ImportGrants gives roles from a file, all or nothing. Administrator roles
// are given one by one, never from a file. Faults as ImportUnits.
func (s *Service) ImportGrants(ctx context.Context, actor policy.Actor, up Upload, dryRun bool) (Report, error) {
	if !s.policy.Can(ctx, actor, "grant", "write", policy.Target{}) {
		return Report{}, fault.Denied("Only security administrators import roles.")
	}
	read := plan{kind: ImportGrants}
	var all []grantLine
	var err error
	_, read.lines, err = s.readLines(ctx, up, list{grantColumns, maxPeople}, &read.problems, func(l lineOf) {
		all = append(all, grantLine{l.row, l.text("account"), l.text("role"), l.text("unit_code"), l.text("office_code")})
	})
	if err != nil {
		return Report{}, err
	}
	return s.importFile(ctx, actor, dryRun, func(ctx context.Context) (*plan, error) {
		p := read
		p.problems = read.problems.clone()
		return &p, s.planGrants(ctx, actor, all, &p)
	})
}

type grantLine struct {
	row                         int
	account, role, code, office string
}

func (s *Service) planGrants(ctx context.Context, actor policy.Actor, all []grantLine, p *plan) error {
	var accounts, codes []string
	for _, g := range all {
		accounts, codes = append(accounts, AccountKey(g.account)), append(codes, g.code, g.office)
	}
	people, err := s.accounts(ctx, accounts)
	if err != nil {
		return err
	}
	units, err := s.unitsByCode(ctx, codes)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(people))
	for _, x := range people {
		ids = append(ids, x.ID)
	}
	held, err := inParts(ids, func(part []string) (map[string][]Grant, error) { return s.store.GrantsOf(ctx, part) })
	if err != nil {
		return err
	}
	var grants []Grant
	now := s.clock.Now()
	for _, l := range all {
		person, ok := people[AccountKey(l.account)]
		if !ok {
			p.problems.add(l.row, "account", l.account, "there is no such account")
		}
		u, okUnit := p.activeUnit(l.row, l.code, units)
		if !ok || !okUnit {
			continue
		}
		if why := refuseGrantLine(actor, person, l.role, u, held[person.ID]); why != "" {
			p.problems.add(l.row, "role", l.role, why)
			continue
		}
		g := newGrant(person, l.role, u, actor.PersonID, now)
		if l.office != "" {
			office, ok := units.find(l.office)
			if !ok {
				p.problems.add(l.row, "office_code", l.office, "there is no unit with this code")
				continue
			}
			if err := g.heldFor(office.ID, map[string]Unit{office.ID: office}); err != nil {
				p.problems.add(l.row, "office_code", l.office, why(err))
				continue
			}
		}
		if slices.ContainsFunc(held[person.ID], g.same) {
			p.unchanged++
			continue
		}
		held[person.ID] = append(held[person.ID], g)
		grants = append(grants, g)
	}
	p.created = int64(len(grants))
	p.chunks = chunksOf(grants, func(part []Grant) chunk { return chunk{Grants: part} })
	return nil
}

func refuseGrantLine(actor policy.Actor, p Person, role string, u Unit, held []Grant) fault.Text {
	if p.ID == actor.PersonID {
		return "nobody grants to themselves"
	}
	if slices.Contains(policy.Administrators, role) {
		return "administrator roles are given one by one, with POST /api/v1/grants"
	}
	return why(cmp.Or(Grantable(role, u), Compatible(held, role)))
}

// why is what a fault says of the cell that is wrong; empty for none.
func why(err error) fault.Text {
	f := fault.As(err)
	switch {
	case f == nil:
		return ""
	case len(f.Fields) > 0:
		return f.Fields[0].Message
	}
	return f.Detail
}

// applyGrants stores grants, each with its event, and the next version of who
// holds them.
func (s *Service) applyGrants(ctx context.Context, tx Tx, grants []Grant, now time.Time, by func(event.Event) event.Event) error {
	if err := tx.InsertGrants(ctx, grants); err != nil {
		return err
	}
	var evs []event.Event
	var people []Person
	var ids []string
	for _, g := range grants {
		evs = append(evs, by(event.New(id.New(), now, event.GrantGiven, g.ID, 1, g.event()).For(g.UnitID, g.UnitPath)))
		if !slices.Contains(ids, g.PersonID) {
			ids = append(ids, g.PersonID)
		}
	}
	slices.Sort(ids)
	for _, x := range ids {
		p, err := tx.LockPerson(ctx, x)
		if err != nil {
			return err
		}
		p.Version++
		p.UpdatedAt = now
		if err := tx.UpdatePerson(ctx, p); err != nil {
			return err
		}
		people = append(people, p)
	}
	held, err := tx.GrantsOf(ctx, ids)
	if err != nil {
		return err
	}
	return tx.Emit(ctx, append(evs, by(personsChanged(now, people, held)))...)
}

package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/duban/duban/api/client"
)

// The three administrators; no one person holds two of the three roles.
const (
	sysadmin = "sysadmin"
	secadmin = "secadmin"
	auditor  = "auditor"
)

// ptr gives the address of an optional value.
func ptr[T any](v T) *T { return &v }

// val reads an optional value; the zero value where there is none.
func val[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func (p *play) signIn(account, password string) (*client.Client, error) {
	c, err := client.New(p.opt.Server, "")
	if err != nil {
		return nil, err
	}
	c = c.Using(p.http)
	s, err := c.SignIn(p.ctx, client.DirectorySignIn{Account: account, Password: password})
	if err != nil {
		return nil, fmt.Errorf("%s signs in: %w", account, err)
	}
	return c.As(s.Token), nil
}

func changePassword(ctx context.Context, c *client.Client, from, to string) error {
	return c.ChangePassword(ctx, client.DirectoryPasswordChange{CurrentPassword: from, NewPassword: to})
}

// found sets the installation up and fills in the county and its people.
func (p *play) found() {
	p.moveTo(-20)
	p.do("installer", "sets the installation up with the one-use token", func() (string, error) {
		c, err := client.New(p.opt.Server, "")
		if err != nil {
			return "", err
		}
		body := client.DirectorySetUp{Token: p.opt.SetupToken, Root: client.DirectorySetUpUnit{Name: rootName, Level: "city", Code: rootCode}}
		for _, a := range [][3]string{{"system_administrator", "系统管理员", sysadmin}, {"security_administrator", "安全管理员", secadmin}, {"auditor", "审计员", auditor}} {
			body.Administrators = append(body.Administrators, client.DirectorySetUpName{Role: client.DirectorySetUpNameRole(a[0]), Name: a[1], Account: a[2]})
		}
		done, err := c.Using(p.http).SetUp(p.ctx, body)
		if err != nil {
			return "", err
		}
		p.given(done.Administrators)
		return fmt.Sprintf("%d administrators, no default password", len(done.Administrators)), nil
	})
	p.refused("installer", "tries the token a second time", 409, "setup_done", func() error {
		c, err := client.New(p.opt.Server, "")
		if err != nil {
			return err
		}
		_, err = c.Using(p.http).SetUp(p.ctx, client.DirectorySetUp{
			Token: p.opt.SetupToken, Root: client.DirectorySetUpUnit{Name: rootName, Level: "city", Code: rootCode},
			Administrators: []client.DirectorySetUpName{
				{Role: "system_administrator", Name: "甲", Account: "jia"}, {Role: "security_administrator", Name: "乙", Account: "yi"}, {Role: "auditor", Name: "丙", Account: "bing"},
			},
		})
		return err
	})
	p.refused(sysadmin, "imports a table with a cycle, a double code and an unknown parent", 422, "import_rejected", func() error {
		a, err := p.as(sysadmin)
		if err != nil {
			return err
		}
		bad := "code,name,parent_code,level\nx1,甲,x2,town\nx2,乙,x1,town\nx3,丙,nowhere,town\nx3,丁," + rootCode + ",county\n"
		_, err = a.ImportUnits(p.ctx, nil, "text/csv", strings.NewReader(bad))
		return err
	})
	p.do(sysadmin, "imports the county, first as a dry run", func() (string, error) {
		a, err := p.as(sysadmin)
		if err != nil {
			return "", err
		}
		dry, err := a.ImportUnits(p.ctx, &client.ImportUnitsParams{DryRun: ptr(true)}, "text/csv", bytes.NewReader(p.county.unitsCSV()))
		if err != nil {
			return "", err
		}
		if dry.ProblemCount != 0 || dry.Created != int64(len(p.county.units)) {
			return "", fmt.Errorf("the dry run finds %d problems and %d new units, want 0 and %d", dry.ProblemCount, dry.Created, len(p.county.units))
		}
		done, err := a.ImportUnits(p.ctx, nil, "text/csv", bytes.NewReader(p.county.unitsCSV()))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d units: %d towns and what is below them", done.Created, len(p.county.towns())), p.readUnits(a.Client)
	})
	p.do(sysadmin, "imports the people", func() (string, error) {
		a, err := p.as(sysadmin)
		if err != nil {
			return "", err
		}
		done, err := a.ImportPeople(p.ctx, nil, "text/csv", bytes.NewReader(p.county.peopleCSV()))
		if err != nil {
			return "", err
		}
		p.given(done.Credentials)
		return fmt.Sprintf("%d people, each with a password of their own", done.Created), nil
	})
	p.do(secadmin, "grants the roles", func() (string, error) {
		a, err := p.as(secadmin)
		if err != nil {
			return "", err
		}
		done, err := a.ImportGrants(p.ctx, nil, "text/csv", bytes.NewReader(p.county.grantsCSV()))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d grants", done.Created), nil
	})
	p.refused(sysadmin, "tries to grant a role", 403, "forbidden", func() error {
		a, err := p.as(sysadmin)
		if err != nil {
			return err
		}
		_, err = a.ImportGrants(p.ctx, nil, "text/csv", bytes.NewReader(p.county.grantsCSV()))
		return err
	})
}

// given remembers passwords that were told once.
func (p *play) given(cs []client.DirectoryCredentials) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range cs {
		p.initial[c.Account] = c.InitialPassword
	}
}

// readUnits learns the ids that the units got.
func (p *play) readUnits(c *client.Client) error {
	p.units = map[string]client.DirectoryUnit{}
	params := &client.ListUnitsParams{Limit: ptr(int64(500))}
	for {
		l, err := c.ListUnits(p.ctx, params)
		if err != nil {
			return err
		}
		for _, u := range l.Items {
			p.units[u.Code] = u
		}
		if val(l.NextCursor) == "" {
			break
		}
		params.Cursor = l.NextCursor
	}
	if len(p.units) != len(p.county.units)+1 {
		return fmt.Errorf("%d units are listed, want %d", len(p.units), len(p.county.units)+1)
	}
	return nil
}

// unit is the id of the unit with a code.
func (p *play) unit(code string) string { return p.units[code].ID }

// credentials lists who can sign in, one person of each role first.
func (p *play) credentials() []Credential {
	town := "t" + p.county.towns()[0].Code
	order := []struct{ account, title string }{
		{sysadmin, "system administrator 系统管理员"}, {secadmin, "security administrator 安全管理员"}, {auditor, "auditor 审计员"},
		{"wangxin", "campaign manager 网信办"}, {"caizheng", "campaign manager 财政局"}, {town, "town coordinator 镇街联络员"},
		{account(p.county.byName["school1"]), "reporter 学校填报员"}, {"l" + strings.ToLower(p.county.byName["school1"]), "unit leader 校长"},
		{"jiancha1", "inspector 检查员（网信办）"}, {"jiancha2", "inspector 检查员（财政局）"}, {"lingdao", "county leader 分管领导"}, {"chakan", "viewer 值班员"},
	}
	var cs []Credential
	for _, o := range order {
		if a, err := p.as(o.account); err == nil {
			cs = append(cs, Credential{Account: o.account, Password: a.password, Title: o.title})
		}
	}
	return cs
}

var errNothing = errors.New("nothing was found")

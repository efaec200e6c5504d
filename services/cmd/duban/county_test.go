package main_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/duban/duban/api/client"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/host"
)

// What the county of the fault tests is made of.
const (
	towns     = 25
	villages  = 100 // of each town
	reporters = 8   // one in each of the first villages
	rootCode  = "3702"
	password  = "correct horse battery staple"
	place     = "370283"
)

// county is an installation that was filled through the API and has stopped;
// each test works on a copy.
type county struct {
	dir       string
	tokens    map[string]string // of who is signed in, by account
	units     map[string]string // ids by code
	consumers map[string][]event.Type
}

var founded = sync.OnceValues(found)

func townCode(t int) string       { return fmt.Sprintf("%s%03d", place, t) }
func villageCode(t, v int) string { return fmt.Sprintf("%s%03d", townCode(t), v) }
func reporter(n int) string       { return fmt.Sprintf("reporter%d", n) }

// found fills the county.
func found() (*county, error) {
	bin, err := binary()
	if err != nil {
		return nil, err
	}
	c := &county{tokens: map[string]string{}, units: map[string]string{}}
	if c.dir, err = makeFolder("duban-county-"); err != nil {
		return nil, err
	}
	p, err := launch(bin, environment(), "serve", "--data", c.dir, "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer p.kill()
	if err := p.wait(); err != nil {
		return nil, err
	}
	if err := c.fill(p.url, <-p.token); err != nil {
		return nil, fmt.Errorf("fill the county: %w", err)
	}
	if code, err := p.term(); err != nil || code != 0 {
		return nil, fmt.Errorf("stop after filling the county: %d, %w", code, err)
	}
	// Only a host knows which events each consumer takes.
	h, err := host.Start(context.Background(), host.Config{Data: c.dir, Listen: "127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	c.consumers = h.Consumers()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left, err := backlog(c.dir, c.consumers)
		if err == nil && len(left) > 0 && time.Now().After(end) {
			err = fmt.Errorf("events are under way after a minute: %v", left)
		}
		if err != nil || len(left) == 0 {
			if serr := h.Stop(); err == nil {
				err = serr
			}
			return c, err
		}
	}
}

func (c *county) fill(url, setupToken string) error {
	ctx := context.Background()
	anybody, err := client.New(url, "")
	if err != nil {
		return err
	}
	up := client.DirectorySetUp{Token: setupToken, Root: client.DirectorySetUpUnit{Name: "青岛市", Level: "city", Code: rootCode}}
	for role, account := range map[string]string{"system_administrator": "sysadmin", "security_administrator": "secadmin", "auditor": "auditor"} {
		up.Administrators = append(up.Administrators, client.DirectorySetUpName{Role: client.DirectorySetUpNameRole(role), Name: "管理员", Account: account})
	}
	done, err := anybody.SetUp(ctx, up)
	if err != nil {
		return err
	}
	initial := map[string]string{}
	for _, a := range done.Administrators {
		initial[a.Account] = a.InitialPassword
	}
	as := func(account string) (*client.Client, error) {
		for _, change := range []bool{true, false} {
			s, err := anybody.SignIn(ctx, client.DirectorySignIn{Account: account, Password: initial[account]})
			if err != nil {
				return nil, err
			}
			c.tokens[account] = s.Token
			if change {
				next := password
				if err := anybody.As(s.Token).ChangePassword(ctx, client.DirectoryPasswordChange{CurrentPassword: initial[account], NewPassword: next}); err != nil {
					return nil, err
				}
				initial[account] = next
			}
		}
		return anybody.As(c.tokens[account]), nil
	}
	sys, err := as("sysadmin")
	if err != nil {
		return err
	}
	if err := importAll(ctx, sys, "units", c.unitLines()); err != nil {
		return err
	}
	people := "account,name,unit_code\nmanager,督办员," + place + "\nviewer,值班员," + place + "\n"
	grants := "account,role,unit_code\nmanager,campaign_manager," + place + "\nviewer,viewer," + place + "\n"
	for i := range reporters {
		people += fmt.Sprintf("%s,填报员,%s\n", reporter(i), villageCode(0, i))
		grants += fmt.Sprintf("%s,reporter,%s\n", reporter(i), villageCode(0, i))
	}
	told, err := sys.ImportPeople(ctx, nil, "text/csv", strings.NewReader(people))
	if err != nil {
		return err
	}
	for _, p := range told.Credentials {
		initial[p.Account] = p.InitialPassword
	}
	sec, err := as("secadmin")
	if err != nil {
		return err
	}
	if err := importAll(ctx, sec, "grants", grants); err != nil {
		return err
	}
	for account := range initial {
		if account == "sysadmin" || account == "secadmin" {
			continue
		}
		if _, err := as(account); err != nil {
			return err
		}
	}
	params := &client.ListUnitsParams{Limit: ptr(int64(500))}
	for {
		l, err := sys.ListUnits(ctx, params)
		if err != nil {
			return err
		}
		for _, u := range l.Items {
			c.units[u.Code] = u.ID
		}
		if l.NextCursor == nil || *l.NextCursor == "" {
			break
		}
		params.Cursor = l.NextCursor
	}
	if want := 2 + towns + towns*villages; len(c.units) != want {
		return fmt.Errorf("%d units, want %d", len(c.units), want)
	}
	return nil
}

func (*county) unitLines() string {
	var b strings.Builder
	fmt.Fprintf(&b, "code,name,parent_code,level,kind\n%s,平度市,%s,county,\n", place, rootCode)
	for t := range towns {
		fmt.Fprintf(&b, "%s,第%d镇,%s,town,town\n", townCode(t), t, place)
		for v := range villages {
			fmt.Fprintf(&b, "%s,第%d村,%s,unit,village\n", villageCode(t, v), v, townCode(t))
		}
	}
	return b.String()
}

// importAll sends a file and waits until all of it is in.
func importAll(ctx context.Context, c *client.Client, what, lines string) error {
	var imp *client.DirectoryImport
	var err error
	if what == "units" {
		imp, err = c.ImportUnits(ctx, nil, "text/csv", strings.NewReader(lines))
	} else {
		imp, err = c.ImportGrants(ctx, nil, "text/csv", strings.NewReader(lines))
	}
	for end := time.Now().Add(time.Minute); err == nil && imp.State == "applying"; imp, err = c.GetImport(ctx, *imp.ID) {
		if time.Now().After(end) {
			return fmt.Errorf("the import of %s goes on for more than a minute", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err == nil && imp.State != "done" {
		err = fmt.Errorf("the import of %s is %s", what, imp.State)
	}
	return err
}

func ptr[T any](v T) *T { return &v }

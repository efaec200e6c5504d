package demo

import (
	"fmt"

	"github.com/duban/duban/api/client"
)

// leaves has the liaison of a town leave, whose successor takes over what hangs
// on them: nobody goes while somebody else would look for them in vain.
func (p *play) leaves(campaignID, town, task string) {
	was := p.reporter(town)
	var leaver, successor, name string
	x := client.Assignment{}
	p.do(was, "is the person responsible for «"+task+"»", func() (string, error) {
		a, err := p.as(was)
		if err != nil {
			return "", err
		}
		if x, err = p.assignment(was, campaignID, town, task); err != nil {
			return "", err
		}
		me, err := a.GetMe(p.ctx)
		if err != nil {
			return "", err
		}
		now, err := a.ChangeAssignmentResponsible(p.ctx, x.ID, client.AssignmentResponsibleBody{PersonID: me.ID})
		if err != nil {
			return "", err
		}
		leaver = me.ID
		return now.Responsible.Name, nil
	})
	p.do(sysadmin, "gives the successor an account", func() (string, error) {
		a, err := p.as(sysadmin)
		if err != nil {
			return "", err
		}
		done, err := a.CreatePerson(p.ctx, client.DirectoryNewPerson{Account: was + "a", Name: personName(was + "a"), Title: ptr("镇街联络员"), UnitID: p.unit(town)})
		if err != nil {
			return "", err
		}
		p.given([]client.DirectoryCredentials{{Account: done.Account, InitialPassword: done.InitialPassword}})
		successor, name = done.ID, done.Name
		return name, nil
	})
	p.do(secadmin, "gives the successor the roles of the town", func() (string, error) {
		a, err := p.as(secadmin)
		if err != nil {
			return "", err
		}
		for _, role := range []client.DirectoryNewGrantRole{"coordinator", "reporter"} {
			if _, err := a.GiveGrant(p.ctx, client.DirectoryNewGrant{PersonID: successor, Role: role, UnitID: p.unit(town), Reason: ptr("接任")}); err != nil {
				return "", err
			}
		}
		return "coordinator, reporter", nil
	})
	p.refused(sysadmin, "disables the account of who leaves, while work hangs on it", 409, "holdings_left", func() error {
		a, err := p.as(sysadmin)
		if err != nil {
			return err
		}
		_, err = a.DisablePerson(p.ctx, leaver, client.DirectoryDisabling{Reason: ptr("调离")})
		return err
	})
	p.do(sysadmin, "hands it over, and disables the account", func() (string, error) {
		a, err := p.as(sysadmin)
		if err != nil {
			return "", err
		}
		held, err := a.ListPersonHoldings(p.ctx, leaver)
		if err != nil {
			return "", err
		}
		how, count := client.DirectoryDisabling{Reason: ptr("调离")}, int64(0)
		for _, h := range held.Items {
			how.HandOver = append(how.HandOver, client.DirectoryHandOver{Kind: string(h.Kind), ToPersonID: &successor})
			count += h.Count
		}
		_, err = a.DisablePerson(p.ctx, leaver, how)
		return fmt.Sprintf("%d things go to %s", count, name), err
	})
	p.until(office, "sees who has it now", func() (string, bool, error) {
		now, err := p.assignment(office, campaignID, town, task)
		if err != nil {
			return "", false, err
		}
		if now.Responsible == nil {
			return "nobody", false, nil
		}
		return now.Responsible.Name, val(now.Responsible.ID) == successor, nil
	})
	p.do(was+"a", "signs in and acknowledges it", func() (string, error) {
		a, err := p.as(was + "a")
		if err != nil {
			return "", err
		}
		now, err := p.assignment(was+"a", campaignID, town, task)
		if err != nil {
			return "", err
		}
		done, err := a.AcknowledgeAssignment(p.ctx, now.ID, client.IfMatch(now.Version))
		if err != nil {
			return "", err
		}
		return string(done.State), nil
	})
}

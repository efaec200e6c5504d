package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/client"
)

// issue dry-runs a draft and issues it, and waits until every unit has its
// assignments and the roll-up of the county counts them.
func (p *play) issue(office string, c *client.AssignmentCampaign) {
	var total int64
	p.do(office, "dry-runs «"+c.Title+"»", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		d, err := a.DryRunCampaign(p.ctx, c.ID, nil)
		if err != nil {
			return "", err
		}
		if !d.Ready || d.Assignments == 0 {
			return "", fmt.Errorf("not ready: %+v", d.Errors)
		}
		total = d.Assignments
		return fmt.Sprintf("%d tasks, %d assignments, %d warnings", len(d.Tasks), total, len(d.Warnings)), nil
	})
	p.do(office, "issues it", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		job, err := a.IssueCampaign(p.ctx, c.ID)
		if err != nil {
			return "", err
		}
		return string(job.State), nil
	})
	p.until(office, "follows the fan-out", func() (string, bool, error) {
		a, err := p.as(office)
		if err != nil {
			return "", false, err
		}
		now, err := a.GetCampaign(p.ctx, c.ID)
		if err != nil {
			return "", false, err
		}
		job, err := a.GetCampaignProgress(p.ctx, c.ID)
		if err != nil {
			return "", false, err
		}
		return fmt.Sprintf("%s, %d of %d", now.State, job.Done, job.Total), now.State == "active" && job.Done == total, nil
	})
	p.until("lingdao", "sees it roll up the tree", func() (string, bool, error) {
		n, err := p.rollup("lingdao", c.ID, p.county.code)
		if err != nil {
			return "", false, err
		}
		if n == nil {
			return "nothing yet", false, nil
		}
		return fmt.Sprintf("%d assignments, light %s", n.Issued, n.Light), n.Issued == total, nil
	})
}

// rollup reads the numbers of a campaign at the unit with a code; nil while
// the insight service has not heard of the campaign.
func (p *play) rollup(who, campaignID, code string) (*client.InsightNumbers, error) {
	a, err := p.as(who)
	if err != nil {
		return nil, err
	}
	r, err := a.GetCampaignRollup(p.ctx, campaignID, &client.GetCampaignRollupParams{UnitID: ptr(p.unit(code))})
	if pr := client.AsProblem(err); pr != nil && pr.Status == 404 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &r.Numbers, nil
}

// assignments lists all a person sees of a campaign.
func (p *play) assignments(who string, params client.ListAssignmentsParams) ([]client.Assignment, error) {
	a, err := p.as(who)
	if err != nil {
		return nil, err
	}
	var all []client.Assignment
	params.Limit = ptr(int64(500))
	for {
		l, err := a.ListAssignments(p.ctx, &params)
		if err != nil {
			return nil, err
		}
		all = append(all, l.Items...)
		if val(l.NextCursor) == "" {
			return all, nil
		}
		params.Cursor = l.NextCursor
	}
}

// assignment finds what the unit with a code has to do for a task.
func (p *play) assignment(who, campaignID, code, task string) (client.Assignment, error) {
	all, err := p.assignments(who, client.ListAssignmentsParams{CampaignID: &campaignID, UnitID: ptr(p.unit(code))})
	if err != nil {
		return client.Assignment{}, err
	}
	i := slices.IndexFunc(all, func(x client.Assignment) bool { return x.TaskTitle == task && x.State != "cancelled" })
	if i < 0 {
		return client.Assignment{}, fmt.Errorf("%s has no assignment «%s» (%w)", code, task, errNothing)
	}
	return all[i], nil
}

// acknowledge has people acknowledge everything their units were given.
func (p *play) acknowledge(campaignID string, codes ...string) {
	for _, code := range codes {
		who := p.reporter(code)
		p.do(who, "acknowledges for "+p.units[code].Name, func() (string, error) {
			all, err := p.assignments(who, client.ListAssignmentsParams{CampaignID: &campaignID, UnitID: ptr(p.unit(code))})
			if err != nil {
				return "", err
			}
			a, err := p.as(who)
			if err != nil {
				return "", err
			}
			for _, x := range all {
				if x.State != "issued" {
					continue
				}
				if _, err := a.AcknowledgeAssignment(p.ctx, x.ID, client.IfMatch(x.Version)); err != nil {
					return "", err
				}
			}
			if len(all) == 0 {
				return "", errNothing
			}
			return fmt.Sprintf("%d assignments", len(all)), nil
		})
	}
}

// reporter is the sign-in name of whoever reports for the unit with a code.
func (p *play) reporter(code string) string {
	if p.units[code].Level == "town" {
		return "t" + code
	}
	return account(code)
}

// hand has a unit submit what it did for a task and waits until the
// submission is in.
func (p *play) hand(campaignID, code, task string, g given) {
	who := p.reporter(code)
	what := "reports «" + task + "»"
	if g.name == "" {
		g.name = task + ".pdf"
	}
	if g.text == "" {
		g.text = p.units[code].Name + "已完成：" + task
	}
	p.ready(who, campaignID, code, task)
	var id string
	p.do(who, what, func() (string, error) {
		x, err := p.assignment(who, campaignID, code, task)
		if err != nil {
			return "", err
		}
		id = x.ID
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		s, err := p.submit(a, "assignment", x.ID, g)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, version %d sealed, manifest %.12s…", p.units[code].Name, s.Number, val(s.ManifestSha256)), nil
	})
	p.state(who, id, task, "submitted")
}

// ready waits until the evidence service knows the assignment in its present
// state, as a person does who opens the page a moment later.
func (p *play) ready(who, campaignID, code, task string) {
	p.until(who, "opens «"+task+"»", func() (string, bool, error) {
		x, err := p.assignment(who, campaignID, code, task)
		if err != nil {
			return "", false, err
		}
		a, err := p.as(who)
		if err != nil {
			return "", false, err
		}
		_, err = a.CreateSubmission(p.ctx, client.EvidenceNewSubmission{Target: "assignment", TargetID: x.ID})
		if pr := client.AsProblem(err); pr != nil && (pr.Status == 404 || pr.Status == 409) {
			return pr.Code, false, nil
		}
		return "a draft", err == nil, err
	})
}

// state waits until an assignment is in a state.
func (p *play) state(who, id, task, want string) {
	p.until(who, "sees «"+task+"»", func() (string, bool, error) {
		a, err := p.as(who)
		if err != nil {
			return "", false, err
		}
		x, err := a.GetAssignment(p.ctx, id)
		if err != nil {
			return "", false, err
		}
		return string(x.State), string(x.State) == want, nil
	})
}

// approve has a reviewer approve everything that waits for them.
func (p *play) approve(who, campaignID string) {
	p.do(who, "reviews and approves what has come in", func() (string, error) {
		all, err := p.assignments(who, client.ListAssignmentsParams{CampaignID: &campaignID, State: []client.ListAssignmentsParamsState{"submitted"}})
		if err != nil {
			return "", err
		}
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		n := 0
		for _, x := range all {
			if !x.May.Approve {
				continue
			}
			if _, err := a.BeginReview(p.ctx, x.ID, client.AssignmentBeginReviewBody{}); err != nil {
				return "", err
			}
			if _, err := a.ApproveAssignment(p.ctx, x.ID, client.AssignmentApproveBody{Comment: ptr("材料齐全")}); err != nil {
				return "", err
			}
			n++
		}
		if n == 0 {
			return "", errNothing
		}
		return fmt.Sprintf("%d approved, %d wait for others", n, len(all)-n), nil
	})
}

// recount compares the roll-ups of a campaign, at the county and at every
// node below it, with a count of the assignments and submissions themselves.
func (p *play) recount(office string, c *client.AssignmentCampaign) {
	p.until(office, "recounts «"+c.Title+"» against the roll-ups", func() (string, bool, error) {
		all, err := p.assignments(office, client.ListAssignmentsParams{CampaignID: &c.ID})
		if err != nil {
			return "", false, err
		}
		states, overdue := map[string]int64{}, int64(0)
		for _, x := range all {
			states[string(x.State)]++
			if x.Overdue {
				overdue++
			}
		}
		n, err := p.rollup(office, c.ID, p.county.code)
		if err != nil || n == nil {
			return "no roll-up", false, err
		}
		got := map[string]int64{
			"issued": n.States.Issued, "acknowledged": n.States.Acknowledged, "submitted": n.States.Submitted, "approved": n.States.Approved,
			"returned": n.States.Returned, "declined": n.States.Declined, "cancelled": n.States.Cancelled,
		}
		for s, v := range got {
			if v != states[s] {
				return fmt.Sprintf("%s: the roll-up says %d, there are %d", s, v, states[s]), false, nil
			}
		}
		if n.Overdue != overdue {
			return fmt.Sprintf("overdue: the roll-up says %d, there are %d", n.Overdue, overdue), false, nil
		}
		figures, err := p.recountFigures(office, c.ID, all)
		if err != nil || figures != "" {
			return figures, false, err
		}
		return fmt.Sprintf("%d assignments, %d approved, %d overdue: equal", len(all), states["approved"], overdue), true, nil
	})
}

// recountFigures says where the sum of a figure differs from the submissions
// that were accepted; nothing when all agree.
func (p *play) recountFigures(office, campaignID string, all []client.Assignment) (string, error) {
	a, err := p.as(office)
	if err != nil {
		return "", err
	}
	sums := map[string]float64{}
	for _, x := range all {
		if x.State != "approved" || x.SubmissionID == nil {
			continue
		}
		s, err := a.GetSubmission(p.ctx, *x.SubmissionID)
		if err != nil {
			return "", err
		}
		figure := map[string]string{}
		for _, r := range s.Requirements {
			figure[r.ID] = val(r.Figure)
		}
		for _, item := range s.Items {
			if f := figure[item.RequirementID]; f != "" && item.Value != nil {
				sums[f] += *item.Value
			}
		}
	}
	r, err := a.GetCampaignRollup(p.ctx, campaignID, &client.GetCampaignRollupParams{UnitID: ptr(p.unit(p.county.code))})
	if err != nil {
		return "", err
	}
	for _, f := range r.Figures {
		if f.Accepted != sums[f.Figure] {
			return fmt.Sprintf("%s: the roll-up says %v, the submissions %v", f.Figure, f.Accepted, sums[f.Figure]), nil
		}
		delete(sums, f.Figure)
	}
	for f, v := range sums {
		if v != 0 {
			return fmt.Sprintf("%s: %v is not in the roll-up", f, v), nil
		}
	}
	return "", nil
}

func (p *play) dayText(n int) string { return p.day(n).Format(time.DateOnly) }

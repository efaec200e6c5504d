package demo

import (
	"fmt"
	"strings"

	"github.com/duban/duban/api/client"
)

// What does not go the straight way in the publicity week: declines,
// delegation, recalls, extensions, returns, instructions and the town that
// never answers.

// declines has one unit's decline accepted and the task given to another, and
// a second unit's decline not accepted.
func (p *play) declines(campaignID, unit, other, town string) {
	decline := func(code string) client.Assignment {
		var x client.Assignment
		p.do(p.reporter(code), "declines «"+talks+"»: not ours", func() (string, error) {
			var err error
			if x, err = p.assignment(p.reporter(code), campaignID, code, talks); err != nil {
				return "", err
			}
			a, err := p.as(p.reporter(code))
			if err != nil {
				return "", err
			}
			y, err := a.DeclineAssignment(p.ctx, x.ID, client.AssignmentReasonBody{Reason: "我单位没有讲座场地，不承担此项任务"})
			if err != nil {
				return "", err
			}
			return string(y.State), nil
		})
		return x
	}
	x := decline(unit)
	p.do(office, "accepts it and gives the task to a community", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		to := p.county.villages(town)[0]
		y, err := a.DecideDecline(p.ctx, x.ID, client.AssignmentDecideDeclineBody{Accept: true, ToUnitID: ptr(p.unit(to.Code)), Reason: ptr("改由社区承办")})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, reassigned to %s", y.State, to.Name), nil
	})
	x = decline(other)
	p.do(office, "does not accept the other", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		y, err := a.DecideDecline(p.ctx, x.ID, client.AssignmentDecideDeclineBody{Accept: false, Reason: ptr("可借用文化馆场地，请继续承办")})
		if err != nil {
			return "", err
		}
		return string(y.State), nil
	})
}

// delegated is how many of its communities a town passes a task on to.
const delegated = 5

func (p *play) delegates(campaignID, town string) {
	p.do(p.reporter(town), "delegates «"+leaflets+"» to its communities", func() (string, error) {
		x, err := p.assignment(p.reporter(town), campaignID, town, leaflets)
		if err != nil {
			return "", err
		}
		a, err := p.as(p.reporter(town))
		if err != nil {
			return "", err
		}
		var ids []string
		for _, v := range p.county.villages(town)[:delegated] {
			ids = append(ids, p.unit(v.Code))
		}
		y, err := a.DelegateAssignment(p.ctx, x.ID, client.AssignmentDelegateBody{UnitIds: ids, DueOn: ptr(p.dayText(4)), Note: ptr("请各社区按时发放并上报数量")})
		if err != nil {
			return "", err
		}
		if y.OpenChildren == nil || *y.OpenChildren != delegated {
			return "", fmt.Errorf("%v children are open, want %d", y.OpenChildren, delegated)
		}
		return fmt.Sprintf("%d communities", delegated), nil
	})
}

// urges has the office urge whoever has not acknowledged, with a preview
// before, and nobody twice within the cool-down.
func (p *play) urges(campaignID string) {
	urge := func(what string, preview bool, check func(*client.AssignmentUrgeAnswer) error) {
		p.do(office, what, func() (string, error) {
			a, err := p.as(office)
			if err != nil {
				return "", err
			}
			r, err := a.UrgeCampaign(p.ctx, campaignID, client.AssignmentUrgeCampaignBody{
				Which: "not_acknowledged", Preview: &preview, Text: ptr("请尽快签收宣传周任务"),
			})
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%d to urge, %d in cool-down", r.Count, r.Cooling), check(r)
		})
	}
	var n int64
	urge("previews whom it would urge", true, func(r *client.AssignmentUrgeAnswer) error {
		if n = r.Count; n == 0 {
			return errNothing
		}
		return nil
	})
	urge("urges them", false, func(r *client.AssignmentUrgeAnswer) error {
		if r.Count != n {
			return fmt.Errorf("%d were urged, the preview said %d", r.Count, n)
		}
		return nil
	})
	p.until(office, "sees that nobody is urged twice", func() (string, bool, error) {
		a, err := p.as(office)
		if err != nil {
			return "", false, err
		}
		r, err := a.UrgeCampaign(p.ctx, campaignID, client.AssignmentUrgeCampaignBody{Which: "not_acknowledged", Preview: ptr(true)})
		if err != nil {
			return "", false, err
		}
		return fmt.Sprintf("%d to urge, %d in cool-down", r.Count, r.Cooling), r.Count == 0 && r.Cooling == n, nil
	})
}

func (p *play) recalls(campaignID, code string) {
	who := p.reporter(code)
	p.do(who, "recalls it before the review has begun", func() (string, error) {
		x, err := p.assignment(who, campaignID, code, posters)
		if err != nil {
			return "", err
		}
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		y, err := a.RecallAssignment(p.ctx, x.ID, client.AssignmentRecallBody{Reason: ptr("数量填写有误")})
		if err != nil {
			return "", err
		}
		return string(y.State), nil
	})
	p.hand(campaignID, code, posters, given{figures: map[string]float64{"posters": 31}})
}

// villages has the communities of a town report what was delegated to them,
// the town review them, and then report for itself: not while one of them is
// open, unless it says why.
func (p *play) villages(campaignID, town string) {
	who := p.reporter(town)
	vs := p.county.villages(town)[:delegated]
	for i, v := range vs[:delegated-1] {
		g := given{figures: map[string]float64{"leaflets": float64(50 + 10*i)}, text: v.Name + "已入户发放"}
		switch i {
		case 1:
			g.name, g.document = "发放现场.jpg", photo(90)
		case 2: // the same picture, as it came through a chat group
			g.name, g.document = "微信图片_20260922.jpg", photo(45)
		}
		p.hand(campaignID, v.Code, leaflets, g)
	}
	p.samePhoto(campaignID, town, vs[1].Code, vs[2].Code)
	p.do(who, "returns one community's report", func() (string, error) {
		x, err := p.assignment(who, campaignID, vs[0].Code, leaflets)
		if err != nil {
			return "", err
		}
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		y, err := a.ReturnAssignment(p.ctx, x.ID, client.AssignmentReturnBody{Reasons: []string{"数据有误"}, Text: ptr("与领取数量不一致，请核对")})
		if err != nil {
			return "", err
		}
		return string(y.State), nil
	})
	p.hand(campaignID, vs[0].Code, leaflets, given{figures: map[string]float64{"leaflets": 60}, text: "已核对，实际发放六十份"})
	p.approve(who, campaignID)
	p.do(who, "looks at its own assignment", func() (string, error) {
		x, err := p.assignment(who, campaignID, town, leaflets)
		if err != nil {
			return "", err
		}
		if x.OpenChildren == nil || *x.OpenChildren != 1 {
			return "", fmt.Errorf("%v communities are open, want 1", x.OpenChildren)
		}
		return "one community has not reported", nil
	})
	p.until(who, "reads what its communities have handed in, and adds nothing up", func() (string, bool, error) {
		x, err := p.assignment(who, campaignID, town, leaflets)
		if err != nil {
			return "", false, err
		}
		a, err := p.as(who)
		if err != nil {
			return "", false, err
		}
		s, err := a.CreateSubmission(p.ctx, client.EvidenceNewSubmission{Target: "assignment", TargetID: x.ID})
		if err != nil {
			return "", false, err
		}
		d := s.Delegated
		if d == nil || d.HandedIn == nil || len(d.Figures) != 1 {
			return "not there yet", false, nil
		}
		return fmt.Sprintf("%g leaflets of %d out of %d communities", d.Figures[0].Value, *d.HandedIn, d.Units), *d.HandedIn == delegated-1 && d.Figures[0].Value == 270, nil
	})
	p.refused(who, "reports although a community is open", 422, "children_open", func() error {
		x, err := p.assignment(who, campaignID, town, leaflets)
		if err != nil {
			return err
		}
		a, err := p.as(who)
		if err != nil {
			return err
		}
		_, err = p.submit(a, "assignment", x.ID, given{figures: map[string]float64{"leaflets": 260}, text: "镇街自行发放"})
		return err
	})
	p.hand(campaignID, town, leaflets, given{
		figures: map[string]float64{"leaflets": 260}, text: "镇街自行发放",
		seal: client.EvidenceSealBody{ChildrenReason: ptr("该社区正在搬迁，资料由镇街代发")},
	})
	p.refused("t"+p.county.towns()[1].Code, "looks at another town's assignment", 404, "not_found", func() error {
		x, err := p.assignment(who, campaignID, town, leaflets)
		if err != nil {
			return err
		}
		a, err := p.as("t" + p.county.towns()[1].Code)
		if err != nil {
			return err
		}
		_, err = a.GetAssignment(p.ctx, x.ID)
		return err
	})
}

func (p *play) extensions(campaignID, granted, refused string) {
	ask := func(code string) *client.AssignmentExtension {
		var e *client.AssignmentExtension
		p.do(p.reporter(code), "asks for a later deadline of «"+summary+"»", func() (string, error) {
			x, err := p.assignment(p.reporter(code), campaignID, code, summary)
			if err != nil {
				return "", err
			}
			a, err := p.as(p.reporter(code))
			if err != nil {
				return "", err
			}
			if e, err = a.RequestExtension(p.ctx, x.ID, client.AssignmentExtensionRequestBody{DueOn: p.dayText(18), Reason: "校运会期间人手不足"}); err != nil {
				return "", err
			}
			return string(e.State), nil
		})
		return e
	}
	e := ask(granted)
	p.do(office, "grants it", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		r, err := a.GrantExtension(p.ctx, e.ID, client.AssignmentGrantExtensionBody{Answer: ptr("同意延期")})
		if err != nil {
			return "", err
		}
		x, err := a.GetAssignment(p.ctx, r.AssignmentID)
		if err != nil {
			return "", err
		}
		if !x.DueAt.After(x.OriginalDueAt) {
			return "", fmt.Errorf("due at %s, originally %s", x.DueAt, x.OriginalDueAt)
		}
		return fmt.Sprintf("%s; the original deadline stays visible", r.State), nil
	})
	f := ask(refused)
	p.do(office, "refuses the other", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		r, err := a.RefuseExtension(p.ctx, f.ID, client.AssignmentRefuseExtensionBody{Answer: "请按原时限报送"})
		if err != nil {
			return "", err
		}
		return string(r.State), nil
	})
}

func (p *play) progress(campaignID, town string) {
	p.do(p.reporter(town), "reports progress", func() (string, error) {
		x, err := p.assignment(p.reporter(town), campaignID, town, summary)
		if err != nil {
			return "", err
		}
		a, err := p.as(p.reporter(town))
		if err != nil {
			return "", err
		}
		y, err := a.ReportAssignmentProgress(p.ctx, x.ID, client.AssignmentProgressReportBody{Text: "各社区材料正在汇总", Percent: ptr(int64(60))})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d %%", y.Percent), nil
	})
	p.do("lingdao", "gives an instruction", func() (string, error) {
		x, err := p.assignment("lingdao", campaignID, town, summary)
		if err != nil {
			return "", err
		}
		a, err := p.as("lingdao")
		if err != nil {
			return "", err
		}
		if _, err := a.InstructAssignment(p.ctx, x.ID, client.AssignmentInstructBody{Text: "请于周五前报齐，确保数据真实"}); err != nil {
			return "", err
		}
		return "recorded, the town is told", nil
	})
	p.until(p.reporter(town), "finds it in the inbox", func() (string, bool, error) {
		a, err := p.as(p.reporter(town))
		if err != nil {
			return "", false, err
		}
		l, err := a.ListNotices(p.ctx, nil)
		if err != nil {
			return "", false, err
		}
		for _, n := range l.Items {
			if strings.Contains(n.Text, "周五前报齐") {
				return n.Text, true, nil
			}
		}
		return fmt.Sprintf("%d notices", len(l.Items)), false, nil
	})
}

// turnsRed looks at the town that never did anything.
func (p *play) turnsRed(campaignID, town string) {
	p.do(office, "looks at the town that never acknowledged", func() (string, error) {
		x, err := p.assignment(office, campaignID, town, posters)
		if err != nil {
			return "", err
		}
		n, err := p.rollup(office, campaignID, town)
		if err != nil || n == nil {
			return "", fmt.Errorf("no roll-up: %w", err)
		}
		if p.opt.Clock == nil {
			return "its light cannot turn while the clock is not moved: not checked", nil
		}
		if x.Light != "red" || !x.ReceiptDeemed || n.Light != "red" || n.SeriouslyOverdue == 0 {
			return "", fmt.Errorf("assignment %s, receipt deemed %v, town %s, seriously overdue %d", x.Light, x.ReceiptDeemed, n.Light, n.SeriouslyOverdue)
		}
		return fmt.Sprintf("red: %d overdue, %d of them seriously; receipt is deemed", n.Overdue, n.SeriouslyOverdue), nil
	})
	urge := func() error {
		x, err := p.assignment(office, campaignID, town, posters)
		if err != nil {
			return err
		}
		a, err := p.as(office)
		if err != nil {
			return err
		}
		_, err = a.UrgeAssignment(p.ctx, x.ID, client.AssignmentUrgeBody{Formal: ptr(true), Text: ptr("督办单：请立即签收并办理")})
		return err
	}
	if p.opt.Clock == nil {
		p.refused(office, "urges it again on the same day", 409, "urged_recently", urge)
		return
	}
	p.do(office, "sends it a supervision notice", func() (string, error) { return "copied to the superior", urge() })
}

// closes has the office close a campaign in which some never reported: not
// without saying that it knows.
func (p *play) closes(c *client.AssignmentCampaign, unit string) {
	p.refused(office, "tries to close «"+c.Title+"» over unfinished work", 409, "work_open", func() error {
		a, err := p.as(office)
		if err != nil {
			return err
		}
		_, err = a.CloseCampaign(p.ctx, c.ID, client.AssignmentEndCampaignBody{})
		return err
	})
	p.do(office, "closes it, and says why it is left so", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		now, err := a.CloseCampaign(p.ctx, c.ID, client.AssignmentEndCampaignBody{LeaveOpen: ptr(true), Reason: ptr("活动结束，未报单位另行通报")})
		if err != nil {
			return "", err
		}
		return string(now.State), nil
	})
	p.refused(p.reporter(unit), "tries to change something in the closed campaign", 409, "campaign_closed", func() error {
		all, err := p.assignments(p.reporter(unit), client.ListAssignmentsParams{CampaignID: &c.ID, UnitID: ptr(p.unit(unit))})
		if err != nil || len(all) == 0 {
			return fmt.Errorf("%w: %w", errNothing, err)
		}
		a, err := p.as(p.reporter(unit))
		if err != nil {
			return err
		}
		_, err = a.ReportAssignmentProgress(p.ctx, all[0].ID, client.AssignmentProgressReportBody{Text: "补报"})
		return err
	})
}

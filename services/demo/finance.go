package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/duban/duban/api/client"
)

// Tasks of the inspection template.
const (
	selfCheck  = "开展单位自查"
	terminals  = "登记接入终端"
	pledge     = "签订网络安全责任书"
	finalCheck = "报送检查整改总结"
)

const finance = "caizheng"

// firstDay is the day on which the inspection of the finance line begins,
// counted from the first day of the publicity week; LastDay ends the scenario.
const (
	firstDay = 26
	LastDay  = 62
)

// inspection plays the network-security inspection of the finance line: the
// units check themselves, inspectors check on site, order rectification,
// reject what is not fixed and close out what is.
func (p *play) inspection() {
	b := p.county.byName
	line := []string{b["treasury"], b["health"], b["agriculture"], b["culture"], b["archives"]}

	p.moveTo(firstDay)
	c := &client.AssignmentCampaign{}
	p.do(finance, "drafts the inspection of the finance line", func() (string, error) {
		a, err := p.as(finance)
		if err != nil {
			return "", err
		}
		c, err = a.CreateCampaign(p.ctx, client.AssignmentNewCampaign{
			Template: ptr("inspection"), StartsOn: ptr(p.dayText(firstDay)), Basis: ptr(fmt.Sprintf("平财发〔%d〕31号", p.opt.Start.Year())),
		})
		if err != nil {
			return "", err
		}
		return c.Title, nil
	})
	p.issue(finance, c)
	p.campaign = c
	p.apart(finance, office, c.ID)

	p.moveTo(firstDay + 4)
	p.acknowledge(c.ID, line...)
	for i, code := range line {
		p.hand(c.ID, code, selfCheck, given{figures: map[string]float64{"terminals_checked": float64(8 + i), "terminals_failed": float64(i)}, text: "已按五项要求逐台自查"})
		p.hand(c.ID, code, terminals, given{figures: map[string]float64{"terminals": float64(8 + i)}})
		p.hand(c.ID, code, pledge, given{figures: map[string]float64{"pledges": float64(12 + i)}, text: "本单位承诺落实网络安全责任制"})
	}
	p.approve(finance, c.ID)

	p.moveTo(firstDay + 6)
	p.refused("jiancha2", "tries to inspect the own bureau", 403, "forbidden", func() error {
		a, err := p.as("jiancha2")
		if err != nil {
			return err
		}
		_, err = a.RecordFinding(p.ctx, client.RectificationFindingBody{
			UnitID: ptr(p.unit(b["finance"])), Title: ptr("自查自纠"), Category: ptr(client.RectificationFindingBodyCategory("technical")),
			Severity: ptr(client.RectificationFindingBodySeverity("minor")),
		})
		return err
	})
	p.ownChecklist("jiancha1")
	p.draws("jiancha1", "jiancha2")
	p.registers(troubled, careless)
	technical := p.onSite("jiancha1", troubled, "planned", c.ID, "口令", "杀毒")
	rules := p.record("jiancha1", finding{troubled, c.ID, "institutions", "ordinary", "未建立网络安全管理制度"})
	training := p.record("jiancha1", finding{troubled, c.ID, "awareness", "minor", "职工未接受网络安全培训"})
	chief := p.record("jiancha1", finding{troubled, c.ID, "organisation", "major", "未明确网络安全责任人，内外网混接"}, scene(20261018, 80))
	spot := p.onSite("jiancha1", careless, "spot", c.ID, "无关的软件")
	p.checksItself("jiancha1", "jiancha2", "archives")
	p.objects(careless, "spot", "jiancha1", "jiancha2")
	if len(p.failed) > 0 {
		return
	}
	for _, f := range technical {
		if strings.Contains(val(f.Title), "口令") {
			p.lapsed = f.ID
		}
	}

	first := p.order("jiancha1", "国库集中支付中心终端安全整改", technical[0].ID, technical[1].ID, rules.ID, training.ID)
	major := p.order("jiancha1", "国库集中支付中心责任落实整改", chief.ID)
	onSpot := p.order("jiancha1", "卫生健康局清理无关软件", spot[0].ID)
	if len(p.failed) > 0 {
		return
	}
	p.do("jiancha1", "looks at the numbers of the orders", func() (string, error) {
		got := []string{first.Number, major.Number, onSpot.Number}
		for i, n := range got {
			if want := fmt.Sprintf("整改〔%d〕%d号", p.today().Year(), i+1); n != want {
				return "", fmt.Errorf("order %d has number %s, want %s", i+1, n, want)
			}
		}
		return strings.Join(got, ", "), nil
	})
	p.papers("jiancha1", troubled, c.ID, major)
	p.outlined(finance, major)
	p.dispute("jiancha1", "jiancha2", "agriculture", "culture")
	p.report(account(b[careless]), onSpot, "无关软件已当场卸载", true)
	p.verify("jiancha2", onSpot, "")

	p.moveTo(firstDay + 9)
	p.rectify(troubled, first, "口令已重设，杀毒软件已安装，制度已印发，培训已开展")
	p.rectify(troubled, major, "已发文明确责任人，内外网已物理隔离")

	p.decided("jiancha1", "jiancha2", "school1")

	p.moveTo(firstDay + 12)
	p.verify("jiancha1", first, "内网业务终端口令仍为四位数字")
	p.refused("jiancha1", "tries to verify the major finding alone", 403, "own_major_finding", func() error {
		a, err := p.as("jiancha1")
		if err != nil {
			return err
		}
		_, err = a.BeginVerification(p.ctx, major.ID)
		return err
	})
	p.verify("jiancha2", major, "")
	p.do(account(b[troubled]), "starts again", func() (string, error) {
		a, err := p.as(account(b[troubled]))
		if err != nil {
			return "", err
		}
		now, err := a.StartRectification(p.ctx, first.ID)
		if err != nil {
			return "", err
		}
		return string(now.State), nil
	})
	p.report(account(b[troubled]), first, "口令已改为八位，含大小写字母、数字和符号", false)

	p.moveTo(firstDay + 15)
	p.verify("jiancha2", first, "")
	p.caseIs("lingdao", first, "closed")
	p.first = first
}

// lookBack checks a closed rectification again and finds the same fault: a
// relapse. It is rectified and closed again, both campaigns are recounted, and
// the three administrators look at what they may see.
func (p *play) lookBack() {
	if len(p.failed) > 0 {
		return
	}
	b, c := p.county.byName, p.campaign
	p.moveTo(LastDay - 6)
	p.looksBack("jiancha1", troubled)
	again := p.onSite("jiancha1", troubled, "lookback", c.ID, "口令")
	if len(p.failed) > 0 {
		return
	}
	p.do("jiancha1", "finds what it repeats", func() (string, error) {
		a, err := p.as("jiancha1")
		if err != nil {
			return "", err
		}
		l, err := a.ListSimilarFindings(p.ctx, again[0].ID)
		if err != nil {
			return "", err
		}
		for _, f := range l.Items {
			if f.ID == p.lapsed {
				linked, err := a.LinkFinding(p.ctx, again[0].ID, client.RectificationLinkBody{FindingID: &f.ID, Kind: "relapse"})
				if err != nil {
					return "", err
				}
				if val(linked.RepeatsID) != f.ID || val(f.Proposed) != "relapse" {
					return "", fmt.Errorf("proposed as %s, repeats %q", val(f.Proposed), val(linked.RepeatsID))
				}
				return "the same fault as last time: a relapse", nil
			}
		}
		return "", fmt.Errorf("%w: %d similar findings", errNothing, len(l.Items))
	})
	p.do("jiancha1", "reopens the closed order: a relapse", func() (string, error) {
		a, err := p.as("jiancha1")
		if err != nil {
			return "", err
		}
		now, err := a.ReopenRectification(p.ctx, p.first.ID, client.RectificationReopenBody{Kind: "relapse", Reason: "回头看发现口令又改回四位数字", Workdays: ptr(int64(5))})
		if err != nil {
			return "", err
		}
		p.first = now
		if _, err := a.DismissFinding(p.ctx, again[0].ID, client.RectificationReasonBody{Reason: "并入原整改"}); err == nil {
			return "", fmt.Errorf("the finder dismissed the finding alone")
		}
		j, err := p.as("jiancha2")
		if err != nil {
			return "", err
		}
		if _, err := j.DismissFinding(p.ctx, again[0].ID, client.RectificationReasonBody{Reason: "与原问题相同，并入重新开启的整改"}); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, %d relapse", now.State, val(now.Relapses)), nil
	})
	p.rectify(troubled, p.first, "口令策略已由域控强制执行")
	p.verify("jiancha2", p.first, "")
	for _, code := range []string{b["treasury"], b["health"]} {
		p.hand(c.ID, code, finalCheck, given{figures: map[string]float64{"institutions": 3, "trained": 40}, name: "检查整改总结.pdf"})
	}
	p.approve(finance, c.ID)
	p.recount(finance, c)
	p.register(c)
	p.administrators()
	p.aftermath()
}

// register compares the roll-up of findings with the findings themselves.
func (p *play) register(c *client.AssignmentCampaign) {
	p.until("lingdao", "compares the register with its roll-up", func() (string, bool, error) {
		a, err := p.as("lingdao")
		if err != nil {
			return "", false, err
		}
		l, err := a.ListFindings(p.ctx, &client.ListFindingsParams{CampaignID: &c.ID, Limit: ptr(int64(500))})
		if err != nil {
			return "", false, err
		}
		want := map[string]int64{}
		for _, f := range l.Items {
			want[string(val(f.Category))+" "+string(f.State)]++
		}
		r, err := a.GetFindingsRollup(p.ctx, &client.GetFindingsRollupParams{UnitID: ptr(p.unit(p.county.code)), CampaignID: &c.ID})
		if err != nil {
			return "", false, err
		}
		got := map[string]int64{}
		for _, x := range r.Register.Findings.Items {
			if x.Category == nil {
				return "", false, fmt.Errorf("%d findings in state %s are not open to the office that recorded them", x.Count, x.State)
			}
			got[*x.Category+" "+x.State] += x.Count
		}
		for k, n := range want {
			if got[k] != n {
				return fmt.Sprintf("%s: the roll-up says %d, there are %d", k, got[k], n), false, nil
			}
		}
		if r.Register.Rectifications.Relapses != 1 {
			return fmt.Sprintf("%d relapses, want 1", r.Register.Rectifications.Relapses), false, nil
		}
		return fmt.Sprintf("%d findings, 1 relapse: equal", len(l.Items)), int64(len(l.Items)) == r.Register.Findings.Total, nil
	})
}

// administrators look: each sees only what is theirs.
func (p *play) administrators() {
	p.do(auditor, "verifies the audit trail", func() (string, error) {
		a, err := p.as(auditor)
		if err != nil {
			return "", err
		}
		v, err := a.VerifyAuditChain(p.ctx, nil)
		if err != nil {
			return "", err
		}
		if !v.Intact {
			return "", fmt.Errorf("the chain is broken at %d: %s", val(v.BrokenSeq), val(v.Problem))
		}
		return fmt.Sprintf("%d entries, intact", v.To), nil
	})
	p.refused(sysadmin, "looks for the audit trail", 404, "not_found", func() error {
		a, err := p.as(sysadmin)
		if err != nil {
			return err
		}
		_, err = a.GetAuditEntry(p.ctx, 1)
		return err
	})
	for _, who := range []string{sysadmin, secadmin, auditor} {
		p.do(who, "sees no business data", func() (string, error) {
			all, err := p.assignments(who, client.ListAssignmentsParams{})
			if err != nil {
				if pr := client.AsProblem(err); pr != nil && (pr.Status == 403 || pr.Status == 404) {
					return "refused", nil
				}
				return "", err
			}
			if len(all) > 0 {
				return "", fmt.Errorf("%d assignments are listed", len(all))
			}
			return "nothing is listed", nil
		})
	}
	for _, service := range []string{"directory", "assignment", "evidence", "rectification", "insight", "notice", "audit"} {
		p.until(sysadmin, "looks at the health of "+service, func() (string, bool, error) {
			a, err := p.as(sysadmin)
			if err != nil {
				return "", false, err
			}
			h, err := a.GetServiceHealth(p.ctx, service)
			if err != nil {
				return "", false, err
			}
			if h.DeadLetters > 0 {
				return "", false, fmt.Errorf("%d dead letters", h.DeadLetters)
			}
			return fmt.Sprintf("%d events wait", h.Unsent), h.Unsent == 0, nil
		})
	}
}

// aftermath leaves something alive: a small task that is due in the next days.
func (p *play) aftermath() {
	p.moveTo(LastDay)
	if p.opt.Clock != nil {
		p.do("clock", "goes back to the present", func() (string, error) {
			for _, a := range p.people {
				a.Client = nil
			}
			p.now = p.opt.Present
			if p.now.IsZero() {
				p.now = time.Now()
			}
			return p.now.Format(time.DateOnly), p.opt.Clock(p.opt.Present)
		})
	}
	c := &client.AssignmentCampaign{}
	p.do(office, "drafts a small check of the duty rosters", func() (string, error) {
		a, err := p.as(office)
		if err != nil {
			return "", err
		}
		today := p.today()
		if c, err = a.CreateCampaign(p.ctx, client.AssignmentNewCampaign{
			Title: ptr("网络安全值班备勤情况报送"), StartsOn: ptr(today.Format("2006-01-02")), EndsOn: ptr(today.AddDate(0, 0, 14).Format("2006-01-02")),
			Basis: ptr("电话通知"),
		}); err != nil {
			return "", err
		}
		_, err = a.AddTask(p.ctx, c.ID, client.AssignmentTaskInput{
			Title: ptr("报送值班安排"), DueOn: ptr(today.AddDate(0, 0, 5).Format("2006-01-02")), Targets: &client.AssignmentTargets{Levels: []client.AssignmentTargetsLevels{"town"}},
			Requirements: []client.AssignmentRequirement{
				{Kind: "document", Title: "值班表", Compulsory: ptr(true)}, {Kind: "number", Title: "值班人数", Figure: ptr("on_duty"), Measure: ptr("人"), Compulsory: ptr(true)},
			},
		})
		return "one task for every town", err
	})
	p.issue(office, c)
	towns := p.county.towns()
	p.acknowledge(c.ID, towns[0].Code)
	p.leaves(c.ID, towns[len(towns)-1].Code, "报送值班安排")
}

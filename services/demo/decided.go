package demo

import (
	"fmt"
	"strings"

	"github.com/duban/duban/api/client"
)

// decided plays an order that asks for everything before it is closed: the
// office approves the plan, the unit's leader signs off what is reported, and
// the unit applies to be closed out.
func (p *play) decided(inspector, second, unit string) {
	f := p.record(inspector, finding{unit, "", "institutions", "ordinary", "机房管理制度未上墙，值班记录不全"})
	if f == nil {
		return
	}
	clerk := account(p.county.byName[unit])
	leader := "l" + strings.TrimPrefix(clerk, "u")
	c := &client.RectificationCase{}
	step := func(who, what string, do func(a *actor) (*client.RectificationCase, error)) {
		p.do(who, what, func() (string, error) {
			a, err := p.as(who)
			if err != nil {
				return "", err
			}
			now, err := do(a)
			if err != nil {
				return "", err
			}
			c = now
			return fmt.Sprintf("%s, plan %s", now.State, val(now.PlanState)), nil
		})
	}
	step(inspector, "orders it with a plan to approve, a sign-off and an application", func(a *actor) (*client.RectificationCase, error) {
		return a.OrderRectification(p.ctx, client.RectificationOrderBody{
			Title: "机房管理制度整改", FindingIds: []string{f.ID}, Workdays: ptr(int64(10)), ApprovePlan: ptr(true), NeedsSignOff: ptr(true), NeedsApplication: ptr(true),
		})
	})
	step(clerk, "plans the measures", func(a *actor) (*client.RectificationCase, error) {
		return a.PlanRectification(p.ctx, c.ID, client.RectificationPlanBody{Measures: p.measures(c)[:1]})
	})
	p.refused(leader, "tries to sign off before the plan is approved", 409, "plan_not_approved", func() error {
		a, err := p.as(leader)
		if err != nil {
			return err
		}
		_, err = a.SignOffRectification(p.ctx, c.ID, client.RectificationNoteBody{})
		return err
	})
	step(second, "approves the plan", func(a *actor) (*client.RectificationCase, error) {
		return a.DecideRectificationPlan(p.ctx, c.ID, client.RectificationPlanDecision{Approve: true, Answer: ptr("措施可行，同意")})
	})
	step(clerk, "says how far it is, and that it is done", func(a *actor) (*client.RectificationCase, error) {
		m := c.Measures[0].ID
		if _, err := a.ReportMeasureProgress(p.ctx, c.ID, m, client.RectificationProgressBody{Percent: 60, Note: "制度已印制，待张贴"}); err != nil {
			return nil, err
		}
		return a.FinishMeasure(p.ctx, c.ID, m, client.RectificationNoteBody{Note: ptr("已张贴")})
	})
	step(leader, "signs it off", func(a *actor) (*client.RectificationCase, error) {
		return a.SignOffRectification(p.ctx, c.ID, client.RectificationNoteBody{Note: ptr("情况属实，同意上报")})
	})
	p.report(clerk, c, "制度已上墙，值班记录已补全", false)
	step(clerk, "applies to be closed out", func(a *actor) (*client.RectificationCase, error) {
		return a.ApplyCloseOut(p.ctx, c.ID, client.RectificationCloseOutBody{Text: "已整改到位，申请销号"})
	})
	p.verify(second, c, "")
	p.caseIs(leader, c, "closed")
}

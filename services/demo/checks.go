package demo

import (
	"fmt"
	"strconv"

	"github.com/duban/duban/api/client"
)

// checksItself plays a self-check: the office plans it, the unit carries it
// out, and the office takes up what failed.
func (p *play) checksItself(inspector, second, unit string) {
	who, plan := account(p.county.byName[unit]), &client.RectificationInspection{}
	p.do(inspector, "plans a self-check", func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		list, err := p.builtIn(a, unitSelfCheck)
		if err != nil {
			return "", err
		}
		plan, err = a.PlanInspection(p.ctx, client.RectificationPlanInspectionBody{
			UnitID: p.unit(p.county.byName[unit]), ChecklistID: list.ID, Kind: ptr(client.RectificationPlanInspectionBodyKind("self")),
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d items for %s", len(plan.Items), plan.UnitName), nil
	})
	p.do(who, "checks itself: logs are kept too short", func() (string, error) {
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		var answers []client.RectificationAnswer
		for _, item := range plan.Items {
			x := client.RectificationAnswer{ItemKey: item.Key}
			switch item.Type {
			case "number":
				value := val(item.Minimum)
				if item.Key == "log_days" {
					value, x.Note = 90, ptr("日志服务器容量不足")
				}
				x.Value = ptr(strconv.FormatFloat(value, 'f', -1, 64))
			case "choice":
				x.Value = &item.Choices[0].Title
			case "text":
				x.Value, x.Result = ptr("无"), ptr(client.RectificationAnswerResult("pass"))
			default:
				x.Result = ptr(client.RectificationAnswerResult("pass"))
			}
			answers = append(answers, x)
		}
		if _, err := a.PutAnswers(p.ctx, plan.ID, client.RectificationAnswersBody{Answers: answers}); err != nil {
			return "", err
		}
		sent, err := a.SendInspection(p.ctx, plan.ID, client.RectificationSendInspectionBody{})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, %d failed", sent.State, val(sent.Failed)), nil
	})
	p.do(inspector, "takes up what failed", func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		n, err := a.RecordFindings(p.ctx, plan.ID)
		if err != nil {
			return "", err
		}
		l, err := a.ListFindings(p.ctx, &client.ListFindingsParams{InspectionID: &plan.ID})
		if err != nil {
			return "", err
		}
		if n.Recorded != 1 || len(l.Items) != 1 {
			return "", fmt.Errorf("%d findings were recorded, %d are listed, want 1", n.Recorded, len(l.Items))
		}
		j, err := p.as(second)
		if err != nil {
			return "", err
		}
		f, err := j.DismissFinding(p.ctx, l.Items[0].ID, client.RectificationReasonBody{Reason: "已列入县级日志平台统一建设"})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d finding, %s", n.Recorded, f.State), nil
	})
}

// objects has a unit object to the results of an inspection of one kind, and
// another inspector overrule it.
func (p *play) objects(unit, kind, sender, second string) {
	who, id := account(p.county.byName[unit]), ""
	p.do(who, "objects to the results", func() (string, error) {
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		l, err := a.ListInspections(p.ctx, &client.ListInspectionsParams{Kind: ptr(client.ListInspectionsParamsKind(kind)), State: []client.ListInspectionsParamsState{"sent"}})
		if err != nil {
			return "", err
		}
		if len(l.Items) != 1 {
			return "", fmt.Errorf("%d inspections, want 1", len(l.Items))
		}
		id = l.Items[0].ID
		in, err := a.ObjectToInspection(p.ctx, id, client.RectificationObjectBody{Text: "该软件为工作所需"})
		if err != nil {
			return "", err
		}
		return string(val(in.Response)), nil
	})
	p.refused(sender, "tries to overrule it alone", 403, "own_inspection", func() error {
		a, err := p.as(sender)
		if err != nil {
			return err
		}
		_, err = a.DecideObjection(p.ctx, id, client.RectificationObjectionBody{Answer: "维持"})
		return err
	})
	p.do(second, "overrules it", func() (string, error) {
		a, err := p.as(second)
		if err != nil {
			return "", err
		}
		in, err := a.DecideObjection(p.ctx, id, client.RectificationObjectionBody{Answer: "经复核与工作无关，维持原结果"})
		if err != nil {
			return "", err
		}
		return string(val(in.Response)), nil
	})
}

// looksBack has an inspector plan a look-back at a unit, see what it asks for,
// and call it off: the fault is found by another way already.
func (p *play) looksBack(inspector, unit string) {
	p.do(inspector, "plans a look-back at what was closed", func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		in, err := a.PlanLookBack(p.ctx, client.RectificationLookBackBody{UnitID: p.unit(p.county.byName[unit])})
		if err != nil {
			return "", err
		}
		for _, item := range in.Items {
			if item.Key == p.lapsed {
				if in, err = a.CancelInspection(p.ctx, in.ID, client.RectificationReasonBody{Reason: "与终端复查合并进行"}); err != nil {
					return "", err
				}
				return fmt.Sprintf("%d findings to look at again, %s", len(in.Items), in.State), nil
			}
		}
		return "", fmt.Errorf("%w: %d items", errNothing, len(in.Items))
	})
}

// draws plays a double random draw of units and inspectors, and plans what was
// drawn; the inspections are then called off, for the play goes another way.
func (p *play) draws(inspector, second string) {
	p.do(inspector, "draws two units and an inspector for each", func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		me, err := a.GetMe(p.ctx)
		if err != nil {
			return "", err
		}
		j, err := p.as(second)
		if err != nil {
			return "", err
		}
		other, err := j.GetMe(p.ctx)
		if err != nil {
			return "", err
		}
		d, err := a.MakeDraw(p.ctx, client.RectificationDrawBody{
			Title: "财政系统双随机抽查", Under: p.unit(p.county.code), Count: 2, InspectorsPerUnit: ptr(int64(1)), Weighted: ptr(true),
			InspectorIds: []string{me.ID, other.ID}, Seed: ptr("公开抽取 08 11 23"),
		})
		if err != nil {
			return "", err
		}
		if !d.Repeats || len(d.Picks) != 2 {
			return "", fmt.Errorf("%d picks, repeats %t", len(d.Picks), d.Repeats)
		}
		list, err := p.builtIn(a, terminalRules)
		if err != nil {
			return "", err
		}
		if d, err = a.PlanDraw(p.ctx, d.ID, client.RectificationPlanDrawBody{ChecklistID: list.ID}); err != nil {
			return "", err
		}
		for _, x := range d.Picks {
			if _, err := a.CancelInspection(p.ctx, val(x.InspectionID), client.RectificationReasonBody{Reason: "与专项检查合并进行"}); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%s and %s of %d", d.Picks[0].UnitName, d.Picks[1].UnitName, len(d.Units)), nil
	})
}

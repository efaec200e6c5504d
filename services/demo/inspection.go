package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/duban/duban/api/client"
)

// inspected are the units whose terminals are checked on site.
const (
	troubled = "treasury" // several findings, one of them major
	careless = "health"   // one finding, fixed on the spot
)

// registers has a unit put its terminals into its register, one on the outer
// and one on the inner network.
func (p *play) registers(units ...string) {
	for _, unit := range units {
		who := account(p.county.byName[unit])
		p.do(who, "registers its terminals", func() (string, error) {
			a, err := p.as(who)
			if err != nil {
				return "", err
			}
			for _, d := range []struct{ label, network, serial string }{{"外网办公终端", "outer", "WW-01"}, {"内网业务终端", "inner", "NW-07"}} {
				_, err := a.RegisterDevice(p.ctx, client.RectificationRegisterBody{
					UnitID: p.unit(p.county.byName[unit]), Label: d.label, Network: ptr(client.RectificationRegisterBodyNetwork(d.network)), Serial: &d.serial,
				})
				if err != nil {
					return "", err
				}
			}
			l, err := a.ListDevices(p.ctx, nil)
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%d devices", len(l.Items)), nil
		})
	}
}

// onSite inspects a unit with the built-in five terminal rules: a terminal on
// the outer and one on the inner network, and on the inner one the rules whose
// titles contain one of fails are broken. It returns the recorded findings.
func (p *play) onSite(inspector, unit, kind, campaignID string, fails ...string) []client.RectificationFinding {
	var found []client.RectificationFinding
	p.do(inspector, fmt.Sprintf("checks the terminals of %s by the five rules", p.units[p.county.byName[unit]].Name), func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		list, err := p.builtIn(a, terminalRules)
		if err != nil {
			return "", err
		}
		in, err := a.PlanInspection(p.ctx, client.RectificationPlanInspectionBody{
			UnitID: p.unit(p.county.byName[unit]), ChecklistID: list.ID, CampaignID: optional(campaignID),
			Kind: ptr(client.RectificationPlanInspectionBodyKind(kind)), PlannedOn: ptr(p.today().Format(time.DateOnly)),
			RegisteredDevices: ptr(true),
		})
		if err != nil {
			return "", err
		}
		var answers []client.RectificationAnswer
		for _, d := range in.Devices {
			for _, item := range in.Items {
				result, note := "pass", ""
				for _, f := range fails {
					if d.Label == "内网业务终端" && strings.Contains(item.Title, f) {
						result, note = "fail", "现场核查不符合要求"
					}
				}
				answers = append(answers, client.RectificationAnswer{
					ItemKey: item.Key, DeviceID: ptr(d.ID), Result: ptr(client.RectificationAnswerResult(result)), Note: optional(note),
				})
			}
		}
		if _, err := a.PutAnswers(p.ctx, in.ID, client.RectificationAnswersBody{Answers: answers}); err != nil {
			return "", err
		}
		sent, err := a.SendInspection(p.ctx, in.ID, client.RectificationSendInspectionBody{RecordFindings: ptr(true)})
		if err != nil {
			return "", err
		}
		l, err := a.ListFindings(p.ctx, &client.ListFindingsParams{UnitID: ptr(sent.UnitID), Limit: ptr(int64(500))})
		if err != nil {
			return "", err
		}
		for _, f := range l.Items {
			if val(f.InspectionID) == in.ID {
				found = append(found, f)
			}
		}
		if len(found) != len(fails) {
			return "", fmt.Errorf("%d findings were recorded, want %d", len(found), len(fails))
		}
		return fmt.Sprintf("%d answers, %d findings", len(answers), len(found)), nil
	})
	return found
}

// ownChecklist takes the built-in self-check home as a workbook and brings it
// back as a checklist of the inspector's own, which is then published.
func (p *play) ownChecklist(inspector string) {
	p.do(inspector, "takes the built-in self-check as XLSX and publishes an own one", func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		list, err := p.builtIn(a, unitSelfCheck)
		if err != nil {
			return "", err
		}
		file, err := a.ExportChecklist(p.ctx, list.ID)
		if err != nil {
			return "", err
		}
		defer file.Body.Close()
		own, err := a.ImportChecklist(p.ctx, &client.ImportChecklistParams{Title: ptr("财政系统网络安全自查表")}, file.Header.Get("Content-Type"), file.Body)
		if err != nil {
			return "", err
		}
		if own.ItemCount != list.ItemCount {
			return "", fmt.Errorf("%d items came back of %d", own.ItemCount, list.ItemCount)
		}
		own, err = a.PublishChecklist(p.ctx, own.ID)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d items, %s", own.ItemCount, own.State), nil
	})
}

// The series of checklists that ship with Duban.
const (
	terminalRules = "terminal-rules"
	unitSelfCheck = "unit-self-check"
)

// builtIn is a checklist that ships with Duban.
func (p *play) builtIn(a *actor, series string) (client.RectificationChecklistHead, error) {
	lists, err := a.ListChecklists(p.ctx, nil)
	if err != nil {
		return client.RectificationChecklistHead{}, err
	}
	for _, c := range lists.Items {
		if c.BuiltIn && c.Series == series {
			return c, nil
		}
	}
	return client.RectificationChecklistHead{}, errNothing
}

// finding is what an inspector comes upon at a unit beside the checklist; the
// campaign may be empty.
type finding struct{ unit, campaignID, category, severity, title string }

// record adds a finding that no checklist item covers, with pictures.
func (p *play) record(inspector string, x finding, pictures ...[]byte) *client.RectificationFinding {
	var f *client.RectificationFinding
	p.do(inspector, "records: "+x.title, func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		me, err := a.GetMe(p.ctx)
		if err != nil {
			return "", err
		}
		var files []string
		for _, b := range pictures {
			// What an inspector brings along belongs to where they inspect for.
			id, err := p.upload(a, me.Grants[0].UnitID, "现场照片.jpg", b)
			if err != nil {
				return "", err
			}
			files = append(files, id)
		}
		f, err = a.RecordFinding(p.ctx, client.RectificationFindingBody{
			FileIds: files,
			UnitID:  ptr(p.unit(p.county.byName[x.unit])), CampaignID: optional(x.campaignID), Title: ptr(x.title),
			Category: ptr(client.RectificationFindingBodyCategory(x.category)), Severity: ptr(client.RectificationFindingBodySeverity(x.severity)),
			Place: ptr("办公区"), Text: ptr(x.title),
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, %s", val(f.Category), val(f.Severity)), nil
	})
	return f
}

// order has an inspector order the rectification of findings.
func (p *play) order(inspector, title string, findings ...string) *client.RectificationCase {
	var c *client.RectificationCase
	p.do(inspector, "orders: "+title, func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		c, err = a.OrderRectification(p.ctx, client.RectificationOrderBody{
			Title: title, FindingIds: findings, Workdays: ptr(int64(10)), CopyToSuperior: ptr(true),
		})
		if err != nil {
			return "", err
		}
		if !strings.Contains(c.Number, fmt.Sprintf("〔%d〕", p.today().Year())) {
			return "", fmt.Errorf("the number is %q", c.Number)
		}
		return fmt.Sprintf("%s, %d findings, due %s", c.Number, len(c.Findings), c.DueAt.In(p.opt.Start.Location()).Format(time.DateOnly)), nil
	})
	return c
}

// rectify has the unit plan measures, carry them out and report with evidence.
func (p *play) rectify(unit string, c *client.RectificationCase, note string) {
	who := account(p.county.byName[unit])
	p.until(who, "finds the order and acknowledges it", func() (string, bool, error) {
		a, err := p.as(who)
		if err != nil {
			return "", false, err
		}
		now, err := a.GetRectification(p.ctx, c.ID)
		if err != nil {
			return "", false, err
		}
		if now.State == "ordered" {
			if now, err = a.AcknowledgeRectification(p.ctx, c.ID, client.RectificationAcknowledgeBody{}); err != nil {
				return "", false, err
			}
		}
		return string(now.State), true, nil
	})
	if c != nil && val(c.Severity) == "major" {
		p.refused(who, "plans measures without funds and contingency", 422, "five_missing", func() error {
			a, err := p.as(who)
			if err != nil {
				return err
			}
			_, err = a.PlanRectification(p.ctx, c.ID, client.RectificationPlanBody{Measures: p.measures(c)})
			return err
		})
	}
	p.do(who, "plans the measures and carries them out", func() (string, error) {
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		me, err := a.GetMe(p.ctx)
		if err != nil {
			return "", err
		}
		now, err := a.PlanRectification(p.ctx, c.ID, client.RectificationPlanBody{
			Measures: p.measures(c), ResponsibleID: &me.ID, Funds: ptr("办公经费列支 2000 元"), Contingency: ptr("整改期间断开外网，业务改由前台办理"),
		})
		if err != nil {
			return "", err
		}
		for _, m := range now.Measures {
			if m.DoneAt != nil || val(m.Dropped) {
				continue
			}
			if now, err = a.FinishMeasure(p.ctx, c.ID, m.ID, client.RectificationNoteBody{Note: ptr("已完成")}); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%s, %d measures done", now.State, len(now.Measures)), nil
	})
	p.report(who, c, note, false)
}

func (p *play) measures(c *client.RectificationCase) []client.RectificationMeasureBody {
	due := p.today().AddDate(0, 0, 3)
	if limit := c.DueAt; due.After(limit) {
		due = limit
	}
	return []client.RectificationMeasureBody{
		{Text: "重设开机口令，六位以上并含三种字符", PersonName: ptr("王强"), DueOn: due.Format(time.DateOnly)},
		{Text: "安装杀毒软件并更新病毒库", PersonName: ptr("李敏"), DueOn: due.Format(time.DateOnly)},
	}
}

// report seals the evidence of a rectification and waits until it is taken in.
func (p *play) report(who string, c *client.RectificationCase, note string, onTheSpot bool) {
	p.until(who, "is ready to report "+c.Number, func() (string, bool, error) {
		a, err := p.as(who)
		if err != nil {
			return "", false, err
		}
		_, err = a.CreateSubmission(p.ctx, client.EvidenceNewSubmission{Target: "rectification", TargetID: c.ID})
		if pr := client.AsProblem(err); pr != nil && (pr.Status == 404 || pr.Status == 409) {
			return pr.Code, false, nil // the evidence service has not heard of it yet
		}
		return "draft opened", err == nil, err
	})
	p.do(who, "reports it with evidence", func() (string, error) {
		a, err := p.as(who)
		if err != nil {
			return "", err
		}
		s, err := p.submit(a, "rectification", c.ID, given{
			text: note, name: "整改后情况.pdf", document: pdf(note), seal: client.EvidenceSealBody{FixedOnSpot: &onTheSpot},
		})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("version %d sealed, manifest %.12s…", s.Number, val(s.ManifestSha256)), nil
	})
	p.caseIs(who, c, "reported")
}

// caseIs waits until the rectification is in a state.
func (p *play) caseIs(who string, c *client.RectificationCase, state string) {
	p.until(who, "sees "+c.Number, func() (string, bool, error) {
		a, err := p.as(who)
		if err != nil {
			return "", false, err
		}
		now, err := a.GetRectification(p.ctx, c.ID)
		if err != nil {
			return "", false, err
		}
		return string(now.State), string(now.State) == state, nil
	})
}

// verify has an inspector decide on a report: closed when stillWrong is empty.
func (p *play) verify(inspector string, c *client.RectificationCase, stillWrong string) {
	what := "verifies and closes " + c.Number + " out"
	if stillWrong != "" {
		what = "verifies " + c.Number + " and rejects: " + stillWrong
	}
	p.do(inspector, what, func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		now, err := a.BeginVerification(p.ctx, c.ID)
		if err != nil {
			return "", err
		}
		body := client.RectificationVerifyBody{Decision: "close", Method: ptr(client.RectificationVerifyBodyMethod("on_site")), Outcome: ptr(client.RectificationVerifyBodyOutcome("fixed")), Note: ptr("现场复查")}
		result := "fixed"
		if stillWrong != "" {
			body = client.RectificationVerifyBody{Decision: "reject", StillWrong: &stillWrong, Workdays: ptr(int64(5))}
			result = "not"
		}
		for _, f := range now.Findings {
			body.Results = append(body.Results, client.RectificationResult{
				FindingID: f.ID, Result: client.RectificationResultResult(result), Note: ptr("现场核对：" + result),
			})
		}
		if now, err = a.VerifyRectification(p.ctx, c.ID, body); err != nil {
			return "", err
		}
		return string(now.State), nil
	})
}

package document

import (
	"context"
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification"
)

// FindingsPaper writes the register of findings (11 columns) or the finding
// list 问题清单: the findings in reach that q selects, of those that are not open
// the outline.
func (s *Service) FindingsPaper(ctx context.Context, actor policy.Actor, form string, q rectification.FindingQuery, format string) (Document, error) {
	q.Limit = MaxPaperRows + 1
	rows, err := s.cases.Findings(ctx, actor, q)
	if err != nil {
		return Document{}, err
	}
	if err := fewEnough(len(rows)); err != nil {
		return Document{}, err
	}
	var p Paper
	switch form {
	case FormRegister:
		p, err = s.register(ctx, rows)
	case FormFindingList:
		p = findingList(rows)
	default:
		return Document{}, fault.BadField("form", "expected register or finding_list", form)
	}
	if err != nil {
		return Document{}, err
	}
	return s.list(actor, p, len(rows), format)
}

// OrdersPaper writes the task list 任务清单 or the duty list 责任清单: the
// orders in reach that q selects, of those that are not open the outline.
func (s *Service) OrdersPaper(ctx context.Context, actor policy.Actor, form string, q rectification.RectificationQuery, format string) (Document, error) {
	q.Limit = MaxPaperRows + 1
	rows, err := s.cases.Rectifications(ctx, actor, "", q)
	if err != nil {
		return Document{}, err
	}
	if err := fewEnough(len(rows)); err != nil {
		return Document{}, err
	}
	var p Paper
	switch form {
	case FormTaskList:
		p, err = s.taskList(ctx, rows)
	case FormDutyList:
		p, err = s.dutyList(ctx, rows)
	default:
		return Document{}, fault.BadField("form", "expected task_list or duty_list", form)
	}
	if err != nil {
		return Document{}, err
	}
	return s.list(actor, p, len(p.Rows), format)
}

func fewEnough(n int) error {
	if n > MaxPaperRows {
		return fault.New(fault.Invalid, "too_many_rows", "More than %d rows are selected; narrow the filters, for example to one town.", MaxPaperRows)
	}
	return nil
}

func (s *Service) list(actor policy.Actor, p Paper, n int, format string) (Document, error) {
	p.Origin = s.origin(actor, fmt.Sprintf("导出时共%d条", n))
	p.Name = p.Title + " " + clock.Day(p.Origin.At)
	return s.write(p, format)
}

// register is the 台账. Who is responsible for an order is shown where that is
// open: it may have been transferred to a unit out of reach.
func (s *Service) register(ctx context.Context, rows []rectification.FindingView) (Paper, error) {
	orders, err := s.store.RectificationsByID(ctx, rectification.IDsOf(rows, func(v rectification.FindingView) []string { return []string{v.Thing.RectificationID} }))
	if err != nil {
		return Paper{}, err
	}
	p := Paper{Title: "问题整改台账", Columns: []string{
		"序号", "整改文号", "被检查单位", "存在的问题", "隐患类别", "严重程度", "发现时间",
		"整改期限", "整改责任人", "状态", "销号时间",
	}}
	for i, v := range rows {
		f, due, person := v.Thing, "", ""
		o := orders[f.RectificationID]
		if v.OrderOpen || !v.Open {
			due = dayOf(&v.Due.DueAt)
		}
		if v.OrderOpen {
			person = o.Responsible
		}
		p.Rows = append(p.Rows, texts(fmt.Sprint(i+1), o.Number, whose(f.FindingHead, v.Names), says(f.FindingHead), word("category", f.Category), word("severity", f.Severity),
			dayOf(&f.FoundAt), due, person, word("state.finding", f.State), dayOf(f.ClosedAt)))
	}
	return p, nil
}

// whose says which unit was inspected and, where it is another one, which has
// to rectify what was found.
func whose(f rectification.FindingHead, names map[string]string) string {
	if f.ResponsibleUnitID == "" {
		return names[f.UnitID]
	}
	return lines(names[f.UnitID], "整改责任单位："+names[f.ResponsibleUnitID])
}

func findingList(rows []rectification.FindingView) Paper {
	p := Paper{Title: "问题清单", Columns: []string{
		"序号", "被检查单位", "具体地点", "隐患类别", "严重程度", "存在的问题", "依据",
		"发现时间", "检查人", "状态",
	}}
	for i, v := range rows {
		f := v.Thing
		clause := f.Clause
		f.Clause = "" // it has a column of its own
		p.Rows = append(p.Rows, texts(fmt.Sprint(i+1), whose(f.FindingHead, v.Names), where(f.FindingHead), word("category", f.Category), word("severity", f.Severity),
			says(f.FindingHead), clause, dayOf(&f.FoundAt), f.Finder, word("state.finding", f.State)))
	}
	return p
}

// taskList has a row for every measure, and one for an order without a plan.
func (s *Service) taskList(ctx context.Context, rows []rectification.Row[rectification.Rectification, rectification.CaseMay]) (Paper, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Thing.ID
	}
	plans, err := s.store.Plans(ctx, ids)
	if err != nil {
		return Paper{}, err
	}
	p := Paper{Title: "任务清单", Columns: []string{
		"序号", "整改文号", "整改单位", "整改事项", "整改措施", "责任人", "完成期限", "进度", "完成时间",
	}}
	add := func(r rectification.Row[rectification.Rectification, rectification.CaseMay], ts ...string) {
		c := r.Thing
		p.Rows = append(p.Rows, texts(append([]string{fmt.Sprint(len(p.Rows) + 1), c.Number, r.Names[c.UnitID], c.Title}, ts...)...))
	}
	for _, r := range rows {
		ms := plans[r.Thing.ID]
		if !r.Open {
			add(r, "", "", dayOf(&r.Thing.DueAt), stateLabel(r.Thing), "")
			continue
		}
		if len(ms) == 0 {
			add(r, "（尚无整改方案）", r.Thing.Responsible, dayOf(&r.Thing.DueAt), stateLabel(r.Thing), "")
		}
		for _, m := range ms {
			add(r, m.Text, m.Person, dayOf(&m.DueAt), fmt.Sprintf("%d%%", m.Percent), dayOf(m.DoneAt))
		}
	}
	return p, fewEnough(len(p.Rows))
}

// dutyList says who is responsible for what.
func (s *Service) dutyList(ctx context.Context, rows []rectification.Row[rectification.Rectification, rectification.CaseMay]) (Paper, error) {
	names, err := s.store.PersonNames(ctx, rectification.IDsOf(rows, func(r rectification.Row[rectification.Rectification, rectification.CaseMay]) []string {
		return []string{r.Thing.VerifierID}
	}))
	if err != nil {
		return Paper{}, err
	}
	p := Paper{Title: "责任清单", Columns: []string{
		"序号", "整改文号", "整改单位", "整改事项", "整改责任人", "签字领导", "督办单位", "督办责任人", "复查人",
		"整改期限", "状态",
	}}
	for i, r := range rows {
		c := r.Thing
		p.Rows = append(p.Rows, texts(fmt.Sprint(i+1), c.Number, r.Names[c.UnitID], c.Title, c.Responsible, c.Signer, r.Names[c.IssuerID], c.Orderer,
			names[c.VerifierID], dayOf(&c.DueAt), stateLabel(c)))
	}
	return p, nil
}

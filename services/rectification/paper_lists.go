package rectification

import (
	"context"
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// FindingsPaper writes the register of findings (11 columns) or the finding
// list 问题清单: the findings in reach that q selects.
func (s *Service) FindingsPaper(ctx context.Context, actor policy.Actor, form string, q FindingQuery, format string) (Document, error) {
	q.Reach, q.Limit = s.policy.Reach(ctx, actor, "finding", "read"), MaxPaperRows+1
	rows, err := s.store.ListFindings(ctx, q)
	if err != nil {
		return Document{}, err
	}
	names, err := s.store.Names(ctx, idsOf(rows, func(f Finding) []string { return []string{f.UnitID, f.ResponsibleUnitID} }))
	if err != nil {
		return Document{}, err
	}
	if err := fewEnough(len(rows)); err != nil {
		return Document{}, err
	}
	var p Paper
	switch form {
	case FormRegister:
		p, err = s.register(ctx, actor, rows, names)
	case FormFindingList:
		p = findingList(rows, names)
	default:
		return Document{}, fault.BadField("query.form", "expected register or finding_list", form)
	}
	if err != nil {
		return Document{}, err
	}
	return s.list(actor, p, len(rows), format)
}

// OrdersPaper writes the task list 任务清单 or the duty list 责任清单: the
// orders in reach that q selects.
func (s *Service) OrdersPaper(ctx context.Context, actor policy.Actor, form string, q RectificationQuery, format string) (Document, error) {
	q.Limit = MaxPaperRows + 1
	rows, err := s.Rectifications(ctx, actor, "", q)
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
		return Document{}, fault.BadField("query.form", "expected task_list or duty_list", form)
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

// register is the 台账. What an order says is shown as far as it is in reach:
// it may have been transferred to a unit that is not.
func (s *Service) register(ctx context.Context, actor policy.Actor, rows []Finding, names map[string]string) (Paper, error) {
	var ids []string
	for _, r := range rows {
		if x := r.RectificationID; x != "" {
			ids = append(ids, x)
		}
	}
	orders, err := s.store.RectificationsByID(ctx, ids)
	if err != nil {
		return Paper{}, err
	}
	terms, err := s.store.FindingTerms(ctx, idsOf(rows, func(f Finding) []string { return []string{f.ID} }))
	if err != nil {
		return Paper{}, err
	}
	reach := s.policy.Reach(ctx, actor, "rectification", "read")
	p := Paper{Title: "问题整改台账", Columns: []string{
		"序号", "整改文号", "被检查单位", "存在的问题", "隐患类别", "严重程度", "发现时间",
		"整改期限", "整改责任人", "状态", "销号时间",
	}}
	for i, f := range rows {
		number, due, person := "", "", ""
		if o, ok := orders[f.RectificationID]; ok {
			number = o.Number
			if reach.Covers(target(o.UnitID, o.UnitPath)) {
				t := terms[f.ID]
				due, person = dayOf(&t.DueAt), o.Responsible
			}
		}
		p.Rows = append(p.Rows, texts(fmt.Sprint(i+1), number, f.whose(names), f.says(), word("category", f.Category), word("severity", f.Severity),
			dayOf(&f.FoundAt), due, person, word("state.finding", f.State), dayOf(f.ClosedAt)))
	}
	return p, nil
}

// whose says which unit was inspected and, where it is another one, which has
// to rectify what was found.
func (f FindingHead) whose(names map[string]string) string {
	if f.ResponsibleUnitID == "" {
		return names[f.UnitID]
	}
	return lines(names[f.UnitID], "整改责任单位："+names[f.ResponsibleUnitID])
}

func findingList(rows []Finding, names map[string]string) Paper {
	p := Paper{Title: "问题清单", Columns: []string{
		"序号", "被检查单位", "具体地点", "隐患类别", "严重程度", "存在的问题", "依据",
		"发现时间", "检查人", "状态",
	}}
	for i, f := range rows {
		clause := f.Clause
		f.Clause = "" // it has a column of its own
		p.Rows = append(p.Rows, texts(fmt.Sprint(i+1), f.whose(names), f.where(), word("category", f.Category), word("severity", f.Severity),
			f.says(), clause, dayOf(&f.FoundAt), f.Finder, word("state.finding", f.State)))
	}
	return p
}

// taskList has a row for every measure, and one for an order without a plan.
func (s *Service) taskList(ctx context.Context, rows []Row[Rectification, CaseMay]) (Paper, error) {
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
	add := func(r Row[Rectification, CaseMay], ts ...string) {
		c := r.Thing
		p.Rows = append(p.Rows, texts(append([]string{fmt.Sprint(len(p.Rows) + 1), c.Number, r.Names[c.UnitID], c.Title}, ts...)...))
	}
	for _, r := range rows {
		ms := plans[r.Thing.ID]
		if len(ms) == 0 {
			add(r, "（尚无整改方案）", r.Thing.Responsible, dayOf(&r.Thing.DueAt), r.Thing.stateLabel(), "")
		}
		for _, m := range ms {
			add(r, m.Text, m.Person, dayOf(&m.DueAt), fmt.Sprintf("%d%%", m.Percent), dayOf(m.DoneAt))
		}
	}
	return p, fewEnough(len(p.Rows))
}

// dutyList says who is responsible for what.
func (s *Service) dutyList(ctx context.Context, rows []Row[Rectification, CaseMay]) (Paper, error) {
	names, err := s.store.PersonNames(ctx, idsOf(rows, func(r Row[Rectification, CaseMay]) []string { return []string{r.Thing.VerifierID} }))
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
			names[c.VerifierID], dayOf(&c.DueAt), c.stateLabel()))
	}
	return p, nil
}

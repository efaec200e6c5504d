package document

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
)

// OrderPaper writes a rectification order: the letter, and its findings in the
// 14 columns that offices use.
func (s *Service) OrderPaper(ctx context.Context, actor policy.Actor, rectificationID, format string) (Document, error) {
	v, err := s.cases.Opened(ctx, actor, rectificationID)
	if err != nil {
		return Document{}, err
	}
	p, err := s.orderPaper(ctx, actor, v)
	if err != nil {
		return Document{}, err
	}
	return s.write(p, format)
}

func (s *Service) orderPaper(ctx context.Context, actor policy.Actor, v rectification.CaseView) (Paper, error) {
	c := v.Thing
	a, err := s.albumOf(ctx, actor, c.Findings)
	if err != nil {
		return Paper{}, err
	}
	p := Paper{
		Name: c.Number + " 整改通知书", Title: c.Title, Caption: "整改问题清单", Origin: s.origin(actor, provenance(c.Rectification)),
		Letter: &Letter{
			Office: v.Names[c.IssuerID], Number: c.Number, To: v.Names[c.UnitID], Text: orderText(c), Signer: v.Names[c.IssuerID], Day: c.OrderedAt,
		},
		Columns: []string{
			"序号", "被检查单位", "具体地点", "隐患类别", "存在的问题", "图片", "整改措施",
			"整改期限", "整改责任人", "整改资金", "复查时间", "完成情况", "复查人", "备注",
		},
	}
	if c.CopyToSuperior {
		if p.Letter.CopyTo, err = s.superior(ctx, c.UnitPath); err != nil {
			return Paper{}, err
		}
	}
	at, by := lastVerified(c)
	for i, f := range c.Findings {
		row := texts(fmt.Sprint(i+1), v.Names[f.UnitID], where(f.FindingHead), word("category", f.Category), says(f.FindingHead), "", planText(c),
			dueOf(c, f.ID), persons(c), c.Funds, at, resultOf(c, f), by, remarks(c, f))
		row[5] = a.cell(f.FileIDs)
		p.Rows = append(p.Rows, row)
	}
	across(p.Rows, 6, 8, 9, 10, 12)
	return p, nil
}

// superior is the name of the unit above, empty where there is none.
func (s *Service) superior(ctx context.Context, path string) (string, error) {
	ids := id.InPath(path)
	if len(ids) < 2 {
		return "", nil
	}
	above := ids[len(ids)-2]
	names, err := s.store.Names(ctx, []string{above})
	return names[above], err
}

// orderText is the letter of an order: what it says itself, and what follows
// from what it asks for.
func orderText(c rectification.Case) []string {
	ps := append([]string{fmt.Sprintf("经检查，你单位存在%d个问题（见附件），现要求限期整改。", len(c.Findings))}, paragraphs(c.Note)...)
	if c.NeedsPlan || c.ApprovePlan {
		plan := "请先报送整改方案，明确整改措施、责任人和完成时间"
		if c.Severity == checklist.Major {
			plan += "，并落实整改资金和应急预案"
		}
		if c.ApprovePlan {
			plan += "；方案经同意后实施"
		}
		ps = append(ps, plan+"。")
	}
	last := fmt.Sprintf("请于%s（含）前完成整改，并报送整改情况。", longDay(c.OriginalDueAt))
	if c.NeedsSignOff {
		last += "报送前须经你单位分管领导签字确认。"
	}
	if c.NeedsApplication {
		last += "整改完成后请提出销号申请。"
	}
	return append(ps, last)
}

// paragraphs are the lines of a text that say something.
func paragraphs(text string) []string {
	var ps []string
	for p := range strings.Lines(text) {
		if p = strings.TrimSpace(p); p != "" {
			ps = append(ps, p)
		}
	}
	return ps
}

// provenance says from which state of an order a document was made.
func provenance(r rectification.Rectification) string {
	return fmt.Sprintf("%s，第%d版", stateLabel(r), r.Version)
}

func where(f rectification.FindingHead) string { return lines(f.Place, f.Device) }

// says is the text of the cell of a table that holds what is wrong.
func says(f rectification.FindingHead) string {
	text := f.Text
	if text == f.Title {
		text = ""
	}
	if f.Clause != "" {
		text = lines(text, "依据："+f.Clause)
	}
	return lines(f.Title, text)
}

func planText(c rectification.Case) string {
	var out []string
	for i, m := range c.Plan() {
		out = append(out, fmt.Sprintf("%d．%s", i+1, m.Text))
	}
	if c.Contingency != "" {
		out = append(out, "应急预案："+c.Contingency)
	}
	return strings.Join(out, "\n")
}

// persons are who is responsible, then who carries a measure out.
func persons(c rectification.Case) string {
	var out []string
	add := func(p string) {
		if p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	add(c.Responsible)
	for _, m := range c.Plan() {
		add(m.Person)
	}
	return strings.Join(out, "\n")
}

// dueOf is by when a finding has to be rectified.
func dueOf(c rectification.Case, findingID string) string {
	for _, d := range c.Dues {
		if d.FindingID == findingID {
			if d.DueAt.After(d.OriginalDueAt) {
				return dayOf(&d.DueAt) + "\n（原" + dayOf(&d.OriginalDueAt) + "）"
			}
			return dayOf(&d.DueAt)
		}
	}
	return dayOf(&c.DueAt)
}

// lastVerified is when and by whom it was verified last.
func lastVerified(c rectification.Case) (at, by string) {
	if len(c.Verifications) == 0 {
		return "", ""
	}
	v := c.Verifications[len(c.Verifications)-1]
	return dayOf(&v.At), v.Person
}

// resultOf says how far a finding is: what verification found, else the state
// of the order.
func resultOf(c rectification.Case, f rectification.Finding) string {
	if f.State != rectification.FindingRectifying && f.State != rectification.FindingClosed {
		return word("state.finding", f.State)
	}
	for _, v := range slices.Backward(c.Verifications) {
		if v.ReportID != c.SubmissionID {
			break
		}
		for _, r := range v.Results {
			if r.FindingID == f.ID {
				return lines(word("verification", r.Result), r.Note)
			}
		}
	}
	return stateLabel(c.Rectification)
}

func remarks(c rectification.Case, f rectification.Finding) string {
	var out []string
	if f.Severity != checklist.Ordinary {
		out = append(out, word("severity", f.Severity))
	}
	if f.RepeatsID != "" {
		out = append(out, "反弹")
	}
	if c.Relapses > 0 {
		out = append(out, fmt.Sprintf("重新打开%d次", c.Relapses))
	}
	if f.UnitID != c.UnitID {
		out = append(out, "已移交责任单位")
	}
	return strings.Join(out, "\n")
}

// CloseOutPaper writes a unit's application to be closed out, with pictures
// before and after, in the 13 columns that offices use.
func (s *Service) CloseOutPaper(ctx context.Context, actor policy.Actor, rectificationID, format string) (Document, error) {
	v, err := s.cases.Opened(ctx, actor, rectificationID)
	if err != nil {
		return Document{}, err
	}
	p, err := s.closeOutPaper(ctx, actor, v)
	if err != nil {
		return Document{}, err
	}
	return s.write(p, format)
}

func (s *Service) closeOutPaper(ctx context.Context, actor policy.Actor, v rectification.CaseView) (Paper, error) {
	c := v.Thing
	if len(c.Reports) == 0 || c.ReportedAt == nil {
		return Paper{}, fault.New(fault.Conflict, "not_reported", "The unit has not reported the rectification; there is nothing to be closed out yet.")
	}
	a, err := s.albumOf(ctx, actor, c.Findings)
	if err != nil {
		return Paper{}, err
	}
	report := c.Reports[len(c.Reports)-1]
	sent, err := s.files.Show(ctx, actor, rectification.FileQuery{SubmissionIDs: []string{report.ID}, Pictures: true})
	if err != nil {
		return Paper{}, err
	}
	said, day := paragraphs(report.Note), report.At
	if n := len(c.Applications); n > 0 {
		said, day = append(said, paragraphs(c.Applications[n-1].Text)...), c.Applications[n-1].AskedAt
	}
	text := append([]string{fmt.Sprintf("你单位%s要求整改的%d个问题，我单位已于%s报送整改情况。", c.Number, len(c.Findings), longDay(report.At))}, said...)
	p := Paper{
		Name: c.Number + " 销号申请", Title: "关于" + c.Number + "整改事项的销号申请", Caption: "整改完成情况表", Origin: s.origin(actor, provenance(c.Rectification)),
		Letter: &Letter{Office: v.Names[c.UnitID], To: v.Names[c.IssuerID], Text: append(text, "现申请销号，请予复查。"), Signer: v.Names[c.UnitID], Day: day},
		Columns: []string{
			"序号", "被检查单位", "具体地点", "隐患类别", "存在的问题", "整改前图片", "整改措施",
			"整改期限", "完成时间", "整改后图片", "整改责任人", "整改资金", "复查意见",
		},
	}
	before, after := pictureCell(reportFiles(sent.Files, evidenceBefore), 0), pictureCell(reportFiles(sent.Files, evidenceAfter), 0)
	for i, f := range c.Findings {
		row := texts(fmt.Sprint(i+1), v.Names[f.UnitID], where(f.FindingHead), word("category", f.Category), says(f.FindingHead), "", planText(c),
			dueOf(c, f.ID), dayOf(c.ReportedAt), "", persons(c), c.Funds, "")
		if row[5] = a.cell(f.FileIDs); len(f.FileIDs) == 0 {
			row[5] = before
		}
		row[9] = after
		if c.State == rectification.Closed || c.State == rectification.Rejected {
			row[12].Text = resultOf(c, f)
		}
		p.Rows = append(p.Rows, row)
	}
	across(p.Rows, 6, 8, 9, 10, 11)
	return p, nil
}

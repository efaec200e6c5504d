package rectification

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
)

// Sheets reads and writes workbooks.
type Sheets interface {
	// Read hands over the rows of the first sheet that are not empty, numbered
	// as people see them, and answers the title of the workbook.
	Read(data []byte, row func(number int, cells []string) error) (title string, err error)
	Write(t Table) ([]byte, error)
}

// Table is a sheet to be written.
type Table struct {
	Title   string // of the workbook
	Sheet   string
	Columns []TableColumn
	Rows    [][]any // text or numbers
}

// TableColumn is a column of a table; its width is in characters.
type TableColumn struct {
	Title string
	Width float64
}

// word is a value as the API and as a sheet says it.
type word struct{ value, label string }

var (
	typeWords     = []word{{PassFail, "是否"}, {Number, "数值"}, {Text, "文本"}, {Choice, "单选"}}
	categoryWords = []word{{"institutions", "制度建设"}, {"awareness", "安全意识"}, {"organisation", "组织保障"}, {"technical", "技术防护"}}
	severityWords = []word{{Minor, "轻微"}, {Ordinary, "一般"}, {Major, "重大"}}
	evidenceWords = []word{{EvidenceNone, "无"}, {EvidenceNote, "文字说明"}, {EvidenceFile, "照片或文件"}}
	boolWords     = []word{{"true", "是"}, {"false", "否"}}
)

func label(ws []word, value string) string {
	for _, w := range ws {
		if w.value == value {
			return w.label
		}
	}
	return value
}

// fails marks a choice that is a failure.
const fails = "（不合格）"

// itemColumn is a column of a checklist's sheet: how an item is written into
// it and, the text being what a cell says, read from it. get and put agree.
type itemColumn struct {
	name, chinese string
	width         float64
	get           func(Item) any
	put           func(it *Item, cell string) (wrong fault.Text)
}

func textColumn(name, chinese string, width float64, limit int, of func(*Item) *string) itemColumn {
	return itemColumn{name, chinese, width, func(it Item) any { return *of(&it) }, func(it *Item, cell string) fault.Text {
		if n := len([]rune(cell)); n > limit {
			return fault.Textf("it has %d characters; at most %d", n, limit)
		}
		*of(it) = cell
		return ""
	}}
}

// noClause is what a sheet says of an item that rests on no law, standard or
// rule; an empty cell is one that was forgotten.
const noClause = "无"

func clauseColumn() itemColumn {
	c := textColumn("clause", "依据条款", 30, 300, func(it *Item) *string { return &it.Clause })
	get, put := c.get, c.put
	c.get = func(it Item) any {
		if it.Clause == "" {
			return noClause
		}
		return get(it)
	}
	c.put = func(it *Item, cell string) fault.Text {
		if cell == noClause {
			return ""
		}
		return put(it, cell)
	}
	return c
}

func wordColumn(name, chinese string, width float64, ws []word, otherwise string, of func(*Item) *string) itemColumn {
	return itemColumn{name, chinese, width, func(it Item) any { return label(ws, *of(&it)) }, func(it *Item, cell string) fault.Text {
		if cell == "" {
			*of(it) = otherwise
			return ""
		}
		var known []string
		for _, w := range ws {
			if cell == w.value || cell == w.label {
				*of(it) = w.value
				return ""
			}
			known = append(known, w.label)
		}
		return fault.Textf("expected one of %s", strings.Join(known, ", "))
	}}
}

func boolColumn(name, chinese string, of func(*Item) *bool) itemColumn {
	return itemColumn{name, chinese, 10, func(it Item) any { return label(boolWords, strconv.FormatBool(*of(&it))) }, func(it *Item, cell string) fault.Text {
		switch cell {
		case "是", "true", "TRUE", "1", "√":
			*of(it) = true
		case "", "否", "false", "FALSE", "0":
		default:
			return "expected 是 or 否"
		}
		return ""
	}}
}

func limitColumn(name, chinese string, of func(*Item) **float64) itemColumn {
	return itemColumn{name, chinese, 10, func(it Item) any {
		if v := *of(&it); v != nil {
			return *v
		}
		return ""
	}, func(it *Item, cell string) fault.Text {
		if cell == "" {
			return ""
		}
		v, err := strconv.ParseFloat(cell, 64)
		if err != nil || v != v {
			return "expected a number"
		}
		*of(it) = &v
		return ""
	}}
}

// itemColumns are the columns of a checklist's sheet, in their order there; in
// a file to be imported they may stand in any.
var itemColumns = []itemColumn{
	textColumn("key", "编号", 18, 60, func(it *Item) *string { return &it.Key }),
	textColumn("group", "分组", 14, 100, func(it *Item) *string { return &it.Group }),
	textColumn("title", "检查内容", 40, 300, func(it *Item) *string { return &it.Title }),
	clauseColumn(),
	textColumn("how", "检查方法", 40, 1000, func(it *Item) *string { return &it.How }),
	wordColumn("type", "答案类型", 10, typeWords, PassFail, func(it *Item) *string { return &it.Type }),
	limitColumn("minimum", "下限", func(it *Item) **float64 { return &it.Minimum }),
	limitColumn("maximum", "上限", func(it *Item) **float64 { return &it.Maximum }),
	textColumn("measure", "计量单位", 10, 20, func(it *Item) *string { return &it.Measure }),
	{"choices", "选项", 24, func(it Item) any {
		var cs []string
		for _, c := range it.Choices {
			if c.Fails {
				c.Title += fails
			}
			cs = append(cs, c.Title)
		}
		return strings.Join(cs, "\n")
	}, func(it *Item, cell string) fault.Text {
		for _, c := range strings.FieldsFunc(cell, func(r rune) bool { return r == '\n' || r == '\r' || r == '|' || r == '｜' }) {
			title, bad := strings.CutSuffix(strings.TrimSpace(c), fails)
			if n := len([]rune(title)); n < 1 || n > 100 || len(it.Choices) == 30 {
				return "expected at most 30 choices of at most 100 characters, one a line"
			}
			it.Choices = append(it.Choices, ChoiceOption{Title: title, Fails: bad})
		}
		return ""
	}},
	wordColumn("category", "问题类别", 12, categoryWords, "", func(it *Item) *string { return &it.Category }),
	wordColumn("severity", "严重程度", 10, severityWords, Ordinary, func(it *Item) *string { return &it.Severity }),
	{"deadline_days", "整改期限（工作日）", 12, func(it Item) any { return it.DeadlineDays }, func(it *Item, cell string) fault.Text {
		if cell == "" {
			it.DeadlineDays = 10
			return ""
		}
		n, err := strconv.Atoi(cell)
		if err != nil {
			return "expected a whole number of working days"
		}
		it.DeadlineDays = n
		return ""
	}},
	boolColumn("per_device", "逐台检查", func(it *Item) *bool { return &it.PerDevice }),
	boolColumn("optional", "可不答", func(it *Item) *bool { return &it.Optional }),
	wordColumn("fail_evidence", "不合格时须提供", 14, evidenceWords, EvidenceNote, func(it *Item) *string { return &it.FailEvidence }),
	wordColumn("fix_evidence", "整改后须提供", 14, evidenceWords, "", func(it *Item) *string { return &it.FixEvidence }),
	textColumn("why", "须提供照片或文件的理由", 30, 300, func(it *Item) *string { return &it.Why }),
}

// compulsory are the columns that every row fills.
var compulsory = []string{"key", "title", "clause", "category"}

// maxSheetProblems bounds what a refused sheet lists.
const maxSheetProblems = 200

// readItems reads the items of a sheet, or names everything that is wrong with
// it by row and column.
func (s *Service) readItems(data []byte) (items []Item, title string, err error) {
	f := fault.New(fault.Invalid, "sheet_rejected", "The sheet was not imported; see errors for each wrong cell (the first 200).")
	bad := func(row int, column string, msg fault.Text, v any) {
		if len(f.Fields) < maxSheetProblems {
			f = f.WithField(strings.TrimSpace(fmt.Sprintf("row %d %s", row, column)), msg, v)
		}
	}
	var order []int
	rowOf := []int{}
	title, err = s.sheets.Read(data, func(row int, cells []string) error {
		if order == nil {
			order = sheetHeading(row, cells, bad)
			if len(f.Fields) > 0 {
				return f
			}
			return nil
		}
		if len(items) == MaxItems {
			return fault.New(fault.Invalid, "sheet_too_long", "The sheet has more than %d items; split the checklist.", MaxItems)
		}
		var it Item
		for i, c := range itemColumns {
			cell := ""
			if at := order[i]; at >= 0 && at < len(cells) {
				cell = text.Plain(cells[at])
			}
			if cell == "" && c.name == "clause" {
				bad(row, c.chinese, "the cell is empty; name the law, standard or rule, or write 无 where there is none", nil)
			} else if cell == "" && slices.Contains(compulsory, c.name) {
				bad(row, c.chinese, "the cell is empty; it must be filled", nil)
			} else if msg := c.put(&it, cell); msg != "" {
				bad(row, c.chinese, msg, cell)
			}
		}
		items, rowOf = append(items, it), append(rowOf, row)
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if order == nil {
		bad(1, "", "the sheet is empty; its first line names the columns", nil)
	}
	if len(f.Fields) > 0 {
		return nil, "", f
	}
	// The same rules as for items that were typed in, told by row.
	if fe := fault.As(validItems(items)); fe != nil {
		for _, x := range fe.Fields {
			var i int
			var field string
			if _, err := fmt.Sscanf(x.Location, "body.items[%d].%s", &i, &field); err != nil || i >= len(rowOf) {
				return nil, "", fe
			}
			c := itemColumns[slices.IndexFunc(itemColumns, func(c itemColumn) bool { return c.name == field })]
			bad(rowOf[i], c.chinese, x.Message, x.Value)
		}
		return nil, "", f
	}
	return items, title, nil
}

// sheetHeading finds for every column where it stands, -1 where it is absent.
func sheetHeading(row int, cells []string, bad func(row int, column string, msg fault.Text, v any)) []int {
	order := make([]int, len(itemColumns))
	for i, c := range itemColumns {
		order[i] = slices.IndexFunc(cells, func(cell string) bool { return strings.EqualFold(cell, c.name) || cell == c.chinese })
		if order[i] < 0 && slices.Contains(compulsory, c.name) {
			bad(row, c.chinese, "the column is missing", nil)
		}
	}
	for at, cell := range cells {
		if cell != "" && !slices.Contains(order, at) {
			bad(row, cell, "there is no such column, or it is there twice; export a checklist to see what columns there are", nil)
		}
	}
	return order
}

// ImportChecklist drafts a checklist from a workbook. Without a title the
// workbook's own is taken.
func (s *Service) ImportChecklist(ctx context.Context, actor policy.Actor, in ChecklistInput, data []byte) (Row[Checklist, ChecklistMay], error) {
	r := s.policy.Rights(ctx, actor, "checklist")
	u, err := s.writesFor(ctx, r, in.UnitID)
	if err != nil {
		return Row[Checklist, ChecklistMay]{}, err
	}
	items, title, err := s.readItems(data)
	if err != nil {
		return Row[Checklist, ChecklistMay]{}, err
	}
	if in.Title == "" {
		in.Title = clip(title, 200)
	}
	if in.Title == "" {
		return Row[Checklist, ChecklistMay]{}, fault.BadField("query.title", "the workbook has no title of its own; give one", nil)
	}
	in.Items = items
	return s.draftChecklist(ctx, actor, r, u, in)
}

// ImportItems replaces the items of a draft by those of a workbook; title and
// note stay.
func (s *Service) ImportItems(ctx context.Context, actor policy.Actor, checklistID string, want int64, data []byte) (Row[Checklist, ChecklistMay], error) {
	return s.writeChecklist(ctx, actor, checklistID, want, ChecklistDraft, "update", event.ChecklistRevised, func(c *Checklist, _ time.Time) (err error) {
		c.Items, _, err = s.readItems(data)
		return err
	})
}

// ExportChecklist writes a version as a workbook that can be imported again.
func (s *Service) ExportChecklist(ctx context.Context, actor policy.Actor, checklistID string) (name string, data []byte, err error) {
	c, err := s.readChecklist(ctx, s.policy.Rights(ctx, actor, "checklist"), checklistID)
	if err != nil {
		return "", nil, err
	}
	t := Table{Title: c.Title, Sheet: "检查表"}
	for _, col := range itemColumns {
		t.Columns = append(t.Columns, TableColumn{Title: col.chinese, Width: col.width})
	}
	for _, it := range c.Items {
		row := make([]any, len(itemColumns))
		for i, col := range itemColumns {
			row[i] = col.get(it)
		}
		t.Rows = append(t.Rows, row)
	}
	data, err = s.sheets.Write(t)
	return fmt.Sprintf("%s（第%d版）.xlsx", c.Title, c.Number), data, err
}

package checklist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/internal/text"
	"github.com/duban/duban/services/rectification/deed"
)

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

// fails marks a choice that is a failure.
const fails = "（不合格）"

// itemColumn is a column of a checklist's sheet: how an item is written into
// it and, what the cell says where it is not empty, read from it. get and put
// agree.
type itemColumn struct {
	name, chinese string
	width         float64
	get           func(Item) any
	put           func(it *Item, cell table.Cell) (wrong fault.Text)
	also          []string // what people call it, too
}

func (c itemColumn) called(names ...string) itemColumn {
	c.also = names
	return c
}

func textColumn(name, chinese string, width float64, limit int, of func(*Item) *string) itemColumn {
	return itemColumn{name, chinese, width, func(it Item) any { return *of(&it) }, func(it *Item, cell table.Cell) fault.Text {
		v, why := cell.Text()
		if n := len([]rune(v)); why == "" && n > limit {
			return fault.Textf("it has %d characters; at most %d", n, limit)
		}
		*of(it) = v
		return why
	}, nil}
}

// lineColumn is a textColumn whose text stands on one line.
func lineColumn(name, chinese string, width float64, limit int, of func(*Item) *string) itemColumn {
	c := textColumn(name, chinese, width, limit, of)
	put := c.put
	c.put = func(it *Item, cell table.Cell) fault.Text {
		why := put(it, cell)
		*of(it) = text.Line(*of(it))
		return why
	}
	return c
}

// word is the word of a value on paper.
func word(enumeration, value string) string { return words.Of(words.Official, enumeration, value) }

// noClause is what a sheet says of an item that rests on no law, standard or
// rule; an empty cell is one that was forgotten.
const noClause = "无"

func clauseColumn() itemColumn {
	c := textColumn("clause", "依据条款", 30, 300, func(it *Item) *string { return &it.Clause }).called("依据", "检查依据", "法律依据", "政策依据")
	get, put := c.get, c.put
	c.get = func(it Item) any {
		if it.Clause == "" {
			return noClause
		}
		return get(it)
	}
	c.put = func(it *Item, cell table.Cell) fault.Text {
		if strings.TrimSpace(cell.Shown) == noClause {
			return ""
		}
		return put(it, cell)
	}
	return c
}

// wordColumn holds values of an enumeration by their words; the values are taken too.
func wordColumn(name, chinese string, width float64, of func(*Item) *string, enumeration string) itemColumn {
	return itemColumn{name, chinese, width, func(it Item) any { return word(enumeration, *of(&it)) }, func(it *Item, cell table.Cell) fault.Text {
		v, why := cell.Text()
		if why != "" {
			return why
		}
		var known []string
		for _, value := range words.Values(enumeration) {
			w := word(enumeration, value)
			if k := table.Key(v); k == table.Key(value) || k == table.Key(w) {
				*of(it) = value
				return ""
			}
			known = append(known, w)
		}
		return fault.Textf("expected one of %s", strings.Join(known, ", "))
	}, nil}
}

func boolColumn(name, chinese string, of func(*Item) *bool) itemColumn {
	return itemColumn{name, chinese, 10, func(it Item) any { return word("truth", strconv.FormatBool(*of(&it))) }, func(it *Item, cell table.Cell) (wrong fault.Text) {
		*of(it), wrong = cell.True()
		return wrong
	}, nil}
}

func limitColumn(name, chinese string, of func(*Item) **float64) itemColumn {
	return itemColumn{name, chinese, 10, func(it Item) any {
		if v := *of(&it); v != nil {
			return *v
		}
		return ""
	}, func(it *Item, cell table.Cell) fault.Text {
		v, why := cell.Number()
		if why == "" {
			*of(it) = &v
		}
		return why
	}, nil}
}

// itemColumns are the columns of a checklist's sheet, in their order there; in
// a file to be imported they may stand in any.
var itemColumns = []itemColumn{
	lineColumn("key", "编号", 18, 60, func(it *Item) *string { return &it.Key }).called("项目编号", "检查项编号", "条目编号", "代码"),
	lineColumn("group", "分组", 14, 100, func(it *Item) *string { return &it.Group }).called("类别", "检查类别", "分类"),
	lineColumn("title", "检查内容", 40, 300, func(it *Item) *string { return &it.Title }).called("检查项目", "检查事项", "检查项", "检查要点", "内容"),
	clauseColumn(),
	textColumn("how", "检查方法", 40, 1000, func(it *Item) *string { return &it.How }).called("检查方式", "检查方法和要求"),
	wordColumn("type", "答案类型", 10, func(it *Item) *string { return &it.Type }, "item_type"),
	limitColumn("minimum", "下限", func(it *Item) **float64 { return &it.Minimum }).called("最小值", "最低值"),
	limitColumn("maximum", "上限", func(it *Item) **float64 { return &it.Maximum }).called("最大值", "最高值"),
	lineColumn("measure", "计量单位", 10, 20, func(it *Item) *string { return &it.Measure }).called("单位"),
	{"choices", "选项", 24, func(it Item) any {
		var cs []string
		for _, c := range it.Choices {
			if c.Fails {
				c.Title += fails
			}
			cs = append(cs, c.Title)
		}
		return strings.Join(cs, "\n")
	}, func(it *Item, cell table.Cell) fault.Text {
		v, why := cell.Text()
		for _, c := range strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' || r == '|' || r == '｜' }) {
			title, bad := strings.CutSuffix(strings.TrimSpace(c), fails)
			if n := len([]rune(title)); n < 1 || n > 100 || len(it.Choices) == 30 {
				return "expected at most 30 choices of at most 100 characters, one a line"
			}
			it.Choices = append(it.Choices, ChoiceOption{Title: title, Fails: bad})
		}
		return why
	}, nil},
	wordColumn("category", "问题类别", 12, func(it *Item) *string { return &it.Category }, "category"),
	wordColumn("severity", "严重程度", 10, func(it *Item) *string { return &it.Severity }, "severity"),
	{"deadline_days", "整改期限（工作日）", 12, func(it Item) any { return it.DeadlineDays }, func(it *Item, cell table.Cell) fault.Text {
		n, why := cell.Whole()
		if why == "" && (n < 0 || n > 1_000_000) {
			why = "expected a whole number of working days"
		}
		it.DeadlineDays = int(n)
		return why
	}, []string{"整改时限", "整改天数"}},
	boolColumn("per_device", "逐台检查", func(it *Item) *bool { return &it.PerDevice }),
	boolColumn("optional", "可不答", func(it *Item) *bool { return &it.Optional }),
	wordColumn("fail_evidence", "不合格时须提供", 14, func(it *Item) *string { return &it.FailEvidence }, "evidence"),
	wordColumn("fix_evidence", "整改后须提供", 14, func(it *Item) *string { return &it.FixEvidence }, "evidence"),
	textColumn("why", "须提供照片或文件的理由", 30, 300, func(it *Item) *string { return &it.Why }),
}

// compulsory are the columns that every row fills.
var compulsory = []string{"key", "title", "clause", "category"}

// maxSheetProblems bounds what a refused sheet lists.
const maxSheetProblems = 200

// SheetFile is a table as it was sent.
type SheetFile struct {
	Type string // its media type
	Data []byte
}

// sheetProblems collects what is wrong with a sheet.
type sheetProblems struct{ *fault.Error }

func (p sheetProblems) add(row int, column string, msg fault.Text, v any) {
	switch s, ok := v.(string); {
	case s != "":
		v = table.Clip(s)
	case ok:
		v = nil
	}
	if len(p.Fields) < maxSheetProblems {
		_ = p.WithField(strings.TrimSpace(fmt.Sprintf("row %d %s", row, column)), msg, v)
	}
}

// file turns what is wrong with a file into these problems or another fault.
func (p sheetProblems) file(err error) error {
	var headless *table.Headless
	var broken *table.Unreadable
	switch {
	case errors.As(err, &headless):
		for _, x := range headless.Problems {
			p.add(x.Row, x.Title, x.Why, nil)
		}
		return p.Error
	case errors.As(err, &broken) && broken.Unsupported:
		return fault.New(fault.Unsupported, "unsupported_media_type", broken.Why)
	case errors.As(err, &broken):
		return fault.New(fault.Invalid, "sheet_unreadable", "The file cannot be read; nothing was imported.").WithField(broken.Place(), broken.Why, nil)
	}
	return err
}

// itemOf reads an item from a row.
func itemOf(x table.Row, bad sheetProblems) Item {
	it := Item{Type: PassFail, Severity: Ordinary, FailEvidence: EvidenceNote, DeadlineDays: 10}
	for i, c := range itemColumns {
		cell := x.Cells[i]
		var msg fault.Text
		switch {
		case !cell.Empty():
			msg = c.put(&it, cell)
		case c.name == "clause":
			msg = "the cell is empty; name the law, standard or rule, or write 无 where there is none"
		case slices.Contains(compulsory, c.name):
			msg = "the cell is empty; it must be filled"
		}
		if msg != "" {
			bad.add(x.Number, c.chinese, x.Wrong(i, msg), cell.Shown)
		}
	}
	if x.Stray != nil {
		bad.add(x.Number, "", x.StrayText(), x.Stray.Shown)
	}
	return it
}

// readItems reads the items of a sheet, or names everything that is wrong with
// it by row and column.
func (s *Service) readItems(ctx context.Context, who string, file SheetFile) (items []Item, title string, err error) {
	bad := sheetProblems{fault.New(fault.Invalid, "sheet_rejected", "The sheet was not imported; see errors for each wrong cell (the first 200).")}
	in := table.Input{Who: who, Type: file.Type, Body: bytes.NewReader(file.Data), Rows: MaxItems}
	for _, c := range itemColumns {
		in.Columns = append(in.Columns, table.Column{Name: c.name, Title: c.chinese, Also: c.also, Required: slices.Contains(compulsory, c.name)})
	}
	var rows []table.Row // without what their cells hold
	book, err := s.sheets.Read(ctx, in, func(x table.Row) error {
		if len(items) == MaxItems {
			return fault.New(fault.Invalid, "sheet_too_long", "The sheet has more than %d items; split the checklist.", MaxItems)
		}
		items = append(items, itemOf(x, bad))
		for i := range x.Cells {
			x.Cells[i] = table.Cell{At: x.Cells[i].At}
		}
		rows = append(rows, x)
		return nil
	})
	if err := bad.file(err); err != nil {
		return nil, "", err
	}
	if len(bad.Fields) > 0 {
		return nil, "", bad.Error
	}
	// The same rules as for items that were typed in, told by row.
	if fe := fault.As(validItems(items)); fe != nil {
		for _, x := range fe.Fields {
			var i int
			var field string
			if _, err := fmt.Sscanf(x.Location, "items[%d].%s", &i, &field); err != nil || i >= len(rows) {
				return nil, "", fe
			}
			at := slices.IndexFunc(itemColumns, func(c itemColumn) bool { return c.name == field })
			bad.add(rows[i].Number, itemColumns[at].chinese, rows[i].Wrong(at, x.Message), x.Value)
		}
		return nil, "", bad.Error
	}
	return items, book.Title, nil
}

// Import drafts a checklist from a table. Without a title the workbook's own is
// taken.
func (s *Service) Import(ctx context.Context, actor policy.Actor, in Input, file SheetFile) (Row[Checklist], error) {
	r := s.rights(ctx, actor)
	u, err := s.writesFor(ctx, r, in.UnitID, in.OfficeID)
	if err != nil {
		return Row[Checklist]{}, err
	}
	var title string
	if in.Items, title, err = s.readItems(ctx, actor.PersonID, file); err != nil {
		return Row[Checklist]{}, err
	}
	if in.Title == "" {
		title = text.Line(title)
		in.Title = title
		if n := utf8.RuneCountInString(title); n > 200 {
			return Row[Checklist]{}, fault.BadField("title",
				fault.Textf("the workbook's own title (among its properties) has %d characters; at most 200: shorten it there, or give a title here", n), table.Clip(title))
		}
	}
	if in.Title == "" {
		return Row[Checklist]{}, fault.BadField("title", "the workbook has no title of its own; give one", nil)
	}
	c, err := s.draft(ctx, actor, u, in)
	if err != nil {
		return Row[Checklist]{}, err
	}
	return s.row(ctx, r, c)
}

// ImportItems replaces the items of a draft by those of a workbook; title and
// note stay.
func (s *Service) ImportItems(ctx context.Context, actor policy.Actor, on deed.Subject, file SheetFile) (Row[Checklist], error) {
	return s.change(ctx, actor, on, revise, func(c *Checklist, _ time.Time) (err error) {
		c.Items, _, err = s.readItems(ctx, actor.PersonID, file)
		return err
	})
}

// Export writes a version as a workbook that can be imported again.
func (s *Service) Export(ctx context.Context, actor policy.Actor, checklistID string) (name string, data []byte, err error) {
	c, err := s.read(ctx, s.rights(ctx, actor), checklistID)
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

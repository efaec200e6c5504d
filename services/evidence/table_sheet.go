package evidence

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
)

// Sheets reads and writes workbooks.
type Sheets interface {
	// Read hands over the rows of the first sheet that are not empty, numbered
	// as people see them, with how the workbook writes days.
	Read(data []byte, row func(number int, cells []string, days Days) error) error
	Write(s Sheet) ([]byte, error)
}

// Days reads what a cell formatted as a date holds: a number of days, which not
// all workbooks count from the same day. False when it holds none.
type Days func(cell string) (time.Time, bool)

// Sheet is a table as a workbook of one sheet.
type Sheet struct {
	Title   string // of the workbook
	Name    string // of the sheet
	Columns []SheetColumn
	Rows    [][]any // texts, numbers, or nothing
}

// SheetColumn is a column of a sheet.
type SheetColumn struct {
	Title   string
	Choices []string // to pick from
	Plain   bool     // what is typed stays as it is typed
}

const (
	yes, no = "是", "否"
	// must marks the heading of a compulsory column.
	must = "*"
	// maxSheetProblems bounds what a refused sheet lists.
	maxSheetProblems = 200
)

// ItemSheet writes the table of a requirement as a workbook: its headings, and
// the rows that have been given so far. It can be filled in and handed to
// PutItemSheet. The error is not_a_table for what has no columns.
func (s *Service) ItemSheet(ctx context.Context, a policy.Actor, submissionID, requirementID string) (name string, data []byte, err error) {
	sub, _, err := s.load(ctx, a, submissionID)
	if err != nil {
		return "", nil, err
	}
	r, err := s.tableOf(ctx, sub, requirementID)
	if err != nil {
		return "", nil, err
	}
	items, err := s.store.Items(ctx, sub.ID)
	if err != nil {
		return "", nil, err
	}
	sh := Sheet{Title: r.Title, Name: "填报"}
	for _, c := range r.Columns {
		col := SheetColumn{Title: c.Title, Plain: c.Type == "text" || c.Type == "day"}
		if c.Required {
			col.Title += must
		}
		if c.Type == "yes_no" {
			col.Choices = []string{yes, no}
		}
		sh.Columns = append(sh.Columns, col)
	}
	if i := slices.IndexFunc(items, func(it Item) bool { return it.RequirementID == r.ID }); i >= 0 {
		for _, row := range items[i].Rows {
			cells := make([]any, len(r.Columns))
			for j, c := range r.Columns {
				cells[j] = row[c.Key]
				if b, ok := cells[j].(bool); ok {
					cells[j] = map[bool]string{true: yes, false: no}[b]
				}
			}
			sh.Rows = append(sh.Rows, cells)
		}
	}
	data, err = s.sheets.Write(sh)
	return r.Title + ".xlsx", data, err
}

// PutItemSheet replaces the rows of a table by those of a workbook; what else
// the item holds stays. Everything is taken or nothing: sheet_rejected names
// every wrong cell by row and column.
func (s *Service) PutItemSheet(ctx context.Context, a policy.Actor, submissionID, requirementID string, data []byte, want int64) (View, error) {
	var rows []map[string]any
	read := func(ctx context.Context, sub Submission) error {
		r, err := s.tableOf(ctx, sub, requirementID)
		if err != nil {
			return err
		}
		rows, err = s.readSheet(r, data)
		return err
	}
	return s.change(ctx, a, submissionID, want, "change", read, func(ctx context.Context, tx Tx, sub *Submission) error {
		items, err := tx.Items(ctx, sub.ID)
		if err != nil {
			return err
		}
		it := Item{RequirementID: requirementID}
		if i := slices.IndexFunc(items, func(it Item) bool { return it.RequirementID == requirementID }); i >= 0 {
			it = items[i]
		}
		it.Rows, it.From, it.UpdatedBy, it.UpdatedAt = rows, nil, a.PersonID, sub.UpdatedAt
		return tx.PutItem(ctx, sub.ID, it)
	})
}

// tableOf finds a requirement that is given as a table.
func (s *Service) tableOf(ctx context.Context, sub Submission, requirementID string) (event.Requirement, error) {
	t, err := s.target(ctx, sub.Target, sub.TargetID)
	if err != nil {
		return event.Requirement{}, err
	}
	r, err := t.Requirement(requirementID)
	if err == nil && (len(r.Columns) == 0 || !slices.Contains(fieldsOf[r.Kind], "rows")) {
		err = fault.New(fault.Conflict, "not_a_table", "%q is not asked for as a table.", r.Title)
	}
	return r, err
}

// readSheet reads the rows of a table, or names everything that is wrong.
func (s *Service) readSheet(r event.Requirement, data []byte) ([]map[string]any, error) {
	f := fault.New(fault.Invalid, "sheet_rejected", "The sheet was not taken in; see errors for each wrong cell (the first 200).")
	bad := func(row int, column string, msg fault.Text, v any) {
		if len(f.Fields) < maxSheetProblems {
			_ = f.WithField(strings.TrimSpace(fmt.Sprintf("row %d %s", row, column)), msg, v)
		}
	}
	var order []int
	var rows []map[string]any
	err := s.sheets.Read(data, func(n int, cells []string, days Days) error {
		if order == nil {
			if order = headings(r.Columns, n, cells, bad); len(f.Fields) > 0 {
				return f
			}
			return nil
		}
		if len(rows) == maxRows {
			return fault.New(fault.Invalid, "sheet_too_long", "The sheet has more than %d rows; nothing was taken in.", maxRows)
		}
		row := map[string]any{}
		for i, c := range r.Columns {
			cell := ""
			if at := order[i]; at >= 0 && at < len(cells) {
				cell = text.Plain(cells[at])
			}
			v := valueOf(c.Type, cell, days)
			switch msg := checkCell(c.Type, v); {
			case cell == "" && c.Required:
				bad(n, c.Title, "the cell is empty; it must be filled", nil)
			case msg != "":
				bad(n, c.Title, msg, clip(cell))
			case cell != "":
				row[c.Key] = v
			}
		}
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if order == nil {
		bad(1, "", "the sheet is empty; its first line names the columns", nil)
	} else if len(rows) == 0 {
		bad(2, "", "there is nothing below the headings", nil)
	}
	if len(f.Fields) > 0 {
		return nil, f
	}
	return rows, nil
}

// headings finds for every column where it stands, -1 where it is absent.
func headings(cols []event.Column, row int, cells []string, bad func(row int, column string, msg fault.Text, v any)) []int {
	order := make([]int, len(cols))
	for i, c := range cols {
		order[i] = slices.IndexFunc(cells, func(cell string) bool {
			return cell == c.Title || cell == c.Title+must || strings.EqualFold(cell, c.Key)
		})
		if order[i] < 0 && c.Required {
			bad(row, c.Title, "the column is missing", nil)
		}
	}
	for at, cell := range cells {
		if cell != "" && !slices.Contains(order, at) {
			bad(row, clip(cell), "there is no such column, or it is there twice; download the sheet to see what columns there are", nil)
		}
	}
	return order
}

// valueOf is what a cell says; a text where it does not say what its column holds.
func valueOf(typ, cell string, days Days) any {
	switch typ {
	case "number":
		// As people write it: 1,234 and full-width digits are numbers, too.
		plain := strings.Map(func(r rune) rune {
			switch {
			case r == ',' || r == '，':
				return -1
			case r >= '０' && r <= '９':
				return r - '０' + '0'
			case r == '．':
				return '.'
			}
			return r
		}, cell)
		if v, err := strconv.ParseFloat(plain, 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	case "yes_no":
		switch strings.ToUpper(cell) {
		case yes, "TRUE", "1", "√", "YES", "Y":
			return true
		case no, "FALSE", "0", "×", "NO", "N":
			return false
		}
	case "day":
		for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"} {
			if t, err := time.Parse(layout, cell); err == nil {
				return t.Format(time.DateOnly)
			}
		}
		if t, ok := days(cell); ok {
			return t.Format(time.DateOnly)
		}
	}
	return cell
}

// clip shortens what is repeated in an answer.
func clip(s string) string {
	if utf8.RuneCountInString(s) > 80 {
		return string([]rune(s)[:80]) + "…"
	}
	return s
}

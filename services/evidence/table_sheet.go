package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
)

// Sheets reads tables and writes workbooks.
type Sheets interface {
	// Read is as table.Read says.
	Read(ctx context.Context, in table.Input, row func(table.Row) error) (table.Book, error)
	Write(s Sheet) ([]byte, error)
}

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

// PutItemSheet replaces the rows of a table by those of a workbook or a CSV file,
// as its media type says; what else the item holds stays. Everything is taken or nothing: sheet_rejected names
// every wrong cell by row and column.
func (s *Service) PutItemSheet(ctx context.Context, a policy.Actor, submissionID string, file SheetFile, want int64) (View, error) {
	var rows []map[string]any
	read := func(ctx context.Context, sub Submission) error {
		r, err := s.tableOf(ctx, sub, file.RequirementID)
		if err != nil {
			return err
		}
		rows, err = s.readSheet(ctx, a.PersonID, r, file)
		return err
	}
	return s.change(ctx, a, errand{submissionID, want, "change"}, read, func(ctx context.Context, tx Tx, sub *Submission) error {
		items, err := tx.Items(ctx, sub.ID)
		if err != nil {
			return err
		}
		it := Item{RequirementID: file.RequirementID}
		if i := slices.IndexFunc(items, func(it Item) bool { return it.RequirementID == file.RequirementID }); i >= 0 {
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
	if err == nil && (len(r.Columns) == 0 || !r.Kind.Takes(kinds.Rows)) {
		err = fault.New(fault.Conflict, "not_a_table", "%q is not asked for as a table.", r.Title)
	}
	return r, err
}

// SheetFile is a table as it was sent.
type SheetFile struct {
	RequirementID string // that it answers
	Type          string // its media type
	Data          []byte
}

// readSheet reads the rows of a table, or names everything that is wrong.
func (s *Service) readSheet(ctx context.Context, who string, r event.Requirement, file SheetFile) ([]map[string]any, error) {
	f := fault.New(fault.Invalid, "sheet_rejected", "The sheet was not taken in; see errors for each wrong cell (the first 200).")
	bad := func(row int, column string, msg fault.Text, v any) {
		if len(f.Fields) < maxSheetProblems {
			_ = f.WithField(strings.TrimSpace(fmt.Sprintf("row %d %s", row, column)), msg, v)
		}
	}
	in := table.Input{Who: who, Type: file.Type, Body: bytes.NewReader(file.Data), Rows: maxRows}
	for _, c := range r.Columns {
		in.Columns = append(in.Columns, table.Column{Name: c.Key, Title: c.Title, Required: c.Required})
	}
	today := s.clock.Now()
	var rows []map[string]any
	book, err := s.sheets.Read(ctx, in, func(x table.Row) error {
		if len(rows) == maxRows {
			return fault.New(fault.Invalid, "sheet_too_long", "The sheet has more than %d rows; nothing was taken in.", maxRows)
		}
		if x.Stray != nil {
			bad(x.Number, "", x.StrayText(), clip(x.Stray.Shown))
		}
		row := map[string]any{}
		for i, c := range r.Columns {
			v, msg := valueOf(c, x.Cells[i], today)
			if msg != "" {
				bad(x.Number, c.Title, x.Wrong(i, msg), shownIn(x.Cells[i]))
			} else if v != nil {
				row[c.Key] = v
			}
		}
		rows = append(rows, row)
		return nil
	})
	if err := sheetFault(f, err); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		bad(book.Head+1, "", "there is nothing below the headings", nil)
	}
	if len(f.Fields) > 0 {
		return nil, f
	}
	return rows, nil
}

// shownIn is what to say that stands in a cell, nil where nothing does.
func shownIn(c table.Cell) any {
	if c.Shown == "" {
		return nil
	}
	return clip(c.Shown)
}

// sheetFault turns what is wrong with a file into f or another fault.
func sheetFault(f *fault.Error, err error) error {
	var headless *table.Headless
	var broken *table.Unreadable
	switch {
	case errors.As(err, &headless):
		for _, p := range headless.Problems {
			if len(f.Fields) < maxSheetProblems {
				_ = f.WithField(strings.TrimSpace(fmt.Sprintf("row %d %s", p.Row, p.Title)), p.Why, nil)
			}
		}
		return f
	case errors.As(err, &broken) && broken.Unsupported:
		return fault.New(fault.Unsupported, "unsupported_media_type", broken.Why)
	case errors.As(err, &broken):
		return fault.New(fault.Invalid, "sheet_unreadable", "The file cannot be read; nothing was taken in.").WithField(broken.Place(), broken.Why, nil)
	}
	return err
}

// valueOf is what a cell says in a column, nil where it is empty; or what is
// wrong with it.
func valueOf(c event.Column, cell table.Cell, today time.Time) (v any, msg fault.Text) {
	switch {
	case cell.Empty() && c.Required:
		return nil, "the cell is empty; it must be filled"
	case cell.Empty():
		return nil, ""
	}
	switch c.Type {
	case "number":
		v, msg = cell.Number()
	case "yes_no":
		v, msg = cell.True()
	case "day":
		v, msg = cell.Date(today)
	default:
		v, msg = cell.Text()
	}
	if msg == "" {
		msg = checkCell(c.Type, v)
	}
	return v, msg
}

// clip shortens what is repeated in an answer.
func clip(s string) string {
	if utf8.RuneCountInString(s) > 80 {
		return string([]rune(s)[:80]) + "…"
	}
	return s
}

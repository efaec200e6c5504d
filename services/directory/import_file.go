package directory

import (
	"slices"
	"strings"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
)

// column is a column of an import, by its names in both languages.
type column struct {
	name, chinese string
	required      bool
	limit         int // characters
}

// lineOf is one line of a file: cell by column name.
type lineOf struct {
	row   int
	cells map[string]string
}

// readLines reads a file whose header names columns in any order. What is
// wrong with header and texts goes to ps.
func (s *Service) readLines(up Upload, columns []column, limit int64, ps *problems, each func(lineOf)) (present map[string]bool, n int64, err error) {
	var order []string
	cells := map[string]string{}
	err = s.sheets.Read(up.ContentType, up.Data, func(row int, raw []string) error {
		if order == nil {
			order, present = header(row, raw, columns, ps)
			return nil
		}
		if n++; n > limit {
			return fault.New(fault.Invalid, "import_too_long", "The file has more than %d lines; split it.", limit)
		}
		clear(cells)
		for i, v := range raw {
			if i >= len(order) {
				if text.Line(v) != "" {
					ps.add(row, "", v, "there is a value to the right of the last column")
				}
				continue
			}
			if order[i] != "" {
				cells[order[i]] = v
			}
		}
		for _, c := range columns {
			cells[c.name] = ps.text(row, c, cells[c.name])
		}
		each(lineOf{row: row, cells: cells})
		return nil
	})
	if err == nil && order == nil {
		ps.add(1, "", "", "the file is empty; the first line must name the columns")
	}
	return present, n, err
}

func header(row int, raw []string, columns []column, ps *problems) (order []string, present map[string]bool) {
	order, present = make([]string, len(raw)), map[string]bool{}
	for i, h := range raw {
		h = text.Line(h)
		at := slices.IndexFunc(columns, func(c column) bool { return strings.EqualFold(c.name, h) || c.chinese == h })
		switch {
		case h == "":
		case strings.EqualFold(h, "roles") || h == "角色" && at < 0:
			ps.add(row, h, "", "roles are given by a security administrator; send them to POST /api/v1/imports/grants")
		case at < 0:
			ps.add(row, h, "", "there is no such column; known are %s", columnNames(columns))
		case present[columns[at].name]:
			ps.add(row, h, "", "the column is there twice")
		default:
			order[i], present[columns[at].name] = columns[at].name, true
		}
	}
	for _, c := range columns {
		if c.required && !present[c.name] {
			ps.add(row, c.name, "", "the column is missing (%s or %s)", c.name, c.chinese)
		}
	}
	return order, present
}

func columnNames(columns []column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name + " (" + c.chinese + ")"
	}
	return strings.Join(names, ", ")
}

// text cleans one cell and checks it.
func (p *problems) text(row int, c column, v string) string {
	if r, broken := text.Broken(v); broken {
		p.add(row, c.name, "", "contains the control character U+%04X; remove it", r)
		return v
	}
	if v = text.Line(v); len([]rune(v)) > c.limit {
		p.add(row, c.name, v, "is longer than %d characters", c.limit)
	}
	return v
}

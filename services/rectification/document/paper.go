// Package document writes what offices have on paper: orders, close-out
// applications, inspection records, the register and the lists, as Word in
// official layout and as Excel; one at a time, or many as a job in the
// background. What somebody gets is what is open to them, in registers and lists
// the outline of the rest, with what may be shown of pictures. Documents of whoever
// is disabled, or has no orders open any more, are not made.
package document

import (
	"fmt"
	"strings"
	"time"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/rectification"
)

// The forms that offices use on paper.
const (
	FormOrder       = "order"        // rectification order
	FormCloseOut    = "close_out"    // application to be closed out
	FormRecord      = "record"       // original inspection record
	FormRegister    = "register"     // register of findings
	FormFindingList = "finding_list" // 问题清单
	FormTaskList    = "task_list"    // 任务清单
	FormDutyList    = "duty_list"    // 责任清单
)

// Formats of documents.
const (
	Word     = "docx"
	Workbook = "xlsx"
)

// MaxPaperRows bounds the rows of a register or list.
const MaxPaperRows = 2000

// maxCellPictures bounds the pictures in one cell.
const maxCellPictures = 4

// Paper is a document: what it says, not how it looks. With a letter it is an
// official one in the layout of GB/T 9704-2012 with the table annexed,
// otherwise the table alone.
type Paper struct {
	Name    string // of the file, without ending
	Title   string // of the letter; of the table where there is no letter
	Letter  *Letter
	Caption string // of the table where it is annexed to a letter
	Upright bool   // the table fits on a page that is not turned
	Columns []string
	Rows    [][]Cell
	Remarks []string // lines below the table, as for signatures
	Origin  Origin
}

// Role is what a passage is for; a format has a form for every role.
type Role string

// Roles of passages.
const (
	RoleOffice    Role = "office" // in whose name it is
	RoleNumber    Role = "number"
	RoleTitle     Role = "title"
	RoleAddressee Role = "addressee"
	RoleText      Role = "text"
	RoleAnnexes   Role = "annexes" // names what is annexed
	RoleSigner    Role = "signer"
	RoleDay       Role = "day"
	RoleCopyTo    Role = "copy_to"
	RoleAnnexMark Role = "annex_mark" // begins what is annexed
	RoleHeading   Role = "heading"    // of the table
	RoleBelow     Role = "below"
	RoleNote      Role = "note" // title of a text that is too long for its cell
	RoleNoteText  Role = "note_text"
	RoleOrigin    Role = "origin"
)

// Passage is a text of a paper that stands outside its table.
type Passage struct {
	Role Role
	Text string
}

// Above is what stands above the table, in its order. With Below and Ending it
// is all that a paper says besides its table: whatever is added to a paper
// belongs here, and is then in every format.
func (p Paper) Above() []Passage {
	l := p.Letter
	if l == nil {
		return []Passage{{RoleHeading, p.Title}}
	}
	ps := []Passage{{RoleOffice, l.Office}, {RoleNumber, l.Number}, {RoleTitle, p.Title}, {RoleAddressee, l.To + "："}}
	for _, t := range l.Text {
		ps = append(ps, Passage{RoleText, t})
	}
	ps = append(ps, Passage{RoleAnnexes, "附件：" + p.Caption}, Passage{RoleSigner, l.Signer}, Passage{RoleDay, longDay(l.Day)})
	if l.CopyTo != "" {
		ps = append(ps, Passage{RoleCopyTo, "抄送：" + l.CopyTo + "。"})
	}
	return append(ps, Passage{RoleAnnexMark, "附件"}, Passage{RoleHeading, p.Caption})
}

// Below is what stands directly below the table.
func (p Paper) Below() []Passage {
	ps := make([]Passage, len(p.Remarks))
	for i, t := range p.Remarks {
		ps[i] = Passage{RoleBelow, t}
	}
	return ps
}

// Ending is what a paper ends with.
func (p Paper) Ending() []Passage { return []Passage{{RoleOrigin, p.Origin.String()}} }

// Letter is the official letter that a table is annexed to.
type Letter struct {
	Office string // in whose name it is, in the letterhead
	Number string // 整改〔2026〕1号; empty where it has none
	To     string // unit it is addressed to
	Text   []string
	Signer string
	Day    time.Time
	CopyTo string // 抄送; empty for nobody
}

// Origin says of a document who asked for it, when, and from which state of
// the data it was made.
type Origin struct {
	Person string
	At     time.Time
	State  string
}

// String is how a document says it.
func (o Origin) String() string {
	return fmt.Sprintf("本件由督办系统生成。导出人：%s；导出时间：%s；数据状态：%s。", o.Person, o.At.In(clock.Shanghai).Format("2006年1月2日 15:04"), o.State)
}

// Cell is a cell of the table.
type Cell struct {
	Text     string
	Pictures []rectification.Shown // with thumbnails
	// Rows is how many rows it extends over, where more than one; negative
	// where a cell above extends over this one.
	Rows int
}

// Papers writes documents in a format.
type Papers interface {
	WritePaper(p Paper, format string) ([]byte, error)
}

// Document is a written document.
type Document struct {
	Name   string // with ending
	Format string
	Data   []byte
}

// word is the word of a value on paper.
func word(enumeration, value string) string { return words.Of(words.Official, enumeration, value) }

// stateLabel says where a rectification is.
func stateLabel(r rectification.Rectification) string {
	s := word("state.rectification", string(r.State))
	switch {
	case r.State == rectification.Closed && r.Outcome != "" && r.Outcome != rectification.OutcomeFixed:
		s += "（" + word("outcome", r.Outcome) + "）"
	case r.Suspended:
		s += "（" + word("condition", "suspended") + "）"
	}
	return s
}

// longDay is a local day as official documents write it.
func longDay(t time.Time) string { return t.In(clock.Shanghai).Format("2006年1月2日") }

// dayOf is a local day in a cell, empty for none.
func dayOf(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return clock.Day(*t)
}

func texts(ts ...string) []Cell {
	row := make([]Cell, len(ts))
	for i, t := range ts {
		row[i] = Cell{Text: t}
	}
	return row
}

// across has one cell of each row extend over all of them, in the columns that
// say the same of the whole order.
func across(rows [][]Cell, columns ...int) {
	for _, c := range columns {
		for i := range rows {
			if i == 0 && len(rows) > 1 {
				rows[i][c].Rows = len(rows)
			} else if i > 0 {
				rows[i][c] = Cell{Rows: -1}
			}
		}
	}
}

// lines joins what is not empty, a line each.
func lines(ts ...string) string {
	var out []string
	for _, t := range ts {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n")
}

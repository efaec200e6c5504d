package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// What imports bring.
const (
	ImportUnits  = "units"
	ImportPeople = "people"
	ImportGrants = "grants"
)

// States of an import.
const (
	Staging  = "staging"  // being stored; a crash now means that nothing is imported
	Applying = "applying" // all of it will take effect, also after a crash
	Done     = "done"
	Failed   = "failed" // nothing of it was imported
)

// Limits of imports.
const (
	MaxUpload   = 64 << 20 // bytes of a file
	maxLines    = 700_000
	maxPeople   = 100_000 // lines: each brings a password back
	atOnce      = 2000    // lines up to which an import is one transaction
	maxProblems = 10_000  // told in one answer
	abandoned   = time.Minute
)

// Import is one import, running or over.
type Import struct {
	ID        string
	Kind      string
	PersonID  string // who sent it
	Name      string // of that person
	State     string
	LineCount int64
	Created   int64
	Updated   int64
	Unchanged int64
	Chunks    int64
	Applied   int64 // chunks that took effect
	Reason    string
	CreatedAt time.Time
	TouchedAt time.Time
}

// Upload is a file as it was sent.
type Upload struct {
	ContentType string
	Data        []byte
}

// Problem is what is wrong with one cell or line.
type Problem struct {
	Row     int // as a person counts; 1 is the header
	Column  string
	Message string
	Value   string
}

// Report is what an import answers.
type Report struct {
	Import      Import
	DryRun      bool
	Problems    []Problem
	Wrong       int // how many problems there are, told or not
	Credentials []Credentials
}

// problems collects what is wrong with a file.
type problems struct {
	all   []Problem
	count int
}

func (p *problems) add(row int, column, value, format string, args ...any) {
	if p.count++; p.count <= maxProblems {
		p.all = append(p.all, Problem{Row: row, Column: column, Message: fmt.Sprintf(format, args...), Value: truncate(value, 100)})
	}
}

// chunkSize is how many lines take effect in one transaction of a large
// import: others wait for it.
const chunkSize = 250

// chunk is a checked part of an import, as large as one event can carry.
type chunk struct {
	New     []Unit       `json:",omitempty"`
	Changed []unitChange `json:",omitempty"`
	People  []Person     `json:",omitempty"`
	Grants  []Grant      `json:",omitempty"`
}

type unitChange struct {
	ID    string
	Patch UnitPatch
}

// plan is a whole import that was checked.
type plan struct {
	kind                        string
	lines                       int64
	created, updated, unchanged int64
	problems                    problems
	chunks                      iter.Seq[chunk]
	credentials                 []Credentials
	state                       State // that it was checked against
}

// errChanged says that the directory changed between check and import.
var errChanged = errors.New("the directory has changed since the check")

// importFile checks a file and, unless it is a dry run, takes it in.
func (s *Service) importFile(ctx context.Context, actor policy.Actor, dryRun bool, check func(context.Context) (*plan, error)) (Report, error) {
	for try := 1; ; try++ {
		st, err := s.store.State(ctx)
		if err != nil {
			return Report{}, err
		}
		p, err := check(ctx)
		if err != nil {
			return Report{}, err
		}
		p.state = st
		r := Report{DryRun: dryRun, Problems: p.problems.all, Wrong: p.problems.count, Import: Import{
			Kind: p.kind, PersonID: actor.PersonID, Name: actor.Name, LineCount: p.lines,
			Created: p.created, Updated: p.updated, Unchanged: p.unchanged,
		}}
		if dryRun {
			return r, nil
		}
		if p.problems.count > 0 {
			return Report{}, rejected(p.problems)
		}
		r.Import, err = s.takeIn(ctx, r.Import, p)
		if errors.Is(err, errChanged) && try < 3 {
			continue
		}
		if errors.Is(err, errChanged) {
			return Report{}, fault.New(fault.Conflict, "conflict", "The directory keeps changing; nothing was imported. Try again in a moment.")
		}
		r.Credentials = p.credentials
		return r, err
	}
}

func rejected(ps problems) error {
	f := fault.New(fault.Invalid, "import_rejected", "Nothing was imported: %d problems were found.", ps.count)
	if ps.count > len(ps.all) {
		f.Detail += fmt.Sprintf(" The first %d are listed.", len(ps.all))
	}
	for _, p := range ps.all {
		where := "row " + strconv.Itoa(p.Row)
		if p.Column != "" {
			where += " column " + p.Column
		}
		f = f.WithField(where, p.Message, p.Value)
	}
	return f
}

// takeIn imports a plan without problems: at once when it is small, otherwise
// it is staged here and applied by Run.
func (s *Service) takeIn(ctx context.Context, imp Import, p *plan) (Import, error) {
	imp.ID, imp.CreatedAt = id.New(), s.clock.Now()
	imp.TouchedAt = imp.CreatedAt
	if p.lines > atOnce {
		return s.stage(ctx, imp, p)
	}
	imp.State = Done
	err := s.change(ctx, func(ctx context.Context, tx Tx) error {
		if err := s.claim(ctx, tx, p, ""); err != nil {
			return err
		}
		imp.Chunks = 0
		for c := range p.chunks {
			if err := s.apply(ctx, tx, imp, c); err != nil {
				return err
			}
			imp.Chunks++
		}
		imp.Applied = imp.Chunks
		return tx.InsertImport(ctx, imp)
	})
	return imp, err
}

// claim makes sure that what the plan was checked against still holds, and
// with a running import that it keeps holding.
func (s *Service) claim(ctx context.Context, tx Tx, p *plan, running string) error {
	st, err := unlockedByImport(ctx, tx)
	if err != nil {
		return err
	}
	if st.Version != p.state.Version {
		return errChanged
	}
	st.Version++
	st.ImportID = running
	return tx.PutState(ctx, st)
}

func (s *Service) stage(ctx context.Context, imp Import, p *plan) (Import, error) {
	imp.State = Staging
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := s.claim(ctx, tx, p, imp.ID); err != nil {
			return err
		}
		return tx.InsertImport(ctx, imp)
	})
	if err != nil {
		return imp, err
	}
	for c := range p.chunks {
		if err = s.stageChunk(ctx, &imp, c); err != nil {
			break
		}
	}
	if err == nil {
		imp.State, imp.TouchedAt = Applying, s.clock.Now()
		err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			now, err := tx.LockImport(ctx, imp.ID)
			if err == nil && now.State != Staging {
				err = fault.New(fault.Unavailable, "import_interrupted", "The import took too long to be stored; nothing was imported. Try again.")
			}
			if err != nil {
				return err
			}
			return tx.UpdateImport(ctx, imp)
		})
	}
	if err != nil {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if aerr := s.abandon(clean, imp.ID, "The import was interrupted while it was being stored."); aerr != nil {
			s.log.Warn("import: not cleaned up, will be in a minute", "import", imp.ID, "error", aerr)
		}
		return imp, err
	}
	s.wake()
	return imp, nil
}

func (s *Service) stageChunk(ctx context.Context, imp *Import, c chunk) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	imp.TouchedAt = s.clock.Now()
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.InsertChunk(ctx, imp.ID, imp.Chunks, raw); err != nil {
			return err
		}
		return tx.UpdateImport(ctx, *imp)
	})
	imp.Chunks++
	return err
}

// abandon gives up an import that was not stored whole.
func (s *Service) abandon(ctx context.Context, importID, reason string) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		st, err := tx.Lock(ctx)
		if err != nil {
			return err
		}
		imp, err := tx.LockImport(ctx, importID)
		if err != nil || imp.State != Staging {
			return err
		}
		imp.State, imp.Reason, imp.TouchedAt = Failed, reason, s.clock.Now()
		if err := tx.DropChunks(ctx, imp.ID, -1); err != nil {
			return err
		}
		if st.ImportID == imp.ID {
			st.ImportID = ""
			if err := tx.PutState(ctx, st); err != nil {
				return err
			}
		}
		return tx.UpdateImport(ctx, imp)
	})
}

// work applies imports that are stored whole and gives up those that are not
// and that nobody stores any more.
func (s *Service) workImports(ctx context.Context) error {
	open, err := s.store.OpenImports(ctx)
	if err != nil {
		return err
	}
	for _, imp := range open {
		if imp.State == Staging {
			if s.clock.Now().Sub(imp.TouchedAt) > abandoned {
				if err := s.abandon(ctx, imp.ID, "The import was interrupted while it was being stored."); err != nil {
					return err
				}
			}
			continue
		}
		for more := true; more; {
			if more, err = s.applyNext(ctx, imp.ID); err != nil {
				return fmt.Errorf("apply import %s: %w", imp.ID, err)
			}
		}
		if err := s.store.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// applyNext applies one chunk; chunk and cursor commit together, so that each
// takes effect once however often the process dies.
func (s *Service) applyNext(ctx context.Context, importID string) (more bool, err error) {
	err = s.change(ctx, func(ctx context.Context, tx Tx) error {
		st, err := tx.Lock(ctx)
		if err != nil {
			return err
		}
		imp, err := tx.LockImport(ctx, importID)
		if err != nil || imp.State != Applying {
			more = false
			return err
		}
		raw, err := tx.Chunk(ctx, imp.ID, imp.Applied)
		if err != nil {
			return err
		}
		var c chunk
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		if err := s.apply(ctx, tx, imp, c); err != nil {
			return err
		}
		if err := tx.DropChunks(ctx, imp.ID, imp.Applied); err != nil {
			return err
		}
		imp.Applied++
		imp.TouchedAt = s.clock.Now()
		if more = imp.Applied < imp.Chunks; !more {
			imp.State = Done
			st.ImportID = ""
			st.Version++
			if err := tx.PutState(ctx, st); err != nil {
				return err
			}
		}
		return tx.UpdateImport(ctx, imp)
	})
	return more, err
}

// apply has one chunk take effect.
func (s *Service) apply(ctx context.Context, tx Tx, imp Import, c chunk) error {
	now := s.clock.Now()
	by := func(e event.Event) event.Event { return e.By(imp.PersonID, imp.Name).Because("import " + imp.ID) }
	if len(c.New) > 0 {
		if err := tx.InsertUnits(ctx, c.New); err != nil {
			return err
		}
		if err := tx.Emit(ctx, by(unitsChanged(now, c.New...))); err != nil {
			return err
		}
	}
	var changed []Unit
	for _, x := range c.Changed {
		u, err := tx.LockUnit(ctx, x.ID)
		if err != nil {
			return err
		}
		x.Patch.apply(&u)
		u.Version++
		u.UpdatedAt = now
		if err := tx.UpdateUnit(ctx, u); err != nil {
			return err
		}
		changed = append(changed, u)
	}
	if len(changed) > 0 {
		if err := tx.Emit(ctx, by(unitsChanged(now, changed...))); err != nil {
			return err
		}
	}
	if len(c.People) > 0 {
		if err := tx.InsertPeople(ctx, c.People); err != nil {
			return err
		}
		if err := tx.Emit(ctx, by(personsChanged(now, c.People, nil))); err != nil {
			return err
		}
	}
	if len(c.Grants) > 0 {
		return s.applyGrants(ctx, tx, c.Grants, now, by)
	}
	return nil
}

func (s *Service) wake() {
	select {
	case s.work <- struct{}{}:
	default:
	}
}

// Import tells how far an import is; people see their own.
func (s *Service) Import(ctx context.Context, actor policy.Actor, importID string) (Import, error) {
	if err := knownID("import", importID); err != nil {
		return Import{}, err
	}
	i, err := s.store.Import(ctx, importID)
	if err == nil && i.PersonID != actor.PersonID {
		err = fault.Missing("import")
	}
	return i, err
}

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
				if strings.TrimSpace(v) != "" {
					ps.add(row, "", v, "there is a value to the right of the last column")
				}
				continue
			}
			if order[i] != "" {
				cells[order[i]] = strings.TrimSpace(v)
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
		h = strings.TrimSpace(h)
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

// text checks one cell.
func (p *problems) text(row int, c column, v string) string {
	switch {
	case v == "":
	case strings.IndexFunc(v, unprintable) >= 0:
		p.add(row, c.name, "", "contains a control character")
	case len([]rune(v)) > c.limit:
		p.add(row, c.name, v, "is longer than %d characters", c.limit)
	}
	return v
}

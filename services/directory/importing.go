package directory

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/table"
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
	// Owner is the process that stores it while it is staging, and says so by
	// touching it.
	Owner string
}

// Upload is a file as it was sent.
type Upload struct {
	PersonID    string // who sent it
	ContentType string
	Body        table.Body
}

// Problem is what is wrong with one cell or line.
type Problem struct {
	Row     int // as a person counts; 1 is the header
	Column  string
	Message fault.Text
	Value   string
}

// Report is what an import answers.
type Report struct {
	Import      Import
	DryRun      bool
	Problems    []Problem
	Wrong       int // how many problems there are, told or not
	Unknown     []*UnknownValue
	Credentials []Credentials
}

// problems collects what is wrong with a file.
type problems struct {
	all   []Problem
	count int
	place place
}

func (p *problems) add(row int, column, value string, format fault.Text, args ...any) {
	if p.count++; p.count <= maxProblems {
		p.all = append(p.all, Problem{Row: row, Column: column, Message: p.place.say(row, column, fault.Textf(format, args...)), Value: truncate(value, 100)})
	}
}

// clone is a copy that can grow by itself.
func (p problems) clone() problems {
	p.all = slices.Clone(p.all)
	return p
}

// plan is a whole import that was checked.
type plan struct {
	kind                        string
	lines                       int64
	created, updated, unchanged int64
	problems                    problems
	unknown                     []*UnknownValue
	chunks                      iter.Seq[chunk]
	credentials                 []Credentials
	state                       State // that it was checked against
}

// errChanged says that the directory changed between check and import.
var errChanged = errors.New("the directory has changed since the check")

// importFile checks what was read from a file and, unless it is a dry run, takes
// it in.
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
		r := Report{DryRun: dryRun, Problems: p.problems.all, Wrong: p.problems.count, Unknown: p.unknown, Import: Import{
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
			return Report{}, fault.New(fault.Conflict, "changed_meanwhile", "The directory keeps changing; nothing was imported. Try again in a moment.")
		}
		r.Credentials = p.credentials
		return r, err
	}
}

func rejected(ps problems) error {
	f := fault.New(fault.Invalid, "import_rejected", "Nothing was imported: %d problems were found.", ps.count)
	if ps.count > len(ps.all) {
		f.Detail = fault.Textf("Nothing was imported: %d problems were found. The first %d are listed.", ps.count, len(ps.all))
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
	imp.ID, imp.CreatedAt, imp.Owner = id.New(), s.clock.Now(), s.process
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

package directory

import (
	"context"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/table"
)

// The code lists. Values of the first two stand at units; the denominators are
// the numbers that units have.
const (
	KindList        = "kind"
	SectorList      = "sector"
	DenominatorList = "denominator"
)

// maxCodes bounds the values of all lists together: they are always read whole.
const maxCodes = 2000

// Code is a value of a code list.
type Code struct {
	ID      string
	List    string
	Code    string // unique in its list, never changes
	Chinese string
	English string
	// Also are other names that imports take for it.
	Also     []string
	Position int64
	// Open values can be given to units; closed ones stay with those that have them.
	Open bool
	// BuiltIn values are told by the program; they are closed, never deleted.
	BuiltIn   bool
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// names are all names of the value, its own first.
func (c Code) names() []string { return append([]string{c.Code, c.Chinese, c.English}, c.Also...) }

func (c Code) event() event.Code {
	return event.Code{
		ID: c.ID, List: c.List, Code: c.Code, Chinese: c.Chinese, English: c.English, Also: c.Also,
		Position: c.Position, Closed: !c.Open, Version: c.Version,
	}
}

func codesData(cs []Code) event.Codes {
	data := event.Codes{Codes: make([]event.Code, len(cs))}
	for i, c := range cs {
		data.Codes[i] = c.event()
	}
	return data
}

func codesChanged(now time.Time, cs ...Code) event.Event {
	return event.New(id.New(), now, event.CodesChanged, cs[0].ID, cs[0].Version, codesData(cs))
}

// CodeView is a value with what the caller may do to it.
type CodeView struct {
	Code
	May CodeMay
}

// CodeMay is what the caller may do to a value now.
type CodeMay struct{ Update, Delete bool }

func (s *Service) keepsCodes(ctx context.Context, actor policy.Actor) bool {
	return s.policy.Can(ctx, actor, "code", "write", policy.Target{})
}

func codeView(c Code, keeps bool) CodeView {
	return CodeView{c, CodeMay{Update: keeps, Delete: keeps && !c.BuiltIn}}
}

// Codes lists all values of all lists, in their order, closed ones with them.
func (s *Service) Codes(ctx context.Context, actor policy.Actor) (vs []CodeView, mayAdd bool, err error) {
	cs, err := s.store.Codes(ctx)
	if err != nil {
		return nil, false, err
	}
	keeps := s.keepsCodes(ctx, actor)
	vs = make([]CodeView, len(cs))
	for i, c := range cs {
		vs[i] = codeView(c, keeps)
	}
	return vs, keeps, nil
}

// CodeInput makes a value.
type CodeInput struct {
	List     string   `words:"code_list" only:"kind,sector"`
	Code     string   `limit:"1..50"`
	Chinese  string   `limit:"1..50"`
	English  string   `limit:"1..50"`
	Also     []string `limit:"..50" each:"1..50"`
	Position int64    `limit:"0..1000000?"`
}

// CodePatch changes what is not nil.
type CodePatch struct {
	Chinese  *string   `limit:"1..50"`
	English  *string   `limit:"1..50"`
	Also     *[]string `limit:"..50" each:"1..50"`
	Position *int64    `limit:"0..1000000"`
	Open     *bool
}

func validValue(code string) bool {
	return code != "" && code[0] >= 'a' && code[0] <= 'z' && strings.IndexFunc(code, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_')
	}) < 0
}

var onlyKeepers fault.Text = "Only system administrators at the top keep the code lists."

// keeping is the first step of every change of the lists: imports that were
// checked against them are checked again.
func (s *Service) keeping(ctx context.Context, tx Tx, actor policy.Actor) error {
	if !s.keepsCodes(ctx, actor) {
		return fault.Denied(onlyKeepers)
	}
	return exclusive(ctx, tx)
}

// unambiguous refuses a value that could be taken for another one of its list.
func unambiguous(c Code, all []Code) error {
	book := newCodeBook(all)
	for i, n := range c.names() {
		other, ok := book.find(c.List, n)
		if !ok || other.ID == c.ID {
			continue
		}
		if i == 0 {
			return fault.New(fault.Conflict, "value_taken", "There is a value with the code %s already.", c.Code)
		}
		return fault.New(fault.Conflict, "value_name_taken", "“%s” is a name of the value %s (%s) already.", n, other.Chinese, other.Code)
	}
	return nil
}

func linesOf(names []string) []string {
	out := make([]string, 0, len(names))
	seen := map[string]bool{}
	for _, n := range names {
		lines(&n)
		if k := table.Key(n); n != "" && !seen[k] {
			seen[k] = true
			out = append(out, n)
		}
	}
	return out
}

// CreateCode adds a value to a list. Faults: value_taken, value_name_taken,
// codes_full, import_running.
func (s *Service) CreateCode(ctx context.Context, actor policy.Actor, in CodeInput) (CodeView, error) {
	lines(&in.Code, &in.Chinese, &in.English)
	if err := fault.Check(in); err != nil {
		return CodeView{}, err
	}
	if !validValue(in.Code) {
		return CodeView{}, fault.BadField("code", "may hold small letters, digits and _ only, beginning with a letter", in.Code)
	}
	var c Code
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := s.keeping(ctx, tx, actor); err != nil {
			return err
		}
		all, err := tx.Codes(ctx)
		if err != nil {
			return err
		}
		if len(all) >= maxCodes {
			return fault.New(fault.Conflict, "codes_full", "The code lists hold at most %d values.", maxCodes)
		}
		now := s.clock.Now()
		c = Code{
			ID: id.New(), List: in.List, Code: in.Code, Chinese: in.Chinese, English: in.English, Also: linesOf(in.Also),
			Position: in.Position, Open: true, Version: 1, CreatedAt: now, UpdatedAt: now,
		}
		if c.Position == 0 {
			c.Position = lastPosition(all, in.List) + positionStep
		}
		if err := unambiguous(c, all); err != nil {
			return err
		}
		if err := tx.InsertCodes(ctx, []Code{c}); err != nil {
			return err
		}
		return tx.Emit(ctx, codesChanged(now, c).By(actor.PersonID, actor.Name))
	})
	return codeView(c, true), err
}

// positionStep is between the values of a list, so that one can be put between.
const positionStep = 10

func lastPosition(all []Code, list string) int64 {
	var last int64
	for _, c := range all {
		if c.List == list {
			last = max(last, c.Position)
		}
	}
	return last
}

// UpdateCode changes a value; want is the version the caller has, or 0. Faults:
// value_name_taken, import_running.
func (s *Service) UpdateCode(ctx context.Context, actor policy.Actor, codeID string, want int64, p CodePatch) (CodeView, error) {
	lines(p.Chinese, p.English)
	if err := fault.Check(p); err != nil {
		return CodeView{}, err
	}
	var c Code
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		var all []Code
		if c, all, err = s.keptCode(ctx, tx, actor, errand{id: codeID, want: want}); err != nil {
			return err
		}
		set(&c.Chinese, p.Chinese)
		set(&c.English, p.English)
		set(&c.Position, p.Position)
		set(&c.Open, p.Open)
		if p.Also != nil {
			c.Also = linesOf(*p.Also)
		}
		if err := unambiguous(c, all); err != nil {
			return err
		}
		c.Version++
		c.UpdatedAt = s.clock.Now()
		if err := tx.UpdateCode(ctx, c); err != nil {
			return err
		}
		return tx.Emit(ctx, codesChanged(c.UpdatedAt, c).By(actor.PersonID, actor.Name))
	})
	return codeView(c, true), err
}

// keptCode is a value that the actor changes, with all values there are.
func (s *Service) keptCode(ctx context.Context, tx Tx, actor policy.Actor, e errand) (Code, []Code, error) {
	if err := s.keeping(ctx, tx, actor); err != nil {
		return Code{}, nil, err
	}
	all, err := tx.Codes(ctx)
	if err != nil {
		return Code{}, nil, err
	}
	for _, c := range all {
		if c.ID == e.id {
			return c, all, fault.Version(e.want, c.Version)
		}
	}
	return Code{}, nil, fault.Missing("code")
}

// DeleteCode removes a value that no unit has. Faults: value_built_in,
// value_in_use, import_running.
func (s *Service) DeleteCode(ctx context.Context, actor policy.Actor, codeID string, want int64) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		c, _, err := s.keptCode(ctx, tx, actor, errand{id: codeID, want: want})
		if err != nil {
			return err
		}
		if c.BuiltIn {
			return fault.New(fault.Conflict, "value_built_in", "“%s” is built in and cannot be deleted; close it instead.", c.Chinese)
		}
		n, err := tx.CodeUses(ctx, c)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "value_in_use", "“%s” is in use: %d units have it. Close it instead: they keep it, and no other gets it.", c.Chinese, n)
		}
		if err := tx.DeleteCode(ctx, c.ID); err != nil {
			return err
		}
		gone := codesData([]Code{c})
		gone.Codes[0].Deleted = true
		gone.Codes[0].Version++
		e := event.New(id.New(), s.clock.Now(), event.CodesChanged, c.ID, c.Version+1, gone)
		return tx.Emit(ctx, e.By(actor.PersonID, actor.Name))
	})
}

package directory

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// maxDepth bounds how deep the tree may get.
const maxDepth = 16

// Unit is a node of the unit tree.
type Unit struct {
	ID       string
	ParentID string   // empty for a root
	Path     string   // ids from the root, each followed by "/"
	Code     string   // unique, never changes
	Level    string   // one of policy.Levels
	Kind     string   // of the code list
	Sectors  []string // of the code list, in order
	Name     string
	// SharesName tells that other units have the same name, see ShareNames.
	SharesName bool
	Initials   string // of the pinyin of Name
	Classes    int64
	Staff      int64
	Residents  int64
	Longitude  float64 // degrees; both 0 is unknown
	Latitude   float64
	ContactID  string // the responsible person
	Phone      string // never leaves the directory
	Active     bool
	// SuccessorID is the unit that a deactivated one was merged into.
	SuccessorID string
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Root tells whether the unit stands at the top.
func (u Unit) Root() bool { return u.ParentID == "" }

func (u Unit) target() policy.Target { return policy.Target{UnitID: u.ID, UnitPath: u.Path} }

func (u Unit) depth() int { return strings.Count(u.Path, "/") }

// Contains tells whether other is the unit itself or below it.
func (u Unit) Contains(other Unit) bool { return strings.HasPrefix(other.Path, u.Path) }

// CanHold tells whether a unit of level child may stand right below one of
// level parent: it must be lower, only units may nest in units.
func CanHold(parent, child string) bool {
	p, c := slices.Index(policy.Levels, parent), slices.Index(policy.Levels, child)
	return p >= 0 && c >= 0 && (c > p || child == "unit" && parent == "unit")
}

// adopt tells why child cannot stand below parent, or nil.
func (u Unit) adopt(child string) error {
	switch {
	case !u.Active:
		return fault.New(fault.Conflict, "unit_inactive", "The unit %s is deactivated; nothing can stand below it.", u.Name)
	case !CanHold(u.Level, child):
		return fault.New(fault.Invalid, "unit_level", "A unit of level %s cannot stand below %s, which is of level %s.", fault.Word("level", child), u.Name, fault.Word("level", u.Level))
	case u.depth() >= maxDepth:
		return fault.New(fault.Invalid, "unit_depth", "The tree would get deeper than %d.", maxDepth)
	}
	return nil
}

// UnitView is a unit as one caller sees it.
type UnitView struct {
	Unit
	Shown    string // the name outside the tree
	Children int64  // active ones directly below
	May      UnitMay
}

// UnitMay is what the caller may do to a unit now.
type UnitMay struct{ Update, Move, Merge, Split, Deactivate, Activate, AddChild bool }

func (u Unit) may(rights policy.Rights, children int64) UnitMay {
	w := rights.Covers("write", u.target())
	movable := w && !u.Root() && u.Active
	return UnitMay{
		Update: w, Move: movable, Merge: movable, Split: movable, Deactivate: w && u.Active && children == 0,
		Activate: w && !u.Active, AddChild: w && u.Active,
	}
}

// Units lists the units of f that the actor may read.
func (s *Service) Units(ctx context.Context, actor policy.Actor, f UnitFilter) ([]UnitView, error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	us, err := s.listed(ctx, rights, f)
	if err != nil {
		return nil, err
	}
	return s.views(ctx, rights, us)
}

func (s *Service) listed(ctx context.Context, rights policy.Rights, f UnitFilter) ([]Unit, error) {
	f.Reach = rights.Reach("read")
	if f.Under != "" {
		top, err := s.store.Unit(ctx, f.Under)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f.Under = top.Path
	}
	f.Query = strings.TrimSpace(f.Query)
	return s.store.Units(ctx, f)
}

func (s *Service) views(ctx context.Context, rights policy.Rights, us []Unit) ([]UnitView, error) {
	ids := make([]string, len(us))
	for i, u := range us {
		ids[i] = u.ID
	}
	children, err := s.store.ChildCounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	names, err := s.store.UnitNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	vs := make([]UnitView, len(us))
	for i, u := range us {
		vs[i] = UnitView{Unit: u, Shown: names[u.ID], Children: children[u.ID], May: u.may(rights, children[u.ID])}
	}
	return vs, nil
}

func (s *Service) view(ctx context.Context, rights policy.Rights, u Unit) (UnitView, error) {
	vs, err := s.views(ctx, rights, []Unit{u})
	if err != nil {
		return UnitView{}, err
	}
	return vs[0], nil
}

// Unit returns a unit with the units above it, the root first.
func (s *Service) Unit(ctx context.Context, actor policy.Actor, unitID string) (UnitView, []Unit, error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	u, err := s.visibleUnit(ctx, s.store, rights, unitID)
	if err != nil {
		return UnitView{}, nil, err
	}
	v, err := s.view(ctx, rights, u)
	if err != nil {
		return UnitView{}, nil, err
	}
	above, err := s.above(ctx, u)
	return v, above, err
}

func (s *Service) above(ctx context.Context, u Unit) ([]Unit, error) {
	ids := id.InPath(u.Path)
	ids = ids[:len(ids)-1]
	byID, err := s.store.UnitsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	above := make([]Unit, 0, len(ids))
	for _, x := range ids {
		above = append(above, byID[x])
	}
	return above, nil
}

func (s *Service) visibleUnit(ctx context.Context, r Reader, rights policy.Rights, unitID string) (Unit, error) {
	if err := knownID("unit", unitID); err != nil {
		return Unit{}, err
	}
	u, err := r.Unit(ctx, unitID)
	if err != nil {
		return u, err
	}
	return u, fault.Unless(rights.Covers("read", u.target()), false, "unit", "")
}

// lockedUnit is the unit, for a change that the actor may make.
func lockedUnit(ctx context.Context, tx Tx, rights policy.Rights, e errand) (Unit, error) {
	if err := knownID("unit", e.id); err != nil {
		return Unit{}, err
	}
	u, err := tx.LockUnit(ctx, e.id)
	if err != nil {
		return u, err
	}
	if err := fault.Unless(rights.Covers("write", u.target()), rights.Covers("read", u.target()), "unit", unitVerbs.Denied(e.action)); err != nil {
		return u, err
	}
	return u, fault.Version(e.want, u.Version)
}

// UnitInput is what makes a unit.
type UnitInput struct {
	ParentID  string   `limit:"..64"`
	Code      string   `limit:"1..64"`
	Level     string   `words:"level"`
	Name      string   `limit:"1..200"`
	Kind      string   `limit:"..50"`
	Sectors   []string `limit:"..20" each:"..50"`
	Classes   int64    `limit:"0..1000000000"`
	Staff     int64    `limit:"0..1000000000"`
	Residents int64    `limit:"0..1000000000"`
	Longitude float64  `limit:"-180..180?"`
	Latitude  float64  `limit:"-90..90?"`
	ContactID string   `limit:"..64"`
	Phone     string   `limit:"..50"`
}

func (in *UnitInput) clean() error {
	lines(&in.Name, &in.Code, &in.Kind, &in.Phone)
	if err := fault.Check(in); err != nil {
		return err
	}
	in.Sectors = inOrder(in.Sectors)
	if !validCode(in.Code) {
		return fault.BadField("code", "may hold letters, digits, . - and _ only", in.Code)
	}
	return nil
}

func validCode(code string) bool {
	return code != "" && len(code) <= 64 && strings.IndexFunc(code, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '.' || r == '-' || r == '_')
	}) < 0
}

func (in UnitInput) unit(parent Unit, now time.Time) Unit {
	u := Unit{
		ID: id.New(), ParentID: parent.ID, Code: in.Code, Level: in.Level, Kind: in.Kind, Sectors: in.Sectors,
		Name: in.Name, Initials: initials(in.Name), Classes: in.Classes, Staff: in.Staff, Residents: in.Residents,
		Longitude: in.Longitude, Latitude: in.Latitude, ContactID: in.ContactID, Phone: in.Phone, Active: true, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	u.Path = parent.Path + u.ID + "/"
	return u
}

// CreateUnit makes a unit below in.ParentID. Faults: unit_level, unit_inactive,
// code_taken, import_running.
func (s *Service) CreateUnit(ctx context.Context, actor policy.Actor, in UnitInput) (UnitView, error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	if err := in.clean(); err != nil {
		return UnitView{}, err
	}
	if err := knownID("unit", in.ParentID); err != nil {
		return UnitView{}, err
	}
	var u Unit
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := exclusive(ctx, tx); err != nil {
			return err
		}
		parent, err := lockedUnit(ctx, tx, rights, errand{id: in.ParentID, action: "add units to"})
		if err != nil {
			return err
		}
		if err := parent.adopt(in.Level); err != nil {
			return err
		}
		if err := checkCodes(ctx, tx, Unit{Kind: in.Kind, Sectors: in.Sectors}, Unit{}); err != nil {
			return err
		}
		u, err = s.addUnit(ctx, deed{Tx: tx, actor: actor}, in, parent)
		return err
	})
	if err != nil {
		return UnitView{}, err
	}
	return s.view(ctx, rights, u)
}

// addUnit makes a unit below parent and tells about it.
func (s *Service) addUnit(ctx context.Context, d deed, in UnitInput, parent Unit) (Unit, error) {
	taken, err := d.UnitsByCode(ctx, []string{in.Code})
	if err != nil {
		return Unit{}, err
	}
	if len(taken) > 0 {
		return Unit{}, fault.New(fault.Conflict, "code_taken", "There is a unit with the code %s already.", in.Code)
	}
	if err := contactExists(ctx, d, in.ContactID); err != nil {
		return Unit{}, err
	}
	now := s.clock.Now()
	us := []Unit{in.unit(parent, now)}
	namesakes, err := d.ShareNames(ctx, us, now)
	if err != nil {
		return Unit{}, err
	}
	if err := d.InsertUnits(ctx, us); err != nil {
		return Unit{}, err
	}
	return us[0], d.Emit(ctx, unitsChanged(now, append(us, namesakes...)...).By(d.actor.PersonID, d.actor.Name).Because(d.reason))
}

func contactExists(ctx context.Context, r Reader, personID string) error {
	if personID == "" {
		return nil
	}
	p, err := r.Person(ctx, personID)
	switch {
	case fault.Is(err, fault.NotFound):
		return fault.BadField("contact_id", "there is no such person", personID)
	case err == nil && p.Disabled:
		return fault.BadField("contact_id", "expected a person who is not disabled", personID)
	}
	return err
}

// exclusive is the first step of whatever changes the shape of the tree, makes
// people or gives roles: an import that was checked before it is checked again.
func exclusive(ctx context.Context, tx Tx) error {
	st, err := unlockedByImport(ctx, tx)
	if err != nil {
		return err
	}
	st.Version++
	return tx.PutState(ctx, st)
}

// unlockedByImport locks the state and refuses while an import is taken in.
func unlockedByImport(ctx context.Context, tx Tx) (State, error) {
	st, err := tx.Lock(ctx)
	if err == nil && st.ImportID != "" {
		err = fault.New(fault.Conflict, "import_running", "An import is being taken in. Try again when it is done; see GET /api/v1/imports/%s.", st.ImportID)
	}
	return st, err
}

// UnitPatch changes what is not nil.
type UnitPatch struct {
	Name      *string   `limit:"1..200"`
	Kind      *string   `limit:"..50"`
	Sectors   *[]string `limit:"..20" each:"..50"`
	Classes   *int64    `limit:"0..1000000000"`
	Staff     *int64    `limit:"0..1000000000"`
	Residents *int64    `limit:"0..1000000000"`
	Longitude *float64  `limit:"-180..180"`
	Latitude  *float64  `limit:"-90..90"`
	ContactID *string   `limit:"..64"`
	Phone     *string   `limit:"..50"`
}

func (p UnitPatch) apply(u *Unit) {
	set(&u.Name, p.Name)
	set(&u.Kind, p.Kind)
	if p.Sectors != nil {
		u.Sectors = inOrder(*p.Sectors)
	}
	set(&u.Phone, p.Phone)
	set(&u.ContactID, p.ContactID)
	set(&u.Classes, p.Classes)
	set(&u.Staff, p.Staff)
	set(&u.Residents, p.Residents)
	set(&u.Longitude, p.Longitude)
	set(&u.Latitude, p.Latitude)
	u.Initials = initials(u.Name)
}

// UpdateUnit changes a unit; want is the version the caller has, or 0.
func (s *Service) UpdateUnit(ctx context.Context, actor policy.Actor, unitID string, want int64, p UnitPatch) (UnitView, error) {
	lines(p.Name, p.Kind, p.Phone)
	if err := fault.Check(p); err != nil {
		return UnitView{}, err
	}
	return s.editUnit(ctx, actor, errand{id: unitID, want: want, action: "change"}, named, func(ctx context.Context, d deed, u *Unit) error {
		was := *u
		p.apply(u)
		if err := checkCodes(ctx, d, *u, was); err != nil {
			return err
		}
		if p.ContactID == nil {
			return nil
		}
		return contactExists(ctx, d, u.ContactID)
	})
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// editUnit changes one unit, after a first step, and tells about it.
func (s *Service) editUnit(ctx context.Context, actor policy.Actor, e errand,
	first func(context.Context, Tx) error, edit func(context.Context, deed, *Unit) error) (UnitView, error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	var u Unit
	err := s.change(ctx, func(ctx context.Context, tx Tx) (err error) {
		if err := first(ctx, tx); err != nil {
			return err
		}
		if u, err = lockedUnit(ctx, tx, rights, e); err != nil {
			return err
		}
		was := u.Name
		if err := edit(ctx, deed{tx, actor, e.reason}, &u); err != nil {
			return err
		}
		now := s.clock.Now()
		namesakes, err := renamed(ctx, tx, was, &u, now)
		if err != nil {
			return err
		}
		u.Version++
		u.UpdatedAt = now
		if err := tx.UpdateUnit(ctx, u); err != nil {
			return err
		}
		return tx.Emit(ctx, unitsChanged(now, append([]Unit{u}, namesakes...)...).By(actor.PersonID, actor.Name).Because(e.reason))
	})
	if err != nil {
		return UnitView{}, err
	}
	return s.view(ctx, rights, u)
}

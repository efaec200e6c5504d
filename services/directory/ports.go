package directory

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
)

// Store keeps what the directory owns.
type Store interface {
	Reader
	// InTx runs f in one transaction that commits when f returns nil; f may
	// run again when the database asks for a retry.
	InTx(ctx context.Context, f func(context.Context, Tx) error) error
	// Settle tells the database that much has changed, so that it plans well.
	Settle(ctx context.Context) error
	// Sole tells that no other process can work on the database.
	Sole() bool
	// Breaches looks for what must never be and returns a sentence for each.
	// With mended it mends what can be recomputed, and calls it in the same
	// transaction with what was changed.
	Breaches(ctx context.Context, mended func(context.Context, Tx, Mended) error) ([]string, error)
}

// Reader is what can be asked inside and outside a transaction. A single
// thing that does not exist is a fault.NotFound; missing ones of many are absent.
type Reader interface {
	Unit(ctx context.Context, id string) (Unit, error)
	// UnitsAfter lists units in the order of their ids, after one.
	UnitsAfter(ctx context.Context, after string, limit int) ([]Unit, error)
	UnitsByID(ctx context.Context, ids []string) (map[string]Unit, error)
	// UnitNames answers by id with the names that units are shown by outside the tree.
	UnitNames(ctx context.Context, ids []string) (map[string]string, error)
	// UnitsByCode answers by code, with those whose code differs in case only.
	UnitsByCode(ctx context.Context, codes []string) (map[string]Unit, error)
	// Units lists at most f.Limit units in the order of f.
	Units(ctx context.Context, f UnitFilter) ([]Unit, error)
	// Codes lists all values of the code lists, in their order.
	Codes(ctx context.Context) ([]Code, error)
	// CodeUses counts the units that have a value.
	CodeUses(ctx context.Context, c Code) (int64, error)
	// SaidOfUnits lists by list the different kinds and lines that units have.
	SaidOfUnits(ctx context.Context) (map[string][]string, error)
	// LeadOffices lists those of an area, by line.
	LeadOffices(ctx context.Context, unitID string) ([]LeadOffice, error)
	// LeadOfficesAfter lists those of all areas in the order of area and line,
	// after one.
	LeadOfficesAfter(ctx context.Context, unitID, sector string, limit int) ([]LeadOffice, error)
	// ChildCounts counts the active units directly below each of ids.
	ChildCounts(ctx context.Context, ids []string) (map[string]int64, error)

	Person(ctx context.Context, id string) (Person, error)
	PersonByAccount(ctx context.Context, account string) (Person, bool, error)
	// ContactOf lists the units whose responsible person somebody is; at most 500.
	ContactOf(ctx context.Context, personID string) ([]Unit, error)
	// PeopleAfter lists people in the order of their ids, after one.
	PeopleAfter(ctx context.Context, after string, limit int) ([]Person, error)
	PeopleByID(ctx context.Context, ids []string) (map[string]Person, error)
	// Place is what is known of an account at a network, which may be nothing.
	Place(ctx context.Context, personID, network string) (Place, error)
	// PeopleByAccount answers by AccountKey.
	PeopleByAccount(ctx context.Context, keys []string) (map[string]Person, error)
	People(ctx context.Context, f PersonFilter) ([]Person, error)
	// Workforce counts the enabled people who work at a unit.
	Workforce(ctx context.Context, unitID string) (int64, error)
	AnyPerson(ctx context.Context) (bool, error)

	Grant(ctx context.Context, id string) (Grant, error)
	Grants(ctx context.Context, f GrantFilter) ([]Grant, error)
	// GrantsOf answers by person.
	GrantsOf(ctx context.Context, personIDs []string) (map[string][]Grant, error)
	// Took answers by unit with the ids of what it took over: the units that were
	// merged into it, and into those.
	Took(ctx context.Context, unitIDs []string) (map[string][]string, error)
	// Holders counts the enabled people who hold role.
	Holders(ctx context.Context, role string) (int64, error)

	// Holder finds who a session belongs to by the hash of its token.
	Holder(ctx context.Context, tokenHash string) (Holder, bool, error)
	Sessions(ctx context.Context, personID string) ([]Session, error)
	// Expired lists up to limit sessions not seen since idle or past their end.
	Expired(ctx context.Context, idle, now time.Time, limit int64) ([]Session, error)

	Import(ctx context.Context, id string) (Import, error)
	// OpenImports lists those that are staging or applying.
	OpenImports(ctx context.Context) ([]Import, error)
	State(ctx context.Context) (State, error)
}

// Tx is one transaction. What Lock… returned nobody else changes before it ends.
type Tx interface {
	Reader
	// Lock keeps others from changing the shape of the tree or importing.
	Lock(ctx context.Context) (State, error)
	PutState(ctx context.Context, s State) error

	LockUnit(ctx context.Context, id string) (Unit, error)
	// ShareNames is asked before units are inserted or renamed: it sets their
	// SharesName, and returns the one unit of each of their names that had it
	// alone, changed and stored.
	ShareNames(ctx context.Context, us []Unit, now time.Time) ([]Unit, error)
	// LeaveName is asked when a unit gives up a name; the one unit that is left
	// with it, if there is one only, is changed, stored and returned.
	LeaveName(ctx context.Context, name, unitID string, now time.Time) ([]Unit, error)
	InsertUnits(ctx context.Context, us []Unit) error
	UpdateUnit(ctx context.Context, u Unit) error
	// MovePaths changes every path that begins with from, in all tables;
	// units below from, not at it, get a new version.
	MovePaths(ctx context.Context, from, to string, now time.Time) error
	// Below lists the units strictly below path in the order of paths, after a path.
	Below(ctx context.Context, path, after string, limit int64) ([]Unit, error)

	// UnitsSaid lists units that have one of some kinds or lines.
	UnitsSaid(ctx context.Context, kinds, sectors []string, limit int) ([]Unit, error)
	InsertCodes(ctx context.Context, cs []Code) error
	UpdateCode(ctx context.Context, c Code) error
	DeleteCode(ctx context.Context, id string) error
	PutLeadOffice(ctx context.Context, l LeadOffice) error

	LockPerson(ctx context.Context, id string) (Person, error)
	InsertPeople(ctx context.Context, ps []Person) error
	UpdatePerson(ctx context.Context, p Person) error
	// PutPlace stores a place; of each person the latest are kept.
	PutPlace(ctx context.Context, at Place) error
	// UnlockPlaces forgets the failures at all places of a person.
	UnlockPlaces(ctx context.Context, personID string) error

	InsertGrants(ctx context.Context, gs []Grant) error
	DeleteGrant(ctx context.Context, id string) error

	InsertSession(ctx context.Context, s Session) error
	// EndSessions removes sessions and tells which of them still existed.
	EndSessions(ctx context.Context, ids []string) (map[string]bool, error)
	// Seen notes when sessions were last used.
	Seen(ctx context.Context, at map[string]time.Time) error

	InsertImport(ctx context.Context, i Import) error
	UpdateImport(ctx context.Context, i Import) error
	LockImport(ctx context.Context, id string) (Import, error)
	InsertChunk(ctx context.Context, importID string, number int64, payload []byte) error
	Chunk(ctx context.Context, importID string, number int64) ([]byte, error)
	// DropChunks removes one chunk, or all of an import when number is negative.
	DropChunks(ctx context.Context, importID string, number int64) error

	// Emit publishes events when the transaction has committed.
	Emit(ctx context.Context, events ...event.Event) error
}

// Mended is what a repair has changed.
type Mended struct {
	Units map[string]string // id → the path before
	// People are those who, or whose grants, were changed.
	People []string
}

// State is the one row everybody who changes the tree's shape locks first.
type State struct {
	Version     int64    // grows with everything an import's check depends on
	ImportID    string   // the import being taken in
	SetupHashes []string // of the setup tokens, oldest first
}

// UnitFilter says which units to list, by code. Empty parts do not matter.
type UnitFilter struct {
	Reach    policy.Reach
	ParentID string
	Top      bool // where the reach begins
	Under    string
	Query    string
	Level    string
	Kind     string
	Sector   string
	Active   *bool
	After    string
	Limit    int64
}

// PersonFilter says which people to list, by account.
type PersonFilter struct {
	Reach    policy.Reach
	UnitID   string
	Under    string
	Query    string
	Disabled *bool
	After    string
	Limit    int64
}

// GrantFilter says which grants to list, by id.
type GrantFilter struct {
	Reach    policy.Reach
	PersonID string
	UnitID   string
	Role     string
	After    string
	Limit    int64
}

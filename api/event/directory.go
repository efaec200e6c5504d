package event

import "slices"

// Events of the directory: units, people, grants and sessions.
const (
	UnitsChanged      Type = "directory.units.changed.v1"
	UnitMoved         Type = "directory.unit.moved.v1"
	PersonsChanged    Type = "directory.persons.changed.v1"
	GrantGiven        Type = "directory.grant.given.v1"
	GrantWithdrawn    Type = "directory.grant.withdrawn.v1"
	SessionStarted    Type = "directory.session.started.v1"
	SessionEnded      Type = "directory.session.ended.v1"
	SignInFailed      Type = "directory.sign_in.failed.v1"
	AccountLocked     Type = "directory.account.locked.v1"
	PasswordChanged   Type = "directory.password.changed.v1"
	InstallationSetUp Type = "directory.installation.set_up.v1"

	CodesChanged       Type = "directory.codes.changed.v1"
	LeadOfficesChanged Type = "directory.lead_offices.changed.v1"
)

func init() {
	define(Units{}, map[Type]string{
		UnitsChanged: "Units were created, changed, deactivated or imported; at most 500 an event, each as it is now.",
	})
	define(Move{}, map[Type]string{
		UnitMoved: "A unit got another parent; the paths of everything below it changed with it.",
	})
	define(Persons{}, map[Type]string{
		PersonsChanged: "People were created, changed, disabled or imported; at most 500 an event, each as they are now.",
	})
	define(Grant{}, map[Type]string{
		GrantGiven:     "A person was given a role at a unit.",
		GrantWithdrawn: "A role was taken from a person.",
	})
	define(Session{}, map[Type]string{
		SessionStarted:    "A person signed in.",
		SessionEnded:      "A session ended: signed out, ended by its owner or an administrator, or expired.",
		SignInFailed:      "Somebody gave a wrong password for an existing account.",
		AccountLocked:     "An account was locked after too many wrong passwords.",
		PasswordChanged:   "A person's password was changed; their other sessions ended.",
		InstallationSetUp: "The first three administrators were made with the setup token.",
	})
	define(Codes{}, map[Type]string{
		CodesChanged: "Values of the code lists were added, changed, closed, opened or deleted; at most 500 an event, each as it is now.",
	})
	define(LeadOffices{}, map[Type]string{
		LeadOfficesChanged: "A line has another lead office in an area, or none; at most 500 an event, each as it is now.",
	})
}

// Codes is a batch of values of the code lists as they are now.
type Codes struct {
	Codes []Code `json:"codes"`
}

// Code is a value of a code list.
type Code struct {
	ID       string   `json:"id"`
	List     string   `json:"list"` // kind, sector, denominator
	Code     string   `json:"code"`
	Chinese  string   `json:"chinese"`
	English  string   `json:"english"`
	Also     []string `json:"also,omitempty"` // other names
	Position int64    `json:"position"`
	// Closed values stay with the units that have them; no other gets them.
	Closed  bool  `json:"closed,omitempty"`
	Deleted bool  `json:"deleted,omitempty"`
	Version int64 `json:"version"`
}

// LeadOffices is a batch of lead offices as they are now.
type LeadOffices struct {
	LeadOffices []LeadOffice `json:"lead_offices"`
}

// LeadOffice says which unit leads a line in an area.
type LeadOffice struct {
	UnitID   string `json:"unit_id"` // the area
	UnitPath string `json:"unit_path"`
	Sector   string `json:"sector"`              // code of the line
	OfficeID string `json:"office_id,omitempty"` // empty where none leads it any more
	Version  int64  `json:"version"`
}

// Units is a batch of units as they are now.
type Units struct {
	Units []Unit `json:"units"`
}

// Unit is a node of the unit tree.
type Unit struct {
	ID       string `json:"id"`
	ParentID string `json:"parent_id,omitempty"` // empty for a root
	Path     string `json:"path"`                // ids from the root, each followed by "/"
	Level    string `json:"level"`               // province, city, county, town, unit
	Kind     string `json:"kind,omitempty"`      // bureau, school, community, village, company…
	// Sectors are the codes of the lines that it belongs to.
	Sectors []string `json:"sectors,omitempty"`
	// Sector is its only line, in events of before there could be several.
	Sector string `json:"sector,omitempty"`
	Code   string `json:"code"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
	// Denominators of per-class, per-head figures; 0 is unknown.
	Classes   int64 `json:"classes,omitempty"`
	Staff     int64 `json:"staff,omitempty"`
	Residents int64 `json:"residents,omitempty"`
	// Longitude and Latitude in degrees; both 0 is unknown.
	Longitude float64 `json:"longitude,omitempty"`
	Latitude  float64 `json:"latitude,omitempty"`
	// ContactID is the responsible person.
	ContactID string `json:"contact_id,omitempty"`
	// SuccessorID is the unit that a deactivated one was merged into.
	SuccessorID string `json:"successor_id,omitempty"`
	// SharesName tells that other units have the same name: outside the tree each
	// is shown with the name of the unit above. Absent is not told.
	SharesName *bool `json:"shares_name,omitempty"`
	Version    int64 `json:"version"`
}

// Lines are the codes of the lines that the unit belongs to, whichever version told.
func (u Unit) Lines() []string {
	if len(u.Sectors) == 0 && u.Sector != "" {
		return []string{u.Sector}
	}
	return u.Sectors
}

// Move tells that the subtree at OldPath is now at NewPath. Every path that
// begins with OldPath begins with NewPath from now on.
type Move struct {
	UnitID      string `json:"unit_id"`
	OldParentID string `json:"old_parent_id"`
	NewParentID string `json:"new_parent_id"`
	OldPath     string `json:"old_path"`
	NewPath     string `json:"new_path"`
}

// Persons is a batch of people as they are now.
type Persons struct {
	Persons []Person `json:"persons"`
}

// Person is a named user with an account.
type Person struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Account  string `json:"account"`
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	Title    string `json:"title,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	// HandedOver says who has from now on what the person held: once, with the
	// change that took them away from it.
	HandedOver []HandedOver `json:"handed_over,omitempty"`
	Grants     []Grant      `json:"grants"`
	Version    int64        `json:"version"`
}

// Kinds of what hangs on a person.
const (
	HeldUnits          = "unit_contacts"  // units whose responsible person they are
	HeldAssignments    = "assignments"    // they are responsible for
	HeldRectifications = "rectifications" // they are responsible for
	HeldMeasures       = "measures"       // of plans, that are theirs to do
	HeldVerifications  = "verifications"  // they have begun
	HeldInspections    = "inspections"    // planned, they are to carry out
	HeldDraws          = "draws"          // whose inspections they are to plan
)

// HandedOver is one kind of what a person held, and who has it from now on.
type HandedOver struct {
	Kind string `json:"kind"` // one of the kinds above
	To   string `json:"to,omitempty"`
	Name string `json:"name,omitempty"` // of that person
}

// Leavers are those of the people who leave what they held, with what becomes of
// each of kinds of it: all of them of who is disabled, for whoever is disabled is
// nobody; of others what they hand over.
func (ps Persons) Leavers(kinds ...string) map[string]map[string]HandedOver {
	out := map[string]map[string]HandedOver{}
	for _, p := range ps.Persons {
		over := map[string]HandedOver{}
		for _, k := range kinds {
			i := slices.IndexFunc(p.HandedOver, func(h HandedOver) bool { return h.Kind == k })
			switch {
			case i >= 0:
				over[k] = p.HandedOver[i]
			case p.Disabled:
				over[k] = HandedOver{Kind: k}
			}
		}
		if len(over) > 0 {
			out[p.ID] = over
		}
	}
	return out
}

// Grant is a role held at a unit.
type Grant struct {
	ID       string `json:"id"`
	PersonID string `json:"person_id"`
	Role     string `json:"role"`
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	Level    string `json:"level"` // of the unit
	// OfficeID is the unit that it is held for: for campaign managers and inspectors
	// the office that acts for the area, else the unit itself.
	OfficeID string `json:"office_id,omitempty"`
}

// Session tells of a sign-in, a sign-out or an account; it never holds a token.
type Session struct {
	SessionID string `json:"session_id,omitempty"`
	PersonID  string `json:"person_id"`
	Account   string `json:"account,omitempty"`
	// Cause of an end: signed_out, ended, expired, disabled, password_changed;
	// of a new password: changed, reset, recovered (on the command line).
	Cause string `json:"cause,omitempty"`
	// Address the request came from.
	Address string `json:"address,omitempty"`
}

package directory

// What the use cases take in parts; what it is held to stands here and at the
// inputs, once, see fault.Check.

// Reason is why something is done; the audit trail shows it.
type Reason struct {
	Reason string `limit:"..1000"`
}

// GrantInput gives a role.
type GrantInput struct {
	PersonID string `limit:"..64"`
	Role     string `words:"role"`
	UnitID   string `limit:"..64"`
	OfficeID string `limit:"..64"` // empty for the usual one
	Reason   string `limit:"..1000"`
}

// Moving puts a unit below another.
type Moving struct {
	ParentID string `limit:"..64"`
	Reason   string `limit:"..1000"`
}

// Merging makes a unit a part of another.
type Merging struct {
	IntoID string `limit:"..64"`
	Reason string `limit:"..1000"`
}

// Disabling says why a person is disabled, and who has what they had.
type Disabling struct {
	Reason   string     `limit:"..1000"`
	HandOver []HandOver `limit:"..20"`
}

// SigningIn is what somebody signs in with.
type SigningIn struct {
	Account  string `limit:"1..64"`
	Password string `limit:"1..128"`
}

// PasswordChange gives the password there is and another.
type PasswordChange struct {
	Current string `limit:"1..128"`
	New     string `limit:"1..200"`
}

// SettingUp is what an installation begins with.
type SettingUp struct {
	Token          string `limit:"1..200"`
	Root           UnitInput
	Administrators []FirstAdministrator `limit:"3..3"`
}

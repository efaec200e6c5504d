// Package directory owns who there is: the tree of units, the people who work
// in them with their accounts, the roles people were granted, and sessions.
//
// Units form a tree by level: province, city, county, town, unit. A child
// stands at a lower level than its parent; only units may nest in units. A
// unit's code is unique, whatever its case, and never changes; its path, the ids from the root
// each followed by "/", is what every other service bounds its lists with.
//
//	unit:    active → deactivated (only without active children and people, or
//	         merged into a successor, which takes both over) → active
//	person:  enabled → disabled (ends the sessions) → enabled
//	         unlocked → locked for 15 minutes (5 wrong passwords) → unlocked
//	         initial password → own password (sessions have no grants before)
//	session: live → ended (signed out, ended by the owner, expired, person
//	         disabled, password changed); an ended session leaves no row
//	import:  staging → applying → done; staging → failed (nothing imported)
//
// An import takes effect whole or not at all: all of it is checked first.
// Small ones are one transaction. Large ones are stored in checked chunks and
// then applied chunk by chunk, which a restart resumes; until it is done
// nobody else changes the shape of the tree, makes people or gives grants.
//
// Whether a session token is good, every other service asks here on each
// request (api/rpc ResolveSession). Answers are cached and forgotten in the
// same call that commits a change, and when another replica's event arrives.
//
// Kinds of unit and lines are values of code lists, kept at the top. Units are
// given open ones only and keep those that were closed; imports take any name that
// a value has, and refuse what no list knows. Which unit leads a line in an area is
// said beside them.
//
// A word of this package: strangers are accounts that somebody tried to sign in
// with and that do not exist. They are counted and refused like others.
//
// Events out: units changed, unit moved, persons changed, grant given and
// withdrawn, session started and ended, sign-in failed, account locked,
// password changed, installation set up, codes and lead offices changed (api/event/directory.go).
// Events in: none.
package directory

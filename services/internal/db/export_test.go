package db

// What a migration consists of and makes, and the first number of a version.
var (
	StatementsOf = statementsOf
	MadeBy       = madeBy

	Major = major
)

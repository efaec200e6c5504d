// Package migrations holds the tables of every service, on SQLite and on
// PostgreSQL. A service's database gets the sets named by Sets, each with its
// own bookkeeping, so that platform tables can change without touching a
// service's history.
//
// File names are <UTC timestamp>_<what>.tx.up.sql; a file is applied in one
// transaction, and a published file never changes. No drop and no rename in
// one step: add, fill, switch, and drop in a later release.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed all:*
var files embed.FS

// Services are the services that own a database, in the order they are migrated.
var Services = []string{"directory", "assignment", "evidence", "rectification", "insight", "notice", "audit"}

// withTree are the services that keep a copy of the unit tree.
var withTree = []string{"assignment", "evidence", "rectification", "insight", "notice"}

// withPeople are the services that keep a copy of the people and their grants.
var withPeople = []string{"assignment", "rectification", "notice"}

// Sets names the migration sets of a service, in the order they are applied.
func Sets(service string) []string {
	sets := []string{"platform"}
	if slices.Contains(withTree, service) {
		sets = append(sets, "tree")
	}
	if slices.Contains(withPeople, service) {
		sets = append(sets, "people")
	}
	if _, err := fs.Stat(files, service); err == nil {
		sets = append(sets, service)
	}
	return sets
}

// FS returns the files of one set for one engine ("sqlite" or "postgres").
func FS(set, engine string) (fs.FS, error) {
	sub, err := fs.Sub(files, set+"/"+engine)
	if err != nil {
		return nil, fmt.Errorf("migrations %s/%s: %w", set, engine, err)
	}
	return sub, nil
}

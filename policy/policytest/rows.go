// Package policytest reads the authorization matrix, policy/testdata, for the
// test of the policy itself and for the test of the whole API over HTTP.
// policy/testdata/README.md explains the format.
package policytest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Where a thing lies, seen from the unit a role is held at.
const (
	Own      = "own"      // at the unit of the grant, where the person works too
	Office   = "office"   // at the unit of the grant; the person works in an office below it
	Home     = "home"     // at that office
	Child    = "child"    // elsewhere below the unit of the grant
	Parent   = "parent"   // above it
	Sibling  = "sibling"  // beside it, in the same county
	Other    = "other"    // in another county
	Targeted = "targeted" // above or beside it, but given to it or to units below it
	Self     = "self"     // the person's own
)

// Mine among the relations of a role narrows all of them to what belongs to the
// office that the role is held for.
const Mine = "mine"

// Relations lists all of them.
var Relations = []string{Own, Office, Home, Child, Parent, Sibling, Other, Targeted, Self}

// Cells are the relations at which each role is allowed.
type Cells map[string][]string

// File is the matrix of one service.
type File struct {
	// Sets names lists of relations that are written often.
	Sets map[string][]string `yaml:"sets"`
	// Rights by resource and action, each with a set or a list per role.
	Rights map[string]map[string]map[string]any `yaml:"rights"`
	// Operations by operation id.
	Operations map[string]*Row `yaml:"operations"`

	Service string                      `yaml:"-"`
	Cells   map[string]map[string]Cells `yaml:"-"` // resource → action → role → relations
}

// Row is what is expected of one operation.
type Row struct {
	// Resource and Action as in the document; empty for Public and Session.
	Resource string `yaml:"resource"`
	Action   string `yaml:"action"`
	Public   bool   `yaml:"public"`
	Session  bool   `yaml:"session"`
	// On is the kind of thing the request is about; the resources of all
	// kinds that are named are tried. Empty: the request is about no thing.
	On []string `yaml:"on"`
	// Spend is the kind that allowed cells use up instead of On.
	Spend []string `yaml:"spend"`
	// Only narrows the right to grants at the "issuer" of a thing, or to the
	// "owner" of a thing.
	Only string `yaml:"only"`
	// Write: a change of something that belongs to a campaign, which a closed
	// campaign refuses.
	Write bool `yaml:"write"`
	// Path, Query, Header and Body fill the request in, over the examples of
	// the document. $name stands for a property of the thing.
	Path   map[string]string `yaml:"path"`
	Query  map[string]string `yaml:"query"`
	Header map[string]string `yaml:"header"`
	Body   map[string]any    `yaml:"body"`
	// List is the operation that reads one of the listed, and Kinds what is listed.
	List  string   `yaml:"list"`
	Kinds []string `yaml:"kinds"`
	// Denied are the statuses of a refusal where 403 and 404 do not fit:
	// creations that name their unit in the body, and lists.
	Denied []int `yaml:"denied"`
	// Last is the order of operations that take things or sessions away.
	Last int `yaml:"last"`
	// Misses says why an allowed request may answer 404 all the same.
	Misses string `yaml:"misses"`
	// Refuses says why an allowed request may answer 403 all the same.
	Refuses string `yaml:"refuses"`
	// Skip says why the operation is not called.
	Skip string `yaml:"skip"`

	ID string `yaml:"-"`
}

// Read reads the matrix of every service from dir. Every mistake in it is an error.
func Read(dir string) ([]*File, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no matrix in %s", dir)
	}
	var fs []*File
	var errs []error
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f := &File{Service: strings.TrimSuffix(filepath.Base(name), ".yaml")}
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		if err := dec.Decode(f); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := f.resolve(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		fs = append(fs, f)
	}
	return fs, errors.Join(errs...)
}

func (f *File) resolve() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	relations := func(where string, v any) []string {
		var rs []string
		switch v := v.(type) {
		case string:
			rs = f.Sets[v]
			if rs == nil {
				bad("%s: there is no set %q", where, v)
			}
		case []any:
			for _, x := range v {
				if set, ok := f.Sets[fmt.Sprint(x)]; ok {
					rs = append(rs, set...)
				} else {
					rs = append(rs, fmt.Sprint(x))
				}
			}
		default:
			bad("%s: expected a set or a list of relations, not %v", where, v)
		}
		for _, r := range rs {
			if r != Mine && !slices.Contains(Relations, r) {
				bad("%s: there is no relation %q", where, r)
			}
		}
		return rs
	}
	f.Cells = map[string]map[string]Cells{}
	for resource, actions := range f.Rights {
		f.Cells[resource] = map[string]Cells{}
		for action, roles := range actions {
			c := Cells{}
			for role, v := range roles {
				c[role] = relations(resource+" "+action+" "+role, v)
			}
			f.Cells[resource][action] = c
		}
	}
	for id, r := range f.Operations {
		r.ID = id
		switch {
		case r.Public || r.Session:
			if r.Resource != "" || r.Public && r.Session {
				bad("%s: either public, or session, or a resource", id)
			}
		case f.Cells[r.Resource][r.Action] == nil:
			bad("%s: there are no rights for %s %s", id, r.Resource, r.Action)
		}
	}
	return errors.Join(errs...)
}

// Allowed tells whether the matrix allows role the action on a thing at the relation.
func (f *File) Allowed(resource, action, role, relation string) bool {
	return slices.Contains(f.Cells[resource][action][role], relation)
}

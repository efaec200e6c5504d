package checklist

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/rectification/deed"
)

// Store keeps checklists; what is not there is a fault.NotFound.
type Store interface {
	Checklist(ctx context.Context, id string) (Checklist, error)
	Checklists(ctx context.Context, q Query) ([]Head, error)
	// Place is the path of a unit.
	Place(ctx context.Context, unitID string) (path string, err error)
	// Names are the names of units by id; unknown ids are absent.
	Names(ctx context.Context, ids []string) (map[string]string, error)
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// Tx writes checklists.
type Tx interface {
	deed.Tx
	// SeedChecklist tells whether it was not there yet.
	SeedChecklist(ctx context.Context, c Checklist) (bool, error)
	InsertChecklist(ctx context.Context, c Checklist) error
	// UpdateChecklist changes a draft that is still at version was; else the
	// fault is a Conflict.
	UpdateChecklist(ctx context.Context, c Checklist, was int64) error
	// LastChecklist is the newest version of a series.
	LastChecklist(ctx context.Context, series string) (Head, error)
}

// Query selects checklists, newest first.
type Query struct {
	Reach       policy.Reach
	States      []string
	AllVersions bool // else only drafts and the newest published versions
	AfterID     string
	Limit       int
}

// Sheets reads tables and writes workbooks.
type Sheets interface {
	// Read is as table.Read says.
	Read(ctx context.Context, in table.Input, row func(table.Row) error) (table.Book, error)
	Write(t Table) ([]byte, error)
}

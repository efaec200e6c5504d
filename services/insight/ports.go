package insight

import (
	"context"
	"errors"
	"slices"

	"github.com/duban/duban/policy"
)

var (
	// ErrBroken is an event that can never be counted.
	ErrBroken = errors.New("cannot be counted")
	// ErrEarly is an event about a unit whose place in the tree nobody has told yet.
	ErrEarly = errors.New("unit not known yet")
)

// Tx is the transaction in which one event takes effect.
type Tx interface {
	// Lock has other transactions that count wait for this one. It comes first.
	Lock(ctx context.Context) error

	// Paths tells under which path each unit is counted: that of the copy of
	// the tree, else that remembered in AddStrays. Unknown units are absent.
	Paths(ctx context.Context, unitIDs []string) (map[string]string, error)
	// TreePaths tells the paths in the copy of the tree alone.
	TreePaths(ctx context.Context, unitIDs []string) (map[string]string, error)
	AddStrays(ctx context.Context, paths map[string]string) error
	DropStrays(ctx context.Context, unitIDs []string) error
	// Under lists units counted under path and below, in order of id, after
	// the id given.
	Under(ctx context.Context, path, after string, limit int) ([]Seat, error)

	// PutCampaign keeps c and its tasks, each unless what is there is as new.
	PutCampaign(ctx context.Context, c Campaign) error

	// AddAssignments stores those that are not there yet and returns their ids.
	AddAssignments(ctx context.Context, as []Assignment) (map[string]bool, error)
	// Assignment returns the stored row, nil when there is none.
	Assignment(ctx context.Context, campaignID, taskID, unitID, id string) (*Assignment, error)
	PutAssignment(ctx context.Context, a Assignment) error
	// Mark notes that units have assignments of a campaign.
	Mark(ctx context.Context, campaignID string, unitIDs []string) error

	// Submissions lists all versions of a unit in a campaign.
	Submissions(ctx context.Context, campaignID, unitID string) ([]Submission, error)
	PutSubmission(ctx context.Context, s Submission) error

	Entry(ctx context.Context, kind, id string) (*Entry, error)
	PutEntry(ctx context.Context, e Entry) error
	// FindingsOf are the findings of units.
	FindingsOf(ctx context.Context, unitIDs []string) ([]Entry, error)
	// Sectors are those of units in the copy of the tree, of each with a blank between.
	Sectors(ctx context.Context, unitIDs []string) (map[string]string, error)

	// Own reads the numbers of some units themselves, by unit; Below those
	// strictly below one unit.
	Own(ctx context.Context, unitIDs []string) (map[string]*Deltas, error)
	Below(ctx context.Context, nodeID string) (*Deltas, error)
	// Add changes the counters.
	Add(ctx context.Context, d *Deltas) error
}

// Seat is a unit and the path it is counted under.
type Seat struct {
	UnitID string
	Path   string
}

// Unit is a node of the tree as roll-ups show it.
type Unit struct {
	ID       string
	ParentID string
	Path     string
	Name     string
	Level    string
	Code     string
	Active   bool
}

// Window says which nodes' numbers are read.
type Window struct {
	NodeIDs []string
	// OwnOnly leaves out what is below the nodes.
	OwnOnly bool
	// Unaware leaves out the inspections that the nodes' own units are not to
	// know of yet: whoever looks works there.
	Unaware bool
	// Offices are those whose findings are open to whoever looks, by what they are
	// about; nil is everybody's.
	Offices []string
}

// shows tells whether what belongs to an office is open in the window.
func (w Window) shows(office string) bool {
	return w.Offices == nil || slices.Contains(w.Offices, office)
}

// opens tells whether the sums of a campaign are.
func (w Window) opens(c Campaign) bool { return w.shows(c.OfficeID) }

// TallyRow is a counter at a node; Own where it is of the node's own unit.
type TallyRow struct {
	TallyKey
	Own   bool
	Tally Tally
}

// FigureRow is the sum of a figure at a node. Max and MaxAccepted are set for
// AggregateMax, where there is one.
type FigureRow struct {
	FigureKey
	FigureTally
	Max         *float64
	MaxAccepted *float64
}

// EntryRow is a counter of the register at a node. CampaignID is empty: it
// may stand for several campaigns.
type EntryRow struct {
	EntryKey
	EntryTally
}

// Store reads.
type Store interface {
	Unit(ctx context.Context, id string) (Unit, error)
	// Children lists the units directly below one, in order of id, after the
	// id given.
	Children(ctx context.Context, parentID, after string, limit int) ([]Unit, error)

	// Campaigns lists, newest first and without their tasks, those that have
	// been issued and that either lie in reach themselves or have something
	// at one of the windows' nodes.
	Campaigns(ctx context.Context, f CampaignFilter) ([]Campaign, error)
	Tasks(ctx context.Context, campaignIDs []string) ([]Task, error)

	// Tallies reads the numbers of nodes in some tasks.
	Tallies(ctx context.Context, tasks []Task, w Window) ([]TallyRow, error)
	// Days reads the numbers of nodes by local day in all tasks of one campaign.
	Days(ctx context.Context, tasks []Task, w Window) (map[string]DayTally, error)
	// Figures reads sums of all tasks of a campaign.
	Figures(ctx context.Context, campaignID string, w Window) ([]FigureRow, error)
	// Entries reads the register, of one campaign or, when empty, of all.
	Entries(ctx context.Context, campaignID string, w Window) ([]EntryRow, error)

	// Facets reads the numbers of the findings at the nodes by a facet, those
	// with the most findings first, months in their order; q.UnitID is not looked at.
	Facets(ctx context.Context, by string, q FacetQuery, w Window, limit int) ([]FacetNumbers, error)
	// FacetTotals reads the numbers of all findings, by node.
	FacetTotals(ctx context.Context, q FacetQuery, w Window) (map[string]FacetTally, error)
	// OldestOpen tells since which local day a finding is open, by node.
	OldestOpen(ctx context.Context, campaignID string, w Window) (map[string]string, error)
	// RelapsedUnits lists units with relapses at and below the nodes, in order
	// of id, after the id given.
	RelapsedUnits(ctx context.Context, q FacetQuery, w Window, after string, limit int) ([]string, error)
	// UnitsByID answers with the names that units are shown by outside the tree.
	UnitsByID(ctx context.Context, ids []string) (map[string]Unit, error)
}

// CampaignFilter bounds Store.Campaigns.
type CampaignFilter struct {
	Reach   policy.Reach
	Windows []Window
	ID      string // only this one
	States  []string
	Before  string // only ids smaller than this one
	Limit   int
}

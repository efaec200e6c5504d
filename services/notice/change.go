package notice

import (
	"slices"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
)

// The kinds of things whose changes live streams tell of; each is a resource
// of the policy, too.
const (
	KindCampaign      = "campaign"
	KindAssignment    = "assignment"
	KindSubmission    = "submission"
	KindInspection    = "inspection"
	KindFinding       = "finding"
	KindRectification = "rectification"
	KindFile          = "file" // what is shown of it, and what looks like it
)

var kinds = []string{KindCampaign, KindAssignment, KindSubmission, KindInspection, KindFinding, KindRectification, KindFile}

// Change says that something a person may see is no longer as it was. It
// carries nothing of the thing, which is fetched as ever.
type Change struct {
	Kind    string
	ID      string // empty: some that the person may see
	Version int64  // after the change; 0 where several changed
}

// Progress is how far background work is that a person has started.
type Progress struct {
	PersonID   string `json:"person_id"`
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	CampaignID string `json:"campaign_id"`
	State      string `json:"state"`
	Done       int64  `json:"done"`
	Total      int64  `json:"total"`
}

// hint is a change with what decides who may know of it.
type hint struct {
	Change
	campaign string // that it belongs to; empty for none and for campaigns
	target   policy.Target
	// discreet keeps it from the unit that it is about: a spot check is worth
	// nothing once its unit knows of it, what a file looks like is for who
	// judges it, nor is a draft anything to who is to
	// get it.
	discreet bool
}

// Happened is what one event means for live streams.
type Happened struct {
	hints []hint
	// rights lists people whose rights have changed.
	rights []string
	// moved says that units are elsewhere now, so that anybody's have.
	moved bool
}

// ChangeTypes are the events that Meaning understands.
func ChangeTypes() []event.Type {
	return append(event.Carrying(event.Campaign{}, event.Issued{}, event.AssignmentChange{}, event.Submission{}, event.Inspection{},
		event.Finding{}, event.RectificationChange{}), event.FileExamined, event.MatchFound, event.GrantGiven, event.GrantWithdrawn, event.PersonsChanged, event.UnitMoved)
}

// Meaning tells what an event means for live streams. Everything that decides
// who may know of it stands in the event, so that no stream has to ask a
// database.
func Meaning(e event.Event) (Happened, error) {
	var h Happened
	add := func(c Change, campaign, unitID, unitPath string, offices ...string) *hint {
		h.hints = append(h.hints, hint{Change: c, campaign: campaign, target: policy.Target{UnitID: unitID, UnitPath: unitPath, Offices: offices}})
		return &h.hints[len(h.hints)-1]
	}
	k, ok := event.Known(e.Type)
	if !ok {
		return h, nil
	}
	var err error
	switch k.Data.(type) {
	case event.Campaign:
		err = decoded(e, func(c event.Campaign) {
			h := add(Change{KindCampaign, c.ID, c.Version}, "", c.UnitID, c.UnitPath, c.OfficeID)
			h.discreet = c.State == "draft"
		})
	case event.Issued:
		err = decoded(e, func(i event.Issued) {
			for _, a := range i.Assignments {
				add(Change{KindAssignment, a.ID, a.Version}, a.CampaignID, a.UnitID, a.UnitPath)
			}
		})
	case event.AssignmentChange:
		err = decoded(e, func(c event.AssignmentChange) {
			a := c.Assignment
			add(Change{KindAssignment, a.ID, a.Version}, a.CampaignID, a.UnitID, a.UnitPath)
		})
	case event.Submission:
		err = decoded(e, func(s event.Submission) {
			add(Change{KindSubmission, s.ID, s.Version}, s.CampaignID, s.UnitID, s.UnitPath, s.OfficeID, s.IssuerOfficeID)
		})
	case event.Inspection:
		err = decoded(e, func(i event.Inspection) {
			add(Change{KindInspection, i.ID, i.Version}, i.CampaignID, i.UnitID, i.UnitPath).discreet = i.Unannounced()
		})
	case event.Finding:
		err = decoded(e, func(f event.Finding) {
			add(Change{KindFinding, f.ID, f.Version}, f.CampaignID, f.UnitID, f.UnitPath)
			if unit, path := f.Duty(); unit != f.UnitID {
				add(Change{KindFinding, f.ID, f.Version}, f.CampaignID, unit, path)
			}
		})
	case event.RectificationChange:
		err = decoded(e, func(c event.RectificationChange) {
			r := c.Rectification
			add(Change{KindRectification, r.ID, r.Version}, r.CampaignID, r.UnitID, r.UnitPath)
		})
	case event.File:
		err = decoded(e, func(f event.File) { add(Change{KindFile, f.ID, 0}, "", f.UnitID, f.UnitPath, f.Offices...) })
	case event.Match:
		// Whose file it is learns nothing of what it looks like.
		err = decoded(e, func(m event.Match) {
			add(Change{KindFile, m.FileID, 0}, "", m.UnitID, m.UnitPath, m.Offices...).discreet = true
		})
	case event.Grant:
		err = decoded(e, func(g event.Grant) { h.rights = []string{g.PersonID} })
	case event.Persons:
		err = decoded(e, func(ps event.Persons) {
			for _, p := range ps.Persons {
				h.rights = append(h.rights, p.ID)
			}
		})
	case event.Move:
		h.moved = true
	}
	return h, err
}

func decoded[T any](e event.Event, f func(T)) error {
	v, err := event.Decode[T](e)
	if err == nil {
		f(v)
	}
	return err
}

// bounds are what bounds the lists of everything a stream tells of.
func bounds() []policy.Right {
	rs := []policy.Right{drafts}
	for _, k := range kinds {
		rs = append(rs, policy.Right{Resource: k, Action: "read"})
	}
	return rs
}

var drafts = policy.Right{Resource: KindCampaign, Action: "read_draft"}

// bound is what bounds the list that the hint is about.
func (h hint) bound() policy.Right {
	if h.discreet && h.Kind == KindCampaign {
		return drafts
	}
	return policy.Right{Resource: h.Kind, Action: "read"}
}

// shown is the change as somebody with this reach may know of it: reach is
// what the lists of the kind are bounded by. ok is false for what is out of
// reach. Who sees a campaign because it has assignments below them is told
// that some campaign has changed: which ones those are only their service knows.
func (h hint) shown(reach policy.Reach) (c Change, ok bool) {
	if h.discreet && (h.Kind == KindInspection || h.Kind == KindFile) {
		reach.Spans = slices.DeleteFunc(slices.Clone(reach.Spans), func(s policy.Span) bool { return s.Path == h.target.UnitPath })
	}
	if reach.Covers(h.target) {
		return h.Change, true
	}
	for _, s := range reach.Spans {
		if h.discreet {
			break
		}
		if s.Where == policy.Targeted && (strings.HasPrefix(s.Path, h.target.UnitPath) || strings.HasPrefix(h.target.UnitPath, s.Path)) {
			return Change{Kind: h.Kind}, true
		}
	}
	return Change{}, false
}

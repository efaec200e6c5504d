package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/gowebpki/jcs"
)

// ManifestFormat names the form of manifests; a change of meaning is a new one.
const ManifestFormat = "duban-manifest/1"

// Manifest is what a sealed submission says, for ever. Its canonical form is
// stored and hashed.
type Manifest struct {
	Format         string         `json:"format"`
	SubmissionID   string         `json:"submission_id"`
	Number         int64          `json:"number"`
	Target         Kind           `json:"target"`
	TargetID       string         `json:"target_id"`
	Campaign       *Named         `json:"campaign,omitempty"`
	Task           Named          `json:"task"` // of a rectification: its number and title
	Unit           ManifestUnit   `json:"unit"`
	Items          []ManifestItem `json:"items"` // in the order of the requirements
	Note           string         `json:"note,omitempty"`
	ChildrenReason string         `json:"children_reason,omitempty"`
	FixedOnSpot    bool           `json:"fixed_on_spot,omitempty"`
	SealedAt       string         `json:"sealed_at"` // RFC 3339, UTC
	SealedBy       Named          `json:"sealed_by"`
	// Previous is the hash of the last manifest sealed for the same target.
	Previous string `json:"previous_manifest_sha256,omitempty"`
}

// Named is an id with the name it had when the manifest was sealed.
type Named struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// ManifestUnit is the unit that submits.
type ManifestUnit struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Path string `json:"path"`
}

// ManifestItem is what was given for one requirement.
type ManifestItem struct {
	RequirementID string     `json:"requirement_id"`
	Kind          kinds.Kind `json:"kind"`
	Title         string     `json:"title"`
	Figure        string     `json:"figure,omitempty"`
	Measure       string     `json:"measure,omitempty"`
	Aggregate     string     `json:"aggregate,omitempty"`
	Value         *float64   `json:"value,omitempty"`
	Text          string     `json:"text,omitempty"`
	Links         []string   `json:"links,omitempty"`
	// LinkSnapshots are what had been found at links by the time of sealing.
	LinkSnapshots []ManifestSnapshot `json:"link_snapshots,omitempty"`
	Rows          []map[string]any   `json:"rows,omitempty"`
	Files         []ManifestFile     `json:"files,omitempty"`
	// Of a pledge: who made it, when, and the SHA-256 of its text in UTF-8.
	Signatory  string `json:"signatory,omitempty"`
	SignedAt   string `json:"signed_at,omitempty"` // RFC 3339, UTC
	TextSHA256 string `json:"text_sha256,omitempty"`
	// From is the sealed item it was taken over from.
	From *ManifestSource `json:"from,omitempty"`
}

// ManifestSnapshot is what was found at an address.
type ManifestSnapshot struct {
	Address     string `json:"address"`
	Title       string `json:"title"`        // empty for none
	RetrievedAt string `json:"retrieved_at"` // RFC 3339, UTC
}

// ManifestSource is the item of an earlier submission of the same unit.
type ManifestSource struct {
	SubmissionID   string `json:"submission_id"`
	RequirementID  string `json:"requirement_id"`
	Number         int64  `json:"number"`
	Task           Named  `json:"task"`
	ManifestSHA256 string `json:"manifest_sha256"`
}

// ManifestFile is a file of an item.
type ManifestFile struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Type   string `json:"type"`
	SM3    string `json:"sm3,omitempty"` // where it was made by the time of sealing
}

// content is what a submission holds: every file of the items, and every
// submission that one of them was taken over from, by id.
type content struct {
	items []Item
	files map[string]File
	from  map[string]Earlier
}

// compose makes the manifest of s, which has just been given its sealing
// time and person; previous is the hash of the one before.
func compose(s Submission, t Target, u UnitInfo, c content, previous string) (Manifest, error) {
	m := Manifest{
		Format: ManifestFormat, SubmissionID: s.ID, Number: s.Number, Target: s.Target, TargetID: s.TargetID,
		Task: Named{ID: s.TaskID, Name: t.Title}, Unit: ManifestUnit{ID: u.ID, Name: u.Name, Path: s.UnitPath},
		Items: []ManifestItem{}, Note: s.Note, ChildrenReason: s.ChildrenReason, FixedOnSpot: s.FixedOnSpot,
		SealedAt: s.SealedAt.UTC().Format(time.RFC3339Nano), SealedBy: Named{ID: s.SealedBy, Name: s.SealedName}, Previous: previous,
	}
	if s.CampaignID != "" {
		m.Campaign = &Named{ID: s.CampaignID, Name: t.Campaign}
	}
	by := make(map[string]Item, len(c.items))
	for _, it := range c.items {
		by[it.RequirementID] = it
	}
	for _, r := range t.Requirements {
		it, ok := by[r.ID]
		if !ok {
			continue
		}
		mi := ManifestItem{RequirementID: r.ID, Kind: r.Kind, Title: r.Title, Value: it.Value, Text: it.Text, Links: it.Links, Rows: it.Rows}
		if r.Kind == kinds.Number {
			mi.Figure, mi.Measure, mi.Aggregate = r.Figure, r.Measure, r.Aggregate
		}
		if it.SignedAt != nil {
			mi.Signatory, mi.SignedAt = it.Signatory, it.SignedAt.UTC().Format(time.RFC3339Nano)
			mi.TextSHA256 = it.TextHash()
		}
		if it.From != nil {
			e, ok := c.from[it.From.SubmissionID]
			if !ok {
				return m, fmt.Errorf("submission %s, which %s takes over from, is not there", it.From.SubmissionID, s.ID)
			}
			mi.From = &ManifestSource{
				SubmissionID: e.ID, RequirementID: it.From.RequirementID, Number: e.Number,
				Task: Named{ID: e.TaskID, Name: e.Title}, ManifestSHA256: e.ManifestHash,
			}
		}
		for _, id := range it.FileIDs {
			f, ok := c.files[id]
			if !ok || f.State != Received {
				return m, fmt.Errorf("file %s of submission %s is not there", id, s.ID)
			}
			mi.Files = append(mi.Files, ManifestFile{ID: f.ID, Name: f.Name, Size: f.Size, SHA256: f.SHA256, Type: f.Type, SM3: f.SM3})
		}
		m.Items = append(m.Items, mi)
	}
	return m, nil
}

// addSnapshots adds what was found at the links.
func (m Manifest) addSnapshots(found map[string]Snapshot) {
	for i, it := range m.Items {
		for _, l := range it.Links {
			if x := found[l]; x.State == SnapshotDone {
				m.Items[i].LinkSnapshots = append(m.Items[i].LinkSnapshots,
					ManifestSnapshot{Address: l, Title: x.Title, RetrievedAt: x.RetrievedAt.UTC().Format(time.RFC3339Nano)})
			}
		}
	}
}

// figures are the numbers the manifest states, by requirement.
func (m Manifest) figures() map[string]float64 {
	fs := map[string]float64{}
	for _, it := range m.Items {
		if it.Value != nil {
			fs[it.RequirementID] = *it.Value
		}
	}
	return fs
}

// requirements are as much of the requirements as the manifest remembers:
// enough to make events of old submissions.
func (m Manifest) requirements() []event.Requirement {
	rs := make([]event.Requirement, 0, len(m.Items))
	for _, it := range m.Items {
		rs = append(rs, event.Requirement{ID: it.RequirementID, Kind: it.Kind, Title: it.Title, Figure: it.Figure, Measure: it.Measure, Aggregate: it.Aggregate})
	}
	return rs
}

// Canonical is the RFC 8785 form of v.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(raw)
}

// Hash is the SHA-256 of b in hex.
func Hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

package rectification

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/words"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification/checklist"
)

// The states of an inspection.
const (
	InspectionPlanned   = "planned"
	InspectionSent      = "sent"
	InspectionCancelled = "cancelled"
)

// Kinds of inspections with rules of their own.
const (
	SelfCheck = "self" // planned by the office, carried out by the unit itself
	LookBack  = "lookback"
)

// InspectionKinds are the kinds of inspections.
var InspectionKinds = words.Values("inspection_kind")

// InspectionHead is an inspection without its parts.
type InspectionHead struct {
	ID           string
	ContentHash  string
	CampaignID   string
	ChecklistID  string
	Kind         string
	UnitID       string
	UnitPath     string
	OfficeID     string // for which it was planned
	PlannedDay   string // local day
	Note         string
	State        string
	Failed       int
	CreatedBy    string
	Author       string
	CreatedAt    time.Time
	SentBy       string
	Sender       string
	SentAt       *time.Time
	CancelReason string
	Response     string // of the unit: confirmed, objected, upheld, overruled
	Version      int64
}

// outline is what other offices of the area see of an inspection: who inspects whom
// under which campaign, with which checklist, on which day, and how that stands.
// Why, by whom, at what and with which result is open to its office and its unit.
func (in InspectionHead) outline() InspectionHead {
	return InspectionHead{
		ID: in.ID, CampaignID: in.CampaignID, ChecklistID: in.ChecklistID, Kind: in.Kind, UnitID: in.UnitID, UnitPath: in.UnitPath, OfficeID: in.OfficeID,
		PlannedDay: in.PlannedDay, State: in.State, CreatedAt: in.CreatedAt, Version: in.Version,
	}
}

func (in InspectionHead) target() policy.Target { return target(in.UnitID, in.UnitPath, in.OfficeID) }

// Inspection is an inspection with everything recorded in it.
type Inspection struct {
	InspectionHead
	Inspectors []Inspector
	Devices    []Device
	Answers    []Answer
	Amendments []Amendment
	Responses  []Response
}

// outline leaves everything that was recorded in it out.
func (in Inspection) outline() Inspection {
	return Inspection{InspectionHead: in.InspectionHead.outline()}
}

// Inspector is a person who carries an inspection out.
type Inspector struct {
	PersonID string
	Name     string
}

// Device is a thing that is inspected on its own.
type Device struct {
	ID      string `limit:"1..64"` // unique in the inspection
	Label   string `limit:"1..100"`
	Kind    string `limit:"..40"`
	Network string `words:"network" limit:"?"`
	Serial  string `limit:"..100"`
}

// Answer is what was found for an item, per device where the item says so.
type Answer struct {
	ItemKey    string   `limit:"1..60"`
	DeviceID   string   `limit:"..64"` // empty for the unit as a whole
	Result     string   `words:"answer" limit:"?"`
	Value      string   `limit:"..2000"`
	Note       string   `limit:"..2000"`
	FileIDs    []string `limit:"..20" each:"1..64"`
	AnsweredBy string
	AnsweredAt time.Time
}

// same tells that two answers say the same, whoever gave them.
func (a Answer) same(b Answer) bool {
	return a.ItemKey == b.ItemKey && a.DeviceID == b.DeviceID && a.Result == b.Result && a.Value == b.Value &&
		a.Note == b.Note && slices.Equal(a.FileIDs, b.FileIDs)
}

// AmendmentHead is an amendment without its files.
type AmendmentHead struct {
	ID       string
	ItemKey  string `limit:"..60"`
	DeviceID string `limit:"..64"`
	Text     string `limit:"1..2000"`
	ByID     string
	ByName   string
	At       time.Time
}

// Amendment is what was added to a sent inspection.
type Amendment struct {
	AmendmentHead
	FileIDs []string `limit:"..20" each:"1..64"`
}

// Answer returns the answer for an item and device.
func (in Inspection) Answer(item, device string) (Answer, bool) {
	i := slices.IndexFunc(in.Answers, func(a Answer) bool { return a.ItemKey == item && a.DeviceID == device })
	if i < 0 {
		return Answer{}, false
	}
	return in.Answers[i], true
}

// Device returns a device by its id.
func (in Inspection) Device(id string) (Device, bool) {
	i := slices.IndexFunc(in.Devices, func(d Device) bool { return d.ID == id })
	if i < 0 {
		return Device{}, false
	}
	return in.Devices[i], true
}

// Places are the device ids for which it must be answered.
func (in Inspection) Places(it checklist.Item) []string {
	if !it.PerDevice || len(in.Devices) == 0 {
		return []string{""}
	}
	ids := make([]string, len(in.Devices))
	for i, d := range in.Devices {
		ids[i] = d.ID
	}
	return ids
}

// check judges the answers against the checklist version and the devices, and
// names every wrong one.
func (in Inspection) check(c checklist.Checklist, answers []Answer) ([]Answer, error) {
	f := fault.New(fault.Invalid, "invalid", "Some answers are not valid; none was saved. See errors for each.")
	seen := map[[2]string]bool{}
	out := make([]Answer, len(answers))
	for i, a := range answers {
		at := func(field string) string { return fmt.Sprintf("answers[%d].%s", i, field) }
		out[i] = a
		it, ok := c.Item(a.ItemKey)
		if !ok {
			f = f.WithField(at("item_key"), "this version of the checklist has no such item", a.ItemKey)
			continue
		}
		if !slices.Contains(in.Places(it), a.DeviceID) {
			msg := fault.Text("the inspection lists no such device")
			if !it.PerDevice {
				msg = "this item is answered for the unit as a whole; leave device_id out"
			} else if a.DeviceID == "" {
				msg = "this item is answered per device"
			}
			f = f.WithField(at("device_id"), msg, a.DeviceID)
			continue
		}
		k := [2]string{a.ItemKey, a.DeviceID}
		if seen[k] {
			f = f.WithField(at("item_key"), "answered twice in this request", a.ItemKey)
		}
		seen[k] = true
		judged, msg := it.Judge(a.Result, a.Value)
		if msg != "" {
			field := "value"
			if it.Type == checklist.PassFail {
				field = "result"
			}
			f = f.WithField(at(field), msg, a.Value)
			continue
		}
		out[i].Result = judged
	}
	if len(f.Fields) > 0 {
		return nil, f
	}
	return out, nil
}

// missing names what keeps the inspection from being sent.
func (in Inspection) missing(c checklist.Checklist) error {
	f := fault.New(fault.Invalid, "incomplete", "The inspection is not complete; answer what errors lists, then send it again.")
	for _, it := range c.Items {
		for _, d := range in.Places(it) {
			loc := "item " + it.Key
			if dev, ok := in.Device(d); ok {
				loc += " device " + dev.Label
			}
			a, ok := in.Answer(it.Key, d)
			switch {
			case !ok && !it.Optional:
				f = f.WithField(loc, "not answered", nil)
			case ok && a.Result == checklist.Fail:
				if msg := it.Lacks(a.Note, a.FileIDs); msg != "" {
					f = f.WithField(loc, msg, nil)
				}
			}
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// unannounced tells whether the inspected unit is not to know of it yet.
func (in InspectionHead) unannounced() bool {
	return event.Inspection{Kind: in.Kind, State: in.State}.Unannounced()
}

// readsInspection tells whether an inspection lies in a reach, of read or of open,
// of which its unit is not before it may know of it.
func readsInspection(r policy.Reach, in InspectionHead) bool {
	if in.unannounced() {
		r = r.FromAbove()
	}
	return r.Covers(in.target())
}

// InspectionStore lists inspections.
type InspectionStore interface {
	Inspections(ctx context.Context, q InspectionQuery) ([]InspectionHead, error)
}

// InspectionTx writes inspections, and the checklist of one alone.
type InspectionTx interface {
	InsertChecklist(ctx context.Context, c checklist.Checklist) error

	InsertInspection(ctx context.Context, in Inspection) error
	UpdateInspection(ctx context.Context, in InspectionHead, was int64) error
	SetInspectors(ctx context.Context, id string, ps []Inspector) error
	SetDevices(ctx context.Context, id string, ds []Device) error
	PutAnswers(ctx context.Context, id string, as []Answer) error
	AddResponse(ctx context.Context, id string, r Response) error
	UpdateResponse(ctx context.Context, r Response) error
	AddAmendment(ctx context.Context, id string, a Amendment) error
}

// InspectionQuery selects inspections, latest planned day first.
type InspectionQuery struct {
	States                          []string
	Reach                           policy.Reach
	UnitID, UnderID, Kind, Campaign string
	InspectorID, Response           string
	AfterDay, AfterID               string
	Limit                           int
}

// beyondOutline tells that it selects by what the outline does not say.
func (q InspectionQuery) beyondOutline() bool { return q.InspectorID != "" || q.Response != "" }

package rectification

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// MaxDrawn bounds the units that one draw is made from.
const MaxDrawn = 5000

// Risk is what is known of a unit that says how soon it should be visited.
type Risk struct {
	Findings, Relapses int
	LastDay            string // of the last visit; empty for none
}

// DrawInput asks for a draw. Its JSON is what is hashed to know a retry again.
type DrawInput struct {
	ID           string   `limit:"..36"`
	Title        string   `limit:"1..200"`
	UnderID      string   `limit:"1..64"`
	Levels       []string `limit:"..5" words:"level"` // unit when empty
	Sector       string   `limit:"..60"`
	Count        int      `limit:"1..1000"`
	InspectorIDs []string `limit:"1..200" each:"1..64"`
	PerUnit      int      `limit:"1..10?"`
	Weighted     bool
	Seed         string `limit:"..200"`                  // made here when empty
	OfficeID     string `json:",omitempty" limit:"..64"` // empty: the usual one
}

// DrawView is a draw as somebody sees it. Repeats tells that drawing again
// from the record gave the same.
type DrawView struct {
	Row[Draw, DrawMay]
	Repeats bool
}

// UnitQuery selects active units to draw from.
type UnitQuery struct {
	Reach   policy.Reach
	UnderID string
	Levels  []string
	Sector  string
	Limit   int
}

// DrawQuery selects draws, newest first.
type DrawQuery struct {
	Reach   policy.Reach
	AfterID string
	Limit   int
}

func mayDraw(r policy.Rights, actor policy.Actor, d DrawHead) DrawMay {
	return DrawMay{Plan: d.State == DrawDrawn && d.plannedBy(actor) && !r.Reach("plan").Empty()}
}

// plannedBy tells whether it is for somebody to plan the inspections of d: whoever
// drew, or has it from them; where that is nobody, anybody of the office.
func (d DrawHead) plannedBy(actor policy.Actor) bool {
	return d.PlannerID == actor.PersonID || d.PlannerID == "" && slices.ContainsFunc(actor.Grants, func(g policy.Grant) bool { return g.Office() == d.OfficeID })
}

func (s *Inspections) drawView(ctx context.Context, actor policy.Actor, r policy.Rights, d Draw) (DrawView, error) {
	ids := []string{d.UnitID, d.OfficeID}
	for _, p := range d.Picks {
		ids = append(ids, p.UnitID)
	}
	names, err := s.store.Names(ctx, ids)
	if err != nil {
		return DrawView{}, err
	}
	again, err := d.Drawn()
	same := func(a, b Pick) bool { return a.UnitID == b.UnitID && slices.Equal(a.InspectorIDs, b.InspectorIDs) }
	return DrawView{
		Row:     Row[Draw, DrawMay]{Thing: d, Names: names, May: mayDraw(r, actor, d.DrawHead)},
		Repeats: err == nil && d.Algorithm == DrawAlgorithm && slices.EqualFunc(again, d.Picks, same),
	}, nil
}

// Draws lists the draws that are open to the caller, newest first. A draw has no
// outline: what comes of it are inspections, and those have one.
func (s *Inspections) Draws(ctx context.Context, actor policy.Actor, q DrawQuery) ([]Row[DrawHead, DrawMay], error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	q.Reach = r.Reach("open")
	ds, err := s.store.Draws(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, IDsOf(ds, func(d DrawHead) []string { return []string{d.UnitID, d.OfficeID} }))
	if err != nil {
		return nil, err
	}
	rows := make([]Row[DrawHead, DrawMay], len(ds))
	for i, d := range ds {
		rows[i] = Row[DrawHead, DrawMay]{Thing: d, Names: names, May: mayDraw(r, actor, d)}
	}
	return rows, nil
}

// Draw reads one with all that it was drawn from, and draws it again.
func (s *Inspections) Draw(ctx context.Context, actor policy.Actor, drawID string) (DrawView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	d, err := s.store.Draw(ctx, drawID)
	if err != nil {
		return DrawView{}, err
	}
	if !r.Covers("open", target(d.UnitID, d.UnitPath, d.OfficeID)) {
		return DrawView{}, fault.Missing("draw")
	}
	return s.drawView(ctx, actor, r, d)
}

// drawsFor is the office for which somebody draws below a unit, which may be their
// own; see officeFor.
func drawsFor(r policy.Reach, actor policy.Actor, u Unit, wanted string) (string, error) {
	office := ""
	for _, s := range r.Spans {
		if (strings.HasPrefix(u.Path, s.Path) || strings.HasPrefix(s.Path, u.Path)) && (wanted == "" || s.Office() == wanted) && (office == "" || s.Office() == actor.UnitID) {
			office = s.Office()
		}
	}
	if office == "" {
		return "", fault.BadField("office_id", "expected one of the offices that you act for there", wanted)
	}
	return office, nil
}

// MakeDraw draws units, and inspectors for each, and records everything that
// is needed to draw again.
func (s *Inspections) MakeDraw(ctx context.Context, actor policy.Actor, in DrawInput) (DrawView, error) {
	if err := fault.Check(in); err != nil {
		return DrawView{}, err
	}
	var none DrawView
	r := s.policy.Rights(ctx, actor, "inspection")
	u, err := s.store.Unit(ctx, in.UnderID)
	if err != nil {
		return none, err
	}
	reads := r.Covers("read", target(u.ID, u.Path))
	if err := fault.Unless(reads && !r.Reach("plan").Empty(), reads, "unit", unitVerbs.Denied("draw")); err != nil {
		return none, err
	}
	if in.ID, err = clientID(in.ID); err != nil {
		return none, err
	}
	sum := hash(in)
	if old, err := s.store.Draw(ctx, in.ID); err == nil {
		return s.drawAgain(ctx, actor, r, old, sum)
	} else if !fault.Is(err, fault.NotFound) {
		return none, err
	}
	office, err := drawsFor(r.Reach("plan"), actor, u, in.OfficeID)
	if err != nil {
		return none, err
	}
	by := s.doer(actor)
	d := Draw{DrawHead: DrawHead{
		ID: in.ID, ContentHash: sum, Title: strings.TrimSpace(in.Title), Algorithm: DrawAlgorithm, Seed: in.Seed, UnitID: u.ID, UnitPath: u.Path,
		OfficeID: office, Wanted: in.Count, PerUnit: max(in.PerUnit, 1), Weighted: in.Weighted, State: DrawDrawn,
		CreatedBy: actor.PersonID, Author: actor.Name, CreatedAt: by.Now, PlannerID: actor.PersonID, Version: 1,
	}}
	if d.Seed == "" {
		d.Seed = rand.Text()
	}
	if d.Units, err = s.drawnFrom(ctx, r, by.Now, in); err != nil {
		return none, err
	}
	if d.Inspectors, err = s.drawnInspectors(ctx, actor, in.InspectorIDs, d.UnitPath); err != nil {
		return none, err
	}
	if d.Picks, err = d.Drawn(); err != nil {
		return none, err
	}
	err = s.do(ctx, by, func(ctx context.Context, do deed.Deed[Tx]) error {
		if err := do.Tx.InsertDraw(ctx, d); err != nil {
			return err
		}
		return do.Note(ctx, d.thing(), deed.Step{Action: "draw", Event: event.DrawDrawn})
	})
	if fault.IsCode(err, "duplicate") { // the same request, twice at once
		if old, rerr := s.store.Draw(ctx, in.ID); rerr == nil {
			return s.drawAgain(ctx, actor, r, old, sum)
		}
	}
	if err != nil {
		return none, err
	}
	return s.drawView(ctx, actor, r, d)
}

func (s *Inspections) drawAgain(ctx context.Context, actor policy.Actor, r policy.Rights, old Draw, sum string) (DrawView, error) {
	if !r.Covers("open", target(old.UnitID, old.UnitPath, old.OfficeID)) {
		return DrawView{}, taken("draw", nil)
	}
	v, err := s.drawView(ctx, actor, r, old)
	if err == nil && old.ContentHash != sum {
		return DrawView{}, taken("draw", v)
	}
	return v, err
}

// drawnFrom are the units below the scope that the actor may inspect, by id.
func (s *Inspections) drawnFrom(ctx context.Context, r policy.Rights, now time.Time, in DrawInput) ([]DrawUnit, error) {
	levels := in.Levels
	if len(levels) == 0 {
		levels = []string{"unit"}
	}
	us, err := s.store.Units(ctx, UnitQuery{Reach: r.Reach("plan"), UnderID: in.UnderID, Levels: levels, Sector: in.Sector, Limit: MaxDrawn + 1})
	if err != nil {
		return nil, err
	}
	if len(us) > MaxDrawn {
		return nil, fault.New(fault.Invalid, "draw_too_many", "There are more than %d units to draw from; narrow the scope or the filters.", MaxDrawn)
	}
	ids := make([]string, len(us))
	for i, u := range us {
		ids[i] = u.ID
	}
	risks, err := s.store.Risks(ctx, ids, now.AddDate(-2, 0, 0))
	if err != nil {
		return nil, err
	}
	out := make([]DrawUnit, len(us))
	for i, u := range us {
		k := risks[u.ID]
		out[i] = DrawUnit{ID: u.ID, Name: u.Name, Findings: k.Findings, Relapses: k.Relapses, Months: monthsSince(k.LastDay, now)}
		out[i].Weigh()
	}
	return out, nil
}

func (s *Inspections) drawnInspectors(ctx context.Context, actor policy.Actor, ids []string, path string) ([]DrawInspector, error) {
	county, err := s.county(ctx, path)
	if err != nil {
		return nil, err
	}
	var out []DrawInspector
	for i, pid := range ids {
		if slices.ContainsFunc(out, func(x DrawInspector) bool { return x.ID == pid }) {
			continue
		}
		p, err := s.colleague(ctx, actor, fmt.Sprintf("inspector_ids[%d]", i), pid, county)
		if err != nil {
			return nil, err
		}
		out = append(out, DrawInspector{ID: p.ID, Name: p.Name, UnitID: p.UnitID})
	}
	return out, nil
}

// PlanDraw plans an inspection of every drawn unit by its drawn inspectors and
// of the devices in its register, all or none. Only whoever drew may, or has it
// from them, and once.
func (s *Inspections) PlanDraw(ctx context.Context, actor policy.Actor, on deed.Subject, in DrawPlan) (DrawView, error) {
	if err := fault.Check(in); err != nil {
		return DrawView{}, err
	}
	var none DrawView
	r := s.policy.Rights(ctx, actor, "inspection")
	d, err := s.store.Draw(ctx, on.ID)
	if err != nil {
		return none, err
	}
	reads := r.Covers("open", target(d.UnitID, d.UnitPath, d.OfficeID))
	if err := fault.Unless(reads && d.plannedBy(actor) && !r.Reach("plan").Empty(), reads, "draw", drawVerbs.Denied("plan")); err != nil {
		return none, err
	}
	if err := fault.Version(on.Version, d.Version); err != nil {
		return none, err
	}
	if d.State != DrawDrawn {
		return none, drawVerbs.WrongState("plan", d.State)
	}
	c, err := s.lists.ToUse(ctx, actor, in.ChecklistID)
	if err != nil {
		return none, err
	}
	p := planning{by: s.doer(actor), rights: r, draw: &d, list: c, in: in}
	var planned []Inspection
	for i := range d.Picks {
		x, err := s.ofPick(ctx, p, &d.Picks[i])
		if err != nil {
			return none, err
		}
		planned = append(planned, x)
	}
	was := d.Version
	d.Version++
	d.State = DrawPlanned
	err = s.do(ctx, p.by, func(ctx context.Context, do deed.Deed[Tx]) error {
		if err := do.Tx.UpdateDraw(ctx, d, was); err != nil {
			return err
		}
		for _, x := range planned {
			if err := do.Tx.InsertInspection(ctx, x); err != nil {
				return err
			}
			if err := do.Note(ctx, x.thing(), deed.Step{Action: "plan", Event: event.InspectionPlanned, Text: d.ID}); err != nil {
				return err
			}
		}
		return do.Note(ctx, d.thing(), deed.Step{Action: "plan", From: DrawDrawn, Event: event.DrawPlanned})
	})
	if err != nil {
		return none, err
	}
	return s.drawView(ctx, actor, r, d)
}

// planning is how the inspections of a draw are planned.
type planning struct {
	by     deed.Doer
	rights policy.Rights
	draw   *Draw
	list   checklist.Checklist
	in     DrawPlan
}

// ofPick is the inspection of one drawn unit.
func (s *Inspections) ofPick(ctx context.Context, p planning, pick *Pick) (Inspection, error) {
	in := p.in
	u, err := s.store.Unit(ctx, pick.UnitID)
	if err != nil {
		return Inspection{}, err
	}
	if !u.Active || !p.rights.Covers("plan", target(u.ID, u.Path)) {
		return Inspection{}, fault.New(fault.Conflict, "drawn_unit_gone", "The drawn unit %s is no longer active, or no longer in your reach; draw anew.", u.Name)
	}
	if _, err := s.campaignFor(ctx, in.CampaignID, u.Path); err != nil {
		return Inspection{}, err
	}
	pick.InspectionID = id.New()
	kind := in.Kind
	if kind == "" {
		kind = "spot"
	}
	x := begun(p.by, u, p.list.ID, InspectionInput{ID: pick.InspectionID, CampaignID: in.CampaignID, Kind: kind, PlannedDay: in.PlannedDay, Note: in.Note, OfficeID: p.draw.OfficeID})
	for _, pid := range pick.InspectorIDs {
		i := slices.IndexFunc(p.draw.Inspectors, func(y DrawInspector) bool { return y.ID == pid })
		// Whoever has been disabled since it was drawn is nobody; the draw keeps them.
		who, err := s.store.Person(ctx, pid)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Inspection{}, err
		}
		if !who.Disabled {
			x.Inspectors = append(x.Inspectors, Inspector{PersonID: pid, Name: p.draw.Inspectors[i].Name})
		}
	}
	if len(x.Inspectors) == 0 {
		return Inspection{}, fault.New(fault.Conflict, "drawn_inspectors_gone", "Nobody is left of those who were drawn to inspect %s; draw anew.", u.Name)
	}
	if x.Devices, err = s.drawnDevices(ctx, p.rights.Reach("read"), u.ID, p.list); err != nil {
		return Inspection{}, err
	}
	return x, validPlan(x)
}

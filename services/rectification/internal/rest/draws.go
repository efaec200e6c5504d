package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

type drawBody struct {
	ID           string   `json:"id,omitempty" doc:"A UUID of your own making, so that you may send it again; the same content is the same draw" example:"01985b2e-7c1a-7000-8000-000000000601"`
	Title        string   `json:"title" doc:"What it is for" example:"第四季度双随机抽查"`
	UnderID      string   `json:"under" doc:"Draw from the active units at and below this unit that you may inspect" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Levels       []string `json:"levels,omitempty" doc:"Only of these levels; unit when left out" example:"[\"unit\"]"`
	Sector       string   `json:"sector,omitempty" doc:"Only of this sector" example:"education"`
	Count        int      `json:"count" doc:"How many units to draw" example:"5"`
	InspectorIDs []string `json:"inspector_ids" doc:"Draw inspectors from these people; nobody is drawn for the own unit"`
	PerUnit      int      `json:"inspectors_per_unit,omitempty" default:"2" doc:"How many inspectors to draw for each unit" example:"2"`
	Weighted     bool     `json:"weighted,omitempty" doc:"Weigh by risk: 1, 2 for each finding of two years (of at most 10), 5 for each relapse (of at most 4), 1 for each month since the last visit (at most 24)" example:"true"`
	Seed         string   `json:"seed,omitempty" doc:"A seed of your own, as one drawn in public; made at random when left out" example:"2026-10-01 彩票开奖 08 11 23"`
	OfficeID     string   `json:"office_id,omitempty" doc:"Office that you act for; needed only by somebody who acts there for several"`
}

// DrawHead is a draw without its lists.
type DrawHead struct {
	ID         string       `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000601"`
	Title      string       `json:"title" doc:"What it is for"`
	Algorithm  string       `json:"algorithm" doc:"How it was drawn; see make-draw" example:"sha256-weighted-v1"`
	Seed       string       `json:"seed" doc:"The seed"`
	UnitID     string       `json:"unit_id" doc:"Drawn from units at and below this one"`
	UnitName   string       `json:"unit_name" doc:"Its name"`
	OfficeID   string       `json:"office_id" doc:"Office that drew"`
	OfficeName string       `json:"office_name" doc:"Its name"`
	Count      int          `json:"count" doc:"How many units were drawn"`
	PerUnit    int          `json:"inspectors_per_unit" doc:"How many inspectors for each"`
	Weighted   bool         `json:"weighted" doc:"By risk"`
	State      string       `json:"state" words:"state.draw" doc:"Drawn, or its inspections are planned"`
	CreatedBy  *rest.Person `json:"created_by,omitempty" doc:"Who drew"`
	CreatedAt  time.Time    `json:"created_at" doc:"When"`
	Version    int64        `json:"version" doc:"For If-Match" example:"1"`
	May        drawMay      `json:"may" doc:"What the caller may do now"`
}

type drawUnit struct {
	ID       string `json:"id" doc:"Unit"`
	Name     string `json:"name" doc:"Its name"`
	Weight   int64  `json:"weight" doc:"Its weight by risk; counts only where the draw is weighted"`
	Findings int    `json:"findings" doc:"Findings of two years"`
	Relapses int    `json:"relapses" doc:"Relapses among them"`
	Months   int    `json:"months" doc:"Months since the last visit, at most 24; 24 when there was none"`
}

type drawPerson struct {
	ID     string `json:"id" doc:"Person"`
	Name   string `json:"name" doc:"Name"`
	UnitID string `json:"unit_id" doc:"Where they work"`
}

type drawPick struct {
	UnitID       string   `json:"unit_id" doc:"Drawn unit"`
	UnitName     string   `json:"unit_name" doc:"Its name"`
	InspectorIDs []string `json:"inspector_ids" doc:"Inspectors drawn for it"`
	InspectionID string   `json:"inspection_id,omitempty" doc:"Its inspection, once planned"`
}

type draw struct {
	DrawHead
	Units      []drawUnit   `json:"units" doc:"What was drawn from, by id"`
	Inspectors []drawPerson `json:"inspectors" doc:"Who was drawn from"`
	Picks      []drawPick   `json:"picks" doc:"What was drawn, in this order"`
	Repeats    bool         `json:"repeats" doc:"It was drawn again just now from this record, and gave the same"`
}

func drawHead(r rectification.Row[rectification.DrawHead, rectification.DrawMay]) DrawHead {
	d := r.Thing
	return DrawHead{
		ID: d.ID, Title: d.Title, Algorithm: d.Algorithm, Seed: d.Seed, UnitID: d.UnitID, UnitName: r.Names[d.UnitID], OfficeID: d.OfficeID,
		OfficeName: r.Names[d.OfficeID], Count: d.Wanted, PerUnit: d.PerUnit, Weighted: d.Weighted, State: d.State, CreatedBy: rest.Named(d.CreatedBy, d.Author),
		CreatedAt: d.CreatedAt.UTC(), Version: d.Version, May: drawMay(r.May),
	}
}

func wholeDraw(v rectification.DrawView) draw {
	d := v.Thing
	return draw{
		DrawHead:   drawHead(rectification.Row[rectification.DrawHead, rectification.DrawMay]{Thing: d.DrawHead, Names: v.Names, May: v.May}),
		Units:      mapped(d.Units, func(u rectification.DrawUnit) drawUnit { return drawUnit(u) }),
		Inspectors: mapped(d.Inspectors, func(p rectification.DrawInspector) drawPerson { return drawPerson(p) }),
		Picks: mapped(d.Picks, func(p rectification.Pick) drawPick {
			return drawPick{UnitID: p.UnitID, UnitName: v.Names[p.UnitID], InspectorIDs: list(p.InspectorIDs), InspectionID: p.InspectionID}
		}),
		Repeats: v.Repeats,
	}
}

type planDrawBody struct {
	ChecklistID string `json:"checklist_id" doc:"Published checklist" example:"00000000-0000-7000-8000-0000000c0001"`
	CampaignID  string `json:"campaign_id,omitempty" doc:"Campaign it belongs to"`
	Kind        string `json:"kind,omitempty" default:"spot" doc:"Kind" example:"spot"`
	PlannedDay  string `json:"planned_on,omitempty" format:"date" doc:"Local day; today when left out" example:"2026-10-12"`
	Note        string `json:"note,omitempty" doc:"Note"`
}

func mountDraws(g *rest.Group, svc *rectification.Inspections) {
	reply := one(wholeDraw)
	register(g, rest.Op{
		ID: "list-draws", Method: http.MethodGet, Path: "/inspections/draws", Resource: "inspection", Action: "open",
		Summary: "List draws", Description: "Double random draws that are open to you, newest first.",
	}, func(ctx context.Context, in *struct{ rest.Page }) (*rest.Reply[rest.List[DrawHead]], error) {
		q := rectification.DrawQuery{Limit: in.Limit + 1}
		if _, err := in.Decode(&q.AfterID); err != nil {
			return nil, err
		}
		rows, err := svc.Draws(ctx, rest.Actor(ctx), q)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.Items(mapped(rows, drawHead), in.Limit, func(d DrawHead) any { return d.ID })), nil
	})
	register(g, rest.Op{
		ID: "get-draw", Method: http.MethodGet, Path: "/inspections/draws/{id}", Resource: "inspection", Action: "open",
		Summary: "Read a draw", Description: "With the seed and all that was drawn from, so that anyone can repeat it; repeats tells that the server just did.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[draw], error) {
		return reply(svc.Draw(ctx, rest.Actor(ctx), in.ID))
	})
	register(g, rest.Op{
		ID: "make-draw", Input: rectification.DrawInput{}, Method: http.MethodPost, Path: "/inspections/draws", Resource: "inspection", Action: "plan", Status: http.StatusCreated,
		Summary: "Draw units and inspectors",
		Description: "Double random draw, recorded so that anyone can repeat it. Algorithm sha256-weighted-v1: units are drawn one after the other, none twice; for the k-th, from 0, " +
			"SHA-256 of `<seed>|unit|<k>` as a number without sign, modulo the sum of the weights of the units left, falls into the share of one of them, taken in ascending order of ids. " +
			"Inspectors of a drawn unit the same way with weight 1 and `<seed>|inspector|<unit id>|<k>`, from all but those who work there. " +
			"Errors: `draw_empty`, `draw_too_few`, `draw_too_many`, `draw_inspectors`.",
		Example: drawBody{
			Title: "第四季度双随机抽查", UnderID: "01985b2e-7c1a-7000-8000-000000000001", Count: 1, PerUnit: 1, Weighted: true,
			InspectorIDs: []string{"01985b2e-7c1a-7000-8000-000000000011"}, Seed: "2026-10-01 彩票开奖 08 11 23",
		},
	}, func(ctx context.Context, in *struct{ Body drawBody }) (*rest.Reply[draw], error) {
		b := in.Body
		return reply(svc.MakeDraw(ctx, rest.Actor(ctx), rectification.DrawInput{
			ID: b.ID, Title: b.Title, UnderID: b.UnderID, Levels: b.Levels, Sector: b.Sector, Count: b.Count, InspectorIDs: b.InspectorIDs,
			PerUnit: b.PerUnit, Weighted: b.Weighted, Seed: b.Seed, OfficeID: b.OfficeID,
		}))
	})
	register(g, rest.Op{
		ID: "plan-draw", Input: rectification.DrawPlan{}, Method: http.MethodPost, Path: "/inspections/draws/{id}/plan", Resource: "inspection", Action: "open",
		Summary: "Plan the inspections of a draw", Description: "Plans an inspection of every drawn unit by the inspectors drawn for it, all or none; where the checklist is answered per device, of every active device in the unit's register. Only whoever drew may, and once.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: planDrawBody{ChecklistID: checklist.TerminalRulesID, Kind: "spot", PlannedDay: "2026-10-12"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body planDrawBody
	}) (*rest.Reply[draw], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		b := in.Body
		return reply(svc.PlanDraw(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.DrawPlan{
			ChecklistID: b.ChecklistID, CampaignID: b.CampaignID, Kind: b.Kind, PlannedDay: b.PlannedDay, Note: b.Note,
		}))
	})
}

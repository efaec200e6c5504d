package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
)

// BurdenInput is the input of get-burden.
type BurdenInput struct {
	Since string `query:"since" maxLength:"10" doc:"First local day of issue; 90 days before the last one when absent" example:"2026-07-01"`
	Until string `query:"until" maxLength:"10" doc:"Last local day of issue; today when absent" example:"2026-09-30"`
	Under string `query:"under" maxLength:"64" doc:"Only of this unit and the units below it"`
}

// BurdenReport tells which office asked how much of whom.
type BurdenReport struct {
	Offices []OfficeBurden `json:"offices" doc:"The most minutes first"`
}

// OfficeBurden is what one office asked of others.
type OfficeBurden struct {
	OfficeID   string       `json:"office_id" doc:"Office that asked: the unit of who drafted the campaign, or the town that passed it on" example:"01900000-0000-7000-8000-000000000003"`
	OfficeName string       `json:"office_name" doc:"Its name" example:"平县网信办"`
	Campaigns  int64        `json:"campaigns" doc:"How many campaigns" example:"2"`
	Tasks      int64        `json:"tasks" doc:"How many tasks" example:"11"`
	Of         []KindBurden `json:"of" doc:"Of whom, by level and kind of unit, the most minutes first"`
	Load
}

// KindBurden is what an office asked of units of one kind.
type KindBurden struct {
	Level string `json:"level" doc:"Level of the units" example:"unit"`
	Kind  string `json:"kind" doc:"Their kind; empty for towns and counties" example:"school"`
	Load
}

// Load is how much was asked.
type Load struct {
	Units       int64 `json:"units" doc:"Units that were asked" example:"210"`
	Assignments int64 `json:"assignments" doc:"Assignments they got" example:"630"`
	Items       int64 `json:"items" doc:"Items asked for in them" example:"1890"`
	Minutes     int64 `json:"minutes" doc:"Minutes they are expected to take" example:"28350"`
	Pictures    int64 `json:"pictures" doc:"Compulsory photos and videos among them" example:"0"`
}

func (h *handlers) mountBurden(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "get-burden", Method: http.MethodGet, Path: "/assignments/burden", Resource: "assignment", Action: "read",
		Summary: "See which office asks how much of whom", Description: "For each office what it asked of the units in reach: campaigns, tasks, assignments, items, compulsory pictures and estimated minutes, by kind of unit. " +
			"With under it is what is asked of one unit, or of a part of the tree. At most 400 days; cancelled assignments do not count. Sorted by minutes, which ranks no unit."},
		func(ctx context.Context, in *BurdenInput) (*rest.Reply[BurdenReport], error) {
			q := assignment.BurdenQuery{UnderID: in.Under}
			if in.Since != "" {
				t, err := clock.ParseDay(in.Since)
				if err != nil {
					return nil, fault.BadField("query.since", fault.WrongDay(in.Since), in.Since)
				}
				q.Since = t.UTC()
			}
			if in.Until != "" {
				t, err := clock.EndOfDay(in.Until)
				if err != nil {
					return nil, fault.BadField("query.until", fault.WrongDay(in.Until), in.Until)
				}
				q.Until = t.Add(time.Second)
			}
			bs, err := h.svc.Burden(ctx, rest.Actor(ctx), q)
			return answer(bs, err, func(bs []assignment.Burden) BurdenReport {
				out := BurdenReport{Offices: make([]OfficeBurden, len(bs))}
				for i, b := range bs {
					o := OfficeBurden{OfficeID: b.OfficeID, OfficeName: b.Office, Campaigns: b.Campaigns, Tasks: b.Tasks, Load: Load(b.Load), Of: make([]KindBurden, len(b.Of))}
					for j, x := range b.Of {
						o.Of[j] = KindBurden{Level: x.Level, Kind: x.Kind, Load: Load(x.Load)}
					}
					out.Offices[i] = o
				}
				return out
			})
		})
}

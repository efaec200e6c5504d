package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/deed"
)

type devicesIn struct {
	rest.Page
	UnitID  string   `query:"unit_id" maxLength:"64" doc:"Only of this unit"`
	Under   string   `query:"under" maxLength:"64" doc:"Only of this unit and the units below it"`
	State   []string `query:"state" words:"state.device" doc:"Only in these states" example:"active"`
	Network string   `query:"network" words:"network" doc:"Only on this network"`
}

// DeviceFields are what is said of a device.
type DeviceFields struct {
	Label   string `json:"label" doc:"What people call it" example:"财务室 1 号机"`
	Kind    string `json:"kind,omitempty" doc:"desktop, laptop, printer…" example:"desktop"`
	Network string `json:"network,omitempty" default:"none" doc:"The network it is on" example:"inner"`
	Serial  string `json:"serial,omitempty" doc:"Serial number" example:"CN-0042"`
	Place   string `json:"place,omitempty" doc:"Where it stands" example:"二楼财务室"`
	Keeper  string `json:"keeper,omitempty" doc:"Who uses it" example:"王会计"`
	Retired bool   `json:"retired,omitempty" doc:"It is out of use; it stays in the register and out of new inspections"`
}

func (f DeviceFields) input(id, unitID string) rectification.RegisterInput {
	return rectification.RegisterInput{
		ID: id, UnitID: unitID, Label: f.Label, Kind: f.Kind, Network: f.Network, Serial: f.Serial, Place: f.Place, Keeper: f.Keeper, Retired: f.Retired,
	}
}

type registerBody struct {
	ID     string `json:"id,omitempty" doc:"A UUID of your own making, so that you may send it again; the same content is the same device" example:"01985b2e-7c1a-7000-8000-000000000701"`
	UnitID string `json:"unit_id" doc:"Unit whose it is" example:"01985b2e-7c1a-7000-8000-000000000007"`
	DeviceFields
}

type devicePatch struct {
	Label   *string `json:"label,omitempty" doc:"What people call it" example:"财务室 2 号机"`
	Kind    *string `json:"kind,omitempty" doc:"desktop, laptop, printer…" example:"desktop"`
	Network *string `json:"network,omitempty" doc:"The network it is on" example:"inner"`
	Serial  *string `json:"serial,omitempty" doc:"Serial number" example:"CN-0042"`
	Place   *string `json:"place,omitempty" doc:"Where it stands" example:"二楼财务室"`
	Keeper  *string `json:"keeper,omitempty" doc:"Who uses it" example:"王会计"`
	Retired *bool   `json:"retired,omitempty" doc:"It is out of use; it stays in the register and out of new inspections" example:"false"`
}

type registeredDevice struct {
	ID        string     `json:"id" doc:"Id; the device's id in inspections and findings too" example:"01985b2e-7c1a-7000-8000-000000000701"`
	UnitID    string     `json:"unit_id" doc:"Unit whose it is"`
	UnitName  string     `json:"unit_name" doc:"Its name"`
	Label     string     `json:"label" doc:"What people call it"`
	Kind      string     `json:"kind,omitempty" doc:"desktop, laptop, printer…"`
	Network   string     `json:"network" words:"network" doc:"The network it is on"`
	Serial    string     `json:"serial,omitempty" doc:"Serial number"`
	Place     string     `json:"place,omitempty" doc:"Where it stands"`
	Keeper    string     `json:"keeper,omitempty" doc:"Who uses it"`
	State     string     `json:"state" words:"state.device" doc:"In use, or out of use"`
	CreatedAt time.Time  `json:"created_at" doc:"When it was registered"`
	ChangedAt time.Time  `json:"changed_at" doc:"When it was last changed"`
	Version   int64      `json:"version" doc:"For If-Match" example:"1"`
	May       *deviceMay `json:"may,omitempty" doc:"What the caller may do now"`
}

func deviceWire(r rectification.Row[rectification.Registered, *rectification.DeviceMay]) registeredDevice {
	d := r.Thing
	return registeredDevice{
		ID: d.ID, UnitID: d.UnitID, UnitName: r.Names[d.UnitID], Label: d.Label, Kind: d.Kind, Network: d.Network, Serial: d.Serial,
		Place: d.Place, Keeper: d.Keeper, State: d.State, CreatedAt: d.CreatedAt.UTC(), ChangedAt: d.ChangedAt.UTC(), Version: d.Version, May: (*deviceMay)(r.May),
	}
}

func mountDevices(g *rest.Group, svc *rectification.Inspections) {
	reply := one(deviceWire)
	example := DeviceFields{Label: "财务室 1 号机", Kind: "desktop", Network: "inner", Serial: "CN-0042", Place: "二楼财务室", Keeper: "王会计"}
	register(g, rest.Op{
		ID: "list-devices", Method: http.MethodGet, Path: "/inspections/devices", Resource: "device", Action: "read",
		Summary: "List registered devices", Description: "The registers of units in your reach, in the order in which devices were registered.",
	}, func(ctx context.Context, in *devicesIn) (*rest.Reply[rest.List[registeredDevice]], error) {
		q := rectification.DeviceQuery{UnitID: in.UnitID, UnderID: in.Under, States: in.State, Network: in.Network, Limit: in.Limit + 1}
		if _, err := in.Decode(&q.AfterID); err != nil {
			return nil, err
		}
		rows, err := svc.Devices(ctx, rest.Actor(ctx), q)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.Items(mapped(rows, deviceWire), in.Limit, func(d registeredDevice) any { return d.ID })), nil
	})
	register(g, rest.Op{
		ID: "get-device", Method: http.MethodGet, Path: "/inspections/devices/{id}", Resource: "device", Action: "read",
		Summary: "Read a registered device", Description: "One device. list-findings with its id shows what was found at it.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[registeredDevice], error) {
		return reply(svc.Device(ctx, rest.Actor(ctx), in.ID))
	})
	register(g, rest.Op{
		ID: "register-device", Input: rectification.RegisterInput{}, Method: http.MethodPost, Path: "/inspections/devices", Resource: "device", Action: "write", Status: http.StatusCreated,
		Summary: "Register a device", Description: "Adds a device to the register of your unit or, for an inspector, of a unit they inspect. With an id of your own you may send it again.",
		Example: registerBody{UnitID: "01985b2e-7c1a-7000-8000-000000000007", DeviceFields: example},
	}, func(ctx context.Context, in *struct{ Body registerBody }) (*rest.Reply[registeredDevice], error) {
		return reply(svc.RegisterDevice(ctx, rest.Actor(ctx), in.Body.input(in.Body.ID, in.Body.UnitID)))
	})
	register(g, rest.Op{
		ID: "update-device", Input: rectification.DevicePatch{}, Method: http.MethodPatch, Path: "/inspections/devices/{id}", Resource: "device", Action: "write",
		Summary: "Change a registered device", Description: "Changes what is said of it; what is left out stays. Inspections keep what they checked.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: map[string]any{"label": "财务室 2 号机", "retired": false},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body devicePatch
	}) (*rest.Reply[registeredDevice], error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return reply(svc.UpdateDevice(ctx, rest.Actor(ctx), deed.Subject{ID: in.ID, Version: want}, rectification.DevicePatch(in.Body)))
	})
}

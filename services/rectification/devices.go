package rectification

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// The states of a registered device.
const (
	DeviceActive  = "active"
	DeviceRetired = "retired"
)

// Registered is a device in a unit's register.
type Registered struct {
	ID          string
	ContentHash string
	UnitID      string
	UnitPath    string
	Label       string
	Kind        string
	Network     string // inner, outer, none
	Serial      string
	Place       string
	Keeper      string // whose it is to use
	State       string
	CreatedBy   string
	CreatedAt   time.Time
	ChangedAt   time.Time
	Version     int64
}

// RegisterInput is what is said of a device. Its JSON is what is hashed to
// know a retry again.
type RegisterInput struct {
	ID      string `limit:"..36"`
	UnitID  string `limit:"1..64"`
	Label   string `limit:"1..100"`
	Kind    string `limit:"..40"`
	Network string `words:"network" limit:"?"`
	Serial  string `limit:"..100"`
	Place   string `limit:"..100"`
	Keeper  string `limit:"..100"`
	Retired bool
}

// DevicePatch changes a registered device; nil fields stay.
type DevicePatch struct {
	Label   *string `limit:"1..100"`
	Kind    *string `limit:"..40"`
	Network *string `words:"network"`
	Serial  *string `limit:"..100"`
	Place   *string `limit:"..100"`
	Keeper  *string `limit:"..100"`
	Retired *bool
}

// DeviceQuery selects registered devices, by id.
type DeviceQuery struct {
	Reach                    policy.Reach
	UnitID, UnderID, Network string
	States                   []string
	AfterID                  string
	Limit                    int
}

// DeviceStore lists the register.
type DeviceStore interface {
	Devices(ctx context.Context, q DeviceQuery) ([]Registered, error)
}

// DeviceTx writes the register.
type DeviceTx interface {
	InsertDevice(ctx context.Context, d Registered) error
	UpdateDevice(ctx context.Context, d Registered, was int64) error
}

func (d *Registered) set(in RegisterInput) error {
	if err := needText("label", in.Label); err != nil {
		return err
	}
	if in.Network == "" {
		in.Network = "none"
	}
	d.Label, d.Kind, d.Network, d.Serial, d.Place, d.Keeper = strings.TrimSpace(in.Label), in.Kind, in.Network, in.Serial, in.Place, in.Keeper
	d.State = DeviceActive
	if in.Retired {
		d.State = DeviceRetired
	}
	return nil
}

func (s *Inspections) deviceRow(ctx context.Context, r policy.Rights, d Registered) (Row[Registered, *DeviceMay], error) {
	names, err := s.store.Names(ctx, []string{d.UnitID})
	return Row[Registered, *DeviceMay]{Thing: d, Names: names, May: mayDevice(r, d)}, err
}

func mayDevice(r policy.Rights, d Registered) *DeviceMay {
	return &DeviceMay{Update: r.Covers("write", target(d.UnitID, d.UnitPath))}
}

// Devices lists registered devices in reach.
func (s *Inspections) Devices(ctx context.Context, actor policy.Actor, q DeviceQuery) ([]Row[Registered, *DeviceMay], error) {
	r := s.policy.Rights(ctx, actor, "device")
	q.Reach = r.Reach("read")
	ds, err := s.store.Devices(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, IDsOf(ds, func(d Registered) []string { return []string{d.UnitID} }))
	if err != nil {
		return nil, err
	}
	rows := make([]Row[Registered, *DeviceMay], len(ds))
	for i, d := range ds {
		rows[i] = Row[Registered, *DeviceMay]{Thing: d, Names: names, May: mayDevice(r, d)}
	}
	return rows, nil
}

func (s *Inspections) readDevice(ctx context.Context, r policy.Rights, deviceID string) (Registered, error) {
	d, err := s.store.Device(ctx, deviceID)
	if err == nil && !r.Covers("read", target(d.UnitID, d.UnitPath)) {
		return Registered{}, fault.Missing("device")
	}
	return d, err
}

// Device reads one.
func (s *Inspections) Device(ctx context.Context, actor policy.Actor, deviceID string) (Row[Registered, *DeviceMay], error) {
	r := s.policy.Rights(ctx, actor, "device")
	d, err := s.readDevice(ctx, r, deviceID)
	if err != nil {
		return Row[Registered, *DeviceMay]{}, err
	}
	return s.deviceRow(ctx, r, d)
}

// RegisterDevice adds a device to a unit's register. With an id of the
// client's own it may be sent again: the same content answers the same.
func (s *Inspections) RegisterDevice(ctx context.Context, actor policy.Actor, in RegisterInput) (Row[Registered, *DeviceMay], error) {
	if err := fault.Check(in); err != nil {
		return Row[Registered, *DeviceMay]{}, err
	}
	var none Row[Registered, *DeviceMay]
	r := s.policy.Rights(ctx, actor, "device")
	u, err := s.store.Unit(ctx, in.UnitID)
	if err != nil {
		return none, err
	}
	t := target(u.ID, u.Path)
	if err := fault.Unless(r.Covers("write", t), r.Covers("read", t), "unit", unitVerbs.Denied("register devices")); err != nil {
		return none, err
	}
	if in.ID, err = clientID(in.ID); err != nil {
		return none, err
	}
	sum := hash(in)
	if old, err := s.store.Device(ctx, in.ID); err == nil {
		return s.deviceAgain(ctx, r, old, sum)
	} else if !fault.Is(err, fault.NotFound) {
		return none, err
	}
	if !u.Active {
		return none, fault.BadField("unit_id", "this unit is no longer active", in.UnitID)
	}
	by := s.doer(actor)
	d := Registered{ID: in.ID, ContentHash: sum, UnitID: u.ID, UnitPath: u.Path, CreatedBy: actor.PersonID, CreatedAt: by.Now, ChangedAt: by.Now, Version: 1}
	if err := d.set(in); err != nil {
		return none, err
	}
	err = s.do(ctx, by, func(ctx context.Context, do deed.Deed[Tx]) error {
		if err := do.Tx.InsertDevice(ctx, d); err != nil {
			return err
		}
		return do.Note(ctx, d.thing(), deed.Step{Action: "register", Event: event.DeviceRegistered})
	})
	if fault.IsCode(err, "duplicate") { // the same request, twice at once
		if old, rerr := s.store.Device(ctx, in.ID); rerr == nil {
			return s.deviceAgain(ctx, r, old, sum)
		}
	}
	if err != nil {
		return none, err
	}
	return s.deviceRow(ctx, r, d)
}

func (s *Inspections) deviceAgain(ctx context.Context, r policy.Rights, old Registered, sum string) (Row[Registered, *DeviceMay], error) {
	if !r.Covers("read", target(old.UnitID, old.UnitPath)) {
		return Row[Registered, *DeviceMay]{}, taken("device", nil)
	}
	if old.ContentHash != sum {
		return Row[Registered, *DeviceMay]{}, taken("device", old)
	}
	return s.deviceRow(ctx, r, old)
}

// UpdateDevice changes what is said of a device; retired ones stay in the
// register and out of new inspections.
func (s *Inspections) UpdateDevice(ctx context.Context, actor policy.Actor, on deed.Subject, p DevicePatch) (Row[Registered, *DeviceMay], error) {
	if err := fault.Check(p); err != nil {
		return Row[Registered, *DeviceMay]{}, err
	}
	var none Row[Registered, *DeviceMay]
	r := s.policy.Rights(ctx, actor, "device")
	d, err := s.readDevice(ctx, r, on.ID)
	if err != nil {
		return none, err
	}
	if !r.Covers("write", target(d.UnitID, d.UnitPath)) {
		return none, fault.Denied("You may see this device, but not change it.")
	}
	if err := fault.Version(on.Version, d.Version); err != nil {
		return none, err
	}
	in := RegisterInput{Label: d.Label, Kind: d.Kind, Network: d.Network, Serial: d.Serial, Place: d.Place, Keeper: d.Keeper, Retired: d.State == DeviceRetired}
	for to, v := range map[*string]*string{
		&in.Label: p.Label, &in.Kind: p.Kind, &in.Network: p.Network, &in.Serial: p.Serial, &in.Place: p.Place, &in.Keeper: p.Keeper,
	} {
		if v != nil {
			*to = *v
		}
	}
	if p.Retired != nil {
		in.Retired = *p.Retired
	}
	was, from, by := d.Version, d.State, s.doer(actor)
	if err := d.set(in); err != nil {
		return none, err
	}
	d.Version++
	d.ChangedAt = by.Now
	err = s.do(ctx, by, func(ctx context.Context, do deed.Deed[Tx]) error {
		if err := do.Tx.UpdateDevice(ctx, d, was); err != nil {
			return err
		}
		return do.Note(ctx, d.thing(), deed.Step{Action: "update", From: from, Event: event.DeviceChanged})
	})
	if err != nil {
		return none, err
	}
	return s.deviceRow(ctx, r, d)
}

const (
	// MaxDevices bounds the devices that an inspection is given by name.
	MaxDevices = 500
	// MaxRegistered bounds those it is given by the register of its unit.
	MaxRegistered = 5000
)

// registered are the active devices of a unit's register, for an inspection that
// asks for them.
func (s *Inspections) registered(ctx context.Context, r policy.Reach, unitID string) ([]Device, error) {
	ds, err := s.activeDevices(ctx, r, unitID)
	switch {
	case err != nil:
		return nil, err
	case len(ds) == 0:
		return nil, fault.BadField("registered", "the unit has no active device in its register; name the devices, or leave them out", nil)
	case len(ds) > MaxRegistered:
		return nil, fault.BadField("registered", fault.Textf("the unit has more than %d devices; name those to inspect", MaxRegistered), nil)
	}
	return ds, nil
}

// drawnDevices are those that an inspection which was drawn begins with: all of
// the register where an item is answered per device. Of a unit with more than
// MaxRegistered there are none: its inspector names those to inspect.
func (s *Inspections) drawnDevices(ctx context.Context, r policy.Reach, unitID string, c checklist.Checklist) ([]Device, error) {
	if !slices.ContainsFunc(c.Items, func(it checklist.Item) bool { return it.PerDevice }) {
		return nil, nil
	}
	ds, err := s.activeDevices(ctx, r, unitID)
	if err != nil || len(ds) > MaxRegistered {
		return nil, err
	}
	return ds, nil
}

// activeDevices are those of a unit's register, a page at a time; where there are
// more than MaxRegistered, more than those but not all.
func (s *Inspections) activeDevices(ctx context.Context, r policy.Reach, unitID string) ([]Device, error) {
	const page = 500
	var out []Device
	q := DeviceQuery{Reach: r, UnitID: unitID, States: []string{DeviceActive}, Limit: page}
	for len(out) <= MaxRegistered {
		ds, err := s.store.Devices(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			out = append(out, Device{ID: d.ID, Label: d.Label, Kind: d.Kind, Network: d.Network, Serial: d.Serial})
		}
		if len(ds) < page {
			break
		}
		q.AfterID = ds[page-1].ID
	}
	return out, nil
}

package rest

import (
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// The shapes that mean the same in every service, so that a page needs one
// piece of code for each.

// Person is somebody named on the wire.
type Person struct {
	ID   string `json:"id,omitempty" doc:"Id of the person; absent where only the name was kept" example:"01985b2e-7c1a-7000-8000-000000000030"`
	Name string `json:"name" doc:"Their name at the time" example:"王芳"`
}

// Named is the person with this id and name, nil when there is neither.
func Named(id, name string) *Person {
	if id == "" && name == "" {
		return nil
	}
	return &Person{ID: id, Name: name}
}

// HistoryEntry is one thing that was done with something: the timeline of
// every kind of thing consists of them.
type HistoryEntry struct {
	ID        string     `json:"id" doc:"Id of the entry, unique within the thing" example:"01985b2e-7c1a-7000-8000-000000000020"`
	At        time.Time  `json:"at" doc:"When, by the server's clock" example:"2026-09-03T02:00:00Z"`
	Action    string     `json:"action" doc:"What was done; stable, for programs" example:"acknowledge"`
	FromState string     `json:"from_state,omitempty" doc:"State before" example:"issued"`
	ToState   string     `json:"to_state" doc:"State after" example:"acknowledged"`
	By        *Person    `json:"by,omitempty" doc:"Who did it; absent when the system did"`
	UnitID    string     `json:"unit_id,omitempty" doc:"For which unit" example:"01900000-0000-7000-8000-000000000007"`
	UnitName  string     `json:"unit_name,omitempty" doc:"Its name" example:"东一村"`
	Reason    string     `json:"reason,omitempty" doc:"Why" example:"数据与上报表不符"`
	Note      string     `json:"note,omitempty" doc:"What was said with it" example:"请尽快报送。"`
	DueAt     *time.Time `json:"due_at,omitempty" doc:"The deadline after it, where it set one" example:"2026-09-30T15:59:59Z"`
	Level     string     `json:"level,omitempty" doc:"Level that reviewed" example:"town"`
	StandIn   string     `json:"stand_in,omitempty" doc:"Why they reviewed in the place of that level, which had nobody" example:"镇街联络员空缺"`
	Percent   *int       `json:"percent,omitempty" doc:"Progress that was reported" example:"60"`
	Formal    bool       `json:"formal,omitempty" doc:"A supervision notice" example:"false"`
	RelatedID string     `json:"related_id,omitempty" doc:"Submission, extension request, person or other thing it is about" example:"01985b2e-7c1a-7000-8000-000000000040"`
}

// Count is a number that a page shows as a link to the rows it counts.
type Count struct {
	Count int64  `json:"count" doc:"How many" example:"3"`
	Query string `json:"query" doc:"Path and query, below /api/v1, of the list of exactly these" example:"/assignments?attention=overdue"`
}

// DueOn is a deadline as people give it: a local day, which means its end.
// What is answered is always an instant.
type DueOn struct {
	at      time.Time
	outside bool // of the days that are taken; Register refuses it
}

// OnDay is the deadline at the end of the local day of t.
func OnDay(t time.Time) DueOn { return DueOn{at: t} }

// At is the end of the day, nil when there is none.
func (d *DueOn) At() *time.Time {
	if d == nil || d.at.IsZero() {
		return nil
	}
	return &d.at
}

// Time is the end of the day, for deadlines that must be given.
func (d DueOn) Time() time.Time { return d.at }

// Schema implements huma.SchemaProvider.
func (DueOn) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date"}
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *DueOn) UnmarshalJSON(raw []byte) error {
	var day string
	if err := json.Unmarshal(raw, &day); err != nil {
		return err
	}
	t, err := clock.EndOfDay(day)
	if d.outside = errors.Is(err, clock.ErrOutside); err != nil && !d.outside {
		return err
	}
	d.at = t
	return nil
}

// MarshalJSON implements json.Marshaler.
func (d DueOn) MarshalJSON() ([]byte, error) { return json.Marshal(clock.Day(d.at)) }

// Flag is a query parameter that may be true, false or absent.
type Flag struct {
	// Value is for the framework; see Ptr.
	Value bool `json:"-"`
	set   *bool
}

// Ptr is what was given, nil when nothing was.
func (f Flag) Ptr() *bool { return f.set }

// Schema implements huma.SchemaProvider.
func (Flag) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeBoolean} }

// Receiver implements huma.ParamWrapper.
func (f *Flag) Receiver() reflect.Value { return reflect.ValueOf(f).Elem().Field(0) }

// OnParamSet implements huma.ParamReactor.
func (f *Flag) OnParamSet(isSet bool, parsed any) {
	if b, ok := parsed.(bool); ok && isSet {
		f.set = &b
	}
}

// Act is the input of a command on one resource.
type Act[B any] struct {
	ByID
	Body B
}

// finish makes an answer ready to be written. Its lists are lists: a nil one
// would be written as null, and every page would have to tell the two apart.
// Its sentences are in the language of the reader.
//
// What continues a list names that list.
func finish(v reflect.Value, operation string, say func(fault.Text) string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			finish(v.Elem(), operation, say)
		}
	case reflect.Slice:
		if k := v.Type().Elem().Kind(); k == reflect.Uint8 {
			return
		}
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		if plain(v.Type().Elem()) {
			return
		}
		for i := range v.Len() {
			finish(v.Index(i), operation, say)
		}
	case reflect.String:
		switch {
		case !v.CanSet():
		case v.Type() == sentence:
			v.SetString(say(fault.Text(v.String())))
		case v.Type() == continuation && v.String() != "":
			v.SetString(cursor(operation, json.RawMessage(v.String())))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				finish(f, operation, say)
			}
		}
	}
}

var (
	sentence     = reflect.TypeFor[fault.Text]()
	continuation = reflect.TypeFor[Continuation]()
)

func plain(t reflect.Type) bool {
	k := t.Kind()
	return t != sentence && k != reflect.Pointer && k != reflect.Interface && k != reflect.Slice && k != reflect.Struct
}

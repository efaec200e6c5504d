package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
)

// strict decodes raw into v and refuses what v does not have.
func strict(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one value")
	}
	return nil
}

func compact(t *testing.T, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func encode(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Every type has an example in testdata that is exactly what the types here
// write; so a change of a published event shows in a diff.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, k := range event.Kinds() {
		t.Run(string(k.Type), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join("testdata", string(k.Type)+".json"))
			if err != nil {
				t.Fatalf("every event type has a realistic example: %v", err)
			}
			var e event.Event
			if err := strict(raw, &e); err != nil {
				t.Fatal(err)
			}
			data := reflect.New(reflect.TypeOf(k.Data))
			if err := strict(e.Data, data.Interface()); err != nil {
				t.Fatalf("data: %v", err)
			}
			if got, want := encode(t, data.Interface()), compact(t, e.Data); got != want {
				t.Errorf("data is written differently:\n%s\n%s", got, want)
			}
			if got, want := encode(t, e), compact(t, raw); got != want {
				t.Errorf("the envelope is written differently:\n%s\n%s", got, want)
			}
			if e.SpecVersion != "1.0" || e.Type != k.Type || e.Source != "/duban/"+k.Type.Service() || e.DataContentType != "application/json" ||
				e.ID == "" || e.Subject == "" || e.Version < 1 || e.Time.Location() != time.UTC || e.Time.IsZero() {
				t.Errorf("envelope: %+v", e)
			}
			if e.UnitID != "" && !strings.HasSuffix(e.UnitPath, e.UnitID+"/") {
				t.Errorf("the unit %s is not at %s", e.UnitID, e.UnitPath)
			}
			again := event.New(e.ID, e.Time, e.Type, e.Subject, e.Version, data.Elem().Interface()).
				By(e.ActorID, e.ActorName).For(e.UnitID, e.UnitPath).Because(e.Reason)
			again.CausedBy, again.RequestID = e.CausedBy, e.RequestID
			if encode(t, again) != encode(t, e) {
				t.Errorf("New makes another event of it:\n%s", encode(t, again))
			}
		})
	}
}

func TestEveryExampleIsOfAType(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := event.Known(event.Type(strings.TrimSuffix(f.Name(), ".json"))); !ok {
			t.Errorf("testdata/%s is no event type", f.Name())
		}
	}
}

// README.md lists every type with what happened and its data, and nothing else.
func TestReadme(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if name, ok := strings.CutPrefix(cells[0], "`"); ok && len(cells) > 1 {
			rows[strings.TrimSuffix(name, "`")] = cells
		}
	}
	for _, k := range event.Kinds() {
		row := rows[string(k.Type)]
		want := []string{"`" + string(k.Type) + "`", k.Doc, reflect.TypeOf(k.Data).Name()}
		if len(row) != 4 || !reflect.DeepEqual(row[:3], want) || row[3] == "" {
			t.Errorf("README.md: want the row\n| %s | <consumers> |\ngot %q", strings.Join(want, " | "), row)
		}
		delete(rows, string(k.Type))
	}
	for name := range rows {
		t.Errorf("README.md: %s is no event type", name)
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, k := range event.Kinds() {
		if p := strings.Split(string(k.Type), "."); len(p) != 4 || p[3] != "v1" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: %q", k.Type, k.Doc)
		}
		if k.Type.Subject() != event.SubjectPrefix+string(k.Type) {
			t.Error(k.Type.Subject())
		}
	}
	if _, ok := event.Known("no.such.type.v1"); ok {
		t.Error("knows a type that is not there")
	}
	for name, f := range map[string]func(){
		"unknown type": func() { event.New("i", time.Now(), "no.such.type.v1", "s", 1, event.Session{}) },
		"wrong data":   func() { event.New("i", time.Now(), event.UnitMoved, "s", 1, event.Session{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
	if _, err := event.Decode[event.Move](event.Event{Type: event.UnitMoved, Data: []byte(`{"unit_id":7}`)}); err == nil {
		t.Error("took a number for an id")
	}
}

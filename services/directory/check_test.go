package directory_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/duban/duban/api/event"
)

// What a repair mends, the other services learn as of any other change.
func TestRepairIsPublished(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.sys.post("/people", obj{"account": "chen", "name": "陈", "unit_id": w.ids["V11"]}).is(201)
		var chen struct{ ID, UnitPath string }
		if err := w.db.Read().NewRaw("SELECT id, unit_path FROM people WHERE account = 'chen'").Scan(ctx, &chen.ID, &chen.UnitPath); err != nil {
			t.Fatal(err)
		}
		w.sec.post("/grants", obj{"person_id": chen.ID, "role": "reporter", "unit_id": w.ids["V11"]}).is(201)
		var t1, v11 string
		for code, to := range map[string]*string{"T1": &t1, "V11": &v11} {
			if err := w.db.Read().NewRaw("SELECT path FROM units WHERE id = ?", w.ids[code]).Scan(ctx, to); err != nil {
				t.Fatal(err)
			}
		}
		// A town and what is below it stand at a wrong place; a village has a
		// path that is nobody's; and a grant is not where its unit is.
		for _, q := range []string{
			"UPDATE units SET path = 'lost/' || id || '/' WHERE id = '" + w.ids["T1"] + "'",
			"UPDATE units SET path = 'lost/' WHERE id = '" + w.ids["V11"] + "'",
			"UPDATE people SET unit_path = 'lost/' WHERE id = '" + chen.ID + "'",
			"UPDATE grants SET unit_path = 'lost/' WHERE person_id = '" + chen.ID + "'",
			"DELETE FROM outbox",
		} {
			if _, err := w.db.Writer().ExecContext(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
		if bad, err := w.module.Check(ctx, false); err != nil || len(bad) != 3 {
			t.Fatal(bad, err)
		}
		if n := len(w.outbox()); n != 0 {
			t.Fatalf("a check that only looks publishes %d events", n)
		}
		if _, err := w.module.Check(ctx, true); err != nil {
			t.Fatal(err)
		}
		w.holds()
		paths, moves, people := map[string]string{}, []event.Move{}, []event.Person{}
		for _, e := range w.outbox() {
			switch e.Type {
			case event.UnitsChanged:
				for _, u := range decode[event.Units](t, e).Units {
					paths[u.ID] = u.Path
					var now int64
					if err := w.db.Read().NewRaw("SELECT version FROM units WHERE id = ?", u.ID).Scan(ctx, &now); err != nil || u.Version > now || u.Version < 2 {
						t.Errorf("version %d of %s, %v", u.Version, u.ID, err)
					}
				}
			case event.UnitMoved:
				moves = append(moves, decode[event.Move](t, e))
			case event.PersonsChanged:
				people = append(people, decode[event.Persons](t, e).Persons...)
			}
		}
		if paths[w.ids["T1"]] != t1 || paths[w.ids["V11"]] != v11 {
			t.Errorf("told %v, want %s and %s", paths, t1, v11)
		}
		if !slices.ContainsFunc(moves, func(m event.Move) bool { return m.OldPath == "lost/"+w.ids["T1"]+"/" && m.NewPath == t1 }) {
			t.Errorf("moves %+v", moves)
		}
		if slices.ContainsFunc(moves, func(m event.Move) bool { return m.OldPath == "lost/" }) {
			t.Errorf("what is below a path of nobody's was moved: %+v", moves)
		}
		last := people[len(people)-1]
		if last.ID != chen.ID || last.UnitPath != chen.UnitPath || len(last.Grants) != 1 || last.Grants[0].UnitPath != v11 || last.Version < 3 {
			t.Errorf("%+v", last)
		}
	})
}

// outbox is what waits to be published, in order.
func (w *world) outbox() []event.Event {
	w.t.Helper()
	var payloads []string
	if err := w.db.Read().NewSelect().Table("outbox").Column("payload").OrderExpr("id").Scan(context.Background(), &payloads); err != nil {
		w.t.Fatal(err)
	}
	es := make([]event.Event, len(payloads))
	for i, p := range payloads {
		if err := json.Unmarshal([]byte(p), &es[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	return es
}

func decode[T any](t *testing.T, e event.Event) T {
	t.Helper()
	v, err := event.Decode[T](e)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

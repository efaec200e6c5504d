package directory_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/fault"
)

// others stand for the services that are asked what hangs on people.
type others struct {
	mu   sync.Mutex
	held map[string]map[string]int64 // by person and kind
	away string                      // the question that nobody answers
}

func serveOthers(t testing.TB, b *bus.Bus) *others {
	t.Helper()
	o := &others{held: map[string]map[string]int64{}}
	for _, subject := range []string{rpc.AssignmentHoldings, rpc.RectificationHoldings} {
		err := bus.Respond(b, subject, func(_ context.Context, q rpc.HoldingsRequest) (rpc.HoldingsReply, error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.away == subject {
				return rpc.HoldingsReply{}, fault.New(fault.Unavailable, "service_away", "Away.")
			}
			var a rpc.HoldingsReply
			for kind, n := range o.held[q.PersonID] {
				if (kind == event.HeldAssignments) == (subject == rpc.AssignmentHoldings) {
					a.Holdings = append(a.Holdings, rpc.Holding{Kind: kind, Count: n})
				}
			}
			return a, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// hang has things hang on somebody.
func (o *others) hang(u *user, kind string, n int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held[u.id] == nil {
		o.held[u.id] = map[string]int64{}
	}
	o.held[u.id][kind] = n
}

// leave has one question answered by nobody.
func (o *others) leave(subject string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away = subject
}

// told is what was told last of a person's hand-over, by kind.
func (w *world) told(personID string) map[string]event.HandedOver {
	w.t.Helper()
	var payloads []string
	err := w.db.Read().NewSelect().Table("outbox").Column("payload").Where("type = ?", event.PersonsChanged).OrderExpr("id DESC").Limit(1).Scan(w.t.Context(), &payloads)
	if err != nil {
		w.t.Fatal(err)
	}
	var e event.Event
	if err := json.Unmarshal([]byte(payloads[0]), &e); err != nil {
		w.t.Fatal(err)
	}
	ps, err := event.Decode[event.Persons](e)
	if err != nil || ps.Persons[0].ID != personID {
		w.t.Fatalf("%+v %v", ps, err)
	}
	m := map[string]event.HandedOver{}
	for _, h := range ps.Persons[0].HandedOver {
		m[h.Kind] = h
	}
	return m
}

// contact is the responsible person of a unit.
func (w *world) contact(code string) string {
	w.t.Helper()
	var u struct {
		ContactID string `json:"contact_id"`
	}
	w.sys.get("/units/" + w.ids[code]).is(200).into(&u)
	return u.ContactID
}

// Nobody leaves, by being disabled or by moving, while something hangs on
// them, unless it is said who has it instead or that nobody has.
func TestCase07_NobodyLeavesWorkBehind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		leaver, stays, far := w.person("leaver", "V11"), w.person("stays", "V11", "reporter@V11"), w.person("far", "V12", "reporter@V12")
		path := "/people/" + leaver.id
		w.sys.patch("/units/"+w.ids["V11"], obj{"contact_id": leaver.id}).is(200)
		w.others.hang(leaver, "assignments", 3)
		w.others.hang(leaver, "measures", 2)
		var list struct{ Items []obj }
		w.sys.get(path + "/holdings").is(200).into(&list)
		if len(list.Items) != 3 || list.Items[0]["kind"] != "unit_contacts" || list.Items[1]["count"] != float64(3) || list.Items[2]["kind"] != "measures" {
			t.Fatalf("%v", list)
		}
		leaver.get(path + "/holdings").is(404)

		w.sys.post(path+"/disable", obj{"reason": "调离"}).problem(409, "holdings_left")
		w.sys.patch(path, obj{"unit_id": w.ids["V12"]}).problem(409, "holdings_left")
		w.sys.patch(path, obj{"title": "副主任"}).is(200)
		some := []obj{{"kind": "assignments", "unassigned": true}, {"kind": "measures", "unassigned": true}}
		w.sys.post(path+"/disable", obj{"hand_over": some}).problem(409, "holdings_left")
		for _, to := range []string{far.id, leaver.id, w.ids["V11"], "x"} {
			w.sys.post(path+"/disable", obj{"hand_over": append(some, obj{"kind": "unit_contacts", "to_person_id": to})}).is(422).at("body.hand_over")
		}
		w.sys.post(path+"/disable", obj{"reason": "调离", "hand_over": []obj{
			{"kind": "assignments", "to_person_id": stays.id}, {"kind": "unit_contacts", "to_person_id": stays.id}, {"kind": "measures", "unassigned": true},
		}}).is(200)
		if c := w.contact("V11"); c != stays.id {
			t.Errorf("the contact is %q", c)
		}
		// Every kind is told of: what came to hang on them in the meantime is nobody's.
		h := w.told(leaver.id)
		if len(h) != 7 || h["assignments"].To != stays.id || h["assignments"].Name == "" || h["measures"].To != "" || h["draws"].Kind != "draws" {
			t.Errorf("%+v", h)
		}
		w.sys.patch("/units/"+w.ids["V11"], obj{"contact_id": leaver.id}).problem(422, "invalid").at("body.contact_id") // who is disabled is nobody
		// Moving with nobody named, said so.
		w.sys.patch("/people/"+stays.id, obj{"unit_id": w.ids["V12"]}).problem(409, "holdings_left")
		w.sys.patch("/people/"+stays.id, obj{"unit_id": w.ids["V12"], "hand_over": []obj{{"kind": "unit_contacts", "unassigned": true}}}).is(200)
		if c := w.contact("V11"); c != "" {
			t.Errorf("the contact is %q", c)
		}
		// Their roles stay, and say so.
		var gs struct{ Items []obj }
		if w.sec.get("/grants?unit_id=" + w.ids["V11"]).is(200).into(&gs); len(gs.Items) != 1 || gs.Items[0]["works_at"] == nil {
			t.Errorf("%+v", gs)
		}
		gs.Items = nil
		if w.sec.get("/grants?unit_id=" + w.ids["V12"]).is(200).into(&gs); len(gs.Items) != 1 || gs.Items[0]["works_at"] != nil {
			t.Errorf("%+v", gs)
		}
		if h := w.told(stays.id); len(h) != 7 {
			t.Errorf("%+v", h)
		}
		w.sys.post("/people/"+far.id+"/disable", nil).is(200) // nothing hangs on them
		w.holds()
	})
}

// A service that does not answer is not passed over: nobody leaves by it, unless
// it is said of all its kinds what becomes of them.
func TestCase07_AServiceThatIsAwayIsNotPassedOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		leaver, stays := w.person("leaver", "V11"), w.person("stays", "V11")
		path := "/people/" + leaver.id
		w.others.leave(rpc.RectificationHoldings)
		var list struct{ Items []obj }
		w.sys.get(path + "/holdings").is(200).into(&list)
		if len(list.Items) != 5 || slices.ContainsFunc(list.Items, func(h obj) bool { return h["unknown"] != true }) {
			t.Fatalf("%+v", list)
		}
		var whole []obj
		for _, h := range list.Items {
			a := w.sys.post(path+"/disable", obj{"hand_over": whole}).problem(503, "holdings_unknown")
			if a.header.Get("Retry-After") != "5" {
				t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
			}
			w.sys.patch(path, obj{"unit_id": w.ids["V12"], "hand_over": whole}).problem(503, "holdings_unknown")
			whole = append(whole, obj{"kind": h["kind"], "unassigned": true})
		}
		// What is known comes first.
		w.others.hang(leaver, "assignments", 1)
		w.sys.post(path+"/disable", obj{"hand_over": whole}).problem(409, "holdings_left")
		w.sys.post(path+"/disable", obj{"hand_over": append(whole, obj{"kind": "assignments", "to_person_id": stays.id})}).is(200)
		w.others.leave("")
		w.sys.post("/people/"+stays.id+"/disable", nil).is(200)
		w.holds()
	})
}

// Whoever goes into the part that is split off leaves the unit's work to those
// that stay; whoever is merged with their unit takes their own along.
func TestCase07_SplitAsksAndMergeKeeps(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		goes, stays := w.person("goes", "T1", "reporter@T1"), w.person("stays", "T1")
		w.sys.patch("/units/"+w.ids["T1"], obj{"contact_id": goes.id}).is(200)
		w.others.hang(goes, "assignments", 2)
		at := "/units/" + w.ids["T1"]
		body := func(over ...obj) obj {
			return obj{"code": "T9", "name": "城北街道", "person_ids": []string{goes.id}, "hand_over": over}
		}
		a := w.sys.post(at+"/split", body(obj{"kind": "assignments", "unassigned": true})).problem(409, "holdings_left")
		var p struct {
			Current struct{ Items []obj }
		}
		if a.into(&p); len(p.Current.Items) != 2 || p.Current.Items[0]["person_id"] != goes.id || p.Current.Items[1]["count"] != float64(2) {
			t.Errorf("%+v", p)
		}
		contacts := obj{"kind": "unit_contacts", "to_person_id": stays.id}
		w.sys.post(at+"/split", body(contacts, obj{"kind": "assignments", "to_person_id": goes.id})).is(422)
		w.others.leave(rpc.AssignmentHoldings)
		w.sys.post(at+"/split", body(contacts)).problem(503, "holdings_unknown")
		w.others.leave("")
		w.sys.post(at+"/split", body(contacts, obj{"kind": "assignments", "to_person_id": stays.id})).is(201)
		if h := w.told(goes.id); h["assignments"].To != stays.id || len(h) != 7 {
			t.Errorf("%+v", h)
		}
		if c := w.contact("T1"); c != stays.id {
			t.Errorf("the contact is %q", c)
		}

		w.others.hang(stays, "assignments", 2)
		w.sys.post(at+"/merge", obj{"into_id": w.ids["T2"]}).is(200)
		if h := w.told(stays.id); len(h) != 0 {
			t.Errorf("%+v", h)
		}
		if c := w.contact("T1"); c != stays.id {
			t.Errorf("the contact is %q", c)
		}
		w.holds()
	})
}

// A file neither moves nor disables anybody: an account that exists is refused in
// the dry run and in the import alike, and who has it stays where they are.
func TestCase07_AFileTakesNobodyAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		holder := w.person("holder", "V11")
		w.others.hang(holder, "assignments", 1)
		const file = "account,name,unit_code\nholder,王芳,V12\n"
		var r struct{ Problems []obj }
		if w.sys.csv("people", "?dry_run=true", file).is(200).into(&r); len(r.Problems) != 1 || r.Problems[0]["column"] != "account" {
			t.Errorf("%+v", r)
		}
		w.sys.csv("people", "", file).problem(422, "import_rejected")
		var p struct {
			UnitID   string `json:"unit_id"`
			Disabled bool
		}
		if w.sys.get("/people/" + holder.id).is(200).into(&p); p.UnitID != w.ids["V11"] || p.Disabled {
			t.Errorf("%+v", p)
		}
	})
}

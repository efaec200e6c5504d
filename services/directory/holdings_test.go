package directory_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/bus"
)

// Nobody leaves, by being disabled or by moving, while something hangs on
// them, unless it is said who has it instead or that nobody has.
func TestCase07_NobodyLeavesWorkBehind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		held := map[string]int64{}
		err := bus.Respond(w.bus, rpc.AssignmentHoldings, func(_ context.Context, q rpc.HoldingsRequest) (rpc.HoldingsReply, error) {
			return rpc.HoldingsReply{Holdings: []rpc.Holding{{Kind: "assignments", Count: held[q.PersonID]}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		leaver, stays, far := w.person("leaver", "V11"), w.person("stays", "V11"), w.person("far", "V12")
		path := "/people/" + leaver.id
		w.sys.patch("/units/"+w.ids["V11"], obj{"contact_id": leaver.id}).is(200)
		held[leaver.id] = 3
		var list struct{ Items []obj }
		w.sys.get(path + "/holdings").is(200).into(&list)
		if len(list.Items) != 2 || list.Items[0]["kind"] != "unit_contacts" || list.Items[1]["count"] != float64(3) {
			t.Fatalf("%v", list)
		}
		leaver.get(path + "/holdings").is(404)

		w.sys.post(path+"/disable", obj{"reason": "调离"}).problem(409, "holdings_left")
		w.sys.patch(path, obj{"unit_id": w.ids["V12"]}).problem(409, "holdings_left")
		w.sys.patch(path, obj{"title": "副主任"}).is(200)
		some := []obj{{"kind": "assignments", "unassigned": true}}
		w.sys.post(path+"/disable", obj{"hand_over": some}).problem(409, "holdings_left")
		for _, to := range []string{far.id, leaver.id, w.ids["V11"], "x"} {
			w.sys.post(path+"/disable", obj{"hand_over": append(some, obj{"kind": "unit_contacts", "to_person_id": to})}).is(422)
		}
		w.sys.post(path+"/disable", obj{"reason": "调离", "hand_over": []obj{
			{"kind": "assignments", "to_person_id": stays.id}, {"kind": "unit_contacts", "to_person_id": stays.id},
		}}).is(200)
		var u struct {
			ContactID string `json:"contact_id"`
		}
		if w.sys.get("/units/" + w.ids["V11"]).is(200).into(&u); u.ContactID != stays.id {
			t.Errorf("%+v", u)
		}
		told := func(personID string) []event.HandedOver {
			t.Helper()
			var payloads []string
			err := w.db.Read().NewSelect().Table("outbox").Column("payload").Where("type = ?", event.PersonsChanged).OrderExpr("id DESC").Limit(1).Scan(t.Context(), &payloads)
			if err != nil {
				t.Fatal(err)
			}
			var e event.Event
			if err := json.Unmarshal([]byte(payloads[0]), &e); err != nil {
				t.Fatal(err)
			}
			ps, err := event.Decode[event.Persons](e)
			if err != nil || ps.Persons[0].ID != personID {
				t.Fatalf("%+v %v", ps, err)
			}
			return ps.Persons[0].HandedOver
		}
		if h := told(leaver.id); len(h) != 2 || h[0].Kind != "assignments" || h[0].To != stays.id || h[0].Name == "" {
			t.Errorf("%+v", h)
		}
		// Moving with nobody named, said so.
		w.sys.patch("/people/"+stays.id, obj{"unit_id": w.ids["V12"]}).problem(409, "holdings_left")
		w.sys.patch("/people/"+stays.id, obj{"unit_id": w.ids["V12"], "hand_over": []obj{{"kind": "unit_contacts", "unassigned": true}}}).is(200)
		u.ContactID = ""
		if w.sys.get("/units/" + w.ids["V11"]).is(200).into(&u); u.ContactID != "" {
			t.Errorf("%+v", u)
		}
		w.sys.post("/people/"+far.id+"/disable", nil).is(200) // nothing hangs on them
		w.holds()
	})
}

package host_test

import (
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// thing is one resource of the world.
type thing struct {
	kind, id string
	place    string   // the unit it belongs to
	issuer   string   // the unit that decides on it; empty where nobody does
	offices  []string // the units whose offices launched it, or handed it on
	owners   []string // whose it is, where only they may have it
	given    []string // the units it was given to
	down     bool     // it was given to everybody at its unit and below
	props    map[string]string
}

func (w *world) add(t *thing) {
	w.things[t.kind] = append(w.things[t.kind], t)
}

// of finds the thing of a kind at a unit.
func (w *world) of(kind, place string) *thing {
	i := slices.IndexFunc(w.things[kind], func(t *thing) bool { return t.place == place })
	if i < 0 {
		return nil
	}
	return w.things[kind][i]
}

func day(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }

// draft makes a campaign with one task that asks for one figure.
func (w *world) draft(t testing.TB, who, place, kind string, targets map[string]any) (campaign, task string) {
	t.Helper()
	c := w.post(t, who, "/api/v1/campaigns", map[string]any{
		"title": kind + " " + place, "unit_id": w.places[place].id, "starts_on": day(10), "ends_on": day(20),
	})
	k := w.post(t, who, "/api/v1/campaigns/"+text(c, "id")+"/tasks", map[string]any{
		"title": "发放宣传资料", "due_on": day(20), "targets": targets,
		"requirements": []any{map[string]any{"kind": "number", "title": "发放宣传册数", "figure": "leaflets", "compulsory": true, "aggregate": "sum"},
			map[string]any{"kind": "photo", "title": "活动照片"}},
	})
	return text(c, "id"), text(k, "id")
}

// issue makes and issues a campaign and adds it, its task and its assignments.
func (w *world) issue(t testing.TB, who, place, kind, assignments string, targets map[string]any) string {
	t.Helper()
	c, k := w.draft(t, who, place, kind, targets)
	w.post(t, who, "/api/v1/campaigns/"+c+"/issue", nil)
	until(t, "issued "+kind+" of "+place, func() bool {
		p := w.get(t, who, "/api/v1/campaigns/"+c+"/progress")
		return text(p, "state") == "active"
	})
	as, _ := w.all(t, w.token(t, who), "/api/v1/assignments?limit=500&campaign_id="+c)
	var given []string
	of := w.acting(who)
	for _, a := range as {
		at := w.key(text(a, "unit_id"))
		given = append(given, at)
		if assignments != "" {
			w.add(&thing{kind: assignments, id: text(a, "id"), place: at, issuer: place, offices: of, props: map[string]string{"target": "assignment"}})
		}
	}
	if len(given) == 0 {
		t.Fatalf("nothing was issued by %s", place)
	}
	w.add(&thing{kind: kind, id: c, place: place, given: given, offices: of})
	if kind == "campaign" {
		w.add(&thing{kind: "task", id: k, place: place, given: given, offices: of})
	}
	return c
}

func (w *world) key(unitID string) string {
	for k, p := range w.places {
		if p.id == unitID {
			return k
		}
	}
	return ""
}

func below(levels ...string) map[string]any { return map[string]any{"levels": levels} }

// campaigns makes those of two counties and a town, with what was delegated,
// asked to be extended, and closed.
func (w *world) campaigns(t testing.TB) {
	t.Helper()
	until(t, "the tree arrives at assignment", func() bool {
		a := w.call(t, w.token(t, "mgr-d"), http.MethodPost, "/api/v1/campaigns", nil, map[string]any{"title": "试", "starts_on": day(5), "ends_on": day(6)})
		if a.status != http.StatusCreated {
			return false
		}
		id := text(a.object(), "id")
		w.post(t, "mgr-d", "/api/v1/campaigns/"+id+"/tasks", map[string]any{"title": "试", "due_on": day(6), "targets": below("town", "unit")})
		plan := w.post(t, "mgr-d", "/api/v1/campaigns/"+id+"/dry-run", nil)
		w.must(t, "mgr-d", http.MethodDelete, "/api/v1/campaigns/"+id, nil)
		n, _ := plan["assignments"].(float64)
		return n == 3
	})
	for who, at := range map[string]string{"mgr-c": "C", "mgr-t1": "T1", "mgr-d": "D"} {
		of := w.acting(who)
		c := w.issue(t, who, at, "campaign", "assignment", below("town", "unit"))
		for _, a := range w.things["assignment"] {
			if a.issuer == at {
				a.props["campaign"] = c
			}
		}
		closed := w.issue(t, who, at, "closed", "closed-assignment", below("town", "unit"))
		w.post(t, who, "/api/v1/campaigns/"+closed+"/close", map[string]any{"reason": "结束", "leave_open": true})
		w.issue(t, who, at, "spare-campaign", "", below("unit"))
		for _, kind := range []string{"draft", "spare-draft"} {
			d, k := w.draft(t, who, at, kind, below("unit"))
			w.add(&thing{kind: kind, id: d, place: at, offices: of})
			x := w.post(t, who, "/api/v1/campaign-templates", map[string]any{"campaign_id": d, "title": kind, "unit_id": w.places[at].id})
			w.add(&thing{kind: map[string]string{"draft": "template", "spare-draft": "spare-template"}[kind], id: text(x, "name"), place: at, offices: of})
			if kind == "draft" {
				w.add(&thing{kind: "draft-task", id: k, place: at, offices: of})
			}
		}
		_, k := w.draft(t, who, at, "draft of a spare task", below("unit"))
		w.add(&thing{kind: "spare-task", id: k, place: at, offices: of})
	}
	// Towns pass a task on that the county gave to towns only.
	for mgr, at := range map[string]string{"mgr-c": "C", "mgr-d": "D"} {
		w.issue(t, mgr, at, "for-towns", "for-town", below("town"))
	}
	for who, d := range map[string][]string{"coord-t1": {"T1", "V11", "V12"}, "coord-t2": {"T2", "V21"}, "coord-dt": {"DT", "DV"}} {
		a := w.of("for-town", d[0])
		var ids []string
		for _, k := range d[1:] {
			ids = append(ids, w.places[k].id)
		}
		w.post(t, who, "/api/v1/assignments/"+a.id+"/delegate", map[string]any{"unit_ids": ids})
		kids, _ := w.all(t, w.token(t, who), "/api/v1/assignments?parent_id="+a.id)
		for _, x := range kids {
			w.add(&thing{kind: "delegated", id: text(x, "id"), place: w.key(text(x, "unit_id")), issuer: d[0], offices: append([]string{d[0]}, a.offices...), props: map[string]string{"target": "assignment"}})
		}
	}
	for who, at := range workers {
		a := w.of("assignment", at)
		x := w.post(t, who, "/api/v1/assignments/"+a.id+"/extension-requests", map[string]any{"due_on": day(30), "reason": "汛期抽调人员"})
		w.add(&thing{kind: "extension", id: text(x, "id"), place: at, issuer: a.issuer, offices: a.offices})
	}
}

// workers are those who do the work of units.
var workers = map[string]string{
	"coord-t1": "T1", "rep-v11": "V11", "coord-t2": "T2", "rep-v21": "V21", "rep-co": "CO", "coord-dt": "DT", "rep-dv": "DV",
}

// evidence makes a draft submission with an item, a sealed one and a file of
// each unit.
func (w *world) evidence(t testing.TB) {
	t.Helper()
	for who, at := range workers {
		w.add(&thing{kind: "file", id: w.upload(t, who, w.places[at].id, "a.txt", "hello world"), place: at, owners: []string{who}})
		open := func(assignment *thing, quality int) (id, requirement, photo string) {
			s := w.post(t, who, "/api/v1/submissions", map[string]any{"target": "assignment", "target_id": assignment.id})
			id, requirement = text(s, "id"), text(objects(s, "requirements")[0], "id")
			w.must(t, who, http.MethodPut, "/api/v1/submissions/"+id+"/items/"+requirement, map[string]any{"value": 260})
			photo = w.upload(t, who, w.places[at].id, "a.jpg", picture(at, quality))
			w.must(t, who, http.MethodPut, "/api/v1/submissions/"+id+"/items/"+text(objects(s, "requirements")[1], "id"), map[string]any{"file_ids": []string{photo}})
			return id, requirement, photo
		}
		if a := w.of("delegated", at); a != nil {
			id, requirement, _ := open(a, 90)
			w.post(t, who, "/api/v1/submissions/"+id+"/seal", nil)
			w.add(&thing{kind: "sealed", id: id, place: at, offices: a.offices, props: map[string]string{"requirement": requirement}})
		}
		// The same picture again, for another task.
		again := w.of("assignment", at)
		id, requirement, photo := open(again, 60)
		w.add(&thing{kind: "submission", id: id, place: at, offices: again.offices, props: map[string]string{"requirement": requirement}})
		until(t, "the examination of a picture", func() bool {
			return text(w.get(t, who, "/api/v1/files/"+photo), "preview") == "ready"
		})
		w.add(&thing{kind: "picture", id: photo, place: at, offices: again.offices})
		if w.of("delegated", at) == nil {
			continue
		}
		// Whose the campaign is: the county's or the town's, whichever comes first.
		boss := "mgr-c"
		for _, who := range []string{"mgr-d", "mgr-t1"} {
			if again.offices[0] == w.people[who].office() {
				boss = who
			}
		}
		until(t, "a match", func() bool {
			ms := objects(w.get(t, boss, "/api/v1/matches?file_id="+photo), "items")
			if len(ms) == 1 {
				w.add(&thing{kind: "match", id: text(ms[0], "id"), place: at, offices: again.offices})
			}
			return len(ms) == 1
		})
	}
}

// picture is a JPEG of patches, another one for each seed.
func picture(seed string, quality int) string {
	h := fnv.New64a()
	h.Write([]byte(seed))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	img := image.NewRGBA(image.Rect(0, 0, 240, 180))
	for range 60 {
		x, y := r.IntN(240), r.IntN(180)
		c := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		draw.Draw(img, image.Rect(x, y, x+20+r.IntN(80), y+20+r.IntN(60)), image.NewUniform(c), image.Point{}, draw.Src)
	}
	var b strings.Builder
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		panic(err)
	}
	return b.String()
}

// inspections makes checklists, inspections, findings and orders.
func (w *world) inspections(t testing.TB) {
	t.Helper()
	checklist := map[string]any{"title": "检查表", "items": []any{map[string]any{
		"key": "a", "group": "一", "title": "留存日志", "type": "pass_fail", "category": "technical", "severity": "ordinary",
	}}}
	for who, at := range map[string]string{"insp-c": "C", "insp-t1": "T1", "insp-d": "D"} {
		until(t, "the tree arrives at rectification", func() bool {
			a := w.call(t, w.token(t, who), http.MethodPost, "/api/v1/checklists", nil, checklist)
			if a.status == http.StatusCreated {
				w.add(&thing{kind: "draft-checklist", id: text(a.object(), "id"), place: at, offices: w.acting(who)})
			} else if a.status != http.StatusNotFound {
				t.Fatalf("checklist: %d %s", a.status, a.raw)
			}
			return a.status == http.StatusCreated
		})
		c := w.post(t, who, "/api/v1/checklists", checklist)
		w.post(t, who, "/api/v1/checklists/"+text(c, "id")+"/publish", nil)
		w.add(&thing{kind: "checklist", id: text(c, "id"), place: at, down: true, offices: w.acting(who)})
		d := w.post(t, who, "/api/v1/inspections/draws", map[string]any{
			"title": "双随机抽查", "under": w.places[at].id, "count": 1, "inspectors_per_unit": 1, "inspector_ids": []string{w.people[who].id},
		})
		w.add(&thing{kind: "draw", id: text(d, "id"), place: at, offices: w.acting(who)})
	}
	lists, _ := w.all(t, w.token(t, "insp-c"), "/api/v1/checklists")
	var builtIn string
	for _, c := range lists {
		if text(c, "series") == "terminal-rules" {
			builtIn = text(c, "id")
		}
	}
	for _, x := range [][2]string{
		{"insp-c", "C"}, {"insp-c", "T1"}, {"insp-c", "V11"}, {"insp-c", "T2"}, {"insp-c", "V21"}, {"insp-cf", "CO"}, {"insp-cf", "V12"},
		{"insp-d", "DT"}, {"insp-d", "DV"}, {"insp-d", "D"},
	} {
		w.inspect(t, x[0], x[1], builtIn)
	}
}

// documents has an inspector and a unit ask for documents.
func (w *world) documents(t testing.TB) {
	t.Helper()
	for _, who := range []string{"insp-c", "rep-v11", "insp-d"} {
		j := w.post(t, who, "/api/v1/document-jobs", map[string]any{"form": "order"})
		w.add(&thing{kind: "document-job", id: text(j, "id"), place: w.people[who].home, owners: []string{who}})
		w.finished(t, who, text(j, "id"))
	}
}

// finished waits for documents to be made.
func (w *world) finished(t testing.TB, who, job string) {
	t.Helper()
	until(t, "documents of "+who, func() bool { return text(w.get(t, who, "/api/v1/document-jobs/"+job), "state") == "done" })
}

// acting is the office for which somebody acts.
func (w *world) acting(who string) []string { return []string{w.people[who].office()} }

func within(path, top string) bool { return len(path) >= len(top) && path[:len(top)] == top }

func (w *world) inspect(t testing.TB, who, at, checklist string) {
	t.Helper()
	unit := w.places[at].id
	i := w.post(t, who, "/api/v1/inspections", map[string]any{
		"unit_id": unit, "checklist_id": checklist, "kind": "planned", "planned_on": day(1), "devices": []any{map[string]any{"id": "pc-1", "label": "一号机"}},
	})
	d := w.post(t, who, "/api/v1/inspections/devices", map[string]any{"unit_id": unit, "label": "一号机", "network": "inner"})
	w.add(&thing{kind: "device", id: text(d, "id"), place: at})
	w.add(&thing{kind: "inspection", id: text(i, "id"), place: at, offices: w.acting(who)})
	for n := range 3 {
		f := w.post(t, who, "/api/v1/findings", map[string]any{
			"unit_id": unit, "title": "未建立责任制", "text": "查无文件", "category": "institutions", "severity": "ordinary", "deadline_days": 10,
		})
		id := text(f, "id")
		w.add(&thing{kind: "finding", id: id, place: at, offices: w.acting(who)})
		if n == 2 {
			break // stays open
		}
		c := w.post(t, who, "/api/v1/rectifications", map[string]any{"finding_ids": []string{id}, "title": "整改通知", "workdays": 10})
		r := &thing{kind: "rectification", id: text(c, "id"), place: at, offices: w.acting(who), props: map[string]string{"target": "rectification"}}
		w.add(r)
		path := "/api/v1/rectifications/" + r.id
		if n == 1 {
			end := time.Now().AddDate(0, 2, 0).Format(time.DateOnly)
			c = w.post(t, who, path+"/suspend", map[string]any{"reason": "需财政立项", "stages": []any{map[string]any{"title": "立项", "due_on": end}}})
			r.props["stage"] = text(objects(c, "stages")[0], "id")
			continue
		}
		for worker, unit := range workers {
			if unit != at {
				continue
			}
			w.post(t, worker, path+"/acknowledge", nil)
			c = w.post(t, worker, path+"/plan", map[string]any{"measures": []any{map[string]any{
				"text": "建立责任制", "person_name": "王会计", "due_on": day(5),
			}}})
			r.props["measure"] = text(objects(c, "measures")[0], "id")
		}
	}
}

// accounts adds people, grants, sessions and notices, and the three without a
// session: nobody, an ended session, a disabled person.
func (w *world) accounts(t testing.TB) (without map[string]string) {
	t.Helper()
	for _, p := range w.people {
		kind := "person"
		if p.home[0] == 'X' && p.account != "insp-d" {
			kind = "spare-person"
		}
		w.add(&thing{kind: kind, id: p.id, place: p.home})
	}
	gs, _ := w.all(t, w.token(t, "sec"), "/api/v1/grants?limit=500")
	for _, g := range gs {
		kind := "grant"
		if at := w.key(text(g, "unit_id")); at[0] == 'X' {
			kind = "spare-grant"
		}
		w.add(&thing{kind: kind, id: text(g, "id"), place: w.key(text(g, "unit_id"))})
	}
	_, session := w.signIn(t, w.people["rep-v11"])
	w.add(&thing{kind: "session", id: session, place: "V11", owners: []string{"rep-v11"}})
	for _, who := range []string{"rep-v11", "rep-t2", "mgr-c"} {
		until(t, "a notice for "+who, func() bool {
			l := objects(w.get(t, who, "/api/v1/notices"), "items")
			if len(l) > 0 {
				n := &thing{kind: "notice", id: text(l[0], "id"), place: w.people[who].home}
				n.owners = w.notified(t, n)
				w.add(n)
			}
			return len(l) > 0
		})
	}
	without = map[string]string{"nobody": "", "ended": w.token(t, "ended"), "disabled": w.token(t, "disabled")}
	w.get(t, "ended", "/api/v1/campaigns")
	w.get(t, "disabled", "/api/v1/campaigns")
	w.must(t, "ended", http.MethodDelete, "/api/v1/sessions/current", nil)
	w.post(t, "sys", "/api/v1/people/"+w.people["disabled"].id+"/disable", map[string]any{"reason": "调离"})
	return without
}

// notified are the people of a notice's unit who got it too.
func (w *world) notified(t testing.TB, n *thing) []string {
	t.Helper()
	var who []string
	for _, s := range w.actors() {
		if s.home != n.place {
			continue
		}
		got, _ := w.all(t, w.token(t, s.account), "/api/v1/notices?limit=200")
		if slices.ContainsFunc(got, func(x map[string]any) bool { return text(x, "id") == n.id }) {
			who = append(who, s.account)
		}
	}
	return who
}

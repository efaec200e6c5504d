package rectification_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/xuri/excelize/v2"
)

// Cases 47 and 48: whatever people wrote, short or as long as may be, is on every
// paper it belongs to, in both formats, whole; and so is what the program says.
func TestCase48EveryPaperSaysAllInBothFormats(t *testing.T) {
	t.Parallel()
	for name, scale := range map[string]int{"short": 0, "as long as may be": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) { wholePapers(t, d, scale == 1) })
		})
	}
}

func wholePapers(t *testing.T, d *db.DB, long bool) {
	w, e := withEvidence(t, d)
	insp := w.as(fixture.Inspector)
	v11 := fixture.Unit("V11")
	person := event.Person{ID: id.New(), Name: "李敏", UnitID: v11.ID, UnitPath: v11.Path, Version: 1}
	w.mustTake(event.New(id.New(), monday, event.PersonsChanged, "people", 1, event.Persons{Persons: []event.Person{person}}))
	texts := 0
	text := func(most int) string {
		texts++
		head, tail := fmt.Sprintf("始%d：", texts), fmt.Sprintf("终%d", texts)
		n := 20
		if long {
			n = most
		}
		body := []rune(strings.Repeat("服务器口令为出厂默认，Antivirus未装；", most/20+1))
		return head + string(body[:n-len([]rune(head+tail))]) + tail
	}
	both := func(path string, says ...string) {
		t.Helper()
		doc := openWord(t, w.document(fixture.Inspector, path, "docx").Raw)
		cells := allCells(t, w.document(fixture.Inspector, path, "xlsx").Raw)
		words := doc.body.text()
		for _, s := range says {
			s = strings.ReplaceAll(s, "\n", "")
			if !strings.Contains(words, s) {
				t.Errorf("%s: Word lacks %.20s", path, s)
			}
			if !strings.Contains(cells, s) {
				t.Errorf("%s: Excel lacks %.20s", path, s)
			}
		}
	}
	finding := obj{
		"unit_id": fixture.Unit("V11").ID, "title": text(200), "text": text(4000), "place": text(200), "clause": text(300),
		"category": "technical", "severity": "major", "deadline_days": 10, "file_ids": []string{e.add(t, "机房.jpg", "", 90), e.add(t, text(100)+".pdf", "", 0)},
	}
	var f, r thing
	insp.Post("/api/v1/findings", finding).Is(201).Into(&f)
	order := obj{"finding_ids": []string{f.ID, w.finding(fixture.Inspector, "V11", "minor").ID}, "title": text(200), "note": text(1900) + "\n" + text(1900), "workdays": 10, "copy_to_superior": true, "needs_application": true, "approve_plan": true}
	insp.Post("/api/v1/rectifications", order).Is(201).Into(&r)
	measures := []obj{}
	said := []string{}
	for range 5 {
		m := obj{"text": text(1000), "person_name": text(100), "due_on": "2026-09-18"}
		measures = append(measures, m)
		said = append(said, m["text"].(string), m["person_name"].(string))
	}
	plan := obj{"measures": measures, "funds": text(1000), "contingency": text(2000), "responsible_id": person.ID}
	w.do(fixture.Reporter, r, "acknowledge", nil).Is(200)
	w.do(fixture.Reporter, r, "plan", plan).Is(200)
	ofFinding := []string{finding["title"].(string), finding["text"].(string), finding["place"].(string), finding["clause"].(string)}
	ofPlan := append(said, plan["funds"].(string), plan["contingency"].(string))
	note := strings.Split(order["note"].(string), "\n")
	path := "/api/v1/rectifications/" + r.ID
	both(path+"/order", slices.Concat(ofFinding, ofPlan, note, []string{
		person.Name, order["title"].(string), "平县网信办", "整改〔2026〕1号", "东一村：", "经检查，你单位存在2个问题（见附件），现要求限期整改。",
		"请先报送整改方案，明确整改措施、责任人和完成时间，并落实整改资金和应急预案；方案经同意后实施。",
		"请于2026年9月28日（含）前完成整改，并报送整改情况。整改完成后请提出销号申请。", "2026年9月14日", "抄送：东镇。", "附件：整改问题清单", "重大", "本件由督办系统生成。",
	})...)
	w.do(fixture.Inspector2, r, "decide-plan", obj{"approve": true}).Is(200)
	w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
	apply := text(4000)
	w.do(fixture.Reporter, r, "apply-close-out", obj{"text": apply}).Is(200)
	both(path+"/close-out", slices.Concat(ofFinding, ofPlan, []string{
		apply, "已整改", "平县网信办：", "你单位整改〔2026〕1号要求整改的2个问题，我单位已于2026年9月14日报送整改情况。", "现申请销号，请予复查。", "东一村", "整改完成情况表",
	})...)
	w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
	wrong := text(2000)
	results := []obj{}
	for _, x := range r.Findings {
		if x.ID == f.ID {
			results = append(results, obj{"finding_id": x.ID, "result": "not", "note": wrong})
		} else {
			results = append(results, obj{"finding_id": x.ID, "result": "fixed"})
		}
	}
	w.do(fixture.Inspector2, r, "verify", obj{"decision": "reject", "still_wrong": "x", "workdays": 5, "results": results}).Is(200)
	both(path+"/order", wrong)

	ofList := []string{finding["title"].(string), finding["text"].(string), finding["clause"].(string), "东一村"}
	both("/api/v1/findings/export?form=register", append(ofList, "整改〔2026〕1号")...)
	both("/api/v1/findings/export?form=finding_list", append(ofList, finding["place"].(string))...)
	both("/api/v1/rectifications/export?form=task_list", append(said, order["title"].(string))...)
	both("/api/v1/rectifications/export?form=duty_list", order["title"].(string), "平县网信办")

	// The record of an inspection.
	var list, in thing
	item := obj{"key": "a", "group": "口令", "title": text(300), "clause": text(300), "type": "pass_fail", "category": "technical", "deadline_days": 5, "per_device": true}
	insp.Post("/api/v1/checklists", obj{"title": text(200), "items": []obj{item}}).Is(201).Into(&list)
	insp.Post("/api/v1/checklists/"+list.ID+"/publish", nil).Is(200)
	plans := obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": list.ID, "note": text(2000), "devices": []obj{{"id": "1", "label": text(100)}, {"id": "2", "label": text(100)}}}
	insp.Post("/api/v1/inspections", plans).Is(201).Into(&in)
	path = "/api/v1/inspections/" + in.ID
	found := []string{text(2000), text(2000), text(2000), text(2000), text(2000), text(2000)}
	insp.Do("PUT", path+"/answers", obj{"answers": []obj{
		{"item_key": "a", "device_id": "1", "result": "fail", "note": found[0]}, {"item_key": "a", "device_id": "2", "result": "pass", "note": found[1]},
	}}).Is(200)
	insp.Post(path+"/send", nil).Is(200)
	insp.Post(path+"/amend", obj{"item_key": "a", "device_id": "1", "text": found[2]}).Is(200)
	insp.Post(path+"/amend", obj{"text": found[3]}).Is(200)
	w.as(fixture.Reporter).Post(path+"/object", obj{"text": found[4]}).Is(200)
	w.as(fixture.Inspector2).Post(path+"/decide-objection", obj{"uphold": false, "answer": found[5]}).Is(200)
	devices := plans["devices"].([]obj)
	both("/api/v1/inspections/records/"+in.ID, append(found, item["title"].(string), item["clause"].(string), plans["note"].(string),
		devices[0]["label"].(string), devices[1]["label"].(string), "检查人员（签字）", "异议不成立")...)
	// A failed answer becomes a finding whose title is whole.
	var fs page
	insp.Get("/api/v1/findings?inspection_id=" + in.ID).Is(200).Into(&fs)
	if len(fs.Items) != 1 {
		t.Fatalf("%d findings", len(fs.Items))
	}
	both("/api/v1/findings/export?form=register&inspection_id="+in.ID, item["title"].(string), devices[0]["label"].(string), found[0])
}

// allCells is what stands in the cells of a workbook, in their order.
func allCells(t *testing.T, raw []byte) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			for _, c := range r {
				b.WriteString(strings.ReplaceAll(c, "\n", ""))
			}
		}
	}
	return b.String()
}

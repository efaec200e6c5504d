package rectification_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/xuri/excelize/v2"
)

// both downloads a document in both formats and answers its cells in Excel,
// having seen that Word has the same columns.
func (w *world) both(path string, columns int) (cells [][]string, doc wordFile, book *excelize.File) {
	w.t.Helper()
	doc = openWord(w.t, w.document(fixture.Inspector, path, "docx").Raw)
	book, err := excelize.OpenReader(bytes.NewReader(w.document(fixture.Inspector, path, "xlsx").Raw))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { book.Close() })
	if cells, err = book.GetRows("Sheet1"); err != nil {
		w.t.Fatal(err)
	}
	in := doc.columns(w.t)
	if len(in) != columns {
		w.t.Errorf("%s has %d columns, want %d: %q", path, len(in), columns, in)
	}
	i := slices.IndexFunc(cells, func(r []string) bool { return slices.Equal(r, in) })
	if i < 0 {
		w.t.Fatalf("%s: Excel lacks the columns %q", path, in)
	}
	return cells[i+1:], doc, book
}

// A unit applies for its close-out with pictures before and after, once it has
// reported.
func TestCloseOutForm(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		r := w.orderWithPictures(e)
		path := "/api/v1/rectifications/" + r.ID + "/close-out"
		w.as(fixture.Inspector).Get(path).Problem(409, "not_reported")
		report := w.sealed(r.ID, "V11", fixture.Reporter, false)
		e.submissions[report.Subject] = []string{e.add(t, "前.jpg", "before", 40), e.add(t, "后.jpg", "after", 60)}
		w.mustTake(report)
		w.do(fixture.Reporter, r, "apply-close-out", obj{"text": "已按方案完成整改。"}).Is(200)
		rows, doc, book := w.both(path, 13)
		if rows[0][2] != "二楼机房" || rows[0][8] != "2026-09-14" {
			t.Errorf("row %q", rows[0])
		}
		// The first finding has pictures of its own, the second those of the
		// report; what is after belongs to both.
		all, err := book.GetRows("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		first := len(all) - len(rows) + 1
		for place, want := range map[[2]int]int{{6, 0}: 2, {6, 1}: 1, {10, 0}: 1} {
			cell, _ := excelize.CoordinatesToCellName(place[0], first+place[1])
			if ps, err := book.GetPictures("Sheet1", cell); err != nil || len(ps) != want {
				t.Errorf("%d pictures in %s, want %d: %v", len(ps), cell, want, err)
			}
		}
		if n := len(doc.body.all("drawing")); n != 4 {
			t.Errorf("%d pictures in Word, want 4", n)
		}
		if got := doc.styled("Title"); len(got) != 1 || got[0] != "关于整改〔2026〕1号整改事项的销号申请" {
			t.Errorf("title %q", got)
		}
		if got := strings.Join(doc.styled("BodyText"), ""); !strings.Contains(got, "已按方案完成整改。") {
			t.Errorf("it says %q", got)
		}
		w.as(fixture.Stranger).Get(path).Problem(404, "not_found")
	})
}

// Register and the three lists hold what is in reach, and no more.
func TestRegistersAndLists(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		r := w.orderWithPictures(e)
		w.finding(fixture.Inspector, "V21", "major")
		rows, doc, _ := w.both("/api/v1/findings/export?form=register", 11)
		if len(rows) != 4 || rows[0][2] != "西一村" || rows[0][1] != "" || rows[1][1] != "整改〔2026〕1号" || rows[0][5] != "重大" {
			t.Errorf("register %q", rows)
		}
		if n := len(doc.body.all("sectPr")); n != 1 {
			t.Errorf("%d sections", n)
		}
		if rows, _, _ := w.both("/api/v1/findings/export?form=finding_list&severity=major", 10); len(rows) != 2 || rows[0][1] != "西一村" {
			t.Errorf("finding list %q", rows)
		}
		if rows, _, _ := w.both("/api/v1/rectifications/export?form=task_list", 9); len(rows) != 3 || rows[0][4] != "安装杀毒软件" || rows[1][5] != "李敏" || rows[1][7] != "0%" {
			t.Errorf("task list %q", rows)
		}
		if rows, _, _ := w.both("/api/v1/rectifications/export?form=duty_list&state=rectifying", 11); len(rows) != 2 || rows[0][1] != r.Number.(string) || rows[0][6] != "平县网信办" {
			t.Errorf("duty list %q", rows)
		}
		// The unit sees its own findings only.
		f, err := excelize.OpenReader(bytes.NewReader(w.document(fixture.Reporter21, "/api/v1/findings/export", "xlsx").Raw))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		own, err := f.GetRows("Sheet1")
		if err != nil || len(own) != 4 || own[2][2] != "西一村" {
			t.Errorf("of the village: %q, %v", own, err)
		}
		w.as(fixture.Inspector).Get("/api/v1/findings/export?form=task_list").Problem(422, "invalid")
	})
}

// The record of an inspection has a row for each item; devices for which the
// same was found share one.
func TestInspectionRecord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		var in thing
		insp := w.as(fixture.Inspector)
		insp.Post("/api/v1/inspections", obj{
			"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "spot",
			"devices": []obj{{"id": "pc-1", "label": "1 号机", "network": "inner"}, {"id": "pc-2", "label": "2 号机", "network": "outer"}, {"id": "pc-3", "label": "3 号机", "network": "outer"}},
		}).Is(201).Into(&in)
		answers := []obj{}
		for _, it := range in.Items {
			for _, pc := range []string{"pc-1", "pc-2", "pc-3"} {
				a := obj{"item_key": it.Key, "device_id": pc, "result": "pass"}
				if it.Key == "antivirus" && pc == "pc-2" {
					a["result"], a["note"], a["file_ids"] = "fail", "未安装", []string{e.add(t, "屏幕.jpg", "", 70)}
				}
				answers = append(answers, a)
			}
		}
		insp.Do("PUT", "/api/v1/inspections/"+in.ID+"/answers", obj{"answers": answers}).Is(200)
		path := "/api/v1/inspections/records/" + in.ID
		w.as(fixture.Reporter).Get(path).Problem(404, "not_found") // a spot check before it is sent
		insp.Post("/api/v1/inspections/"+in.ID+"/send", nil).Is(200)
		rows, doc, book := w.both(path, 6)
		table := rows[:slices.IndexFunc(rows, func(r []string) bool { return strings.HasPrefix(r[0], "被检查单位") })]
		if len(table) != 6 {
			t.Fatalf("%d rows, want one for each of 5 items and one for the device that failed: %q", len(table), table)
		}
		i := slices.IndexFunc(table, func(r []string) bool { return r[3] == "不符合" })
		if i < 0 || table[i][4] != "2 号机\n未安装" || table[i-1][4] != "1 号机、3 号机" {
			t.Errorf("rows %q", table)
		}
		cells, err := book.GetPictureCells("Sheet1")
		if err != nil || len(cells) != 1 || len(doc.body.all("drawing")) != 1 {
			t.Errorf("pictures in %v and %d in Word: %v", cells, len(doc.body.all("drawing")), err)
		}
		if o := doc.body.one(t, "pgSz").attr("orient"); o != "" {
			t.Errorf("the page is turned: %q", o)
		}
		if got := strings.Join(doc.styled("Below"), ""); !strings.Contains(got, "检查人员（签字）") || !strings.Contains(got, "抽查") {
			t.Errorf("below it says %q", got)
		}
		w.as(fixture.Reporter).Get(path).Is(200)
		// What is added afterwards, also with a picture, is in the record too.
		amend := "/api/v1/inspections/" + in.ID + "/amend"
		insp.Post(amend, obj{"item_key": "antivirus", "device_id": "pc-2", "text": "复核时仍未安装", "file_ids": []string{id.New()}}).Problem(422, "invalid")
		insp.Post(amend, obj{"item_key": "antivirus", "device_id": "pc-2", "text": "复核时仍未安装", "file_ids": []string{e.add(t, "复核.jpg", "", 80)}}).Is(200)
		if _, doc, _ = w.both(path, 6); len(doc.body.all("drawing")) != 2 {
			t.Errorf("%d pictures after the amendment", len(doc.body.all("drawing")))
		}
		w.as(fixture.Reporter12).Get(path).Problem(404, "not_found")
	})
}

// While the files are away no document is made that would silently lack them.
func TestNoDocumentWithoutItsPictures(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		r := w.orderWithPictures(e)
		alone := newWorldOn(t, d, bustest.Start(t))
		alone.as(fixture.Inspector).Get("/api/v1/rectifications/"+r.ID+"/order").Problem(503, "service_away")
	})
}

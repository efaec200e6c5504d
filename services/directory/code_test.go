package directory_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

type codeBody struct {
	ID, List, Code, Chinese, English string
	Also                             []string
	Open                             bool
	BuiltIn                          bool `json:"built_in"`
	Version                          int64
	May                              struct{ Update, Delete bool }
}

func (u *user) codeLists() map[string]codeBody {
	var l struct{ Items []codeBody }
	u.get("/codes").is(200).into(&l)
	m := map[string]codeBody{}
	for _, c := range l.Items {
		m[c.List+" "+c.Code] = c
	}
	return m
}

// Everybody reads the code lists, and only the system administrator keeps them.
// What a unit has is closed, never deleted, and stays with it.
func TestCodeLists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if c := w.aud.codeLists()["kind school"]; c.Chinese != "学校" || !c.Open || !c.BuiltIn || c.May.Update {
			t.Errorf("an auditor reads %+v", c)
		}
		value := obj{"list": "kind", "code": "library", "chinese": "图书馆", "english": "Library", "also": []string{"文化馆", "文 化馆"}}
		w.sec.post("/codes", value).problem(403, "forbidden")
		var made codeBody
		w.sys.post("/codes", value).is(201).into(&made)
		if len(made.Also) != 1 || !made.May.Delete {
			t.Errorf("made %+v", made)
		}
		w.sys.post("/codes", value).problem(409, "value_taken")
		w.sys.post("/codes", obj{"list": "kind", "code": "reading", "chinese": "文化馆", "english": "Reading room"}).problem(409, "value_name_taken")
		w.sys.post("/codes", obj{"list": "kind", "code": "Reading", "chinese": "阅览室", "english": "Reading room"}).problem(422, "invalid")
		w.sys.post("/codes", obj{"list": "denominator", "code": "beds", "chinese": "床位数", "english": "Beds"}).problem(422, "invalid")
		school := w.sys.codeLists()["kind school"]
		w.sys.send("PATCH", "/codes/"+school.ID, obj{"also": []string{"图书馆"}}).problem(409, "value_name_taken")
		w.sys.delete("/codes/"+school.ID).problem(409, "value_built_in")

		unit := obj{"parent_id": w.ids["T1"], "code": "L1", "level": "unit", "name": "镇图书馆", "kind": "library", "sectors": []string{"finance", "education", "finance"}}
		var u struct {
			ID, Kind string
			Sectors  []string
		}
		w.sys.post("/units", unit).is(201).into(&u)
		if u.Kind != "library" || strings.Join(u.Sectors, " ") != "education finance" {
			t.Errorf("unit %+v", u)
		}
		for q, want := range map[string]string{"sector=finance": "L1", "sector=education&kind=library": "L1", "sector=educatio_": "", "kind=school": ""} {
			if got := w.sys.codes(q); got != want {
				t.Errorf("%s finds %q, want %q", q, got, want)
			}
		}
		w.sys.delete("/codes/"+made.ID).problem(409, "value_in_use")
		w.sys.send("PATCH", "/codes/"+made.ID, obj{"open": false}).is(200)
		// It keeps the closed one, and no other gets it.
		w.sys.send("PATCH", "/units/"+u.ID, obj{"kind": "library", "sectors": []string{"finance"}}).is(200)
		unit["code"] = "L2"
		w.sys.post("/units", unit).problem(422, "invalid")
		unit["kind"], unit["sectors"] = "school", []string{"nothing"}
		w.sys.post("/units", unit).problem(422, "invalid")
		w.sys.send("PATCH", "/units/"+u.ID, obj{"kind": "学校"}).problem(422, "invalid")
		w.sys.send("PATCH", "/units/"+u.ID, obj{"kind": ""}).is(200)
		w.sys.delete("/codes/" + made.ID).is(http.StatusNoContent)
		if _, there := w.sys.codeLists()["kind library"]; there {
			t.Error("it is still there")
		}
		if err := w.module.Prepare(t.Context()); err != nil {
			t.Error("seeded again:", err)
		}
	})
}

// A file of units says kinds and lines by code or name; what no list knows is told
// once, with how many rows have it and what may be meant, and never stored.
func TestImportCodes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const head = "编码,名称,上级编码,级别,类型,系统\n"
		good := "K1,甲小学,T1,单位,学校,教育、财政\nK2,乙小学,T1,单位, School ,\"education, 财政系统\"\nK3,丙村,T1,单位,村委会,\n"
		var r struct {
			imported
			Unknown []struct {
				Column, Value, Nearest string
				Rows, Row              int
			} `json:"unknown_values"`
		}
		bad := head + good + "K4,丁小学,T1,单位,学校类,教育口\nK5,戊小学,T1,单位,学校类,\nK6,己,T1,单位,莫名其妙,\n"
		w.sys.csv("units", "?dry_run=true", bad).is(200).into(&r)
		if len(r.Unknown) != 3 || r.ProblemCount != 3 {
			t.Fatalf("unknown %+v, %d problems", r.Unknown, r.ProblemCount)
		}
		if x := r.Unknown[0]; x.Column != "kind" || x.Value != "学校类" || x.Nearest != "school" || x.Rows != 2 || x.Row != 5 {
			t.Errorf("first %+v", x)
		}
		if x := r.Unknown[1]; x.Column != "sectors" || x.Nearest != "education" {
			t.Errorf("second %+v", x)
		}
		if x := r.Unknown[2]; x.Nearest != "" {
			t.Errorf("third %+v", x)
		}
		w.sys.csv("units", "", bad).problem(422, "import_rejected")
		if got := w.sys.codes("kind=school"); got != "" {
			t.Errorf("stored all the same: %s", got)
		}
		w.sys.csv("units", "", head+good).is(200)
		if got := w.sys.codes("kind=school&sector=finance"); got != "K1 K2" {
			t.Errorf("schools of finance: %s", got)
		}
		// What is exported is imported again, and changes nothing.
		raw := w.sys.get("/units/export?under=" + w.ids["T1"]).is(200).raw
		f, err := excelize.OpenReader(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := f.GetRows("Sheet1")
		if err != nil || !strings.Contains(fmt.Sprint(rows), "K1 甲小学 T1 Unit School Education, Finance") {
			t.Errorf("exported %v %v", rows, err)
		}
		again := w.sys.csv("units", "?dry_run=true", head+"K1,甲小学,T1,单位,School,Finance；Education\n").is(200)
		again.into(&r)
		if r.ProblemCount != 0 || r.Unchanged != 1 {
			t.Errorf("again: %+v", r.imported)
		}
	})
}

// In an area each line has one lead office, which stands in it.
func TestLeadOffices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.unit("EB", "C", "unit", "教育局")
		at := "/units/" + w.ids["C"] + "/lead-offices"
		w.sys.send("PUT", at+"/education", obj{"office_id": w.ids["EB"]}).is(204)
		w.sys.send("PUT", at+"/education", obj{"office_id": w.ids["D"]}).problem(422, "invalid")
		w.sys.send("PUT", at+"/nothing", obj{"office_id": w.ids["EB"]}).problem(422, "invalid")
		w.sys.send("PUT", "/units/"+w.ids["V11"]+"/lead-offices/education", obj{"office_id": w.ids["V11"]}).problem(422, "unit_level")
		w.sec.send("PUT", at+"/education", obj{"office_id": ""}).problem(403, "forbidden")
		var l struct {
			Items []struct {
				Sector     string
				OfficeName string `json:"office_name"`
			}
			MaySet bool `json:"may_set"`
		}
		w.sec.get(at).is(200).into(&l)
		if len(l.Items) != 1 || l.Items[0].OfficeName != "教育局" || l.MaySet {
			t.Errorf("%+v", l)
		}
		w.sys.send("PUT", at+"/education", obj{"office_id": ""}).is(204)
		w.sys.get(at).is(200).into(&l)
		if len(l.Items) != 0 || !l.MaySet {
			t.Errorf("%+v", l)
		}
	})
}

// What units were called before there were lists becomes the code that is meant;
// what no list knows stays as it is.
func TestFormerNamesBecomeCodes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for code, said := range map[string][2]string{"V11": {"学校", "教育、财政"}, "V12": {"莫名其妙", "教育口"}, "V21": {"village", "finance"}} {
			_, err := w.db.Writer().NewRaw("UPDATE units SET kind = ?, sectors = ? WHERE code = ?", said[0], `["`+said[1]+`"]`, code).Exec(t.Context())
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.db.Writer().NewRaw("DELETE FROM codes WHERE code IN ('school', 'education')").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.module.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for code, want := range map[string]string{"V11": "school [education finance] 2", "V12": "莫名其妙 [教育口] 1", "V21": "village [finance] 1"} {
			var u struct {
				Kind    string
				Sectors []string
				Version int64
			}
			w.sys.get("/units/" + w.ids[code]).is(200).into(&u)
			if got := fmt.Sprint(u.Kind, " ", u.Sectors, " ", u.Version); got != want {
				t.Errorf("%s is %s, want %s", code, got, want)
			}
		}
		w.holds()
	})
}

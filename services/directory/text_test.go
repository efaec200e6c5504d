package directory_test

import (
	"os"
	"testing"
)

// What cannot be seen is in no name, title, code or account, by whatever way
// it came in, and is no name by itself.
func TestCase12WhatCannotBeSeenIsNowhere(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/invisible-characters.csv")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, w *world) {
		// The file of the case: a name of nothing, and one that a search misses.
		w.sys.csv("units", "", "code,name,parent_code,level\n370283001,东关街道,C,town\n").is(200)
		var r imported
		w.sys.csv("units", "?dry_run=true", string(file)).is(200).into(&r)
		if r.ProblemCount != 1 || r.Problems[0].Row != 2 || r.Problems[0].Column != "name" {
			t.Errorf("a name of U+200B: %+v", r.Problems)
		}
		w.sys.csv("units", "", "\ufeffcode\u200b,name,parent_code,level\n\ufeffB91,测试\u200b一,\u202a370283001,unit\n").is(200)
		if got := w.sys.codes("q=测试一"); got != "B91" {
			t.Errorf("测试一 finds %q", got)
		}
		for _, nothing := range []string{"\u200b", "\u3164", "\u2800", "\u00ad\u2060", "\U000e0041", " \u0301"} {
			w.sys.post("/units", obj{"parent_id": w.ids["T1"], "code": "N1", "level": "unit", "name": nothing}).problem(422, "invalid")
			w.sys.post("/units", obj{"parent_id": w.ids["T1"], "code": nothing, "level": "unit", "name": "n"}).problem(422, "invalid")
			w.sys.post("/people", obj{"account": "n1", "name": nothing, "unit_id": w.ids["T1"]}).problem(422, "invalid")
			w.sys.patch("/units/"+w.ids["V11"], obj{"name": nothing}).problem(422, "invalid")
			w.sys.csv("people", "", "account,name,unit_code\nn1,"+nothing+",T1\n").problem(422, "import_rejected")
		}
		var u struct {
			ID, Code, Name string
			Sectors        []string
		}
		w.sys.post("/units", obj{"parent_id": w.ids["T1"] + "\u200b", "code": "\u202aB92\u202c", "level": "unit", "name": "城\u202e关\n小学", "sectors": []string{"edu\u200bcation"}}).is(201).into(&u)
		if u.Code != "B92" || u.Name != "城关 小学" || len(u.Sectors) != 1 || u.Sectors[0] != "education" {
			t.Errorf("%+q", u)
		}
		if got := w.sys.codes("q=\ufeff城关\u200b") + w.sys.codes("q=\u200bB92"); got != "B92B92" {
			t.Errorf("found %q", got)
		}

		// A password is no text: it stays as it is typed, an account does not.
		var p struct {
			ID, Account     string
			InitialPassword string `json:"initial_password"`
		}
		w.sys.post("/people", obj{"account": "liu\u200bbo", "name": "刘\u2060波", "unit_id": w.ids["T1"]}).is(201).into(&p)
		if p.Account != "liubo" {
			t.Errorf("account %+q", p.Account)
		}
		visitor := &user{w: w}
		var in struct{ Token string }
		visitor.post("/sessions", obj{"account": "\ufeffLiubo\u200b", "password": p.InitialPassword}).is(201).into(&in)
		visitor.post("/sessions", obj{"account": "liubo", "password": p.InitialPassword + "\u200b"}).problem(401, "sign_in_failed")
		visitor.token = in.Token
		const secret = " \u200b长 的 密\u2066 码 一二三四 "
		visitor.post("/me/password", obj{"current_password": p.InitialPassword, "new_password": secret}).is(204)
		visitor.post("/sessions", obj{"account": "liubo", "password": "长 的 密 码 一二三四"}).problem(401, "sign_in_failed")
		visitor.post("/sessions", obj{"account": "liubo", "password": secret}).is(201)
		w.holds()
	})
}

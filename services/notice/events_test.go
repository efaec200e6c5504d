package notice_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"encoding/json"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/notice"
)

// A new event type must be thought about: whom does it concern?
func TestEveryEventIsToldOrSilent(t *testing.T) {
	t.Parallel()
	told := notice.Told()
	for _, k := range event.Kinds() {
		why, silent := notice.Silent[k.Type]
		if silent == slices.Contains(told, k.Type) {
			t.Errorf("%s: give it a rule in events.go, or a reason in Silent, not both", k.Type)
		}
		if silent && why == "" {
			t.Errorf("%s: no reason", k.Type)
		}
	}
	for x := range notice.Silent {
		if _, ok := event.Known(x); !ok {
			t.Errorf("%s is no event", x)
		}
	}
}

func full(k event.Kind) event.Event {
	when := time.Date(2026, 9, 16, 10, 0, 0, 0, time.UTC)
	a := event.Assignment{ID: "a1", UnitID: "u1", UnitPath: "r/u1/", IssuerID: "c1", ReviewerPath: "r/c1/", ResponsibleID: "p1", DueAt: when}
	var d any = k.Data
	switch k.Data.(type) {
	case event.AssignmentChange:
		d = event.AssignmentChange{Assignment: a, Campaign: "宣传周", Task: "张贴海报", Text: "请抓紧", Formal: true,
			Extension: &event.Extension{DueAt: when, Reason: "台风"}}
	case event.RectificationChange:
		d = event.RectificationChange{FromUnitID: "u2", Text: "第一阶段", Rectification: event.Rectification{
			ID: "r1", Number: "整改〔2026〕1号", Title: "弱口令", UnitID: "u1", IssuerID: "c1", DueAt: when, CopyToSuperior: true}}
	case event.Issued:
		d = event.Issued{CampaignID: "c", Campaign: "宣传周", Task: event.Task{Title: "张贴海报"}, Assignments: []event.Assignment{a}}
	case event.Grant:
		d = event.Grant{ID: "g1", PersonID: "p1", Role: policy.Reporter, UnitID: "u1"}
	case event.File:
		d = event.File{ID: "f1", OwnerID: "p1", UnitID: "u1"}
	case event.Session:
		d = event.Session{PersonID: "p1", Account: "wanglei"}
	case event.Inspection:
		d = event.Inspection{ID: "i1", Kind: "planned", UnitID: "u1", OfficeID: "c1"}
	}
	return event.New(id.New(), when, k.Type, "x", 1, d).By("p9", "张伟").Because("数据不符")
}

// Every notice has a text in both languages without a hole in it, and no text
// is left over.
func TestTexts(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"assignments_issued": true}
	check := func(kind string, params map[string]string) {
		params["unit"], params["person"], params["count"] = "东一村", "王磊", "3"
		for _, lang := range []string{"zh-CN", "en-GB,en;q=0.9"} {
			s := notice.Render(kind, params, lang)
			if s == kind || strings.ContainsAny(s, "{}[]") || strings.Contains(s, "“”") || strings.Contains(s, `""`) || strings.Contains(s, "《》") {
				t.Errorf("%s in %s: %s", kind, lang, s)
			}
			// Without what is optional it is still a sentence.
			bare := map[string]string{}
			for k, v := range params {
				if k != "reason" && k != "text" && k != "actor" && k != "person" {
					bare[k] = v
				}
			}
			if s := notice.Render(kind, bare, lang); strings.ContainsAny(s, "{}[]") || strings.HasSuffix(s, "：") || strings.Contains(s, "： ") {
				t.Errorf("%s in %s without reason: %s", kind, lang, s)
			}
		}
	}
	for _, k := range event.Kinds() {
		ls, err := notice.Letters(full(k))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range ls {
			used[l.Kind] = true
			if l.SubjectID == "" || l.SubjectType == "" || len(l.To) == 0 {
				t.Errorf("%s: %+v", k.Type, l)
			}
			check(l.Kind, l.Params)
		}
	}
	// The rules that the full examples leave out.
	used["assignment_urged"], used["rectification_sign_off"] = true, true
	check("rectification_sign_off", map[string]string{"number": "整改〔2019〕1号", "title": "终端安全"})
	check("assignment_urged", map[string]string{"campaign": "宣传周", "task": "海报", "text": "快", "due_at": "2026-09-16T10:00:00Z"})
	check("assignments_issued", map[string]string{"campaign": "宣传周", "task": "海报", "due_at": "2026-09-16T10:00:00Z"})
	for _, lang := range []string{"zh-CN", "en"} {
		raw, err := notice.Texts.ReadFile("i18n/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]string
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		for k := range m {
			if kind, ok := strings.CutPrefix(k, "notice."); ok && !used[kind] {
				t.Errorf("%s: %s is never used", lang, k)
			}
		}
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	p := map[string]string{"campaign": "宣传周", "task": "海报{reason}", "reason": "[没有{task}]", "due_at": "2026-09-16T10:00:00Z", "unit": "东一村"}
	if s := notice.Render("assignment_returned", p, ""); s != "《宣传周》任务“海报{reason}”被退回，请修改后重新报送。 原因：[没有{task}]" {
		t.Error(s) // what people wrote is never taken for a placeholder
	}
	delete(p, "reason")
	if s := notice.Render("assignment_returned", p, "fr"); strings.Contains(s, "原因") {
		t.Error(s)
	}
	refused := map[string]string{"campaign": "宣传周", "task": "海报", "text": "campaign_closed", "reason": "The campaign is closed."}
	if s := notice.Render("assignment_submission_refused", refused, "zh-CN"); !strings.HasSuffix(s, "原因：专项行动已结束") {
		t.Error(s)
	}
	refused["text"] = "wrong_state" // which the sentence says already
	if s := notice.Render("assignment_submission_refused", refused, "zh-CN"); strings.Contains(s, "原因") {
		t.Error(s)
	}
	if s := notice.Render("assignment_issued", p, "en-US"); !strings.Contains(s, "2026-09-16 18:00") {
		t.Error(s) // Shanghai time
	}
	if s := notice.Render("no_such_kind", p, ""); s != "no_such_kind" {
		t.Error(s)
	}
	if s := notice.Render("grant_given", map[string]string{"role": "reporter", "unit": "东一村"}, "zh"); !regexp.MustCompile("填报员").MatchString(s) {
		t.Error(s)
	}
}

package directory_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// searches are names and what they are found by; a leading ! marks what does
// not find them.
var searches = []struct {
	name    string
	queries []string
}{
	// Typed as it stands there, in another case, width or form (case 70).
	{"ＡＢＣ公司", []string{"ＡＢＣ公司", "abc公司", "ABC", "ａｂｃ", "abcgs"}},
	{"Éa学校", []string{"Éa学校", "éA学校", "E\u0301a", "éaxx"}},
	{"Ω厂", []string{"Ω厂", "ω厂", "\u2126厂"}},
	{"ΣΊΣΥΦΟΣ", []string{"ΣΊΣΥΦΟΣ", "σίσυφος", "σίσυφοσ"}},
	{"İstanbul路", []string{"İstanbul路", "istanbul", "ISTANBUL路", "istanbull"}},
	{"ǅ学", []string{"ǅ学", "ǆ学", "Ǆ", "dž"}},
	{"a_b%c\\d 专项", []string{"a_b%c\\d 专项", "A_B", "%c\\", "_b", "c\\d", "!a%d", "!a_c", "!axb"}},
	{"100％达标办", []string{"100%", "１００％", "!100_"}},
	{"阿依古丽·买买提", []string{"阿依古丽•买买提", "阿依古丽・买买提", "丽‧买", "·", "ayglmmt", "aygl"}},
	{"张　三丰", []string{"张三丰", "张 三丰", "zsf", "zhang san"}},
	{"鲁督〔2026〕办", []string{"鲁督[2026]", "【2026】", "２０２６"}},
	{"Ⅲ号楼①班㎡", []string{"iii号", "1班", "m2"}},
	{"𠮷野小学", []string{"𠮷野", "𠮷yxx", "yxx"}},
	{"㐀村小学", []string{"㐀村", "qcxx"}},
	{"Straße站", []string{"STRASSE", "straße"}},
	// Every reading of every character (case 11).
	{"重庆路小学", []string{"cqlxx", "zqlxx", "CQL", "chongqinglu", "chong qing", "!qlxx"}},
	{"长乐中学", []string{"clzx", "zlzx", "changle"}},
	{"厦门路社区", []string{"xml", "xmlsq", "sml", "xiamen"}},
	{"中国银行平度支行", []string{"zgyh", "zgyhpdzh", "zgyx", "zhongguo", "zhongguoyinhang"}},
	{"曾家村", []string{"zjc", "cjc", "zengjia"}}, {"查家村", []string{"zjc", "cjc", "zhajia"}},
	{"单家庄", []string{"sjz", "djz"}}, {"解家庄", []string{"xjz", "jjz"}}, {"仇英故里", []string{"qygl", "cygl"}}, {"区家镇", []string{"ojz", "qjz"}},
	{"尉迟村", []string{"ycc", "wcc", "yuchi"}}, {"第一中学", []string{"diyi", "dyzx"}}, {"吕家", []string{"lj", "lvjia", "lüjia", "lujia"}}, {"西安路", []string{"xianlu", "xi'an", "xal"}},
}

// finds tells about every search that does not find what it must, or finds
// what it must not.
func finds(t *testing.T, kind string, list func(query string) []string) {
	t.Helper()
	for _, c := range searches {
		for _, q := range c.queries {
			ask, not := strings.CutPrefix(q, "!")
			if got := list("q=" + url.QueryEscape(ask)); slices.Contains(got, c.name) == not {
				t.Errorf("%s: %q (%+q) finds %v; wanted of %s: %v", kind, ask, ask, got, c.name, !not)
			}
		}
	}
}

func (u *user) names(path string) (names []string) {
	u.w.t.Helper()
	for cursor := ""; ; {
		var l listed
		u.get(path + "&limit=200&cursor=" + cursor).is(200).into(&l)
		for _, x := range l.Items {
			names = append(names, x.Name)
		}
		if cursor = l.NextCursor; cursor == "" {
			return names
		}
	}
}

func quoted(s string) string { return `"` + s + `"` }

func TestCase70And11SearchesFindWhatIsThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		units, people := "code,name,parent_code,level\n370283Z00,末班站,T1,unit\n", "account,name,unit_code\nU370283D13,钱末班,T1\n"
		for i, c := range searches {
			units += fmt.Sprintf("S%02d,%s,T1,unit\n", i, quoted(c.name))
			people += fmt.Sprintf("s%02d,%s,T1\n", i, quoted(c.name))
		}
		w.sys.csv("units", "", units).is(200)
		w.sys.csv("people", "", people).is(200)
		unitNames := func(q string) []string { return w.sys.names("/units?" + q) }
		peopleNames := func(q string) []string { return w.sys.names("/people?" + q) }
		both := func(when string) {
			finds(t, when+"units", unitNames)
			finds(t, when+"people", peopleNames)
			for _, q := range []string{"370283Z", "370283z00", "３７０２８３ｚ"} {
				if got := w.sys.codes("q=" + url.QueryEscape(q)); got != "370283Z00" {
					t.Errorf("%sthe code by %s: %q", when, q, got)
				}
			}
			for _, q := range []string{"u370283d", "U370283D13", "Ｕ370283Ｄ"} {
				if got := peopleNames("q=" + url.QueryEscape(q)); !slices.Equal(got, []string{"钱末班"}) {
					t.Errorf("%sthe account by %s: %q", when, q, got)
				}
			}
		}
		both("")
		// A part of the tree is searched in another way than all of it.
		if got := w.sys.codes("under=" + w.ids["T1"] + "&q=cqlxx"); got != "S15" {
			t.Errorf("below T1: %q", got)
		}

		// What an earlier release has stored is folded before anybody is
		// answered, by several processes at once.
		for _, sql := range []string{
			"UPDATE units SET name_fold = '', code_fold = '', spellings = '', folded = 0", "UPDATE people SET name_fold = '', spellings = '', folded = 0",
			"UPDATE directory_state SET folded = 0", "DELETE FROM unit_words",
		} {
			if _, err := w.db.Writer().ExecContext(context.Background(), sql); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.sys.codes("q=cqlxx"); got != "" {
			t.Fatalf("nothing is folded, and %q is found", got)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if err := w.module.Prepare(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		both("folded later: ")

		// A changed name is found by the new one, and no longer by the old.
		var u, p listed
		w.sys.get("/units?q=cqlxx").into(&u)
		w.sys.patch("/units/"+u.Items[0].ID, obj{"name": "单县路小学"}).is(200)
		w.sys.get("/people?q=cqlxx").into(&p)
		w.sys.patch("/people/"+p.Items[0].ID, obj{"name": "单县路"}).is(200)
		for q, want := range map[string]int{"cqlxx": 0, "sxlxx": 1, "重庆": 0, "单县": 1} {
			if got := unitNames("q=" + url.QueryEscape(q)); len(got) != want {
				t.Errorf("renamed: %q finds the units %q", q, got)
			}
		}
		if a, b := peopleNames("q=cqlxx"), peopleNames("q=sxl"); len(a) != 0 || len(b) != 1 {
			t.Errorf("renamed: %q, %q", a, b)
		}
		w.holds()
	})
}

package text_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/text"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestCase12WhatIsKeptOfALine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"实验小学", "实验小学"}, {" 实验小学　", "实验小学"}, {"wifi  check", "wifi  check"},
		{"\u200b", ""}, {"测试\u200b一", "测试一"}, {"a\u202eb", "ab"}, {"\ufeff370283", "370283"}, {"\u202a370283\u202c", "370283"},
		{"u370283\u200b", "u370283"}, {"\u2060\u2064", ""}, {"a\u2066b\u2069", "ab"}, {"\u00ad", ""}, {"软\u00ad连", "软连"},
		{"\u180e", ""}, {"\u3164", ""}, {"\u115f\u1160", ""}, {"\uffa0", ""}, {"\u034f", ""}, {"\u061c", ""}, {"\u17b4", ""},
		{"\U000e0041\U000e007f", ""}, {"\ufe0f", ""}, {"\U000e0100", ""}, {"\u2800", ""}, {"\u2800 \u3000\u00a0", ""}, {"\U0001d159", ""},
		{"\ufffe\uffff", ""}, {"\u0301", ""}, {" \u0301\u200d", ""}, {"\x00\x07\x7f\u009f", ""}, {"a\x00b", "ab"},
		{"一\n二", "一 二"}, {"一\r\n\r\n二", "一 二"}, {"一\t二\u2028三\u2029四\u0085五\v六", "一 二 三 四 五 六"}, {"\n一\n", "一"},
		{"E\u0301a", "Éa"}, {"\uf9d1安", "六安"}, {"e\u200b\u0301", "é"},
		{"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"}, {"👁\ufe0f\u200d🗨\ufe0f", "👁\ufe0f\u200d🗨\ufe0f"}, {"👩🏽\u200d🏫", "👩🏽\u200d🏫"},
		{"测\u200d试", "测试"}, {"👨\u200d", "👨"}, {"\u200d👨", "👨"}, {"1\ufe0f\u20e3", "1\ufe0f\u20e3"}, {"1\ufe0f", "1"}, {"❤\ufe0f", "❤\ufe0f"},
		{"葛\U000e0100城", "葛\U000e0100城"}, {"葛\U000e0100\U000e0101", "葛\U000e0100"}, {"a\U000e0100", "a"}, {"ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ"},
		{"⠁⠃\u2800⠉", "⠁⠃\u2800⠉"}, {"𠮷㐀", "𠮷㐀"}, {"؀1", "؀1"}, {"\ue000", "\ue000"}, {"%_\\", "%_\\"},
	} {
		if got := text.Line(c.in); got != c.want {
			t.Errorf("Line(%+q) = %+q, want %+q", c.in, got, c.want)
		}
	}
}

func TestWhatIsKeptOfSeveralLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"一\r\n二\r三\u2028四", "一\n二\n三\n四"}, {"甲\t乙", "甲\t乙"}, {"\u200b\n \u2060", ""}, {"\n\n一\n\n二\n\n", "一\n\n二"},
		{"　　第一段\n　　第二段\n", "　　第一段\n　　第二段"}, {"\n 　　第一段\n二", "　　第一段\n二"}, {"　　一行", "一行"}, {" 一\u202e\u200b行 ", "一行"},
	} {
		if got := text.Plain(c.in); got != c.want {
			t.Errorf("Plain(%+q) = %+q, want %+q", c.in, got, c.want)
		}
	}
}

func TestWhatNoHandWrote(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": false, "一\r\n\t二\u0085": false, "\u200b\u202e": false, "a\x00": true, "\x1b[1m": true, "\x7f": true, "\u0090": true, "\xff": true, "\ufffd": true,
	} {
		if _, got := text.Broken(s); got != want {
			t.Errorf("Broken(%+q) = %v", s, got)
		}
	}
}

// Texts that a search takes for one, line by line.
var alike = [][]string{
	{"WiFi 安全 CHECK", "wifi安全check", "ＷｉＦｉ　安全　check", "WIFI\u00a0安全\u200bCHECK"},
	{"Éa 专项", "éa专项", "E\u0301A 专项"},
	{"Ω厂", "ω厂", "\u2126厂"}, {"ΣΊΣΥΦΟΣ", "σίσυφος", "σίσυφοσ"}, {"İstanbul路", "istanbul路", "ISTANBUL路"}, {"ǅ学", "ǆ学", "Ǆ学", "dž学"},
	{"Straße", "STRASSE"}, {"ＡＢＣ公司", "abc公司"}, {"Ⅲ号楼", "iii号楼"}, {"①班", "1班"}, {"100㎡", "100m2"},
	{"阿依古丽·买买提", "阿依古丽•买买提", "阿依古丽・买买提", "阿依古丽‧买买提", "阿依古丽･买买提", "阿依古丽∙买买提"},
	{"张　三", "张三", "张 三"}, {"鲁督〔2026〕3号", "鲁督[2026]3号", "鲁督【2026】3号", "鲁督［２０２６］3号"},
	{"A—1", "a-1", "Ａ－１", "a–1"}, {"370283Z00", "370283z00"}, {"葛\U000e0100城", "葛城"}, {"1\ufe0f\u20e3", "1\u20e3"}, {"ｶﾞｽ", "ガス"}, {"\uf9d1安", "六安"},
	{"\u200b", "", "　"}, {"100%_\\", "100％＿＼"},
}

func TestCase70TextsThatASearchTakesForOne(t *testing.T) {
	t.Parallel()
	for _, group := range alike {
		for _, s := range group[1:] {
			if a, b := text.Fold(group[0]), text.Fold(s); a != b {
				t.Errorf("%+q is folded to %+q, %+q to %+q", group[0], a, s, b)
			}
		}
	}
	if text.Fold("一") == text.Fold("二") || text.Fold("a·b") == text.Fold("ab") || text.Fold("a-b") == text.Fold("ab") {
		t.Error("different texts are one")
	}
}

func TestCleaningAndFoldingSettle(t *testing.T) {
	t.Parallel()
	odd := []rune("aÉİıßǅſΣς·•・〔—１ｶﾞ①㎡ﷺ\uf9d1葛👨👩🏽❤⠁\u2800\u0301\u0307\u0345\u0323ᾳ1#\u20e3 \t\n\r\u0085\u2028\u3000\u00a0\u00ad\u034f\u061c\u115f\u1160\u180b\u180eᠮ\u200b\u200d\u200e\u202e\u2060\u2066\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0\ufffe\U000e0041\U000e0100\U0001d159가\u1100\u1161\u11a8")
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(odd), rapid.Rune()), 0, 12).Draw(t, "s"))
		for name, f := range map[string]func(string) string{"Line": text.Line, "Plain": text.Plain, "Fold": text.Fold} {
			once := f(s)
			if again := f(once); again != once {
				t.Fatalf("%s(%+q) = %+q, and of that %+q", name, s, once, again)
			}
			if !utf8.ValidString(once) || !norm.NFC.IsNormalString(once) {
				t.Fatalf("%s(%+q) = %+q is not in NFC", name, s, once)
			}
		}
		line := text.Line(s)
		if strings.ContainsFunc(line, unicode.IsControl) || line != strings.TrimSpace(line) {
			t.Fatalf("Line(%+q) = %+q", s, line)
		}
		if line != "" && (text.Fold(line) != text.Fold(s) || text.Fold(text.Plain(s)) != text.Fold(s)) {
			t.Fatalf("%+q: cleaned %+q, folded %+q and %+q", s, line, text.Fold(line), text.Fold(s))
		}
	})
}

func TestCleaningCostsLittleForWhatIsClean(t *testing.T) {
	s := "01985b2e-7c1a-7000-8000-000000000001"
	if n := testing.AllocsPerRun(100, func() { text.Plain(s); text.Fold(s) }); n != 0 {
		t.Errorf("an id costs %v allocations", n)
	}
}

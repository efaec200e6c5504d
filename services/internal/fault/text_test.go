package fault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/fault"
)

func TestText(t *testing.T) {
	t.Parallel()
	chinese := map[string]string{
		"The %s is %s.":                     "该%s当前为“%s”。",
		"%s stands below %s.":               "%[2]s之下有%[1]s。",
		"%q is %g; at least %g.":            "“%s”为%g，至少%g。",
		"%d %% of it is due on %s; ask %s.": "其中%d%%于%s到期，请询问：%s。",
		"cell %s: %s":                       "单元格%s：%s",
		"at most %d":                        "最多%d",
		"town":                              "镇级",
		"campaign":                          "专项行动",
		"closed":                            "已结束",
		", ":                                "、",
		"2006-01-02":                        "2006年1月2日",
	}
	look := func(english string) string {
		if s, ok := chinese[english]; ok {
			return s
		}
		return english
	}
	day := time.Date(2026, 9, 2, 20, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		text        fault.Text
		en, zh, why string
	}{
		{fault.Textf("The %s is %s.", fault.Text("campaign"), fault.Words{"closed"}), "The campaign is closed.", "该专项行动当前为“已结束”。", "words are said"},
		{fault.Textf("The %s is %s.", "closed", "town"), "The closed is town.", "该closed当前为“town”。", "what people wrote is shown as it is"},
		{fault.Textf("%s stands below %s.", "东一村", "崔家集镇"), "东一村 stands below 崔家集镇.", "崔家集镇之下有东一村。", "in the order of the language"},
		{fault.Textf("%q is %g; at least %g.", `引"`, 2.0, 1.5), `"引\"" is 2; at least 1.5.`, `“引"”为2，至少1.5。`, "numbers stay what they were"},
		{fault.Textf("%d %% of it is due on %s; ask %s.", 40, fault.Day(day), fault.Words{"town", "campaign"}),
			"40 % of it is due on 2026-09-03; ask town, campaign.", "其中40%于2026年9月3日到期，请询问：镇级、专项行动。", "case 10"},
		{fault.Textf("cell %s: %s", "B2", fault.Textf("at most %d", uint8(7))), "cell B2: at most 7", "单元格B2：最多7", "a sentence in a sentence"},
		{fault.Textf("cell %s: %s", errors.New("x\x1f"), time.Minute), "cell x\x1f: 1m0s", "单元格x\x1f：1m0s", "no value is taken for what parts them"},
		{fault.Textf("at %s", fault.Minute(day)), "at 2026-09-03 04:00", "at 2026-09-03 04:00", "Shanghai"},
		{"closed", "closed", "已结束", "a constant is a sentence"},
		{"50 % of it", "50 % of it", "50 % of it", "no format without values"},
		{"", "", "", "nothing"},
	} {
		// As it is stored and sent: a string.
		text := fault.Text(string(x.text))
		if en := text.String(); en != x.en {
			t.Errorf("%s: %q, want %q", x.why, en, x.en)
		}
		if zh := text.Say(look); zh != x.zh {
			t.Errorf("%s: %q, want %q", x.why, zh, x.zh)
		}
	}
	if s := fault.Text("broken %s\x1f{").String(); s != "broken %s" {
		t.Errorf("what cannot be read: %q", s)
	}
}

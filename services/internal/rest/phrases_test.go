package rest

import "testing"

func TestPhrases(t *testing.T) {
	t.Parallel()
	var p Phrases
	p.add(map[string]string{
		"The %s is %s.":                     "该%s当前为“%s”。",
		"The %s is late.":                   "该%s已逾期。",
		"%s stands below %s.":               "%[2]s之下有%[1]s。",
		"at most %d":                        "最多%d",
		"%q is %g; at least %g.":            "“%q”为%g，至少%g。",
		"%d %% of it is due on %s; ask %s.": "其中%d%%于%s到期，请询问：%s。",
		"town":                              "镇级",
		"campaign":                          "专项行动",
		"closed":                            "已结束",
	})
	for en, want := range map[string]string{
		"The campaign is closed.":  "该专项行动当前为“已结束”。",
		"The campaign is late.":    "该专项行动已逾期。",
		"The thing is new.":        "该thing当前为“new”。",
		"东一村 stands below 崔家集镇.":   "崔家集镇之下有东一村。",
		"at most 7":                "最多7",
		"at most seven":            "at most seven",
		`"传单" is 1.5; at least 2.`: "“传单”为1.5，至少2。",
		"40 % of it is due on 2026-09-03; ask town / campaign.": "其中40%于2026年9月3日到期，请询问：镇级、专项行动。", // case 10
		"closed":                    "已结束",
		"nothing is known of this.": "nothing is known of this.",
	} {
		if got, ok := p.say(en); got != want || ok != (en != want) {
			t.Errorf("%s: %s, %v; want %s", en, got, ok, want)
		}
	}
}

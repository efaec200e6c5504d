package assignment_test

import (
	"context"
	"net/url"
	"slices"
	"testing"

	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
)

// A campaign is found by its title and its document number as they stand
// there, in another case, width or form, on both engines the same.
func TestCase70CampaignsAreFoundByWhatStandsThere(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		titles := []string{"WiFi 安全 CHECK", "Éa 专项", `a_b%c\d 专项`, "阿依古丽·买买提 班", "ΣΊΣΥΦΟΣ"}
		ids := map[string]string{}
		for _, title := range append(titles, "宣传周") {
			basis := ""
			if title == "宣传周" {
				basis = "鲁督〔2026〕3号"
			}
			var c rest.Campaign
			w.as(fixture.Manager).Post("/api/v1/campaigns", map[string]any{"title": title, "basis": basis, "starts_on": "2026-09-19", "ends_on": "2026-09-25"}).Is(201).Into(&c)
			ids[title] = c.ID
		}
		find := func(when string) {
			for q, want := range map[string]string{
				"wifi": titles[0], "WIFI": titles[0], "check": titles[0], "ｗｉｆｉ　安全": titles[0], "安全\u200bCHECK": titles[0],
				"ÉA": titles[1], "e\u0301a": titles[1], "A_B": titles[2], "%C": titles[2], `\d`: titles[2], `a_b%c\d 专项`: titles[2],
				"丽•买": titles[3], "丽・买": titles[3], "σίσυφος": titles[4],
				"[2026]3": "宣传周", "鲁督〔２０２６〕": "宣传周", "a%d": "", "a_c": "", "督\n": "宣传周", "周鲁": "",
			} {
				var l platform.List[rest.Campaign]
				w.as(fixture.Manager).Get("/api/v1/campaigns?q=" + url.QueryEscape(q)).Is(200).Into(&l)
				var got []string
				for _, c := range l.Items {
					got = append(got, c.Title)
				}
				if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
					t.Errorf("%s%q finds %q, want %q", when, q, got, want)
				}
			}
		}
		find("")
		if _, err := w.d.Writer().ExecContext(context.Background(), "UPDATE campaigns SET search = '', folded = 0"); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Fold(context.Background()); err != nil {
			t.Fatal(err)
		}
		find("folded later: ")
		w.as(fixture.Manager).Do("PATCH", "/api/v1/campaigns/"+ids["ΣΊΣΥΦΟΣ"], map[string]any{"title": "Ωμέγα"}).Is(200)
		var l platform.List[rest.Campaign]
		if w.as(fixture.Manager).Get("/api/v1/campaigns?q=" + url.QueryEscape("ωΜΈΓΑ")).Is(200).Into(&l); len(l.Items) != 1 {
			t.Errorf("a changed title is found %d times", len(l.Items))
		}
	})
}

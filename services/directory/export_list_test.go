package directory_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/xlsx"
)

// What was exported can be imported again: nothing changes by it. Whoever sees
// a part of the tree gets that part.
func TestUnitsAsWorkbook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		viewer := w.person("exporter", "T1", "viewer@T1")
		codes := func(u *user, query string) (string, []byte) {
			a := u.with("Accept-Language", "zh-CN").get("/units/export?" + query).is(200)
			var out []string
			if _, err := xlsx.Rows(a.raw, 64<<20, func(_ xlsx.Book, n int, cells []string) error {
				if n == 1 && !slices.Equal(cells[:4], []string{"编码", "名称", "上级编码", "级别"}) {
					t.Errorf("heading: %q", cells)
				}
				if n > 1 {
					out = append(out, cells[0])
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return strings.Join(out, " "), a.raw
		}
		for _, u := range []*user{w.sys, viewer} {
			if got, _ := codes(u, ""); got != u.codes("") || got == "" {
				t.Errorf("%s: exported %s, listed %s", u.account, got, u.codes(""))
			}
		}
		before := w.sys.codes("active=true")
		_, file := codes(w.sys, "active=true&under="+w.ids["T1"])
		var done struct{ Created, Updated, Unchanged int64 }
		w.sys.do("POST", "/imports/units", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", file).is(200).into(&done)
		if after := w.sys.codes("active=true"); after != before || done.Created+done.Updated != 0 {
			t.Errorf("imported again: %+v, %s, before %s", done, after, before)
		}
	})
}

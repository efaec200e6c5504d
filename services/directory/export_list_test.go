package directory_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
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
			f, err := excelize.OpenReader(bytes.NewReader(a.raw))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rows, err := f.GetRows(f.GetSheetName(0))
			if err != nil || !slices.Equal(rows[0][:4], []string{"编码", "名称", "上级编码", "级别"}) {
				t.Fatalf("%v, heading: %q", err, rows[0])
			}
			for _, r := range rows[1:] {
				out = append(out, r[0])
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

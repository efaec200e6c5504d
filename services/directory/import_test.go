package directory_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

type imported struct {
	ID, State                          string
	Lines, Created, Updated, Unchanged int64
	Progress                           float64
	ProblemCount                       int `json:"problem_count"`
	Problems                           []struct {
		Row                    int
		Column, Message, Value string
	}
	Errors      []struct{ Location, Message string }
	Credentials []struct {
		Account         string
		InitialPassword string `json:"initial_password"`
	}
}

const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (u *user) csv(kind, query, text string) *answer {
	u.w.t.Helper()
	return u.do("POST", "/imports/"+kind+query, "text/csv", []byte(text))
}

func sheetOf(t *testing.T, rows [][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImportUnits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		// Children before their parents, Chinese headers and levels, BOM.
		file := "\ufeff编码,名称,上级编码,级别,班级数,人口数\n" +
			"S1,东镇小学,T3,单位,12,\nT3,南镇,C,镇,,24000\nT1,东镇街道,C,镇,0,1\n"
		var r imported
		w.sys.csv("units", "?dry_run=true", file).is(200).into(&r)
		if r.State != "dry_run" || r.Created != 2 || r.Updated != 1 || r.ProblemCount != 0 || r.Lines != 3 {
			t.Fatalf("dry run: %+v", r)
		}
		if got := w.sys.codes("q=S1"); got != "" {
			t.Fatal("a dry run imported something")
		}
		w.sys.csv("units", "", file).is(200).into(&r)
		if r.State != "done" || r.Created != 2 || r.Updated != 1 {
			t.Fatalf("import: %+v", r)
		}
		if got := w.sys.codes("q=南镇") + " " + w.sys.codes("parent_id="+w.ids["C"]) + " " + w.sys.codes("q=djd"); got != "T3 T1 T2 T3 " {
			t.Errorf("after import: %q", got)
		}
		w.sys.csv("units", "", file).is(200).into(&r)
		if r.Created+r.Updated != 0 || r.Unchanged != 3 {
			t.Errorf("again: %+v", r)
		}
		w.sys.get("/imports/" + r.ID).is(200).into(&r)
		w.sec.get("/imports/"+r.ID).problem(404, "not_found")
		w.sec.csv("units", "", file).problem(403, "forbidden")

		// Places, and leaving the columns out leaves them alone.
		w.sys.csv("units", "", "编码,名称,上级编码,级别,经度,纬度\nS1,东镇小学,T3,单位,119.96,36.78\n").is(200).into(&r)
		if r.Updated != 1 {
			t.Errorf("a place: %+v", r)
		}
		w.sys.csv("units", "", file).is(200).into(&r)
		var at struct {
			Items []struct{ Longitude, Latitude float64 }
		}
		if w.sys.get("/units?q=S1").is(200).into(&at); r.Unchanged != 3 || len(at.Items) != 1 || at.Items[0].Longitude != 119.96 || at.Items[0].Latitude != 36.78 {
			t.Errorf("%+v, %+v", r, at)
		}
		w.sys.csv("units", "", "编码,名称,上级编码,级别,经度,纬度\nS1,东镇小学,T3,单位,36.78,119.96\n").problem(422, "import_rejected")

		// GB18030, without saying so.
		gb, err := simplifiedchinese.GB18030.NewEncoder().String("编码,名称,上级编码,级别\nV31,南一村,T3,村\n")
		if err != nil {
			t.Fatal(err)
		}
		w.sys.csv("units", "", gb).is(200)
		if got := w.sys.codes("q=nyc"); got != "V31" {
			t.Errorf("from GB18030: %q", got)
		}
		// XLSX, with a code that looks like a number.
		xlsx := sheetOf(t, [][]any{{"code", "name", "parent_code", "level"}, {370283001001, "关东社区", "T3", "unit"}})
		w.sys.do("POST", "/imports/units", sheetType, xlsx).is(200)
		if got := w.sys.codes("q=gdsq"); got != "370283001001" {
			t.Errorf("from XLSX: %q", got)
		}
		w.holds()
	})
}

func TestImportRefusesBadFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const head = "code,name,parent_code,level,staff\n"
		before := w.sys.codes("")
		for name, c := range map[string]struct {
			file string
			want []string // row, column and a part of the message
		}{
			"cycle":          {head + "A,a,B,unit,\nB,b,A,unit,\nX,x,A,unit,\n", []string{"2 parent_code stands below itself", "3 parent_code stands below itself"}},
			"itself":         {head + "A,a,A,unit,\n", []string{"2 parent_code stands below itself"}},
			"duplicate":      {head + "A,a,T1,unit,\nA,b,T1,unit,\n", []string{"3 code is in row 2"}},
			"unknown parent": {head + "A,a,nope,unit,\n", []string{"2 parent_code no unit with this code"}},
			"wrong level":    {head + "A,a,T1,town,\nB,b,A,州官,\n", []string{"2 level cannot stand below", "3 level expected one of"}},
			"moved":          {head + "V11,x,T2,unit,\n", []string{"2 parent_code does not move"}},
			"level changed":  {head + "T1,x,C,unit,\n", []string{"2 level cannot be changed"}},
			"no parent":      {head + "A,a,,unit,\n", []string{"2 parent_code is missing"}},
			"many":           {head + ",,T1,unit,-3\nA\x01,a,T1,unit,x\n", []string{"2 code cell A2: is missing", "2 name is missing", "2 staff whole number", "3 code control", "3 code expected", "3 staff whole number"}},
			"header":         {"code,name,level,color\nA,a,unit,red\n", []string{"1 color no such column", "1 parent_code column is missing"}},
			"empty":          {"\n", []string{"1  the file is empty"}},
		} {
			var r imported
			w.sys.csv("units", "?dry_run=true", c.file).is(200).into(&r)
			for _, want := range c.want {
				found := false
				parts := strings.SplitN(want, " ", 3)
				for _, p := range r.Problems {
					found = found || fmt.Sprint(p.Row) == parts[0] && p.Column == parts[1] && strings.Contains(p.Message, parts[2])
				}
				if !found {
					t.Errorf("%s: no %q in %+v", name, want, r.Problems)
				}
			}
			r.Errors = nil
			w.sys.csv("units", "", c.file).problem(422, "import_rejected").into(&r)
			if len(r.Errors) < len(c.want) {
				t.Errorf("%s: errors %+v", name, r.Errors)
			}
		}
		w.sys.csv("units", "", "code,name\n\"A,a\n").problem(422, "import_file")
		w.sys.do("POST", "/imports/units", sheetType, []byte("PK\x03\x04 not really")).problem(422, "import_file")
		xlsx := sheetOf(t, [][]any{{"code"}, {"A"}})
		w.sys.do("POST", "/imports/units", sheetType, xlsx[:len(xlsx)/2]).problem(422, "import_file")
		w.sys.do("POST", "/imports/units", "application/json", []byte("{}")).problem(415, "import_type")
		if after := w.sys.codes(""); after != before {
			t.Errorf("units changed: %q", after)
		}
	})
}

func TestImportPeopleAndGrants(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var r imported
		w.sys.csv("people", "", "account,name,unit_code,roles\na,a,T1,reporter\n").problem(422, "import_rejected").into(&r)
		if len(r.Errors) == 0 || !strings.Contains(r.Errors[0].Message, "security administrator") {
			t.Errorf("roles: %+v", r.Errors)
		}
		w.sys.csv("people", "?dry_run=true", "account,name,unit_code\nSYS,a,T1\nb b,,T9\nc,c,T1\nC,c,T1\n").is(200).into(&r)
		if r.ProblemCount != 5 {
			t.Errorf("problems: %+v", r.Problems)
		}
		w.sys.csv("people", "", "账号,姓名,单位编码,职务\nwf,王芳,T1,专干\nlj,李静,V11,会计\n").is(200).into(&r)
		if len(r.Credentials) != 2 || r.Created != 2 {
			t.Fatalf("people: %+v", r)
		}
		w.sec.csv("grants", "?dry_run=true", "account,role,unit_code\nwf,auditor,R\nwf,coordinator,V11\nnobody,reporter,T1\nsys,reporter,T1\nsec,reporter,T1\nwf,boss,T1\n").is(200).into(&r)
		if r.ProblemCount != 6 {
			t.Errorf("problems: %+v", r.Problems)
		}
		w.sys.csv("grants", "", "account,role,unit_code\nwf,coordinator,T1\n").problem(403, "forbidden")
		w.sec.csv("grants", "", "account,role,unit_code\nwf,coordinator,T1\nWF,reporter,T1\nlj,reporter,V11\nwf,coordinator,T1\n").is(200).into(&r)
		if r.Created != 3 || r.Unchanged != 1 {
			t.Errorf("grants: %+v", r)
		}
		// The office for which somebody acts is one of the area, and only where they act for one.
		w.sec.csv("grants", "?dry_run=true", "account,role,unit_code,office_code\nlj,inspector,C,DT\nlj,inspector,C,nowhere\nlj,reporter,V12,V11\n").is(200).into(&r)
		if r.ProblemCount != 3 {
			t.Errorf("offices: %+v", r.Problems)
		}
		w.sec.csv("grants", "", "账号,角色,单位编码,督办机构编码\nlj,inspector,C,V12\nlj,inspector,C,\nlj,inspector,C,v12\n").is(200).into(&r)
		if r.Created != 2 || r.Unchanged != 1 {
			t.Errorf("offices: %+v", r)
		}
		creds := map[string]string{}
		w.sys.csv("people", "", "account,name,unit_code\nzz,zz,V12\n").is(200).into(&r)
		creds[r.Credentials[0].Account] = r.Credentials[0].InitialPassword
		u := &user{w: w, account: "zz", password: creds["zz"], header: map[string][]string{}}
		u.start()
		u.get("/units/" + w.ids["V12"]).is(200)
		w.holds()
	})
}

// A large import goes on in the background; killed at any moment it finishes
// after a restart, exactly once.
func TestLargeImport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var b strings.Builder
		b.WriteString("code,name,parent_code,level\n")
		const towns, villages = 50, 60
		for i := range towns {
			fmt.Fprintf(&b, "N%d,第%d镇,D,town\n", i, i)
			for n := range villages {
				fmt.Fprintf(&b, "N%d.%d,第%d村,N%d,unit\n", i, n, n, i)
			}
		}
		var r imported
		w.sys.csv("units", "", b.String()).is(202).into(&r)
		if r.State != "applying" || r.Lines != towns*(villages+1) {
			t.Fatalf("large: %+v", r)
		}
		w.sys.post("/units", obj{"parent_id": w.ids["D"], "code": "n", "level": "town", "name": "n"}).problem(409, "import_running")
		w.sys.post("/people", obj{"account": "n", "name": "n", "unit_id": w.ids["T1"]}).problem(409, "import_running")
		w.sys.csv("units", "", "code,name,parent_code,level\nA,a,T1,unit\n").problem(409, "import_running")
		w.sys.patch("/units/"+w.ids["T1"], obj{"name": "东镇街道"}).is(200)
		// Stopped and started over and over, as if killed, in turns at once
		// and after another chunk took effect: a stop undoes the chunk that is
		// under way, so that stopping only at once might never end.
		deadline := time.Now().Add(5 * time.Minute)
		for round := 0; r.State == "applying" && time.Now().Before(deadline); round++ {
			stop, before := w.run(), r.Progress
			for {
				w.sys.get("/imports/" + r.ID).is(200).into(&r)
				if round%2 == 0 || r.State != "applying" || r.Progress > before || time.Now().After(deadline) {
					break
				}
				time.Sleep(time.Millisecond)
			}
			stop()
		}
		if r.State != "done" || r.Progress != 1 {
			t.Fatalf("did not finish: %+v", r)
		}
		var l listed
		w.sys.get("/units?limit=200&parent_id=" + w.ids["D"]).is(200).into(&l)
		children := 0
		for _, x := range l.Items {
			if strings.HasPrefix(x.Code, "N") {
				children += int(x.Children)
			}
		}
		if children != towns*villages {
			t.Errorf("%d villages, want %d", children, towns*villages)
		}
		if n := told(t, w.db, r.ID); n != towns*(villages+1) {
			t.Errorf("events tell of %d units, want %d", n, towns*(villages+1))
		}
		w.sys.post("/units", obj{"parent_id": w.ids["D"], "code": "n", "level": "town", "name": "n"}).is(201)
		w.holds()
	})
}

// told counts the units in the events of an import.
func told(t *testing.T, d *db.DB, importID string) int {
	t.Helper()
	var payloads []string
	if err := d.Read().NewSelect().Table("outbox").Column("payload").Where("type = ?", event.UnitsChanged).Scan(context.Background(), &payloads); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range payloads {
		if strings.Contains(p, "import "+importID) {
			n += strings.Count(p, `"parent_id":`)
		}
	}
	return n
}

// An import whose process died before all of it was stored leaves nothing, and
// is in nobody's way: where one process has the database to itself its
// successor clears it away at once, otherwise whoever sees that there was no
// word of it for some seconds.
func TestAbandonedImport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		const one = "code,name,parent_code,level\nA,a,T1,unit\n"
		w.staging("01a20690-17ec-761f-a549-2e29fd02eb96", "the process before")
		w.sys.csv("units", "", one).problem(409, "import_running")
		if w.db.Engine == db.Postgres {
			w.run()()
			w.sys.csv("units", "", one).problem(409, "import_running") // it may be at it still
			w.clock.Advance(20 * time.Second)
		}
		stop := w.run()
		defer stop()
		w.until(func() bool { return w.sys.csv("units", "", one).status == 200 })
		if got := w.sys.codes("q=A"); got != "A" {
			t.Errorf("after giving up: %q", got)
		}
		var chunks int
		if err := w.db.Read().NewRaw("SELECT COUNT(*) FROM import_chunks").Scan(ctx, &chunks); err != nil || chunks != 0 {
			t.Errorf("%d chunks are left, %v", chunks, err)
		}
	})
}

// A process that pauses while it stores an import, for so long that another
// one gives the import up, does not bring half of it back.
func TestImportGivenUpDuringAPause(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		chunks := func() (n int) {
			if err := w.db.Read().NewRaw("SELECT COUNT(*) FROM import_chunks").Scan(context.Background(), &n); err != nil {
				t.Error(err)
			}
			return n
		}
		var pausing, paused atomic.Bool
		w.db.OnCommit(func() {
			if chunks() == 0 || !pausing.CompareAndSwap(false, true) {
				return
			}
			w.clock.Advance(20 * time.Second)
			stop := w.run()
			w.until(func() bool { return chunks() == 0 })
			stop()
			paused.Store(true)
		})
		var b strings.Builder
		b.WriteString("code,name,parent_code,level\n")
		for i := range 3000 {
			fmt.Fprintf(&b, "P%d,第%d村,T1,unit\n", i, i)
		}
		w.sys.csv("units", "", b.String()).problem(503, "import_interrupted")
		if !paused.Load() || chunks() != 0 {
			t.Errorf("paused: %v; %d chunks are left", paused.Load(), chunks())
		}
		stop := w.run()
		defer stop()
		if r := w.sys.csv("units", "", "code,name,parent_code,level\nA,a,T1,unit\n"); r.status != 200 {
			t.Errorf("the next import: %d %s", r.status, r.raw)
		}
		w.holds()
	})
}

// An import that lacks a part, which no program brings about, is told by the
// check, ends, and keeps no other from its work.
func TestImportWithAMissingPart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		broken := "01a20690-17ec-761f-a549-2e29fd02eb97"
		w.staging(broken, "the process before")
		err := w.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			_, e1 := tx.NewRaw("UPDATE imports SET state = 'applying', chunks = 2 WHERE id = ?", broken).Exec(ctx)
			_, e2 := tx.NewRaw("DELETE FROM import_chunks").Exec(ctx)
			return errors.Join(e1, e2)
		})
		if err != nil {
			t.Fatal(err)
		}
		if bad, err := w.module.Check(context.Background(), false); err != nil || len(bad) != 1 || !strings.Contains(bad[0], broken) {
			t.Errorf("check: %q, %v", bad, err)
		}
		stop := w.run()
		defer stop()
		var r imported
		w.until(func() bool { w.sys.get("/imports/" + broken).is(200).into(&r); return r.State == "failed" })
		w.until(func() bool {
			return w.sys.csv("units", "", "code,name,parent_code,level\nA,a,T1,unit\n").status == 200
		})
		w.holds()
	})
}

// staging leaves behind what a process does that is killed while it stores an
// import.
func (w *world) staging(id, owner string) {
	w.t.Helper()
	err := w.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		now := w.clock.Now()
		_, e1 := tx.NewRaw(`INSERT INTO imports (id, kind, person_id, name, state, line_count, created, updated, unchanged, chunks, applied, reason, created_at, touched_at, owner)
			VALUES (?, 'units', ?, 'x', 'staging', 3000, 3000, 0, 0, 1, 0, '', ?, ?, ?)`, id, w.sys.id, now, now, owner).Exec(ctx)
		_, e2 := tx.NewRaw(`INSERT INTO import_chunks (import_id, number, payload) VALUES (?, 0, '{}')`, id).Exec(ctx)
		_, e3 := tx.NewRaw(`UPDATE directory_state SET import_id = ?`, id).Exec(ctx)
		return errors.Join(e1, e2, e3)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// until waits until ok.
func (w *world) until(ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("it never happened")
		}
	}
}

package rectification_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

type job struct {
	ID, State   string
	Total, Done int
}

// zipped are the files of a downloaded ZIP.
func zipped(t testing.TB, raw []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// work runs the background work of the world until ctx ends.
func (w *world) work(ctx context.Context) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() { w.svc.Run(ctx) })
	return wg.Wait
}

func (w *world) jobDone(a policy.Actor, id string) job {
	w.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var j job
		w.as(a).Get("/api/v1/document-jobs/" + id).Is(200).Into(&j)
		if j.State == "done" {
			return j
		}
		if time.Now().After(end) {
			w.t.Fatalf("the job never ends: %+v", j)
		}
	}
}

// The orders of 50 units are made in one job; a process that dies in between
// costs at most one document.
func TestFiftyOrdersInOneJob(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		photo := e.add(t, "现场.jpg", "", 50)
		units := []string{"V11", "V12", "S11", "V21", "T1"}
		for i := range 50 {
			w.order(fixture.Inspector, w.pictured(fixture.Inspector, units[i%len(units)], "未安装杀毒软件", photo))
		}
		insp := w.as(fixture.Inspector)
		var j job
		insp.Post("/api/v1/document-jobs", obj{"form": "order", "under": fixture.Unit("C").ID}).Is(202).Into(&j)
		if j.State != "running" || j.Total != 50 {
			t.Fatalf("started: %+v", j)
		}
		path := "/api/v1/document-jobs/" + j.ID
		insp.Get(path+"/content").Problem(409, "not_ready")
		w.as(fixture.Inspector2).Get(path).Problem(404, "not_found")
		w.as(fixture.Inspector2).Get(path+"/content").Problem(404, "not_found")

		// It dies after the first documents.
		told := make(chan rpc.Progress, 200)
		if err := w.bus.OnSignal(rpc.ProgressSignal, func(_ string, data []byte) {
			var p rpc.Progress
			if err := json.Unmarshal(data, &p); err != nil {
				t.Error(err)
			}
			told <- p
		}); err != nil {
			t.Fatal(err)
		}
		ctx, die := context.WithCancel(context.Background())
		wait := w.work(ctx)
		if p := <-told; p.Kind != "documents" || p.PersonID != fixture.Inspector.PersonID || p.ID != j.ID || p.Total != 50 {
			t.Errorf("told %+v", p)
		}
		die()
		wait()
		other := newWorldOn(t, d, w.bus)
		other.clk.Advance(2 * time.Minute)
		ctx, stop := context.WithCancel(context.Background())
		wait = other.work(ctx)
		t.Cleanup(func() { stop(); wait() })
		if j = w.jobDone(fixture.Inspector, j.ID); j.Done != 50 {
			t.Errorf("%d documents", j.Done)
		}
		a := insp.Get(path + "/content").Is(200)
		if a.Header.Get("Content-Type") != "application/zip" {
			t.Errorf("headers %v", a.Header)
		}
		files := zipped(t, a.Raw)
		if len(files) != 50 {
			t.Errorf("%d files", len(files))
		}
		numbers := map[string]bool{}
		for name, raw := range files {
			f := openWord(t, raw)
			numbers[strings.Join(f.styled("Number"), "")] = true
			if len(f.body.all("drawing")) != 1 || !strings.HasSuffix(name, "整改通知书.docx") {
				t.Errorf("%s has %d pictures", name, len(f.body.all("drawing")))
			}
		}
		if len(numbers) != 50 || !numbers["整改〔2026〕50号"] {
			t.Errorf("%d numbers", len(numbers))
		}
	})
}

// A job makes what it can and says what is missing; nobody gets what is out of
// their reach, and after a week it is gone.
func TestDocumentsOfAJob(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, _ := withEvidence(t, d)
		ctx, stop := context.WithCancel(context.Background())
		wait := w.work(ctx)
		t.Cleanup(func() { stop(); wait() })
		open, reported := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor")), w.order(fixture.Inspector, w.finding(fixture.Inspector, "V21", "minor"))
		w.mustTake(w.sealed(reported.ID, "V21", fixture.Reporter21, true))
		insp := w.as(fixture.Inspector)
		make := func(a policy.Actor, body obj) job {
			var j job
			w.as(a).Post("/api/v1/document-jobs", body).Is(202).Into(&j)
			return w.jobDone(a, j.ID)
		}
		j := make(fixture.Inspector, obj{"form": "close_out", "format": "xlsx", "rectification_ids": []string{open.ID, reported.ID, open.ID}})
		files := zipped(t, insp.Get("/api/v1/document-jobs/"+j.ID+"/content").Is(200).Raw)
		if j.Total != 2 || len(files) != 2 || string(files["未列入的文件.txt"]) != "整改〔2026〕1号：单位尚未报送整改情况\r\n" || len(files["002 整改〔2026〕2号 销号申请.xlsx"]) == 0 {
			t.Errorf("%+v: %d files, %q", j, len(files), files["未列入的文件.txt"])
		}
		if j := make(fixture.Reporter, obj{"form": "order"}); j.Total != 1 {
			t.Errorf("the unit gets %d documents", j.Total)
		}
		for _, ids := range [][]string{{open.ID, reported.ID}, {id.New()}} {
			w.as(fixture.Reporter).Post("/api/v1/document-jobs", obj{"form": "order", "rectification_ids": ids}).Problem(404, "not_found")
		}
		w.as(fixture.Stranger).Post("/api/v1/document-jobs", obj{"form": "order"}).Problem(422, "nothing_selected")
		insp.Post("/api/v1/document-jobs", obj{"form": "register"}).Problem(422, "invalid")

		// What was made is not given to somebody who may no longer read it.
		j = make(fixture.Inspector, obj{"form": "order"})
		lost := fixture.Inspector
		lost.Grants = []policy.Grant{{Role: "inspector", UnitID: fixture.Unit("T1").ID, UnitPath: fixture.Unit("T1").Path, Level: "town", OfficeID: fixture.Unit("CO").ID}}
		files = zipped(t, w.as(lost).Get("/api/v1/document-jobs/"+j.ID+"/content").Is(200).Raw)
		if len(files) != 2 || len(files["001 整改〔2026〕1号 整改通知书.docx"]) == 0 || string(files["未列入的文件.txt"]) != "第2件：已不在查看范围\r\n" {
			t.Errorf("after the grant was withdrawn: %q", files["未列入的文件.txt"])
		}
		w.clk.Advance(8 * 24 * time.Hour)
		if err := w.svc.(interface{ DropDocuments(context.Context) error }).DropDocuments(context.Background()); err != nil {
			t.Fatal(err)
		}
		insp.Get("/api/v1/document-jobs/"+j.ID).Problem(404, "not_found")
	})
}

// Three jobs of a person run at once, and thirty are kept; another person has
// their own, and what is dropped makes room.
func TestDocumentsAreBounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, _ := withEvidence(t, d)
		w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		insp := w.as(fixture.Inspector)
		order := obj{"form": "order"}
		var begun [3]job
		for i := range begun {
			insp.Post("/api/v1/document-jobs", order).Is(202).Into(&begun[i])
		}
		insp.Post("/api/v1/document-jobs", order).Problem(429, "too_many_documents")
		w.as(fixture.Reporter).Post("/api/v1/document-jobs", order).Is(202)
		ctx, stop := context.WithCancel(context.Background())
		wait := w.work(ctx)
		t.Cleanup(func() { stop(); wait() })
		for _, j := range begun {
			w.jobDone(fixture.Inspector, j.ID)
		}
		for range 30 - len(begun) {
			var j job
			insp.Post("/api/v1/document-jobs", order).Is(202).Into(&j)
			w.jobDone(fixture.Inspector, j.ID)
		}
		insp.Post("/api/v1/document-jobs", order).Problem(409, "too_many_documents")
		w.clk.Advance(8 * 24 * time.Hour)
		if err := w.svc.(interface{ DropDocuments(context.Context) error }).DropDocuments(context.Background()); err != nil {
			t.Fatal(err)
		}
		insp.Post("/api/v1/document-jobs", order).Is(202)
	})
}

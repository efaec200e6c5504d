package evidence_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence/module"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	platform "github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/uptrace/bun"
)

// world is the evidence service with a county around it.
type world struct {
	t      *testing.T
	db     *db.DB
	bus    *bus.Bus
	clock  *clock.Fake
	dir    string
	engine *policy.Engine
	svc    platform.Service
	srv    *resttest.Server
	// known is what the assignment service answers, by id.
	known map[string]event.Issued
	// orders is what the rectification service answers, by id.
	orders map[string]event.Rectification
	// refused is why the owner of a target would not take a submission in, and
	// decided what it decided last, by id of the target.
	refused map[string]string
	decided map[string]*rpc.Decided
	// settings of the service, by name.
	settings map[string]string
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, db: d, bus: bustest.Start(t), engine: engine, dir: t.TempDir(), known: map[string]event.Issued{},
		orders: map[string]event.Rectification{}, refused: map[string]string{}, decided: map[string]*rpc.Decided{},
		clock: clock.NewFake(time.Date(2026, 9, 19, 8, 0, 0, 0, time.UTC)),
	}
	fixture.Plant(t, d)
	err = bus.Respond(w.bus, rpc.GetAssignment, func(_ context.Context, q rpc.GetAssignmentRequest) (rpc.GetAssignmentReply, error) {
		x, ok := w.known[q.ID]
		a := rpc.GetAssignmentReply{Found: ok, Issued: x, Decided: w.decided[q.ID]}
		if q.Offer != nil {
			a.Refused = w.refused[q.ID]
		}
		return a, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = bus.Respond(w.bus, rpc.GetRectification, func(_ context.Context, q rpc.GetRectificationRequest) (rpc.GetRectificationReply, error) {
		x, ok := w.orders[q.ID]
		return rpc.GetRectificationReply{Found: ok, Rectification: x}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.restart()
	return w
}

// restart makes the service anew on the same database and disk, as after a crash.
func (w *world) restart() {
	w.t.Helper()
	svc, err := module.New(platform.Deps{DB: w.db, Bus: w.bus, Policy: w.engine, Clock: w.clock, Dir: w.dir, Setting: w.setting})
	if err != nil {
		w.t.Fatal(err)
	}
	w.svc = svc
	w.srv = resttest.Start(w.t, w.engine, svc.Mount)
}

// unfit is why the service does not start with its settings.
func (w *world) unfit() error {
	_, err := module.New(platform.Deps{DB: w.db, Bus: w.bus, Policy: w.engine, Clock: w.clock, Dir: w.dir, Setting: w.setting})
	return err
}

func (w *world) setting(name, def string) (string, error) {
	if v, ok := w.settings[name]; ok {
		return v, nil
	}
	return def, nil
}

// check is what the service finds wrong.
func (w *world) check(repair bool) []string {
	w.t.Helper()
	bad, err := w.svc.Check(context.Background(), repair)
	if err != nil {
		w.t.Fatal(err)
	}
	return bad
}

// take has the service's consumers take an event.
func (w *world) take(e event.Event) {
	w.t.Helper()
	if err := w.try(e); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) try(e event.Event) error {
	w.t.Helper()
	for _, c := range w.svc.Consumers() {
		if !slices.Contains(c.Types, e.Type) {
			continue
		}
		err := w.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return c.Take(ctx, tx, e) })
		if err != nil {
			return err
		}
	}
	return nil
}

// events lists what the service has told, oldest first.
func (w *world) events(types ...event.Type) []event.Event {
	w.t.Helper()
	var raws []string
	err := w.db.Read().NewSelect().Table("outbox").Column("payload").OrderExpr("id").Scan(context.Background(), &raws)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []event.Event
	for _, r := range raws {
		e := decode[event.Event](w.t, r)
		if len(types) == 0 || slices.Contains(types, e.Type) {
			out = append(out, e)
		}
	}
	return out
}

// The publicity task of these tests.
func task() event.Task {
	least := 20.0
	return event.Task{
		ID: id.New(), Title: "主题班会", DueAt: time.Date(2026, 9, 25, 15, 59, 59, 0, time.UTC), Review: "direct",
		Requirements: []event.Requirement{
			{ID: "leaflets", Kind: "number", Title: "发放宣传单", Compulsory: true, Figure: "leaflets", Measure: "份", Minimum: &least, Per: "class"},
			{ID: "summary", Kind: "text", Title: "小结", Compulsory: true},
			{ID: "papers", Kind: "document", Title: "材料", Compulsory: true, MaxCount: 2},
			{ID: "photos", Kind: "photo", Title: "照片"},
			{ID: "links", Kind: "link", Title: "转发链接"},
			{ID: "devices", Kind: "table", Title: "设备台账", Columns: []event.Column{
				{Key: "name", Title: "名称", Type: "text", Required: true}, {Key: "count", Title: "数量", Type: "number"},
				{Key: "bought", Title: "购置日期", Type: "day"}, {Key: "online", Title: "联网", Type: "yes_no"},
			}},
		},
	}
}

// issue gives a task to a unit, as the assignment service would tell it.
func (w *world) issue(unit string, opts ...func(*event.Assignment)) event.Assignment {
	w.t.Helper()
	x := issued(unit, opts...)
	a := x.Assignments[0]
	w.known[a.ID] = x
	w.take(event.New(id.New(), w.clock.Now(), event.AssignmentsIssued, x.Task.ID, 1, x))
	return a
}

func issued(unit string, opts ...func(*event.Assignment)) event.Issued {
	u, office, t := fixture.Unit(unit), fixture.Unit("C"), task()
	a := event.Assignment{
		ID: id.New(), CampaignID: id.New(), TaskID: t.ID, UnitID: u.ID, UnitPath: u.Path, IssuerID: office.ID, IssuerPath: office.Path,
		OfficeID: fixture.Unit("CO").ID, IssuerOfficeID: fixture.Unit("CO").ID, State: "issued", DueAt: t.DueAt, OriginalDueAt: t.DueAt, Version: 1,
	}
	for _, o := range opts {
		o(&a)
	}
	return event.Issued{CampaignID: a.CampaignID, Campaign: "网络安全宣传周", IssuerID: office.ID, IssuerPath: office.Path, Task: t, Assignments: []event.Assignment{a}}
}

// changed is an event about an assignment, the next version of it.
func (w *world) changed(typ event.Type, a *event.Assignment, state, submissionID, reason string) event.Event {
	from := a.State
	a.State, a.SubmissionID = state, submissionID
	a.Version++
	return event.New(id.New(), w.clock.Now(), typ, a.ID, a.Version, event.AssignmentChange{Assignment: *a, Task: "主题班会", From: from}).
		By("reviewer", "审核人").For(a.UnitID, a.UnitPath).Because(reason)
}

// tus makes one tus request by hand.
func (w *world) tus(a policy.Actor, method, path string, header map[string]string, body io.Reader) *http.Response {
	w.t.Helper()
	req, err := http.NewRequest(method, w.srv.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("Tus-Resumable", "1.0.0")
	if tok := w.srv.As(w.t, a).Token(); tok != "" {
		req.Header.Set("Authorization", "Bearer "+tok)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := w.srv.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, cut := io.ReadAll(resp.Body)
	resp.Body.Close()
	if cut == nil {
		w.srv.Hold(w.t, resp, raw)
		cut = io.EOF
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(raw), iotest.ErrReader(cut)))
	return resp
}

func meta(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return strings.Join(parts, ",")
}

// announce begins an upload and returns its path.
func (w *world) announce(a policy.Actor, size int, pairs ...string) string {
	w.t.Helper()
	resp := w.tus(a, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": strconv.Itoa(size), "Upload-Metadata": meta(pairs...)}, nil)
	if resp.StatusCode != 201 {
		w.t.Fatalf("announce: %d %s", resp.StatusCode, text(resp))
	}
	loc := resp.Header.Get("Location")
	if !strings.HasPrefix(loc, "/api/v1/uploads/") {
		w.t.Fatalf("location %q", loc)
	}
	return loc
}

// send appends bytes at offset.
func (w *world) send(a policy.Actor, path string, offset int, b []byte) *http.Response {
	w.t.Helper()
	return w.tus(a, "PATCH", path, map[string]string{
		"Upload-Offset": strconv.Itoa(offset), "Content-Type": "application/offset+octet-stream",
	}, strings.NewReader(string(b)))
}

// examine has the service examine what waits.
func (w *world) examine() {
	w.t.Helper()
	_, err := w.svc.(interface {
		Examine(context.Context) (int, error)
	}).Examine(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
}

// upload sends a whole file and returns its id.
func (w *world) upload(a policy.Actor, name string, b []byte, pairs ...string) string {
	w.t.Helper()
	path := w.announce(a, len(b), append([]string{"filename", name}, pairs...)...)
	resp := w.send(a, path, 0, b)
	if resp.StatusCode != 204 || resp.Header.Get("Duban-Sha256") == "" {
		w.t.Fatalf("upload: %d %s", resp.StatusCode, text(resp))
	}
	return resp.Header.Get("Duban-File-Id")
}

func text(r *http.Response) string {
	b, err := io.ReadAll(r.Body)
	return string(b) + fmt.Sprint(errors.Join(err))
}

package evidence_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"
)

// The example of RFC 8785, section 3.2.3, and the numbers of its appendix B.
func TestCanonicalFormOfRFC8785(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`:                                        `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`: "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		`[0,-0,5e-324,1.7976931348623157e308,9007199254740992,295147905179352830000,1e21,0.1,"<&>"]`:                                                                                                                 `[0,0,5e-324,1.7976931348623157e+308,9007199254740992,295147905179352830000,1e+21,0.1,"<&>"]`,
	} {
		got, err := evidence.Canonical(json.RawMessage(in))
		if err != nil || string(got) != want {
			t.Errorf("%s\n got %s\nwant %s (%v)", in, got, want, err)
		}
	}
}

// Whatever is in it, the canonical form of the canonical form is itself, and
// says the same.
func TestCanonicalFormIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := evidence.Manifest{
			Note: rapid.String().Draw(t, "note"), SubmissionID: rapid.String().Draw(t, "id"),
			Items: []evidence.ManifestItem{{
				Text: rapid.String().Draw(t, "text"), Links: rapid.SliceOf(rapid.String()).Draw(t, "links"),
				Rows: []map[string]any{rapid.MapOf(rapid.String(), rapid.Custom(func(t *rapid.T) any { return rapid.Float64Range(-1e15, 1e15).Draw(t, "n") })).Draw(t, "row")},
			}},
		}
		f := rapid.Float64Range(0, 1e15).Draw(t, "value")
		v.Items[0].Value = &f
		once, err := evidence.Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		var back evidence.Manifest
		if err := json.Unmarshal(once, &back); err != nil {
			t.Fatal(err)
		}
		twice, err := evidence.Canonical(back)
		if err != nil || string(once) != string(twice) || *back.Items[0].Value != f {
			t.Fatalf("%s\n%s\n%v", once, twice, err)
		}
	})
}

func TestTransitions(t *testing.T) {
	t.Parallel()
	states := []evidence.State{evidence.Draft, evidence.Sealed, evidence.Accepted, evidence.Returned, evidence.Recalled, evidence.Discarded}
	actions := []evidence.Action{evidence.Seal, evidence.Discard, evidence.Accept, evidence.Return, evidence.Recall}
	want := map[evidence.State]map[evidence.Action]evidence.State{
		evidence.Draft:  {evidence.Seal: evidence.Sealed, evidence.Discard: evidence.Discarded},
		evidence.Sealed: {evidence.Accept: evidence.Accepted, evidence.Return: evidence.Returned, evidence.Recall: evidence.Recalled},
	}
	for _, s := range states {
		for _, a := range actions {
			got, err := evidence.Next(s, a)
			if to, ok := want[s][a]; ok {
				if err != nil || got != to {
					t.Errorf("%s %s: %s %v", s, a, got, err)
				}
			} else if !fault.IsCode(err, "wrong_state") || got != s {
				t.Errorf("%s %s: %s %v", s, a, got, err)
			}
		}
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\temp\报告.docx`: "报告.docx", "a\x00b\n.pdf": "ab .pdf", "测\u200b试.pdf": "测试.pdf", "\u3164": "file", "": "file", "...": "file", "/": "file",
		"\u202egpj.exe": "gpj.exe", "照片 😀.jpg": "照片 😀.jpg", " x .pdf ": "x .pdf",
	} {
		if got := evidence.CleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	long := evidence.CleanName(strings.Repeat("长", 300) + ".pdf")
	if utf8.RuneCountInString(long) != 200 || !strings.HasSuffix(long, ".pdf") {
		t.Errorf("%q", long)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := evidence.CleanName(rapid.String().Draw(t, "name"))
		if n == "" || utf8.RuneCountInString(n) > 200 || strings.ContainsAny(n, "/\\\x00\r\n") || evidence.CleanName(n) != n {
			t.Fatalf("%q", n)
		}
	})
}

// Over real NATS: an assignment arrives, its submission is sealed and told,
// and the approval comes back.
func TestOverTheBus(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		t.Cleanup(func() { cancel(); wg.Wait() })
		runner := inbox.NewRunner(d, w.bus, slog.Default(), w.svc.Consumers()...)
		relay := outbox.NewRelay(d, w.bus, slog.Default())
		wg.Go(func() { relay.Run(ctx) })
		wg.Go(func() { runner.Run(ctx) })
		// The relay of this database stands in for that of the other service.
		tell := func(es ...event.Event) {
			t.Helper()
			if err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return outbox.Append(ctx, tx, es...) }); err != nil {
				t.Fatal(err)
			}
		}
		x := issued("V11")
		a := x.Assignments[0]
		tell(event.New(id.New(), w.clock.Now(), event.AssignmentsIssued, x.Task.ID, 1, x))
		rep := w.srv.As(t, fixture.Reporter)
		until := func(what string, ok func() bool) {
			t.Helper()
			for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal(what)
				}
			}
		}
		until("the assignment has not come", func() bool {
			return rep.Post(subs, map[string]any{"target": "assignment", "target_id": a.ID}).Status/100 == 2
		})
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		w.seal(fixture.Reporter, s)
		tell(w.changed(event.AssignmentApproved, &a, "approved", s.ID, ""))
		until("the approval has not come", func() bool { return w.get(fixture.Reporter, s.ID).State == "accepted" })
		until("not everything was published", func() bool { b, err := outbox.Waiting(ctx, d); return err == nil && b.Events == 0 })
	})
}

// Every operation that tus adds is in the document as the others are.
func TestUploadsAreInTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	var ids []string
	for p, item := range w.srv.API.OpenAPI().Paths {
		if !strings.HasPrefix(p, "/api/v1/uploads") {
			continue
		}
		for _, op := range []*huma.Operation{item.Post, item.Head, item.Patch, item.Delete, item.Options} {
			if op != nil {
				ids = append(ids, op.OperationID)
			}
		}
	}
	slices.Sort(ids)
	if got := strings.Join(ids, " "); got != "append-upload create-upload delete-upload get-upload-offset upload-options" {
		t.Fatal(got)
	}
	for _, name := range []string{"EvidenceSealBody", "EvidenceSubmission", "EvidenceRequirement", "EvidenceFile"} {
		if w.srv.API.OpenAPI().Components.Schemas.Map()[name] == nil {
			t.Errorf("no schema %s", name)
		}
	}
	if _, err := w.srv.API.OpenAPI().YAML(); err != nil {
		t.Fatal(err)
	}
}

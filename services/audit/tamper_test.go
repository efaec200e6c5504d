package audit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/duban/duban/services/audit"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

func TestAppendOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.take(signIn(1), signIn(2))
		w.api.As(t, fixture.Auditor).Post("/api/v1/audit-chain/verify", nil).Is(200)
		qs := []string{
			"UPDATE audit_entries SET actor_name = 'x'", "DELETE FROM audit_entries WHERE seq = 2",
			"UPDATE audit_head SET seq = 1", "UPDATE audit_head SET hash = 'x'", "DELETE FROM audit_head",
			"UPDATE audit_verifications SET broken_seq = 0", "DELETE FROM audit_verifications",
		}
		if d.Engine == db.Postgres {
			qs = append(qs, "TRUNCATE audit_entries", "TRUNCATE audit_head", "TRUNCATE audit_verifications")
		}
		for _, q := range qs {
			if _, err := d.Writer().Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
		if bad := w.check(); len(bad) > 0 {
			t.Fatal(bad)
		}
	})
}

func TestTamperingIsSeen(t *testing.T) {
	t.Parallel()
	const n = 30
	rewrite := func(w *world) {
		// Somebody changes an entry and makes its hash right again.
		var x audit.Entry
		r := w.api.As(w.t, fixture.Auditor).Get("/api/v1/audit-entries/12").Is(200)
		var m map[string]any
		r.Into(&m)
		err := w.db.Writer().QueryRow(`SELECT event_id, type, subject, version, actor_id, unit_id, unit_path, reason, at, recorded_at,
			request_id, caused_by, data_hash, whole, detail, prev_hash FROM audit_entries WHERE seq = 12`).Scan(&x.EventID, &x.Type, &x.Subject, &x.Version,
			&x.ActorID, &x.UnitID, &x.UnitPath, &x.Reason, &x.At, &x.RecordedAt, &x.RequestID, &x.CausedBy, &x.DataHash, &x.Whole, &x.Detail, &x.PrevHash)
		if err != nil {
			w.t.Fatal(err)
		}
		x.Seq, x.ActorName = 12, "别人"
		w.exec("UPDATE audit_entries SET actor_name = ?, hash = ? WHERE seq = 12", x.ActorName, audit.Hash(x))
	}
	copied := "version, actor_id, actor_name, unit_id, unit_path, reason, at, recorded_at, request_id, caused_by, data_hash, whole, detail, prev_hash, hash"
	for name, x := range map[string]struct {
		do   func(*world)
		seq  int64
		want string
	}{
		"changed":        {func(w *world) { w.exec("UPDATE audit_entries SET reason = 'x' WHERE seq = 7") }, 7, "changed"},
		"changed time":   {func(w *world) { w.exec("UPDATE audit_entries SET at = recorded_at WHERE seq = 8") }, 8, "changed"},
		"changed first":  {func(w *world) { w.exec("UPDATE audit_entries SET unit_id = '' WHERE seq = 1") }, 1, "changed"},
		"changed detail": {func(w *world) { w.exec("UPDATE audit_entries SET detail = '{}' WHERE seq = 9") }, 9, "changed"},
		"rewritten":      {rewrite, 13, "does not follow"},
		"removed":        {func(w *world) { w.exec("DELETE FROM audit_entries WHERE seq = 15") }, 15, "missing"},
		"removed first":  {func(w *world) { w.exec("DELETE FROM audit_entries WHERE seq <= 2") }, 1, "missing"},
		"cut off":        {func(w *world) { w.exec("DELETE FROM audit_entries WHERE seq > 25") }, 26, "missing"},
		"emptied":        {func(w *world) { w.exec("DELETE FROM audit_entries") }, 1, "missing"},
		"cut off with head": {func(w *world) {
			w.exec("DELETE FROM audit_entries WHERE seq = 30")
			w.exec("UPDATE audit_head SET seq = 29")
		}, 29, "end of the chain"},
		"closed up": {func(w *world) {
			w.exec("DELETE FROM audit_entries WHERE seq = 20")
			for i := 21; i <= n; i++ {
				w.exec("UPDATE audit_entries SET seq = ? WHERE seq = ?", i-1, i)
			}
		}, 20, ""},
		"inserted": {func(w *world) {
			w.exec("DELETE FROM audit_entries WHERE seq = 18")
			w.exec("INSERT INTO audit_entries (seq, event_id, type, subject, " + copied + ") SELECT 18, 'made-up', type, subject, " + copied + " FROM audit_entries WHERE seq = 3")
		}, 18, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
				w := newWorld(t, d)
				for i := range n {
					w.take(signIn(i))
				}
				w.disarm()
				if bad := w.check(); len(bad) > 0 {
					t.Fatalf("before: %q", bad)
				}
				x.do(w)
				bad := w.check()
				if len(bad) == 0 || !strings.Contains(bad[0], fmt.Sprintf("entry %d:", x.seq)) || !strings.Contains(bad[0], x.want) {
					t.Fatalf("%q, want entry %d: %s", bad, x.seq, x.want)
				}
				var v struct {
					Intact    bool
					BrokenSeq int64 `json:"broken_seq"`
				}
				w.api.As(t, fixture.Auditor).Post("/api/v1/audit-chain/verify", nil).Is(200).Into(&v)
				if v.Intact || v.BrokenSeq != x.seq {
					t.Fatalf("%+v", v)
				}
				var page struct{ Items []json.RawMessage }
				w.api.As(t, fixture.Auditor).Get("/api/v1/audit-entries").Is(200).Into(&page) // still readable
			})
		})
	}
	t.Run("put behind the end", func(t *testing.T) {
		t.Parallel()
		dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
			w := newWorld(t, d)
			w.take(signIn(1), signIn(2))
			put := "INSERT INTO audit_entries (seq, event_id, type, subject, " + copied + ") SELECT 4, 'made-up', type, subject, " + copied + " FROM audit_entries WHERE seq = 2"
			if _, err := d.Writer().Exec(put); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Fatalf("an entry that is not the next one: %v", err)
			}
			w.disarm()
			w.exec(strings.Replace(put, "4", "3", 1))
			if bad := w.check(); len(bad) != 1 || !strings.Contains(bad[0], "beyond") {
				t.Fatalf("%q", bad)
			}
		})
	})
}

package dbtest_test

import (
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
)

// What a test has left in its schema the next one does not find, and a schema
// whose definitions somebody has changed nobody gets.
func TestSchemasAreHandedOnLikeNew(t *testing.T) {
	exec := func(t *testing.T, d *db.DB, q string) {
		t.Helper()
		if _, err := d.Writer().Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	text := func(t *testing.T, d *db.DB, q string) (s string) {
		t.Helper()
		if err := d.Writer().QueryRow(q).Scan(&s); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		return s
	}
	const (
		where = "SELECT current_schema()"
		rows  = `SELECT (SELECT json_agg(x)::text FROM audit_head x) || (SELECT json_agg(x)::text FROM audit_migrations x)`
	)
	// with gives the schema that the next test has, and what f makes of it.
	with := func(f func(t *testing.T, d *db.DB)) (name string) {
		t.Run("next", func(t *testing.T) {
			d := dbtest.Open(t, "audit", db.Postgres)
			name = text(t, d, where)
			f(t, d)
		})
		return name
	}
	var fresh string
	first := with(func(t *testing.T, d *db.DB) {
		fresh = text(t, d, rows)
		// As whoever may put triggers aside: the trail refuses it otherwise.
		exec(t, d, "SET session_replication_role = replica; UPDATE audit_head SET seq = 7; DELETE FROM audit_migrations; "+
			"INSERT INTO audit_migrations (name, migrated_at) VALUES ('other', now())")
		if text(t, d, "SELECT seq::text FROM audit_head") != "7" {
			t.Error("nothing was changed")
		}
	})
	second := with(func(t *testing.T, d *db.DB) {
		if got := text(t, d, rows); got != fresh {
			t.Errorf("it holds %s, want %s", got, fresh)
		}
		exec(t, d, "DROP TRIGGER audit_head_forward ON audit_head")
	})
	if second != first {
		t.Errorf("%s was not handed on; %s was", first, second)
	}
	third := with(func(t *testing.T, d *db.DB) {
		if text(t, d, "SELECT COUNT(*)::text FROM pg_trigger WHERE tgname = 'audit_head_forward' AND tgrelid = 'audit_head'::regclass") != "1" {
			t.Error("a trigger is missing")
		}
	})
	if third == second {
		t.Error("a schema with other definitions was handed on")
	}
}

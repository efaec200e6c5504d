package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// bareRow is an assignment as the reference reads it.
type bareRow struct {
	ID            string     `json:"id"`
	CampaignID    string     `json:"campaign_id"`
	TaskID        string     `json:"task_id"`
	UnitID        string     `json:"unit_id"`
	UnitPath      string     `json:"unit_path"`
	IssuerID      string     `json:"issuer_id"`
	State         string     `json:"state"`
	ResponsibleID string     `json:"responsible_id"`
	IssuedAt      time.Time  `json:"issued_at"`
	AckDueAt      time.Time  `json:"ack_due_at"`
	DueAt         time.Time  `json:"due_at"`
	OriginalDueAt time.Time  `json:"original_due_at"`
	AckAt         *time.Time `json:"ack_at"`
	SubmittedAt   *time.Time `json:"submitted_at"`
	Percent       int        `json:"percent"`
	Version       int64      `json:"version"`
}

const bareColumns = `id, campaign_id, task_id, unit_id, unit_path, issuer_id, state, responsible_id, issued_at, ack_due_at, due_at, original_due_at, ack_at, submitted_at, percent, version`

func (r *bareRow) into() []any {
	return []any{
		&r.ID, &r.CampaignID, &r.TaskID, &r.UnitID, &r.UnitPath, &r.IssuerID, &r.State, &r.ResponsibleID,
		&r.IssuedAt, &r.AckDueAt, &r.DueAt, &r.OriginalDueAt, &r.AckAt, &r.SubmittedAt, &r.Percent, &r.Version,
	}
}

// bare is the reference: net/http and SQL on the same database, without
// sign-in, rights, names, rules or events. Its writes go to a table of its own
// with the columns and indexes of the real one, and share commits as ours do.
func bare(ctx context.Context) error {
	r, err := told()
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{Service: "assignment", Dir: r.Data, URL: r.DatabaseURL, Schema: r.Prefix + "assignment"})
	if err != nil {
		return err
	}
	defer d.Close()
	mark := func(i int) string {
		if d.Engine == db.Postgres {
			return "$" + string(rune('0'+i))
		}
		return "?"
	}
	sqlDB := d.Read().(*bun.DB).DB
	answer := func(w http.ResponseWriter, v any, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	one := "SELECT " + bareColumns + " FROM assignments WHERE id = " + mark(1)
	mux.HandleFunc("GET /one/{id}", func(w http.ResponseWriter, q *http.Request) {
		var x bareRow
		err := sqlDB.QueryRowContext(q.Context(), one, q.PathValue("id")).Scan(x.into()...)
		answer(w, x, err)
	})
	// The index is named where SQLite would otherwise choose by chance.
	many := "SELECT " + bareColumns + " FROM assignments WHERE unit_path >= " + mark(1) + " AND unit_path < " + mark(2) + " ORDER BY due_at, id LIMIT 50"
	all := many
	if d.Engine == db.SQLite {
		all = "SELECT " + bareColumns + " FROM assignments WHERE +unit_path >= ? AND +unit_path < ? ORDER BY due_at, id LIMIT 50"
	}
	list := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			under := q.URL.Query().Get("under")
			rows, err := sqlDB.QueryContext(q.Context(), text, under, under+"\x7f")
			if err != nil {
				answer(w, nil, err)
				return
			}
			defer rows.Close()
			xs := make([]bareRow, 0, 50)
			for rows.Next() {
				var x bareRow
				if err := rows.Scan(x.into()...); err != nil {
					answer(w, nil, err)
					return
				}
				xs = append(xs, x)
			}
			answer(w, map[string]any{"items": xs}, rows.Err())
		}
	}
	mux.HandleFunc("GET /list", list(many))
	mux.HandleFunc("GET /all", list(all))
	update := "UPDATE bare_assignments SET state = 'acknowledged', ack_at = " + mark(1) + ", version = version + 1 WHERE id = " + mark(2)
	mux.HandleFunc("POST /write/{id}", func(w http.ResponseWriter, q *http.Request) {
		id := q.PathValue("id")
		err := d.InTx(q.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.Tx.ExecContext(ctx, update, time.Now().UTC(), id)
			return err
		})
		answer(w, map[string]string{"id": id, "state": "acknowledged"}, err)
	})
	if err := bareUploads(mux, filepath.Join(r.Data, "bare-uploads")); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	return say(ctx, started{URL: "http://" + l.Addr().String()})
}

// debug serves the profiles of this process.
func debug() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: http.DefaultServeMux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}

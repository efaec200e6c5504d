package db

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"
)

const (
	// beat is how often a process looks whether something waits that it was not
	// told of: another process may have died with it, or be no server.
	beat = 2 * time.Second
	// longAgo is after how many beats a SQLite file that nobody has written is
	// looked into all the same.
	longAgo = 30
)

// awaited is work that may lie in a table.
type awaited struct {
	table, where string
	wake         func()
}

// Await has wake called while the table has rows for which the condition
// holds, some seconds after they came about, whoever wrote them. What a
// transaction of this process wrote is to be told by Did, at once. The
// condition must be cheap by an index. wake must not block.
func (d *DB) Await(table, where string, wake func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.awaited = append(d.awaited, awaited{table, where, wake})
}

// Beat looks for what the databases of a process await until ctx ends. At rest
// it is all that a process asks of them: on PostgreSQL one statement in two
// seconds for all services together, on SQLite none while nobody writes.
func Beat(ctx context.Context, log *slog.Logger, ds ...*DB) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	ctx = context.WithValue(ctx, beatKey{}, true)
	b := beating{written: map[*DB]string{}, waits: map[*DB]bool{}}
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := b.look(ctx, ds)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			log.Warn("databases: cannot look for what waits, will try again", "error", err)
		}
		if said = ""; err != nil {
			said = err.Error()
		}
	}
}

type beatKey struct{}

type beating struct {
	n       int
	written map[*DB]string // what the files looked like
	waits   map[*DB]bool   // what was found last, and may be worked by and by
}

func (b *beating) look(ctx context.Context, ds []*DB) error {
	b.n++
	var remote []*DB
	for _, d := range ds {
		if d.Engine == Postgres {
			remote = append(remote, d) // all on one server
			continue
		}
		now := d.writtenAt()
		if b.written[d] == now && !b.waits[d] && b.n%longAgo != 0 {
			continue
		}
		n, err := ask(ctx, d)
		if err != nil {
			return err
		}
		b.written[d], b.waits[d] = now, n > 0
	}
	_, err := ask(ctx, remote...)
	return err
}

// writtenAt changes with every commit of any process to a SQLite database.
func (d *DB) writtenAt() string {
	f, err := os.Stat(d.cfg.path(".db-wal"))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(f.ModTime().UnixNano(), f.Size())
}

// ask asks for everything that the databases await in one statement, wakes
// those concerned and tells how many they are.
func ask(ctx context.Context, ds ...*DB) (int, error) {
	var parts []string
	var wakes []func()
	for _, d := range ds {
		d.mu.Lock()
		for _, a := range d.awaited {
			table := `"` + a.table + `"`
			if d.Engine == Postgres {
				table = `"` + strings.ReplaceAll(d.cfg.schema(), `"`, `""`) + `".` + table
			}
			parts = append(parts, fmt.Sprintf("SELECT %d WHERE EXISTS (SELECT 1 FROM %s WHERE %s)", len(wakes), table, a.where))
			wakes = append(wakes, a.wake)
		}
		d.mu.Unlock()
	}
	if len(parts) == 0 {
		return 0, nil
	}
	var waiting []int
	if err := ds[0].read.NewRaw(strings.Join(parts, " UNION ALL ")).Scan(ctx, &waiting); err != nil && !NoRows(err) {
		return 0, err
	}
	for _, i := range waiting {
		wakes[i]()
	}
	return len(waiting), nil
}

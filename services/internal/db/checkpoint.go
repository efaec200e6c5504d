package db

import (
	"database/sql"
	"time"
)

const (
	// checkpointEvery is how long commits gather in the write-ahead log before
	// they are moved: a page that many of them changed is written once.
	checkpointEvery = 250 * time.Millisecond
	// autoCheckpoint is the length of the log, in pages of 4 KiB, from which the
	// writer moves them at its own commits; SQLite's default is 1,000.
	// Only it can start the log again while writes never pause.
	autoCheckpoint = "4000"
)

// checkpointer moves what was committed from SQLite's write-ahead log into the
// database file, on a connection of its own: within a commit of the writer
// those thousand pages and their fsyncs would keep everyone waiting.
type checkpointer struct {
	db      *sql.DB
	written chan struct{}
	stop    chan struct{}
	done    chan struct{}
}

func newCheckpointer(db *sql.DB) *checkpointer {
	db.SetMaxOpenConns(1)
	c := &checkpointer{db: db, written: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go c.loop()
	return c
}

// wrote says that there is something to move. It does not block.
func (c *checkpointer) wrote() {
	select {
	case c.written <- struct{}{}:
	default:
	}
}

func (c *checkpointer) loop() {
	defer close(c.done)
	for {
		select {
		case <-c.written:
		case <-c.stop:
			return
		}
		select {
		case <-time.After(checkpointEvery):
		case <-c.stop:
			return
		}
		// PASSIVE waits for nobody. What it leaves, or cannot write because
		// the disk is full, stays in the log for the next turn or the writer.
		_, _ = c.db.Exec(`PRAGMA wal_checkpoint(PASSIVE)`)
	}
}

func (c *checkpointer) close() error {
	close(c.stop)
	<-c.done
	return c.db.Close()
}

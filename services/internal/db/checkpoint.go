package db

import (
	"database/sql"
	"time"
)

const (
	// foldEvery is how long commits gather in the write-ahead log before they
	// are folded back: a page that many of them changed is written once.
	foldEvery = 250 * time.Millisecond
	// writerFolds is the length of the log, in pages of 4 KiB, from which the
	// writer folds at its own commits, as SQLite does by default from 1,000.
	// Only it can start the log again while writes never pause.
	writerFolds = "4000"
)

// folder moves what was committed from SQLite's write-ahead log into the
// database file, on a connection of its own: within a commit of the writer
// those thousand pages and their fsyncs would keep everyone waiting.
type folder struct {
	db      *sql.DB
	written chan struct{}
	stop    chan struct{}
	done    chan struct{}
}

func newFolder(db *sql.DB) *folder {
	db.SetMaxOpenConns(1)
	f := &folder{db: db, written: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go f.loop()
	return f
}

// wrote says that there is something to fold. It does not block.
func (f *folder) wrote() {
	select {
	case f.written <- struct{}{}:
	default:
	}
}

func (f *folder) loop() {
	defer close(f.done)
	for {
		select {
		case <-f.written:
		case <-f.stop:
			return
		}
		select {
		case <-time.After(foldEvery):
		case <-f.stop:
			return
		}
		// PASSIVE waits for nobody. What it leaves, or cannot write because
		// the disk is full, stays in the log for the next turn or the writer.
		_, _ = f.db.Exec(`PRAGMA wal_checkpoint(PASSIVE)`)
	}
}

func (f *folder) close() error {
	close(f.stop)
	<-f.done
	return f.db.Close()
}

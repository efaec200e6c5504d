// Package module wires the evidence service together.
package module

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/bucket"
	"github.com/duban/duban/services/evidence/internal/disk"
	"github.com/duban/duban/services/evidence/internal/examine"
	"github.com/duban/duban/services/evidence/internal/feed"
	evidencerest "github.com/duban/duban/services/evidence/internal/rest"
	"github.com/duban/duban/services/evidence/internal/sheet"
	"github.com/duban/duban/services/evidence/internal/store"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/job"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/tablefile"
)

const (
	// sweepEvery is how often abandoned uploads are looked for, and stored
	// files hashed again.
	sweepEvery = time.Hour
	// examiners is how many files are decoded at once.
	examiners = 2
)

type service struct {
	*evidence.Service
	store *store.Store
	disk  *disk.Disk // of what is arriving
	blobs evidence.Blobs
	db    *db.DB
	bus   *bus.Bus
	log   *slog.Logger

	examiner *examine.Pool
	loops    []*job.Loop
}

var (
	_ module.Service = (*service)(nil)
	_ module.Keeper  = (*service)(nil)
	_ module.Source  = (*service)(nil)
)

// New makes the evidence service; its files are kept in d.Dir.
func New(d module.Deps) (module.Service, error) {
	files, err := disk.Open(d.Dir)
	if err != nil {
		return nil, err
	}
	log := d.Log
	if log == nil {
		log = slog.Default()
	}
	options, err := optionsOf(d.Setting)
	if err != nil {
		return nil, err
	}
	blobs, err := blobsOf(files, d.Setting)
	if err != nil {
		return nil, err
	}
	st := store.New(d.DB)
	examiner := examine.New(examiners, examine.Patience)
	x := &service{
		Service: evidence.New(evidence.Ports{
			Store: st, Blobs: blobs, Policy: d.Policy, Clock: d.Clock, Owners: feed.Owners{Bus: d.Bus},
			Sheets: sheet.Tables{Reader: tablefile.New()}, Examiner: examiner,
		}, options),
		store: st, disk: files, blobs: blobs, db: d.DB, bus: d.Bus, log: log, examiner: examiner,
	}
	examinations := store.Examinations.Loop(d.DB, log, counted(x.Examine))
	ended := job.NewLoop("drafts of what has ended", sweepEvery, log, x.endDrafts)
	d.DB.OnDid(store.CampaignEnded, ended.Wake)
	x.loops = []*job.Loop{examinations, ended}
	if options.Pages != nil {
		x.loops = append(x.loops, store.Snapshots.Loop(d.DB, log, counted(x.Snapshots)))
	}
	return x, nil
}

func counted(work func(context.Context) (int, error)) func(context.Context) error {
	return func(ctx context.Context) error { _, err := work(ctx); return err }
}

func (s *service) Mount(a *rest.API) {
	if err := evidencerest.Mount(a, s.Service, s.db, evidence.Texts, evidencerest.Arrivals{Bytes: s.disk.Tus(), Spool: s.disk.Uploads()}); err != nil {
		panic("evidence: " + err.Error()) // a mistake in the configuration of tusd, found by every test
	}
}

// Tellers implements module.Source.
func (s *service) Tellers() []copies.Teller {
	return []copies.Teller{copies.Tells("submissions", s.store.In, s.TellSubmissions)}
}

// Copies implements module.Keeper.
func (s *service) Copies() []copies.Copy {
	return []copies.Copy{
		{Owner: "directory", Things: "units", Version: 1},
		{Owner: "assignment", Things: "campaigns", Version: 2},
		{Owner: "assignment", Things: "assignments", Version: 2},
		{Owner: "rectification", Things: "findings", Version: 2},
		{Owner: "rectification", Things: "rectifications", Version: 2},
	}
}

func (s *service) Consumers() []inbox.Consumer {
	return feed.Consumers(s.Service, s.store.In, store.PathColumns)
}

func (s *service) Respond() error { return feed.Respond(s.bus, s.Service) }

// Run finishes what a dead process left, examines what was received, looks at
// links, hashes stored files again and sweeps abandoned uploads until ctx ends.
func (s *service) Run(ctx context.Context) {
	if b, ok := s.blobs.(*bucket.Bucket); ok {
		// What is wrong with the settings is known at once and not by the first upload.
		if err := b.Check(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("evidence: the file store cannot be used", "error", err)
		}
	}
	var wg sync.WaitGroup
	for _, l := range s.loops {
		wg.Go(func() { l.Run(ctx) })
	}
	s.sweep(ctx)
	wg.Wait()
	s.examiner.Close()
}

// endDrafts ends the drafts that are left of what has ended, and those a dead
// process has left.
func (s *service) endDrafts(ctx context.Context) error {
	n, err := s.EndDrafts(ctx)
	if n > 0 {
		s.log.Info("evidence: drafts ended with what they were for", "count", n)
	}
	return err
}

func (s *service) sweep(ctx context.Context) {
	if n, err := s.Recover(ctx); err != nil {
		s.log.Warn("evidence: uploads not finished", "error", err)
	} else if n > 0 {
		s.log.Info("evidence: uploads finished that an earlier process left", "count", n)
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if n, altered, err := s.Rehash(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("evidence: hashing stored files again", "error", err)
		} else if altered > 0 {
			s.log.Error("evidence: stored files are not what was received; see evidence.file.altered in the audit trail", "altered", altered, "read", n)
		}
		if n, err := s.Expire(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("evidence: deleting files whose retention is over", "error", err)
		} else if n > 0 {
			s.log.Info("evidence: files deleted whose retention is over", "count", n)
		}
		if n, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("evidence: sweep", "error", err)
		} else if n > 0 {
			s.log.Info("evidence: abandoned uploads removed", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

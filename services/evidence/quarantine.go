package evidence

import (
	"context"
	"fmt"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Where there is a virus scanner, a received file is in quarantine until it was
// found clean: it can be given in a draft, but nobody sees its bytes or what is
// made of them, and nothing is sealed with it.

func quarantined() error {
	return fault.New(fault.Conflict, "file_quarantined", "The virus scanner has not looked through the file yet. Ask again in a moment.")
}

// scan takes a file out of quarantine, or refuses it and removes its bytes. It
// may be repeated at any step. A scanner that does not answer is a
// fault.Unavailable with the code scanner_away. Where the scanner was taken
// away since, the file is free.
func (s *Service) scan(ctx context.Context, f *File) error {
	if f.State == Refused {
		return s.blobs.Drop(ctx, f.ID)
	}
	if !f.Quarantined {
		return nil
	}
	found := ""
	if s.options.Scanner != nil {
		r, err := s.blobs.Open(ctx, f.ID)
		if err != nil {
			return err
		}
		found, err = s.options.Scanner.Scan(ctx, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	typ := event.FileCleared
	f.Quarantined = false
	f.Version++
	if found != "" {
		typ = event.FileRefused
		f.State, f.Refusal = Refused, refusedInfected
	}
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		ok, err := tx.SetFile(ctx, *f)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("file %s changed while it was scanned", f.ID)
		}
		if f.State == Refused {
			if err := tx.Forget(ctx, f.ID); err != nil {
				return err
			}
		}
		return tx.Tell(ctx, event.New(id.New(), s.clock.Now(), typ, f.ID, f.Version, f.Event()).For(f.UnitID, f.UnitPath))
	})
	if err != nil || f.State != Refused {
		return err
	}
	return s.blobs.Drop(ctx, f.ID)
}

// sealable tells what keeps files from being sealed: quarantine, or what the
// scanner found in them after they were given.
func sealable(items []Item, files map[string]File) error {
	wait := false
	f := fault.New(fault.Conflict, refusedInfected, "The virus scanner found malicious software in files after they were given. Take them out, and have your device looked at.")
	for _, it := range items {
		for _, fileID := range it.FileIDs {
			switch x, ok := files[fileID]; {
			case !ok || x.State == Refused:
				_ = f.WithField("items."+it.RequirementID, "the file was not kept; take it out", fileID)
			case x.Quarantined:
				wait = true
			}
		}
	}
	switch {
	case len(f.Fields) > 0:
		return f
	case wait:
		return fault.New(fault.Conflict, "file_quarantined", "The virus scanner has not looked through all files yet. Seal it in a moment.")
	}
	return nil
}

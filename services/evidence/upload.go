package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/text"
)

// NewUpload announces a file.
type NewUpload struct {
	Name   string
	UnitID string // empty for that of the assignment, or the person's own
	// AssignmentID and RequirementID tell what it is for; both or none.
	AssignmentID, RequirementID string
	ClientID                    string // the person's own id of the file; empty for none
	Size                        int64
}

// Begin announces an upload. When the person has announced a file with the
// same client id before, that one is answered, and fresh is false: a retry
// never makes a second copy.
func (s *Service) Begin(ctx context.Context, a policy.Actor, n NewUpload) (f File, fresh bool, err error) {
	reach := s.policy.Reach(ctx, a, "file", "upload")
	if reach.Empty() {
		return f, false, fault.Denied("You may not upload files.")
	}
	if _, broken := text.Broken(n.ClientID); broken || utf8.RuneCountInString(n.ClientID) > 200 {
		return f, false, fault.BadField("client_id", "expected plain text of at most 200 characters", nil)
	}
	if n.Size > MaxFile {
		return f, false, tooLarge()
	}
	if n.Size == 0 {
		return f, false, fault.New(fault.Invalid, "empty_file", "The file is empty: it has no bytes at all.")
	}
	if n.ClientID != "" {
		if f, ok, err := s.again(ctx, a, n); ok || err != nil {
			return f, false, err
		}
	}
	allowed, err := s.allowed(ctx, a, &n)
	if err != nil {
		return f, false, err
	}
	u, err := s.uploadUnit(ctx, a, reach, n.UnitID)
	if err != nil {
		return f, false, err
	}
	for _, bound := range []func() error{
		func() error { return s.mayBegin(ctx, a.PersonID) },
		func() error { return s.room(ctx, a.PersonID, u.ID, n.Size) },
		func() error { return s.Spare(ctx, n.Size) },
	} {
		if err := bound(); err != nil {
			return f, false, err
		}
	}
	f = File{
		ID: id.New(), OwnerID: a.PersonID, OwnerName: a.Name, ClientID: n.ClientID, UnitID: u.ID, UnitPath: u.Path,
		Name: CleanName(n.Name), Size: n.Size, State: Receiving, Allowed: allowed, CreatedAt: s.clock.Now(), Version: 1,
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.AddFile(ctx, f) })
	if fault.IsCode(err, "duplicate") && n.ClientID != "" {
		// The same announcement came in twice at once.
		if f, ok, err := s.again(ctx, a, n); ok || err != nil {
			return f, false, err
		}
	}
	return f, true, err
}

// allowed is what the requirement allows that a file is announced for; nothing
// for a file that is announced for none. It sets the unit where none was given.
func (s *Service) allowed(ctx context.Context, a policy.Actor, n *NewUpload) ([]string, error) {
	if n.AssignmentID == "" && n.RequirementID == "" {
		return nil, nil
	}
	const where = "assignment_id"
	if n.AssignmentID == "" {
		return nil, fault.BadField(where, "compulsory beside requirement_id", nil)
	}
	t, err := s.target(ctx, Assignment, n.AssignmentID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if err != nil || !s.policy.Can(ctx, a, "submission", "write", t.Unit()) || (n.UnitID != "" && n.UnitID != t.UnitID) {
		return nil, fault.BadField(where, "expected an assignment of the unit that you submit evidence for", nil)
	}
	r, err := t.Requirement(n.RequirementID)
	if err != nil {
		return nil, fault.BadField("requirement_id", "expected a requirement of the assignment", nil)
	}
	n.UnitID = t.UnitID
	return r.Allow, nil
}

// UploadExpires is when an upload is swept to which nothing more comes.
func (s *Service) UploadExpires() time.Time { return s.clock.Now().Add(KeepUnfinished) }

func tooLarge() error {
	return fault.New(fault.TooLarge, "too_large", "The file is larger than %d bytes, which is the most that is taken.", MaxFile)
}

// again finds what the person announced before with the same client id.
func (s *Service) again(ctx context.Context, a policy.Actor, n NewUpload) (File, bool, error) {
	f, ok, err := s.store.FileOf(ctx, a.PersonID, n.ClientID)
	if err != nil || !ok {
		return f, false, err
	}
	if f.State == Deleted {
		return f, true, deleted(f)
	}
	if f.Size != n.Size || (n.UnitID != "" && n.UnitID != f.UnitID) {
		return f, true, fault.New(fault.Conflict, "client_id_taken", "You have used this client_id for another file (another size or unit). Use a new one for each file.")
	}
	return f, true, nil
}

// uploadUnit is the unit a new file belongs to: the one asked for, or else the
// person's own, or else the one their right to upload comes from.
func (s *Service) uploadUnit(ctx context.Context, a policy.Actor, reach policy.Reach, want string) (UnitInfo, error) {
	given := want != ""
	if !given {
		want = a.UnitID
		if paths := reach.Paths(); !reach.Covers(policy.Target{UnitID: a.UnitID, UnitPath: a.UnitPath}) && len(paths) > 0 {
			want = lastID(paths[0])
		}
	}
	us, err := s.store.Units(ctx, []string{want})
	if err != nil {
		return UnitInfo{}, err
	}
	u, ok := us[want]
	if !ok || !reach.Covers(policy.Target{UnitID: u.ID, UnitPath: u.Path}) {
		if given {
			return u, fault.BadField("unit_id", "expected a unit you may upload files for", nil)
		}
		return u, fault.Denied("You may not upload files for your unit.")
	}
	return u, nil
}

// lastID is the id of the unit whose path this is.
func lastID(path string) string {
	end := len(path) - 1
	for i := end - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1 : end]
		}
	}
	return path[:max(end, 0)]
}

// Upload finds the person's own upload, for any action on it. Another
// person's is as missing as one that does not exist.
func (s *Service) Upload(ctx context.Context, a policy.Actor, fileID string) (File, error) {
	f, err := s.store.File(ctx, fileID)
	if fault.Is(err, fault.NotFound) || (err == nil && f.OwnerID != a.PersonID) {
		return File{}, fault.Missing("upload")
	}
	if err != nil {
		return f, err
	}
	if !s.policy.Can(ctx, a, "file", "upload", f.Target(nil)) {
		return File{}, fault.Denied("You may no longer upload files for this unit.")
	}
	if f.State == Deleted {
		return f, deleted(f)
	}
	return f, nil
}

// Settle brings an upload to its end if all its bytes are there. It returns
// the file as it is then; a refused one as a fault.
func (s *Service) Settle(ctx context.Context, f File) (File, error) {
	switch f.State {
	case Received:
		return f, nil
	case Refused:
		return f, refused(f.Refusal, "")
	}
	n, ok, err := s.blobs.Arrived(ctx, f.ID)
	if err != nil || !ok || n < f.Size {
		return f, err
	}
	return s.Finish(ctx, f.ID)
}

// Finish turns an upload whose bytes are all there into a received file:
// durable, hashed, sniffed, in its final place, recorded. Until it returns nil
// nothing may be acknowledged. It may be repeated, and several may call it at
// once.
func (s *Service) Finish(ctx context.Context, fileID string) (File, error) {
	// Whoever asked may go away; the work is worth finishing all the same.
	ctx = context.WithoutCancel(ctx)
	v, err, _ := s.finishing.Do(fileID, func() (any, error) { return s.finish(ctx, fileID) })
	f, _ := v.(File)
	return f, err
}

func (s *Service) finish(ctx context.Context, fileID string) (File, error) {
	f, err := s.store.File(ctx, fileID)
	if err != nil {
		return f, err
	}
	switch f.State {
	case Received:
		return f, nil
	case Refused:
		return f, refused(f.Refusal, "")
	}
	x, err := s.blobs.Examine(ctx, f.ID)
	if err != nil {
		return f, fmt.Errorf("examine file %s: %w", f.ID, err)
	}
	if x.Size != f.Size {
		return f, fault.New(fault.Conflict, "upload_incomplete", "Only %d of %d bytes have arrived.", x.Size, f.Size)
	}
	f.Version++
	f.Type = x.Type
	if no := Refuse(f.Name, x, f.Allowed); no != nil {
		f.State, f.Refusal = Refused, no.Code
		if _, err := s.setFile(ctx, f); err != nil {
			return f, err
		}
		if err := s.blobs.Drop(ctx, f.ID); err != nil {
			return f, err
		}
		return f, no
	}
	f.Name = Renamed(f.Name, f.Type)
	if err := s.blobs.Keep(ctx, f.ID); err != nil {
		return f, fmt.Errorf("keep file %s: %w", f.ID, err)
	}
	now := s.clock.Now()
	f.State, f.SHA256, f.ReceivedAt, f.Quarantined = Received, x.SHA256, &now, s.options.Scanner != nil
	for _, c := range x.Cautions {
		f.Cautions = append(f.Cautions, c.Kind)
	}
	ok, err := s.setFile(ctx, f, event.New(id.New(), now, event.FileReceived, f.ID, f.Version, f.Event()).
		By(f.OwnerID, f.OwnerName).For(f.UnitID, f.UnitPath))
	if err != nil {
		return f, err
	}
	if !ok {
		// Another process was faster, or the upload was deleted meanwhile.
		f, err = s.store.File(ctx, fileID)
		if fault.Is(err, fault.NotFound) {
			if derr := s.blobs.Drop(ctx, fileID); derr != nil {
				return f, derr
			}
		}
		return f, err
	}
	// What cannot be tidied now is swept later.
	_ = s.blobs.Tidy(ctx, f.ID)
	return f, nil
}

func (s *Service) setFile(ctx context.Context, f File, events ...event.Event) (bool, error) {
	ok := false
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		if ok, err = tx.SetFile(ctx, f); err != nil || !ok {
			return err
		}
		if f.State == Received {
			now := s.clock.Now()
			if err := tx.AddExamination(ctx, f.ID, now); err != nil {
				return err
			}
			if err := tx.SetCheck(ctx, FileCheck{FileID: f.ID, DueAt: now.Add(RehashEvery)}); err != nil {
				return err
			}
		}
		return tx.Tell(ctx, events...)
	})
	return ok, err
}

// Abandon forgets an upload that has not been received. The bytes are the
// caller's to remove.
func (s *Service) Abandon(ctx context.Context, fileID string) error {
	ok := false
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		ok, err = tx.DropFile(ctx, fileID)
		return err
	})
	if err == nil && !ok {
		return fault.New(fault.Conflict, "wrong_state", "The file has been received; it can no longer be deleted.")
	}
	return err
}

// Recover finishes the uploads whose last byte came before the process died.
// It returns how many; one that cannot be finished does not stop the others.
func (s *Service) Recover(ctx context.Context) (int, error) {
	n, after := 0, ""
	var failed error
	for {
		fs, err := s.store.Unfinished(ctx, after, 200)
		if err != nil || len(fs) == 0 {
			return n, errors.Join(failed, err)
		}
		for _, f := range fs {
			after = f.ID
			switch got, err := s.Settle(ctx, f); {
			case err == nil && got.State == Received:
				n++
			case err != nil && !isRefusal(err):
				failed = fmt.Errorf("finish upload %s: %w", f.ID, err)
			}
		}
	}
}

// Sweep removes uploads in which nothing has arrived for KeepUnfinished, and
// what they left on disk. It returns how many.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	n := 0
	before := s.clock.Now().Add(-KeepUnfinished)
	stale, err := s.store.Stale(ctx, before, 1000)
	if err != nil {
		return 0, err
	}
	for _, f := range stale {
		idle, err := s.blobs.Idle(ctx, f.ID)
		if err != nil {
			return n, err
		}
		if idle.After(before) {
			continue
		}
		if err := s.Abandon(ctx, f.ID); err != nil {
			if fault.Is(err, fault.Conflict) {
				continue // received in this moment
			}
			return n, err
		}
		if err := s.blobs.Drop(ctx, f.ID); err != nil {
			return n, err
		}
		n++
	}
	orphans, err := s.blobs.Orphans(ctx, before)
	if err != nil {
		return n, err
	}
	for _, o := range orphans {
		switch f, err := s.store.File(ctx, o); {
		case fault.Is(err, fault.NotFound):
			err = s.blobs.Drop(ctx, o)
			if err != nil {
				return n, err
			}
			n++
		case err != nil:
			return n, err
		case f.State == Received:
			if err := s.blobs.Tidy(ctx, o); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

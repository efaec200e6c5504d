package evidence

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Retention says how long the files handed in for a campaign are kept after
// its end. Manifests, figures and hashes are kept for ever.
type Retention struct {
	CampaignID string
	Title      string // of the campaign
	UnitID     string // in whose name it was issued
	UnitPath   string
	OfficeID   string
	Days       int64 // after the end; 0 for ever
	Reason     string
	SetBy      string // person; empty while nobody has set it
	SetName    string
	SetAt      *time.Time
	EndedAt    *time.Time // when the campaign was closed, archived or cancelled
	DoneAt     *time.Time // when the last file was deleted
	Version    int64
}

// Unit is what the policy looks at.
func (r Retention) Unit() policy.Target {
	return policy.Target{UnitID: r.UnitID, UnitPath: r.UnitPath, Offices: []string{r.OfficeID}}
}

// DeleteAt is from when the files are deleted; zero while that is not known.
func (r Retention) DeleteAt() time.Time {
	if r.Days <= 0 || r.EndedAt == nil {
		return time.Time{}
	}
	return clock.AddDays(*r.EndedAt, int(r.Days))
}

// RetentionView is a retention with what the caller may do.
type RetentionView struct {
	Retention
	MaySet bool
}

// GetRetention shows the retention of a campaign that was issued.
func (s *Service) GetRetention(ctx context.Context, a policy.Actor, campaignID string) (RetentionView, error) {
	r, rights, err := s.retention(ctx, a, campaignID)
	return RetentionView{Retention: r, MaySet: rights.Covers("write", r.Unit())}, err
}

func (s *Service) retention(ctx context.Context, a policy.Actor, campaignID string) (Retention, policy.Rights, error) {
	rights := s.policy.Rights(ctx, a, "retention")
	r, err := s.store.Retention(ctx, campaignID)
	if err == nil && !rights.Covers("read", r.Unit()) {
		err = fault.Missing("campaign")
	}
	return r, rights, err
}

// SetRetention sets how many days after its end the files of a campaign are
// kept. want is the version asked for, 0 for any.
func (s *Service) SetRetention(ctx context.Context, a policy.Actor, campaignID string, k Keeping, want int64) (RetentionView, error) {
	k.Reason = strings.TrimSpace(k.Reason)
	if err := fault.Check(k); err != nil {
		return RetentionView{}, err
	}
	r, rights, err := s.retention(ctx, a, campaignID)
	if err != nil {
		return RetentionView{}, err
	}
	if !rights.Covers("write", r.Unit()) {
		return RetentionView{}, fault.Denied("You may see this campaign, but its retention is set by the office that issued it.")
	}
	if err := fault.Version(want, r.Version); err != nil {
		return RetentionView{}, err
	}
	now := s.clock.Now()
	r.Days, r.Reason, r.SetBy, r.SetName, r.SetAt, r.DoneAt = k.Days, k.Reason, a.PersonID, a.Name, &now, nil
	r.Version++
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		ok, err := tx.SetRetention(ctx, r)
		if err == nil && !ok {
			err = fault.Meanwhile()
		}
		if err != nil {
			return err
		}
		return tx.Tell(ctx, event.New(id.New(), now, event.RetentionSet, r.CampaignID, r.Version, event.Retention{CampaignID: r.CampaignID, Days: k.Days, Version: r.Version}).
			By(a.PersonID, a.Name).For(r.UnitID, r.UnitPath).Because(k.Reason))
	})
	return RetentionView{Retention: r, MaySet: true}, err
}

// deleted is the answer for bytes that are gone.
func deleted(f File) error {
	var on time.Time
	if f.DeletedAt != nil {
		on = *f.DeletedAt
	}
	return fault.New(fault.Conflict, "file_deleted", "The file was deleted on %s, when the retention of its campaign was over. Its name, size and SHA-256 stay in the manifest.", fault.Day(on))
}

// CampaignKnown keeps whose a campaign is, so that its retention can be set.
func (s *Service) CampaignKnown(ctx context.Context, tx Tx, c event.Campaign) error {
	if c.UnitID == "" {
		return nil
	}
	return tx.AddRetention(ctx, Retention{CampaignID: c.ID, Title: c.Title, UnitID: c.UnitID, UnitPath: c.UnitPath, OfficeID: c.OfficeID, Version: 1})
}

// CampaignEnds notes that a campaign takes nothing in any more, and from when
// its retention runs; drafts for it end.
func (s *Service) CampaignEnds(ctx context.Context, tx Tx, e event.Event, c event.Campaign) error {
	if err := s.CampaignKnown(ctx, tx, c); err != nil {
		return err
	}
	if err := tx.EndRetention(ctx, c.ID, e.Time); err != nil {
		return err
	}
	if err := tx.EndCampaign(ctx, c.ID); err != nil {
		return err
	}
	// Those of a campaign with more drafts follow once this has committed, see
	// EndDrafts.
	subs, err := tx.EndedDrafts(ctx, EndedDrafts{CampaignID: c.ID}, draftChunk)
	if err != nil {
		return err
	}
	return s.endDrafts(ctx, tx, subs, e)
}

// Expire deletes the files whose retention is over and returns how many. A
// file that was handed in for another campaign as well, or for a rectification
// without one, waits for that. It may be repeated, and go on where it died.
func (s *Service) Expire(ctx context.Context) (int, error) {
	// What a dead process had marked.
	if err := s.erase(ctx); err != nil {
		return 0, err
	}
	rs, err := s.store.RunningRetentions(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	now := s.clock.Now()
	for _, r := range rs {
		if at := r.DeleteAt(); at.IsZero() || now.Before(at) {
			continue
		}
		for {
			fs, err := s.store.ExpiredFiles(ctx, r.CampaignID, 100)
			if err != nil {
				return n, err
			}
			if len(fs) == 0 {
				break
			}
			if err := s.expire(ctx, r, fs); err != nil {
				return n, err
			}
			n += len(fs)
			if err := s.erase(ctx); err != nil {
				return n, err
			}
		}
		r.DoneAt = &now
		r.Version++
		if err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			_, err := tx.SetRetention(ctx, r) // who has just changed it is asked again next time
			return err
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}

// expire marks files as deleted and forgets what was made of their bytes.
func (s *Service) expire(ctx context.Context, r Retention, fs []File) error {
	now := s.clock.Now()
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		for _, f := range fs {
			f.State, f.DeletedAt = Deleted, &now
			f.Version++
			ok, err := tx.SetFile(ctx, f)
			if err != nil {
				return err
			}
			if !ok {
				continue // downloaded in this moment; it comes again
			}
			if err := tx.Forget(ctx, f.ID); err != nil {
				return err
			}
			e := event.New(id.New(), now, event.FileDeleted, f.ID, f.Version, f.Event()).For(f.UnitID, f.UnitPath).
				Because(fmt.Sprintf("the retention of %d days after the campaign's end is over", r.Days))
			if err := tx.Tell(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// erase removes the bytes of files that are marked as deleted.
func (s *Service) erase(ctx context.Context) error {
	for {
		ids, err := s.store.Unerased(ctx, 100)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, fileID := range ids {
			if err := s.blobs.Drop(ctx, fileID); err != nil {
				return err
			}
		}
		err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.Erased(ctx, ids, s.clock.Now()) })
		if err != nil {
			return err
		}
	}
}

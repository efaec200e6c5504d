package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Verification is what a look at a sealed submission found.
type Verification struct {
	OK           bool
	ManifestHash string // recomputed
	Files        int    // looked at
	Deleted      int    // files whose retention is over: nothing is left to look at
	Differences  []string
}

func parse(body []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

// Verify recomputes the hash of a sealed submission's manifest and of every
// file in it, from the disk.
func (s *Service) Verify(ctx context.Context, a policy.Actor, submissionID string) (Verification, error) {
	sub, _, err := s.load(ctx, a, submissionID)
	if err != nil {
		return Verification{}, err
	}
	if sub.ManifestHash == "" {
		return Verification{}, fault.New(fault.Conflict, "not_sealed", "The submission has not been sealed; there is no manifest yet.")
	}
	return s.verify(ctx, sub)
}

func (s *Service) verify(ctx context.Context, sub Submission) (Verification, error) {
	v := Verification{}
	differ := func(format string, args ...any) { v.Differences = append(v.Differences, fmt.Sprintf(format, args...)) }
	body, stored, err := s.store.Manifest(ctx, sub.ID)
	if fault.Is(err, fault.NotFound) {
		differ("the manifest is gone")
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.ManifestHash = Hash(body)
	if v.ManifestHash != sub.ManifestHash || v.ManifestHash != stored {
		differ("the manifest's hash is %s, sealed was %s", v.ManifestHash, sub.ManifestHash)
	}
	m, err := parse(body)
	if err != nil {
		differ("the manifest cannot be read")
		return v, nil //nolint:nilerr // the difference says so
	}
	if again, err := Canonical(m); err != nil || Hash(again) != v.ManifestHash {
		differ("the manifest is not in canonical form")
	}
	if m.SubmissionID != sub.ID || m.TargetID != sub.TargetID || m.Number != sub.Number || m.Unit.ID != sub.UnitID {
		differ("the manifest is of another submission")
	}
	if err := s.verifyFigures(ctx, sub, m, differ); err != nil {
		return v, err
	}
	gone, err := s.store.Files(ctx, m.fileIDs())
	if err != nil {
		return v, err
	}
	for _, it := range m.Items {
		for _, f := range it.Files {
			if err := ctx.Err(); err != nil {
				return v, err
			}
			if gone[f.ID].State == Deleted {
				v.Deleted++
				if k := gone[f.ID]; k.SHA256 != f.SHA256 || k.Size != f.Size {
					differ("the record of the deleted file %s is not as sealed", f.ID)
				}
				continue
			}
			v.Files++
			if err := s.verifyFile(ctx, f, differ); err != nil {
				return v, err
			}
		}
	}
	v.OK = len(v.Differences) == 0
	return v, nil
}

// verifyFigures compares the figures of the manifest with the rows that
// roll-ups are made from.
func (s *Service) verifyFigures(ctx context.Context, sub Submission, m Manifest, differ func(string, ...any)) error {
	items, err := s.store.Items(ctx, sub.ID)
	if err != nil {
		return err
	}
	figures := m.figures()
	for _, it := range items {
		want, ok := figures[it.RequirementID]
		if it.Value == nil {
			continue
		}
		if !ok || want != *it.Value {
			differ("the figure of %s is %g in the table, not as sealed", it.RequirementID, *it.Value)
		}
		delete(figures, it.RequirementID)
	}
	for r := range figures {
		differ("the figure of %s is missing in the table", r)
	}
	return nil
}

func (s *Service) verifyFile(ctx context.Context, f ManifestFile, differ func(string, ...any)) error {
	r, err := s.blobs.Open(ctx, f.ID)
	if fault.Is(err, fault.NotFound) {
		differ("file %s is gone", f.ID)
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	d, err := digestsOf(r, f.SM3 != "")
	if fault.Is(err, fault.Unavailable) {
		return err
	}
	if err != nil {
		differ("file %s cannot be read", f.ID)
		return nil //nolint:nilerr // the difference says so
	}
	if d.size != f.Size {
		differ("file %s has %d bytes, sealed were %d", f.ID, d.size, f.Size)
	}
	if d.sha256 != f.SHA256 {
		differ("the hash of file %s is %s, sealed was %s", f.ID, d.sha256, f.SHA256)
	}
	if d.sm3 != f.SM3 {
		differ("the SM3 digest of file %s is %s, sealed was %s", f.ID, d.sm3, f.SM3)
	}
	return nil
}

// Check verifies every sealed submission with all its files, and that no
// target has two sealed ones. repair finishes uploads that a dead process
// left, and ends drafts of what has ended.
func (s *Service) Check(ctx context.Context, repair bool) ([]string, error) {
	var wrong []string
	if repair {
		if _, err := s.Recover(ctx); err != nil {
			wrong = append(wrong, "evidence: an upload cannot be finished: "+err.Error())
		}
	}
	if repair {
		if _, err := s.EndDrafts(ctx); err != nil {
			return wrong, err
		}
	}
	idle, err := s.store.EndedDrafts(ctx, EndedDrafts{Over: over}, 1000)
	if err != nil {
		return wrong, err
	}
	if len(idle) > 0 {
		wrong = append(wrong, fmt.Sprintf("evidence: a draft waits although what it is for has ended: %d, for example %s", len(idle), idle[0].ID))
	}
	n, err := s.store.Doubles(ctx)
	if err != nil {
		return wrong, err
	}
	if n > 0 {
		wrong = append(wrong, fmt.Sprintf("evidence: %d targets have more than one sealed submission", n))
	}
	for after := ""; ; {
		subs, err := s.store.SealedAfter(ctx, after, 200)
		if err != nil || len(subs) == 0 {
			return wrong, err
		}
		for _, sub := range subs {
			after = sub.ID
			v, err := s.verify(ctx, sub)
			if err != nil {
				return wrong, err
			}
			slices.Sort(v.Differences)
			for _, d := range v.Differences {
				wrong = append(wrong, fmt.Sprintf("evidence: submission %s: %s", sub.ID, d))
			}
		}
	}
}

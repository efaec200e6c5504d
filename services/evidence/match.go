package evidence

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// MatchState is what a human made of a match.
type MatchState string

// The states of a match. A human may change their mind: each of the last
// three can follow any other.
const (
	Found     MatchState = "found"
	Confirmed MatchState = "confirmed" // the same thing handed in twice
	Dismissed MatchState = "dismissed" // not the same, or no matter
	Shared    MatchState = "shared"    // material that several may use
)

// How two files match.
const (
	Identical = "identical" // byte for byte
	Same      = "alike"     // the same picture, saved anew, resized, marked or brightened
	Cropped   = "cropped"   // one is a part of the other
	Mirrored  = "mirrored"  // left and right exchanged
	Reworded  = "reworded"  // documents with mostly the same text
)

// Match says that a file looks like one that was there before. It rejects
// nothing: it is shown to a human.
type Match struct {
	ID          string
	FileID      string // the later one
	OtherID     string // the earlier one
	UnitID      string // of the later one
	UnitPath    string
	Offices     []string // whose the later one is; filled by Reader.Match and Matches
	How         string
	Score       float64 // from 0 to 1
	State       MatchState
	Reason      string // of the decision
	DecidedBy   string // person
	DecidedName string
	DecidedAt   *time.Time
	FoundAt     time.Time
	Version     int64
}

// Unit is what the policy looks at.
func (m Match) Unit() policy.Target {
	return policy.Target{UnitID: m.UnitID, UnitPath: m.UnitPath, Offices: m.Offices}
}

// Event is the match as events carry it.
func (m Match) Event() event.Match {
	return event.Match{
		ID: m.ID, FileID: m.FileID, OtherFileID: m.OtherID, UnitID: m.UnitID, UnitPath: m.UnitPath, Offices: m.Offices,
		How: m.How, Score: m.Score, State: string(m.State), Version: m.Version,
	}
}

// Candidate is a picture that may look like another.
type Candidate struct {
	FileID    string
	Signature []byte
}

// TextCandidate is a document whose text may be like another's.
type TextCandidate struct {
	FileID  string
	Wording Wording
}

const (
	maxCandidates = 200 // pictures compared with one
	maxMatches    = 10  // kept of each kind: the earliest of the identical, the most alike
)

// lookAlikes finds files that were there before, or are examined just now,
// and are or look the same.
func (s *Service) lookAlikes(ctx context.Context, f File, found Findings) ([]Match, error) {
	same, err := s.store.SameBytes(ctx, f, maxMatches)
	if err != nil {
		return nil, err
	}
	var ms, alike []Match
	for _, other := range same {
		ms = append(ms, Match{OtherID: other, How: Identical, Score: 1})
	}
	switch {
	case found.Print != nil:
		alike, err = s.pictures(ctx, f, *found.Print)
	case found.Wording != nil:
		alike, err = s.texts(ctx, f, found.Wording)
	}
	if err != nil {
		return nil, err
	}
	alike = slices.DeleteFunc(alike, func(m Match) bool { return slices.Contains(same, m.OtherID) })
	slices.SortFunc(alike, func(a, b Match) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.OtherID, b.OtherID)) })
	return append(ms, alike[:min(len(alike), maxMatches)]...), nil
}

// pictures are those that look like one.
func (s *Service) pictures(ctx context.Context, f File, p Print) ([]Match, error) {
	cs, err := s.store.Candidates(ctx, f.ID, p, maxCandidates)
	var alike []Match
	for _, c := range cs {
		l := Compare(p.Signature, c.Signature)
		if l.Score < Alike {
			continue
		}
		how := Same
		if l.Cropped {
			how = Cropped
		}
		if l.Mirrored {
			how = Mirrored
		}
		alike = append(alike, Match{OtherID: c.FileID, How: how, Score: l.Score})
	}
	return alike, err
}

// texts are those that are mostly the same as one.
func (s *Service) texts(ctx context.Context, f File, w Wording) ([]Match, error) {
	cs, err := s.store.TextCandidates(ctx, f.ID, w, maxCandidates)
	var alike []Match
	for _, c := range cs {
		if common := w.Common(c.Wording); common >= AlikeText {
			alike = append(alike, Match{OtherID: c.FileID, How: Reworded, Score: common})
		}
	}
	return alike, err
}

// addMatches stores what was found, each pair once: the later file against
// the earlier. What a human marked as shared material stays that.
func (s *Service) addMatches(ctx context.Context, tx Tx, f File, ms []Match) error {
	if len(ms) == 0 {
		return nil
	}
	ids := []string{f.ID}
	for _, m := range ms {
		ids = append(ids, m.OtherID)
	}
	files, err := tx.Files(ctx, ids)
	if err != nil {
		return err
	}
	marks, err := tx.SharedFiles(ctx, ids)
	if err != nil {
		return err
	}
	offices, err := tx.OfficesOf(ctx, ids)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	for _, m := range ms {
		later := files[f.ID]
		m.FileID = f.ID
		if m.OtherID > m.FileID {
			m.FileID, m.OtherID = m.OtherID, m.FileID
			later = files[m.FileID]
		}
		m.Offices = offices[m.FileID]
		m.ID, m.UnitID, m.UnitPath, m.FoundAt, m.State, m.Version = id.New(), later.UnitID, later.UnitPath, now, Found, 1
		for _, x := range []string{m.OtherID, m.FileID} {
			if k, ok := marks[x]; ok && m.State == Found {
				m.State, m.Reason, m.DecidedBy, m.DecidedName, m.DecidedAt = Shared, k.Reason, k.MarkedBy, k.MarkedName, &k.MarkedAt
			}
		}
		fresh, err := tx.AddMatch(ctx, m)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if err := tx.Tell(ctx, event.New(id.New(), now, event.MatchFound, m.ID, m.Version, m.Event()).For(m.UnitID, m.UnitPath)); err != nil {
			return err
		}
	}
	return nil
}

// SharedFile is material that a human marked as one that several may use.
type SharedFile struct {
	FileID     string
	MatchID    string // the match it was marked at
	Reason     string
	MarkedBy   string // person
	MarkedName string
	MarkedAt   time.Time
}

// Use is where a file was given.
type Use struct {
	FileID        string
	RequirementID string
	Submission    Submission
	Title         string // of the task, or number and title of the rectification
	Campaign      string // title
}

// MatchedFile is one of the two files of a match.
type MatchedFile struct {
	File        File
	UnitName    string
	Examination Examination
	Uses        []Use
}

// MatchView is a match with what is shown beside it.
type MatchView struct {
	Match
	File MatchedFile
	// Other is nil when it is out of the caller's reach.
	Other *MatchedFile
	// Unchanged tells that a rectification shows the same picture before and after.
	Unchanged bool
	MayDecide bool
}

// MatchFilter bounds a list of matches; empty fields do not.
type MatchFilter struct {
	States       []MatchState
	SubmissionID string
	FileID       string
	Under        string // unit id: it and everything below it
	Before       string // id: newest first, after this one
}

// Matches lists matches in reach, newest first; up to limit+1 of them. Only
// what was given counts: two uploads that nobody handed in match nothing.
func (s *Service) Matches(ctx context.Context, a policy.Actor, f MatchFilter, limit int) ([]MatchView, error) {
	rights := s.policy.Rights(ctx, a, "match")
	ms, err := s.store.Matches(ctx, f, rights.Reach("read"), limit+1)
	if err != nil {
		return nil, err
	}
	return s.matchViews(ctx, s.policy.Reach(ctx, a, "file", "read"), rights, ms)
}

// GetMatch shows one match.
func (s *Service) GetMatch(ctx context.Context, a policy.Actor, matchID string) (MatchView, error) {
	rights := s.policy.Rights(ctx, a, "match")
	m, err := s.store.Match(ctx, matchID)
	if err != nil {
		return MatchView{}, err
	}
	if !rights.Covers("read", m.Unit()) {
		return MatchView{}, fault.Missing("match")
	}
	return s.matchView(ctx, a, rights, m)
}

func (s *Service) matchView(ctx context.Context, a policy.Actor, rights policy.Rights, m Match) (MatchView, error) {
	vs, err := s.matchViews(ctx, s.policy.Reach(ctx, a, "file", "read"), rights, []Match{m})
	if err != nil {
		return MatchView{}, err
	}
	return vs[0], nil
}

// matchViews adds both files to matches; readable bounds the earlier ones,
// rights what may be decided.
func (s *Service) matchViews(ctx context.Context, readable policy.Reach, rights policy.Rights, ms []Match) ([]MatchView, error) {
	if len(ms) == 0 {
		return nil, nil
	}
	var ids, units []string
	for _, m := range ms {
		ids = append(ids, m.FileID, m.OtherID)
	}
	files, err := s.store.Files(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		units = append(units, f.UnitID)
	}
	us, err := s.store.Units(ctx, units)
	if err != nil {
		return nil, err
	}
	exams, err := s.store.Examinations(ctx, ids)
	if err != nil {
		return nil, err
	}
	uses, err := s.store.Uses(ctx, ids)
	if err != nil {
		return nil, err
	}
	offices, err := s.store.OfficesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	side := func(fileID string) *MatchedFile {
		f := files[fileID]
		return &MatchedFile{File: f, UnitName: us[f.UnitID].Name, Examination: exams[fileID], Uses: uses[fileID]}
	}
	out := make([]MatchView, len(ms))
	for i, m := range ms {
		v := MatchView{Match: m, File: *side(m.FileID), MayDecide: rights.Covers("decide", m.Unit())}
		if readable.Covers(files[m.OtherID].Target(offices[m.OtherID])) {
			v.Other = side(m.OtherID)
		}
		for _, x := range uses[m.FileID] {
			v.Unchanged = v.Unchanged || slices.ContainsFunc(uses[m.OtherID], func(y Use) bool {
				return x.Submission.Target == Rectification && x.Submission.TargetID == y.Submission.TargetID && x.RequirementID != y.RequirementID
			})
		}
		out[i] = v
	}
	return out, nil
}

// decided is the event that tells of each decision.
var decided = map[MatchState]event.Type{
	Confirmed: event.MatchConfirmed, Dismissed: event.MatchDismissed, Shared: event.MatchShared,
}

// Judgement is what a human made of a match, and why.
type Judgement struct {
	To     MatchState
	Reason string
}

// Decide records what a human made of a match. Shared material is marked, so
// that later uses of it are shown as that from the start.
func (s *Service) Decide(ctx context.Context, a policy.Actor, matchID string, j Judgement, want int64) (MatchView, error) {
	to, reason := j.To, strings.TrimSpace(j.Reason)
	if err := fault.Check(Reason{reason}); err != nil {
		return MatchView{}, err
	}
	rights := s.policy.Rights(ctx, a, "match")
	m, err := s.store.Match(ctx, matchID)
	if err != nil {
		return MatchView{}, err
	}
	if err := fault.Unless(rights.Covers("decide", m.Unit()), rights.Covers("read", m.Unit()), "match", "You may see this match, but not decide about it."); err != nil {
		return MatchView{}, err
	}
	if err := fault.Version(want, m.Version); err != nil {
		return MatchView{}, err
	}
	// What lies out of reach is not the caller's to declare as shared.
	marks := []string{m.FileID}
	other, err := s.store.File(ctx, m.OtherID)
	if err != nil {
		return MatchView{}, err
	}
	offices, err := s.store.OfficesOf(ctx, []string{other.ID})
	if err != nil {
		return MatchView{}, err
	}
	if rights.Covers("decide", other.Target(offices[other.ID])) {
		marks = append(marks, other.ID)
	}
	now := s.clock.Now()
	m.State, m.Reason, m.DecidedBy, m.DecidedName, m.DecidedAt = to, reason, a.PersonID, a.Name, &now
	m.Version++
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		ok, err := tx.SetMatch(ctx, m)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Meanwhile()
		}
		if err := tx.Unshare(ctx, m.ID); err != nil {
			return err
		}
		if to == Shared {
			for _, f := range marks {
				if err := tx.Share(ctx, SharedFile{FileID: f, MatchID: m.ID, Reason: reason, MarkedBy: a.PersonID, MarkedName: a.Name, MarkedAt: now}); err != nil {
					return err
				}
			}
		}
		return tx.Tell(ctx, event.New(id.New(), now, decided[to], m.ID, m.Version, m.Event()).
			By(a.PersonID, a.Name).For(m.UnitID, m.UnitPath).Because(reason))
	})
	if err != nil {
		return MatchView{}, err
	}
	return s.matchView(ctx, a, rights, m)
}

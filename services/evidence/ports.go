package evidence

import (
	"context"
	"io"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// Reader finds what is stored. What does not exist is a fault.NotFound.
type Reader interface {
	File(ctx context.Context, id string) (File, error)
	// FileOf finds a file by its owner's own id of it.
	FileOf(ctx context.Context, ownerID, clientID string) (File, bool, error)
	Files(ctx context.Context, ids []string) (map[string]File, error)
	// Unfinished lists files that are being received, by id, after the given one.
	Unfinished(ctx context.Context, after string, limit int) ([]File, error)
	// UnfinishedOf lists what a person has begun and not finished, the oldest first.
	UnfinishedOf(ctx context.Context, ownerID string, limit int) ([]File, error)
	// Kept sums up the sizes of a person's files and of a unit's, in bytes.
	Kept(ctx context.Context, ownerID, unitID string) (person, unit int64, err error)
	// Stale lists files that are not received and were begun before t.
	Stale(ctx context.Context, t time.Time, limit int) ([]File, error)

	Units(ctx context.Context, ids []string) (map[string]UnitInfo, error)

	// Target finds a target; false when the copy lacks it.
	Target(ctx context.Context, kind Kind, id string) (Target, bool, error)
	// Targets finds what is known of several targets, without requirements.
	Targets(ctx context.Context, ids []string) (map[string]Target, error)

	// Delegated sums up what the units have handed in to whom an assignment was
	// delegated, where all of them lie in reach.
	Delegated(ctx context.Context, assignmentID string, reach policy.Reach) (Delegated, error)

	Submission(ctx context.Context, id string) (Submission, error)
	// Versions lists the submissions of a target, newest first.
	Versions(ctx context.Context, kind Kind, id string) ([]Submission, error)
	Submissions(ctx context.Context, f Filter, reach policy.Reach, limit int) ([]Submission, error)
	Items(ctx context.Context, submissionID string) ([]Item, error)
	// ItemsOf reads the items of several submissions.
	ItemsOf(ctx context.Context, submissionIDs []string) (map[string][]Item, error)
	// Earlier lists submissions for assignments, newest first.
	Earlier(ctx context.Context, f EarlierFilter, limit int) ([]Earlier, error)
	// Values lists the numbers that other units of the same kind have handed in
	// for a task and that stand, within reach, newest first.
	Values(ctx context.Context, taskID string, like UnitInfo, reach policy.Reach, limit int) ([]UnitValue, error)
	// CampaignPeriod is what a campaign is about; see CampaignDays.
	CampaignPeriod(ctx context.Context, campaignID string, due time.Time) (Period, error)
	// Manifest is the sealed manifest and the hash stored with it.
	Manifest(ctx context.Context, submissionID string) ([]byte, string, error)
	// SealedAfter lists submissions that have a manifest, by id, after the given one.
	SealedAfter(ctx context.Context, after string, limit int) ([]Submission, error)
	Examinations(ctx context.Context, fileIDs []string) (map[string]Examination, error)
	Captures(ctx context.Context, fileIDs []string) (map[string]Capture, error)
	// SameBytes finds the earliest other received files with the same bytes.
	SameBytes(ctx context.Context, f File, limit int) ([]string, error)
	// Candidates finds other pictures that have a code in common with one.
	Candidates(ctx context.Context, fileID string, p Print, limit int) ([]Candidate, error)
	// TextCandidates finds other documents that have a band in common with one.
	TextCandidates(ctx context.Context, fileID string, w Wording, limit int) ([]TextCandidate, error)
	SharedFiles(ctx context.Context, fileIDs []string) (map[string]SharedFile, error)
	// Uses tells in which submissions files were given that were not discarded.
	Uses(ctx context.Context, fileIDs []string) (map[string][]Use, error)
	// OfficesOf tells, by file, for which offices it was given: empty for what was
	// given nowhere, or only in what was discarded.
	OfficesOf(ctx context.Context, fileIDs []string) (map[string][]string, error)
	Match(ctx context.Context, id string) (Match, error)
	Matches(ctx context.Context, f MatchFilter, reach policy.Reach, limit int) ([]Match, error)
	// CampaignBegun tells since when work on a campaign can have been done;
	// false when that is not known.
	CampaignBegun(ctx context.Context, campaignID string) (time.Time, bool, error)

	// SnapshotsOf finds what was found at addresses that a unit gave.
	SnapshotsOf(ctx context.Context, unitID string, addresses []string) (map[string]Snapshot, error)
	// ShowsFinding tells whether a file shows a finding in reach, at or below a path.
	ShowsFinding(ctx context.Context, fileID, under string, reach policy.Reach) (bool, error)

	// DueChecks lists files that are to be hashed again, the longest due first.
	DueChecks(ctx context.Context, now time.Time, limit int) ([]FileCheck, error)
	// Altered tells which files are known not to be what was received.
	Altered(ctx context.Context, fileIDs []string) (map[string]bool, error)

	Retention(ctx context.Context, campaignID string) (Retention, error)
	// RunningRetentions lists those of ended campaigns whose files are not deleted yet.
	RunningRetentions(ctx context.Context) ([]Retention, error)
	// ExpiredFiles lists received files that were given for a campaign, and for
	// nothing else that is not done.
	ExpiredFiles(ctx context.Context, campaignID string, limit int) ([]File, error)
	// Unerased lists deleted files whose bytes may still be there.
	Unerased(ctx context.Context, limit int) ([]string, error)

	// Doubles counts targets with more than one sealed submission.
	Doubles(ctx context.Context) (int, error)
	// EndedDrafts lists drafts whose target or campaign has ended, by id.
	EndedDrafts(ctx context.Context, f EndedDrafts, limit int) ([]Submission, error)
}

// Store is the service's database.
type Store interface {
	Reader
	// InTx runs fn in one transaction; see db.InTx.
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// Aside is InTx for what is kept whatever becomes of the command in hand.
	Aside(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// WorkExaminations has do examine the files that wait and that no other process
	// examines, and giveUp end the examination of one that do has failed with too
	// often. It returns how many were done. Under their context every transaction
	// fails once another process has the file.
	WorkExaminations(ctx context.Context, clk clock.Clock, do, giveUp func(ctx context.Context, fileID string) error) (int, error)
	// WorkSnapshots does the same with addresses; where do returns false, the
	// address is looked at again later.
	WorkSnapshots(ctx context.Context, clk clock.Clock, do func(context.Context, Snapshot) (bool, error), giveUp func(context.Context, Snapshot) error) (int, error)
}

// Tx is a transaction. Submission and Versions lock what they find.
type Tx interface {
	Reader
	AddFile(ctx context.Context, f File) error
	// SetFile changes a file that is at version f.Version-1; false when it is not.
	SetFile(ctx context.Context, f File) (bool, error)
	// SetSM3 notes the SM3 digest of a file, in hex.
	SetSM3(ctx context.Context, id, sm3 string) error
	// Bump moves the version of a file on, for an event that changes nothing else
	// of it, and returns it.
	Bump(ctx context.Context, id string) (int64, error)
	// DropFile forgets a file that is not received; false when it is.
	DropFile(ctx context.Context, id string) (bool, error)

	// SetCheck stores a check, a new one as well.
	SetCheck(ctx context.Context, c FileCheck) error
	// AddExamination queues a file; it may be repeated.
	AddExamination(ctx context.Context, fileID string, at time.Time) error
	// SetExamination stores what came of an examination.
	SetExamination(ctx context.Context, x Examination) error
	PutCapture(ctx context.Context, fileID string, c Capture) error
	PutPrint(ctx context.Context, fileID string, p Print) error
	// QueueSnapshots queues addresses, those as well that were last looked at
	// before stale.
	QueueSnapshots(ctx context.Context, xs []Snapshot, stale time.Time) error
	SetSnapshot(ctx context.Context, x Snapshot) error
	PutWording(ctx context.Context, fileID string, w Wording) error
	// AddMatch stores a match; false when the pair is known.
	AddMatch(ctx context.Context, m Match) (bool, error)
	// SetMatch changes a match that is at version m.Version-1; false when it is not.
	SetMatch(ctx context.Context, m Match) (bool, error)
	// Share marks a file, unless it is marked.
	Share(ctx context.Context, f SharedFile) error
	// Unshare takes the marks away that were made at a match.
	Unshare(ctx context.Context, matchID string) error
	CampaignBegins(ctx context.Context, campaignID string, at time.Time, days Period) error
	// PutFindingFiles adds files that show a finding, and keeps of which units the
	// finding is now; versions older than what is there change nothing of that.
	PutFindingFiles(ctx context.Context, of FindingFiles) error

	PutTask(ctx context.Context, campaignID, campaign string, t event.Task) error
	// PutTargets stores targets; versions older than those there are passed over.
	PutTargets(ctx context.Context, ts []Target) error

	// AddRetention stores what is known of a campaign, unless it is known.
	AddRetention(ctx context.Context, r Retention) error
	// SetRetention changes a retention that is at version r.Version-1; false when it is not.
	SetRetention(ctx context.Context, r Retention) (bool, error)
	// EndRetention notes when a campaign ended, the first time.
	EndRetention(ctx context.Context, campaignID string, at time.Time) error
	// Forget removes what was made of the bytes of a file.
	Forget(ctx context.Context, fileID string) error
	// Erased notes that the bytes of deleted files are gone.
	Erased(ctx context.Context, fileIDs []string, at time.Time) error

	// EndCampaign notes that a campaign takes nothing in any more, and has whoever
	// ends the drafts that are left hear of it once that has committed.
	EndCampaign(ctx context.Context, campaignID string) error

	AddSubmission(ctx context.Context, s Submission) error
	// SetSubmission changes a submission that is at version s.Version-1; false when it is not.
	SetSubmission(ctx context.Context, s Submission) (bool, error)
	CopyItems(ctx context.Context, from, to string) error
	PutItem(ctx context.Context, submissionID string, it Item) error
	DropItem(ctx context.Context, submissionID, requirementID string) (bool, error)
	AddManifest(ctx context.Context, submissionID, hash string, body []byte) error

	// Tell stores events together with the change.
	Tell(ctx context.Context, events ...event.Event) error
}

// Filter bounds a list of submissions; empty fields do not.
type Filter struct {
	Target     Kind
	TargetID   string
	UnitID     string
	Under      string // unit id: it and everything below it
	States     []State
	CampaignID string
	Before     string // id: newest first, after this one
}

// Examined is what was found in the bytes of a file.
type Examined struct {
	Size   int64
	SHA256 string // hex
	Type   string // media type, told from the bytes
	// Refusal is the code of why the content cannot be taken; Why says more.
	Refusal string
	Why     fault.Text
	// Cautions are what is in it that not every requirement takes.
	Cautions []Caution
}

// Blobs keeps the bytes of files. A full disk is a fault with the code
// storage_full, a store that does not answer one with the code storage_away;
// both are fault.Unavailable.
type Blobs interface {
	// Arrived tells how many bytes of an upload are there; false when there is no trace of it.
	Arrived(ctx context.Context, id string) (int64, bool, error)
	// Examine makes the bytes durable, and tells their hash and what they are.
	Examine(ctx context.Context, id string) (Examined, error)
	// Keep moves the bytes to their final place; durable when it returns. It may be repeated.
	Keep(ctx context.Context, id string) error
	// Drop removes the bytes, wherever they are. It may be repeated.
	Drop(ctx context.Context, id string) error
	// Tidy removes what is left of the upload of a file that was kept.
	Tidy(ctx context.Context, id string) error
	// Room is how many bytes can still be stored where uploads arrive.
	Room(ctx context.Context) (int64, error)
	// Idle tells since when nothing has arrived for an upload; zero when there is no trace of it.
	Idle(ctx context.Context, id string) (time.Time, error)
	// Orphans lists uploads on disk in which nothing has arrived since t.
	Orphans(ctx context.Context, t time.Time) ([]string, error)
	// Local is where the bytes of a file that was kept can be read on this
	// machine until done is called.
	Local(ctx context.Context, id string) (path string, done func(), err error)
	// KeepRendition stores a rendition in place of the one before; durable when it returns.
	KeepRendition(ctx context.Context, id string, kind Rendition, b []byte) error
	// OpenRendition reads a rendition.
	OpenRendition(ctx context.Context, id string, kind Rendition) (io.ReadSeekCloser, error)
	// Open reads a file that was kept.
	Open(ctx context.Context, id string) (io.ReadSeekCloser, error)
}

// Scanner looks for malicious software. One that does not answer, or cannot
// take a file, is a fault.Unavailable with the code scanner_away.
type Scanner interface {
	// Scan names what was found; empty for nothing.
	Scan(ctx context.Context, r io.Reader) (found string, err error)
}

// Owners answers for targets the copy lacks.
type Owners interface {
	// Assignment asks the assignment service; false when it does not exist.
	Assignment(ctx context.Context, id string, o *Offer) (event.Issued, Standing, bool, error)
	// Rectification asks the rectification service; false when it does not exist.
	Rectification(ctx context.Context, id string, o *Offer) (event.Rectification, Standing, bool, error)
}

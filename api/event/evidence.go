package event

import "time"

// Events of the evidence service: files and submissions.
const (
	FileReceived        Type = "evidence.file.received.v1"
	FileCleared         Type = "evidence.file.cleared.v1"
	FileExamined        Type = "evidence.file.examined.v1"
	FileRefused         Type = "evidence.file.refused.v1"
	FileDownloaded      Type = "evidence.file.downloaded.v1"
	FileAltered         Type = "evidence.file.altered.v1"
	FileRestored        Type = "evidence.file.restored.v1"
	FileDeleted         Type = "evidence.file.deleted.v1"
	RetentionSet        Type = "evidence.retention.set.v1"
	FileCaptureViewed   Type = "evidence.file.capture_viewed.v1"
	MatchFound          Type = "evidence.match.found.v1"
	MatchConfirmed      Type = "evidence.match.confirmed.v1"
	MatchDismissed      Type = "evidence.match.dismissed.v1"
	MatchShared         Type = "evidence.match.shared.v1"
	SubmissionSealed    Type = "evidence.submission.sealed.v1"
	SubmissionAccepted  Type = "evidence.submission.accepted.v1"
	SubmissionReturned  Type = "evidence.submission.returned.v1"
	SubmissionRecalled  Type = "evidence.submission.recalled.v1"
	SubmissionDiscarded Type = "evidence.submission.discarded.v1"
)

func init() {
	define(File{}, map[Type]string{
		FileReceived:   "A file arrived whole, was hashed and stored.",
		FileCleared:    "The virus scanner found a received file clean; it is out of quarantine.",
		FileRefused:    "The virus scanner found malicious software in a received file; its bytes were not kept.",
		FileExamined:   "A received file was looked into: what can be shown of it is there.",
		FileDownloaded: "Somebody downloaded a file.",

		FileAltered:       "A stored file is not what was received any more; the regular hashing found it.",
		FileDeleted:       "The bytes of a file were deleted because the retention of its campaign is over; manifests and hashes stay.",
		FileRestored:      "A stored file that was altered is again what was received.",
		FileCaptureViewed: "A reviewer looked at when and where a picture says it was taken.",
	})
	define(Match{}, map[Type]string{
		MatchFound:     "A file is or looks like one that was there before; a human has to judge.",
		MatchConfirmed: "A reviewer confirmed that the same thing was handed in twice.",
		MatchDismissed: "A reviewer found that a match does not matter.",
		MatchShared:    "A reviewer marked what was matched as material that several may use.",
	})
	define(Retention{}, map[Type]string{
		RetentionSet: "How long the files of a campaign are kept after its end was set.",
	})
	define(Submission{}, map[Type]string{
		SubmissionSealed:    "A unit sealed a submission; its manifest never changes again.",
		SubmissionAccepted:  "A sealed submission was accepted by the last review.",
		SubmissionReturned:  "A sealed submission was returned; a new version may follow.",
		SubmissionRecalled:  "A sealed submission was taken back before review.",
		SubmissionDiscarded: "A draft was thrown away by its author.",
	})
}

// File is a stored file; its name stays in the evidence service.
type File struct {
	ID       string `json:"id"`
	OwnerID  string `json:"owner_id"` // person
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	Size     int64  `json:"size"` // bytes
	SHA256   string `json:"sha256"`
	Type     string `json:"type"` // sniffed media type
	// Offices are those that it was given for; of what is examined and found alike.
	Offices []string `json:"offices,omitempty"`
}

// Match is a pair of files that are or look the same.
type Match struct {
	ID          string `json:"id"`
	FileID      string `json:"file_id"`       // the later one
	OtherFileID string `json:"other_file_id"` // the earlier one
	UnitID      string `json:"unit_id"`       // of the later one
	UnitPath    string `json:"unit_path"`
	// Offices are those that the later one was given for.
	Offices []string `json:"offices,omitempty"`
	How     string   `json:"how"`   // identical, alike, cropped, mirrored, reworded
	Score   float64  `json:"score"` // from 0 to 1
	State   string   `json:"state"` // found, confirmed, dismissed, shared
	Version int64    `json:"version"`
}

// Retention says how many days after its end the files of a campaign are kept; 0 for ever.
type Retention struct {
	CampaignID string `json:"campaign_id"`
	Days       int64  `json:"days"`
	Version    int64  `json:"version"`
}

// Submission is a version of the evidence for one assignment or rectification.
type Submission struct {
	ID string `json:"id"`
	// Target: assignment or rectification.
	Target   string `json:"target"`
	TargetID string `json:"target_id"`
	// CampaignID and TaskID are empty for a rectification.
	CampaignID string `json:"campaign_id,omitempty"`
	TaskID     string `json:"task_id,omitempty"`
	UnitID     string `json:"unit_id"`
	UnitPath   string `json:"unit_path"`
	// OfficeID is the office whose campaign or order it is for, IssuerOfficeID who
	// handed an assignment to its unit.
	OfficeID       string `json:"office_id,omitempty"`
	IssuerOfficeID string `json:"issuer_office_id,omitempty"`
	Number         int    `json:"number"` // 1 for the first version
	State          string `json:"state"`  // draft, sealed, accepted, returned, recalled, discarded
	// ManifestHash is the SHA-256 of the manifest, set once sealed.
	ManifestHash string     `json:"manifest_hash,omitempty"`
	SealedAt     *time.Time `json:"sealed_at,omitempty"`
	SealedBy     string     `json:"sealed_by,omitempty"` // person
	// ChildrenReason says why it is handed in although delegated assignments are open.
	ChildrenReason string `json:"children_reason,omitempty"`
	// Note is the text the unit wrote with it.
	Note string `json:"note,omitempty"`
	// FixedOnSpot marks a rectification reported straight after the order.
	FixedOnSpot bool     `json:"fixed_on_spot,omitempty"`
	Figures     []Figure `json:"figures,omitempty"`
	Files       int      `json:"files"`
	Version     int64    `json:"version"`
}

// Figure is a number given for a requirement: what the unit did itself, without
// what units report to whom it delegated the assignment.
type Figure struct {
	RequirementID string  `json:"requirement_id"`
	Figure        string  `json:"figure,omitempty"`
	Measure       string  `json:"measure,omitempty"`
	Aggregate     string  `json:"aggregate,omitempty"` // sum, max, last
	Value         float64 `json:"value"`
}

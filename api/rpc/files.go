package rpc

// MaxShownFiles is how many files one question may name or get: with what is
// shown of them they stay below the size of a message.
const MaxShownFiles = 60

// ShowFilesRequest names files, or submissions whose files are meant. What
// whoever asks may not see is not in the answer, as if it were not there.
type ShowFilesRequest struct {
	Asker Asker `json:"asker"`
	// Files are those of a finding; GivenBy is who recorded it.
	Files         []GivenFile `json:"files,omitempty"`
	SubmissionIDs []string    `json:"submission_ids,omitempty"`
	// Pictures asks for what is shown of them as well.
	Pictures bool `json:"pictures,omitempty"`
}

// Asker is somebody with what they were granted.
type Asker struct {
	PersonID  string  `json:"person_id"`
	Name      string  `json:"name"`
	UnitID    string  `json:"unit_id"`
	UnitPath  string  `json:"unit_path"`
	UnitLevel string  `json:"unit_level"`
	Grants    []Grant `json:"grants"`
}

// GivenFile is a file that somebody attached to something that whoever asks
// may read. What they uploaded themselves is part of it; of anything else only
// what the asker may see anyway.
type GivenFile struct {
	ID      string `json:"id"`
	GivenBy string `json:"given_by,omitempty"` // person
}

// ShowFilesReply holds the files that may be seen, in the order of the
// question, and the submissions that may be read.
type ShowFilesReply struct {
	Files         []ShownFile `json:"files"`
	SubmissionIDs []string    `json:"submission_ids"`
	// Left is how many more there were than an answer holds.
	Left int `json:"left,omitempty"`
}

// ShownFile is a file.
type ShownFile struct {
	ID            string `json:"id"`
	SubmissionID  string `json:"submission_id,omitempty"`
	RequirementID string `json:"requirement_id,omitempty"` // in its submission
	Name          string `json:"name"`
	Type          string `json:"type"` // media type
	// Thumbnail is a JPEG of at most 320 × 320 pixels without any metadata;
	// empty for what is no picture, or one there is nothing to show of (yet).
	Thumbnail []byte `json:"thumbnail,omitempty"`
}

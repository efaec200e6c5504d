package evidence

// What the use cases take in parts; what it is held to stands here and at the
// inputs, once, see fault.Check.

// Reason is why something is decided.
type Reason struct {
	Reason string `limit:"1..2000"`
}

// Note goes with a submission.
type Note struct {
	Note string `limit:"..5000"`
}

// Opening says what a submission is for.
type Opening struct {
	Target   Kind   `words:"target"`
	TargetID string `limit:"1..64"`
}

// Keeping says how long the files of a campaign are kept.
type Keeping struct {
	Days   int64  `limit:"0..36500"` // after its end; 0 for ever
	Reason string `limit:"1..2000"`
}

// Takings are what is taken over.
type Takings struct {
	Items []TakenItem `limit:"1..50"`
}

// TakenItem is one of them: the requirement it answers, and where it was given.
type TakenItem struct {
	RequirementID     string `limit:"1..64"`
	FromSubmissionID  string `limit:"1..64"`
	FromRequirementID string `limit:"1..64"`
}

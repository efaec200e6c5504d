package rectification

// What people say with a command. What the texts and numbers are held to stands
// here and at the other inputs, once; see fault.Check.

// Reason is why something is done.
type Reason struct {
	Reason string `limit:"1..2000"`
}

// Note is what is said with something, or nothing.
type Note struct {
	Note string `limit:"..2000"`
}

// MeasureDone tells that a measure is done.
type MeasureDone struct {
	MeasureID string
	Note      string `limit:"..2000"`
}

// StageDone tells that a stage is reached.
type StageDone struct {
	StageID string
	Note    string `limit:"..2000"`
}

// Link says what a finding repeats.
type Link struct {
	FindingID string `limit:"..64"` // not for none
	Kind      string `limit:"relapse|duplicate|none"`
}

// Answers are those to items of an inspection.
type Answers struct {
	Answers []Answer `limit:"1..2000"`
}

// Objection is what a unit holds against results.
type Objection struct {
	ItemKey  string `limit:"..60"` // empty for the whole
	DeviceID string `limit:"..64"`
	Text     string `limit:"1..2000"`
}

// ObjectionDecision decides one.
type ObjectionDecision struct {
	Uphold bool
	Answer string `limit:"1..2000"`
}

// Settlement says whose an order is.
type Settlement struct {
	UnitID string   `limit:"..64"` // empty: of who has it
	Reason string   `limit:"1..2000"`
	Due    Deadline `limit:"flat"`
}

// Passing passes an order on to another unit.
type Passing struct {
	UnitID string   `limit:"1..64"`
	Reason string   `limit:"1..2000"`
	Due    Deadline `limit:"flat"`
}

// Suspension lets an order take long.
type Suspension struct {
	Reason string  `limit:"1..2000"`
	Stages []Stage `limit:"1..20"`
}

// Resumption ends that.
type Resumption struct {
	Reason string   `limit:"..2000"`
	Due    Deadline `limit:"flat"`
}

// Reopening opens a closed order again.
type Reopening struct {
	Kind   string   `limit:"relapse|lookback"`
	Reason string   `limit:"1..2000"`
	Due    Deadline `limit:"flat"`
}

// Responsible names the responsible person of the unit.
type Responsible struct {
	ResponsibleID string `limit:"..64"`
}

// HowFar says how far a measure is.
type HowFar struct {
	MeasureID string
	Percent   int    `limit:"0..99"`
	Note      string `limit:"1..2000"`
}

// CloseOut is an application to be closed out.
type CloseOut struct {
	Text string `limit:"1..4000"`
}

// ExtensionRequest asks for a later deadline.
type ExtensionRequest struct {
	Due    Deadline `limit:"flat"`
	Reason string   `limit:"1..2000"`
}

// ExtensionDecision decides about one.
type ExtensionDecision struct {
	Grant  bool
	Due    Deadline `limit:"flat"`
	Answer string   `limit:"..2000"`
}

// PlanDecision decides about a plan.
type PlanDecision struct {
	Approve bool
	Answer  string `limit:"..2000"`
}

// DrawPlan is what the inspections of a draw are like.
type DrawPlan struct {
	ChecklistID string `limit:"1..64"`
	CampaignID  string `limit:"..64"`
	Kind        string `words:"inspection_kind" only:"planned,spot,remote" limit:"?"`
	PlannedDay  string
	Note        string `limit:"..2000"`
}

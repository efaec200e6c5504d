package rpc

// ProgressSignal is where processes tell how far background work is. A signal
// may get lost: what counts is what the service that does the work answers
// when it is asked.
const ProgressSignal = "duban.signal.progress"

// Progress is how far a job is. Only the person who has started it is told.
type Progress struct {
	PersonID string `json:"person_id"`
	ID       string `json:"id"`
	// Kind: issue, cancel, urge; import; documents.
	Kind string `json:"kind"`
	// CampaignID is the campaign it belongs to, for the first three.
	CampaignID string `json:"campaign_id,omitempty"`
	State      string `json:"state"` // running, done, failed
	Done       int64  `json:"done"`
	Total      int64  `json:"total"` // 0 where it is not known
}

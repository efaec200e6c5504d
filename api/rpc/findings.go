package rpc

// CountFindingsRequest asks about all campaigns.
type CountFindingsRequest struct{}

// CountFindingsReply is what a copy of the findings counts.
type CountFindingsReply struct {
	// Tables is the version of the tables that it counts in: a copy in new ones
	// may lack what its owner has told before.
	Tables string `json:"tables"`
	// Numbers are counts of findings, with those solved in time counted again,
	// by campaign; empty stands for the findings of none.
	Numbers map[string]int64 `json:"numbers"`
}

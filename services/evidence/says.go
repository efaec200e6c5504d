package evidence

import "github.com/duban/duban/services/internal/fault"

// verbs are what is said of the actions on a submission.
var verbs = fault.Verbs{States: "state.submission", Of: map[string]fault.Verb{
	string(Seal):    {Denied: "You may see this submission, but not hand it in.", Cannot: "The submission is %s; it cannot be handed in."},
	string(Discard): {Denied: "You may see this submission, but not discard it.", Cannot: "The submission is %s; it can no longer be discarded."},
	string(Accept):  {Cannot: "The submission is %s; it cannot be accepted."},
	string(Return):  {Cannot: "The submission is %s; it cannot be returned."},
	string(Recall):  {Cannot: "The submission is %s; it cannot be taken back."},
	"change":        {Denied: "You may see this submission, but not change it.", Cannot: "The submission is %s; it can no longer be changed."},
	"another":       {Cannot: "The submission is %s; no other version can be begun."},
}}

package assignment

import "github.com/duban/duban/services/internal/fault"

// verbs are what is said of the actions on an assignment.
var verbs = fault.Verbs{States: "state.assignment", Of: map[string]fault.Verb{
	string(Acknowledge):       {Denied: "You may see this assignment, but not acknowledge it.", Cannot: "The assignment is %s; it cannot be acknowledged."},
	string(Submit):            {Denied: "You may see this assignment, but not hand in for it.", Cannot: "The assignment is %s; nothing can be handed in for it."},
	string(Recall):            {Denied: "You may see this assignment, but not take its submission back.", Cannot: "The assignment is %s; there is no submission to take back."},
	string(BeginReview):       {Denied: "You may see this assignment, but not review it.", Cannot: "The assignment is %s; there is nothing to review."},
	string(ApproveLevel):      {Denied: "You may see this assignment, but not review it.", Cannot: "The assignment is %s; there is nothing to review."},
	string(Approve):           {Denied: "You may see this assignment, but not review it.", Cannot: "The assignment is %s; there is nothing to review."},
	string(Return):            {Denied: "You may see this assignment, but not review it.", Cannot: "The assignment is %s; there is nothing to review."},
	string(Decline):           {Denied: "You may see this assignment, but not decline it.", Cannot: "The assignment is %s; it cannot be declined."},
	string(Reinstate):         {Denied: "You may see this assignment, but not decide whether it is declined.", Cannot: "The assignment is %s; no decline waits for a decision."},
	string(Reassign):          {Denied: "You may see this assignment, but not decide whether it is declined.", Cannot: "The assignment is %s; no decline waits for a decision."},
	string(Cancel):            {Denied: "You may see this assignment, but not take it back.", Cannot: "The assignment is %s; it cannot be taken back."},
	string(Delegate):          {Denied: "You may see this assignment, but not pass it on to units below.", Cannot: "The assignment is %s; it cannot be passed on to units below."},
	string(ReportProgress):    {Denied: "You may see this assignment, but not report on its progress.", Cannot: "The assignment is %s; no progress can be reported."},
	string(Urge):              {Denied: "You may see this assignment, but not urge it.", Cannot: "The assignment is %s; there is nothing to urge."},
	string(Instruct):          {Denied: "You may see this assignment, but not give instructions on it.", Cannot: "The assignment is %s; no instructions can be given on it."},
	string(ChangeResponsible): {Denied: "You may see this assignment, but not name the person responsible for it.", Cannot: "The assignment is %s; the person responsible for it cannot be changed."},
	string(RequestExtension):  {Denied: "You may see this assignment, but not ask for a later deadline of it.", Cannot: "The assignment is %s; no later deadline can be asked for."},
	string(GrantExtension):    {Denied: "You may see this assignment, but not decide about its deadline.", Cannot: "The assignment is %s; its deadline cannot be moved."},
	string(RefuseExtension):   {Denied: "You may see this assignment, but not decide about its deadline.", Cannot: "The assignment is %s; no request for a later deadline can be refused."},
	string(WithdrawExtension): {Denied: "You may see this assignment, but not take back its request for a later deadline.", Cannot: "The assignment is %s; no request for a later deadline can be taken back."},
	string(TakeOver):          {Denied: "You may see this assignment, but not take it over.", Cannot: "The assignment is %s; it cannot be taken over."},
}}

// outlineOnly is said to another office of the area that asks for more than it sees.
const outlineOnly fault.Text = "Only the outline of this assignment is open to you; the rest is for its unit, its office and whoever reviews it."

// campaignVerbs are what is said of the actions on a campaign.
var campaignVerbs = fault.Verbs{States: "state.campaign", Of: map[string]fault.Verb{
	"issue":    {Denied: "You may see this campaign, but not issue it.", Cannot: "The campaign is %s; it cannot be issued."},
	"activate": {Cannot: "The campaign is %s; it is not being issued."},
	"close":    {Denied: "You may see this campaign, but not close it.", Cannot: "The campaign is %s; it cannot be closed."},
	"archive":  {Denied: "You may see this campaign, but not archive it.", Cannot: "The campaign is %s; it cannot be archived."},
	"cancel":   {Denied: "You may see this campaign, but not cancel it.", Cannot: "The campaign is %s; it cannot be cancelled."},
	"urge":     {Denied: "You may see this campaign, but not urge its units.", Cannot: "The campaign is %s; nobody can be urged."},
	"change":   {Denied: "You may see this campaign, but not change it.", Cannot: "The campaign is %s; it can no longer be changed."},
}}

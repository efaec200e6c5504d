// Package assignment owns campaigns, their tasks, and the assignments they
// are issued as: the heart of the system.
//
//	campaign    draft → issuing → active → closed → archived
//	            draft, active → cancelled
//	assignment  issued → acknowledged → submitted → approved
//	            issued → submitted (acknowledges), submitted → returned → submitted
//	            submitted → acknowledged or returned (recall, before review begins)
//	            issued → declined → cancelled (reassigned to another unit)
//	                              → issued (the issuer does not agree)
//	            any open state → cancelled
//	extension   requested → granted | refused | withdrawn
//
// What an office launches is its own: its campaigns, drafts and templates, and what
// is decided about its assignments. Another office of the same area sees the outline
// of what was issued (View.outline), never a draft, and changes nothing of either; the
// rest is open to the office, the unit, whoever reviews it, leaders and viewers. An
// assignment also has the office that handed it to its unit, which reviews it last:
// that one, or whoever delegated it.
//
// A campaign is closed, or archived, with something unfinished only when the
// office says so and why: what is unfinished stays in its state. What was
// handed in before it was closed can be reviewed until it is archived, also
// where word of it came later; a return is final then. Nothing else changes in
// a closed campaign.
//
// A request for a later deadline ends with what it hangs on: when the assignment
// is complete, taken back or declined, and when its campaign is over, it is
// withdrawn by itself, with a line in the history and its event. While a
// submission waits for its review a request can be refused, and not granted.
// A deadline is a whole second and ends with its last instant.
//
// Where the level that is to review has nobody who could (nobody granted, all
// disabled, or only those who may not review this unit's work), the issuer, or
// who stands above it, reviews in its place; history and event say who, for
// which level and why.
//
// When a unit moves, its assignments go along. Where its issuer no longer stands
// above it, nor the unit that the campaign was launched for, an office of the county
// it is in now takes over what has not ended: it is the issuer from then on, and
// reviews. The campaign stays its office's.
//
// What a task asks for costs time: the dry run says how much, and how much of it
// the same units were asked for lately; the burden report says which office
// asked how much of whom. A compulsory photo or video needs a written reason,
// and places cannot be asked for at all.
//
// Overdue, lights and "may I" are computed, never stored. Delegation,
// progress, urging, instruction and change of the responsible person are
// recorded and change no state. original_due_at never changes.
//
// Issuing runs in the background: chunks of 500 units in ascending unit id,
// each one transaction of rows, one event and the cursor, so that it goes on
// where it stopped after a crash. Cancelling a campaign and urging all of its
// late units run the same way.
//
// Events out: assignment.* in api/event/assignment.go, one for every
// transition and recorded action. Events in: the directory's units and people
// (a copy of the tree, of names and of who holds which role), and evidence's sealed submissions, which
// submit an assignment or are answered with a refusal. Another service may
// ask for one assignment (rpc.GetAssignment), with what was decided last about
// a submission of it, and whether one that is about to be sealed would be taken.
package assignment

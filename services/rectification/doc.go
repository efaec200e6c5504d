// Package rectification owns inspections, findings and rectifications: from
// the failed item to the verified close-out. Below it are checklist, what is
// checked; document, what offices have on paper; and deed, what every change
// leaves behind.
//
// Inspection: planned → sent | cancelled. Answers may change while it is
// planned. Once sent it never changes; what was overlooked is added as an
// amendment. Ids may be made by the client, so that a phone that lost its
// network can send again: the same id with the same content is the same
// inspection, with other content it is a conflict that shows what is stored.
//
// What an office plans, records, orders and writes is its own: to inspectors and
// campaign managers of another office of the area it is not open, they have the
// outline (see the functions of that name), and change nothing of it. What has none,
// as a draw, history and papers, they do not have. Whoever selects by what the
// outline does not say finds only what is open to them. Where a unit moves into
// another county, an office that inspects there takes over what is open.
//
// A spot check or a look-back is unannounced: the inspected unit cannot read it
// before it is sent, while everybody above does.
//
// A self-check is planned by the office; only the unit answers, sends and amends
// it; its failed answers become findings when the office takes them up. To anything
// else that was sent the unit responds once: confirmed, or objected → upheld |
// overruled, by another inspector than the one who sent it.
//
// A look-back is an inspection whose items are the unit's findings that are not
// closed, or were closed not long ago; what fails in it is linked to them.
//
// Device: active ⇄ retired, in the register of its unit. An inspection may take
// its devices from there and keeps a copy of what it checked.
//
// Draw: drawn → planned. A double random draw of units and of inspectors for
// each; the seed, the units with their weights and the people it was drawn
// from are kept, so that anyone can draw again (see DrawAlgorithm). Its
// inspections begin with the devices of the register.
//
// Finding: open → rectifying → closed; open → dismissed, by another inspector
// than the one who recorded it; closed → open when it is found again or was
// not really fixed; rectifying → open when the order is withdrawn.
//
// It comes from an inspection, the review of a submission, a report or
// something else, and can be linked to an earlier finding of its unit: as a
// relapse of one that was closed, as a duplicate of one that is not. Links are
// proposed by item, clause and text; a person decides.
//
// Rectification:
//
//	ordered ──acknowledge──▶ acknowledged ──plan, start──▶ rectifying ──report──▶ reported
//	ordered ──fix on the spot──▶ reported                     ▲                      │
//	                                                        start               begin_verification
//	                                                          │                      ▼
//	                         ordered ◀──reopen── closed ◀─┐ rejected ◀──reject── verifying
//	                                                      └──────────close────────────┘
//
// Any state but closed can be withdrawn. Where somebody skips a step, the
// steps between are taken and recorded one by one: a plan for an order that
// was not acknowledged acknowledges it; a plan, a measure done or a report
// after a rejection starts again first; a report without a plan starts,
// where no plan is asked for; what is fixed on the spot after having been
// acknowledged starts and is reported. A major finding always asks for one, so it can
// neither be reported without a plan nor be fixed on the spot.
//
// An order may ask for more before it is closed: the office's approval of the
// plan (submitted → approved or returned), before which no measure is marked
// and nothing is reported; a unit leader's sign-off of what is reported, which
// a rejection takes back; an application to be closed out (applied → granted,
// refused or withdrawn), which verification decides. None of them is a state
// of the rectification. Verification says whether it was on site or by
// documents.
//
// Reopening leads to ordered, because the unit has to acknowledge anew and by
// when; it counts as a relapse and reopens the findings. Reports and
// verifications stay as they are, the plan and the stages as those of before:
// the fault came back in spite of them, so that the unit plans anew. original_due_at stays what the order said for ever;
// extensions, rejections, long-term stages and reopening move due_at only.
//
// A transferred order may be bounced before it is acknowledged: it goes back to
// the unit before, MaxBounces times at most. Whoever else says that an order is
// not its own contests it, and another inspector than the one who ordered or
// transferred it settles whose it is. A unit that had it before never gets it
// by a transfer again. The clock runs on through all of it.
//
// Each finding of an order has its own deadline, not after the order's.
//
// To the side: transfer to another unit (back to ordered), suspended as
// long-term with stages, extension requests (requested → granted, refused or
// withdrawn). The outcome (fixed, not_fixable, not_responsible, duplicate) is
// recorded apart from the state: closed is not the same as fixed.
//
// A finding is of the unit where it was found and, once its order was
// transferred, of the unit responsible as well: both read it, lists and
// registers find it for either and say both. It counts once, where the duty
// lies, also after it was closed; when the order is withdrawn it is the first
// one's alone again.
//
// When a unit moves, everything at it goes along, in whatever state it is: who
// inspects where it is now sees it and takes it over, under the number it has,
// and who ordered it no longer does.
//
// Whoever verifies is not of the rectified unit, did not report it fixed and,
// for a major finding, did not find it.
//
// A picture that whoever recorded a finding uploaded is part of it, for
// everybody who reads the finding.
//
// Whoever leaves, disabled or moved, hands over what hangs on them: being
// responsible for an order, measures that are not done, a verification that was
// begun, planned inspections, draws to be planned. What nobody was named for is
// nobody's.
//
// Events out: api/event/rectification.go. Events in: units and people
// (copies, who leaves), campaigns (titles and limits), sealed submissions for
// rectifications, which are the reports. Another service may ask for one
// rectification (rpc.GetRectification), or what hangs on a person
// (rpc.RectificationHoldings); files are asked for (rpc.ShowFiles).
package rectification

// Package insight answers how far the work is, at any unit of the tree: per
// campaign and task what was issued, acknowledged, handed in, approved,
// returned and is overdue; the sums of every figure; findings, rectifications
// and inspections by state. It owns nothing but read models, all of which can
// be rebuilt from the other services' events.
//
// # How it counts
//
// A source row holds what an event told about one thing: an assignment, a
// submission, an entry of the register (a finding, a rectification or an
// inspection). Every event carries the whole state and a growing version; one
// that is not newer than the row is passed over. The difference between what
// the row contributed before and contributes now is added to the counters of
// every unit above it, in the same transaction. Order and repetition of events
// therefore do not matter.
//
// What belongs to a unit itself is kept apart from what is strictly below it:
// assignments of the unit itself are read from the source rows, so that
// issuing a task to 100,000 units writes 100,000 source rows and a few
// counters, and a person who may see one unit only never sees sums of others.
//
// Deadlines are part of the counters' keys, as exact instants: open work under
// a deadline is overdue from the first moment after it, without any event. A
// task has few different deadlines, so a node has few such counters.
//
// # Definitions
//
//   - issued: every assignment but the cancelled ones. A declined one waits
//     for the issuer's decision: it is neither open nor acknowledged.
//   - submitted: handed in and standing (submitted or approved); this is what
//     stops the clock. late: handed in after the deadline in force, and,
//     apart from it, after the original one.
//   - overdue: open (issued, acknowledged or returned) after its deadline.
//   - light of a node: the worst of the open work at and below it; red when
//     anything is seriously overdue, yellow when anything is overdue, blue when
//     a deadline is near, else green. Work done late is counted, but lights
//     nothing: there is nothing left to urge. Acknowledging has a light of its own.
//   - by day: what happened to assignments on a local day, as they stand now;
//     over all days it comes to the numbers above. Those issued before this was
//     counted are left out until something is done to them.
//   - a figure is reported by the newest sealed or accepted version of a
//     submission, and accepted by an accepted one; a returned or recalled one
//     counts for nothing. Of figures with aggregate max the greatest value
//     counts; with aggregate last, each unit's latest one in the campaign.
//   - a figure is what the unit did itself: that of a delegated assignment and
//     those of the assignments delegated from it are all added. Evidence warns
//     where one looks like a total that includes the others.
//   - a finding counts once, at the unit that has to rectify it, or did: where
//     its order was transferred that is not the one where it was found.
//   - findings are also counted by category, severity, clause, checklist item
//     and sector of their unit, each by the local month they were found in.
//     Dismissed ones were none, duplicates are counted where they were recorded
//     first. on time: the report it was closed by was made by its deadline, in force
//     or, apart from it, the one it was ordered with. The
//     oldest open one follows from counters by the day found, open ones only.
//   - a rectification is overdue while it waits for its unit (ordered,
//     acknowledged, rectifying, rejected) after its deadline, which for a
//     long-term one is that of its last stage.
//
// # Where a unit is counted
//
// A unit's numbers are counted under its path in the copy of the tree. When an
// event names a unit before the copy has it, the event's own path is used and
// remembered (table strays); when the unit arrives with another path, or moves,
// its numbers move from the units that are no longer above it to those that
// are, in the transaction that changes the copy.
//
// # To whom it is open
//
// How far a campaign is, and how many findings, orders and inspections there are in
// each state, is of the outline. Sums of figures are the office's of the campaign;
// findings by category, severity, clause, item, line or month are counted by office,
// and read of those whose findings are open to whoever looks.
//
// Words of this package: a seat is a unit with the path it is counted under,
// and to reseat is to move its numbers to another path. Told is the path that an
// event names for its unit. A sight is how much of the tree an actor sees the
// numbers of.
//
// # Events
//
// In: assignment.campaign.*, assignment.assignments.issued, every
// assignment.assignment.* and assignment.extension.*; evidence.submission.*;
// rectification.finding.*, .rectification.*, .inspection.*; directory.units.*
// and directory.unit.moved. Out: none.
package insight

// Package job is background work that lies in a table: each row is done by one
// process at a time, which holds a lease on it.
//
// A [Queue] names the table. Its rows have the columns attempts, lease_owner, and
// one that says until when a row is somebody's, or from when on it may be tried.
// [Queue.Work] takes what is due, some at once. While somebody works on a row the
// lease is renewed, by the clock and by each transaction of the work; who has lost
// it notices, and its transactions are refused, so that of two that believe a row
// to be theirs one does nothing. What has failed is tried again later and later,
// and given up after a number of tries where the queue says so; what is away
// (fault.Unavailable) counts as no try.
//
// Whoever adds a row says so within the transaction, with [Queue.Added]; a [Loop]
// then looks at once. It hears of rows of other processes within seconds, see
// db.Await, and looks by itself at a bounded interval.
//
// A process that dies leaves its leases: others take the rows once these have run
// out. Where only one process at a time can work on the database, the next one
// takes them at its start.
package job

// Package notice owns the inbox of every person: what happened that concerns
// them, how much of it is unread, and a live stream of it.
//
// It has no life cycle of its own. A notice is made by an event of another
// service, once for each person and event, and is read or unread; read ones
// are forgotten after KeepRead. Its id is the id of the event, and its seq
// counts within a person in the order of commit, so that a reader who has
// seen seq n has seen everything up to n.
//
// Who is told of what stands in one table, see routes in events.go. People
// are found by their grants at exactly the unit concerned, as the responsible
// person of the unit, or by name in the event; never the one who did it, and
// never a disabled person.
//
// Events in: everything in that table, and directory.persons.changed,
// directory.grant.given and directory.grant.withdrawn for the copy of people
// and grants. They come through one consumer, so that a grant is known before
// what is done under it. The unit tree comes through tree.Feed. Units are
// looked up by id when they are shown, so nothing here has to follow a move.
//
// Events out: none.
//
// Live: after a commit the process announces on the bus who has something
// new; every process wakes the streams it holds for those people, and each
// stream reads the table. An announcement that gets lost costs at most one
// heartbeat.
package notice

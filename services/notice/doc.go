// Package notice owns the inbox of every person: what happened that concerns
// them, how much of it is unread, and a live stream of it and of everything
// else that changes in their reach.
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
//
// A stream ends with its session, within a moment of the event that tells so:
// package rest cuts every request that outlives its session.
//
// Changes: every process reads along on the event stream, once for all its
// live streams, and asks no database: an event says itself where the thing
// lies that has changed, and each stream holds the reaches that bound its
// person's lists. Only kind, id and version are told. What waits for a reader
// is bounded, and a few thousand changes are remembered for readers that
// connect again; beyond both a reader is told to fetch everything anew. Rights
// are looked up again at each heartbeat, and before anything more is told once
// an event says that they are others. Progress of background work comes as a
// signal of the service that does it and goes to who has started it.
//
// Words of this package: the hub knows all live streams of the process. A seat
// is the place of one live stream in it, with what waits for that stream. A
// hint is one change together with what decides who may know of it. A moment
// is what one event meant, remembered for streams that connect again. Told is
// how far a stream has handed out. A letter is one text to a circle of people
// about one event.
package notice

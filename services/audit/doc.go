// Package audit owns the audit trail: every event of every service as a row
// of one append-only table, chained by hashes. Each service emits exactly one
// event for every transition, recorded action and sign-in, so the trail holds
// them all.
//
// Entries are numbered without gaps from 1. The hash of an entry is the
// SHA-256 over all its fields and the hash of the entry before it (see Hash);
// the hash of entry 1 builds on the empty text. The table audit_head keeps the
// end of the chain, so that cutting off the newest entries is seen as well.
// Triggers on both engines refuse to change or remove an entry, and the head
// moves only forward by one. Whoever removes the triggers and rewrites the
// whole chain is found by comparing a head that was noted down elsewhere:
// GET /audit-chain shows it for that purpose.
//
// What is kept of the data: all of it up to MaxDetail bytes; of larger data,
// and of batches of units, people and assignments whatever their size, the
// ids and how many there are (see Summary). data_hash is the SHA-256 of the
// whole data in any case, so that an event kept elsewhere can be proven.
//
// Events in: all. Events out: none. Who verified the chain, and what came of
// it, is kept in audit_verifications.
package audit

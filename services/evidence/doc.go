// Package evidence keeps what proves the work: files, and the submissions that
// bundle files, figures, texts, links and tables for one assignment or one
// rectification.
//
// # Files
//
//	receiving → received
//	receiving → refused     (its type is not taken)
//
// A file arrives over tus. Upload and file are one row with one id, so that a
// file can be found from its upload for ever. Bytes collect in uploads/<id>;
// when the last one is there they are synced, hashed and sniffed, moved to
// files/xx/yy/<id>, and only then the row becomes received and the last
// request is answered. A process that dies in between finishes at its next
// start, or when the uploader asks again. Received files never change.
// Uploads that stand still for a week are swept.
//
// # Submissions
//
//	draft → sealed → accepted
//	               → returned   (back from review, refused, or its target was cancelled)
//	               → recalled   (taken back before review)
//	draft → discarded
//
// When a campaign ends its drafts stay what they are and nothing more is sealed.
// What was sealed before stays sealed, and is accepted or returned when it is
// reviewed, which is possible until the campaign is archived.
//
// A target has at most one draft and one sealed submission. Versions of one
// target are numbered 1, 2, …; after a return or a recall the next draft
// begins with the items of the version before. Sealing freezes a manifest in
// RFC 8785 form with the SHA-256 of every file, and the manifest's own SHA-256,
// which the next version's manifest names: a chain that anyone can verify.
//
// # Figures of delegated assignments
//
// A figure is what the unit did itself. What the units report to whom it
// delegated the assignment is theirs, and the system adds it up: nobody hands
// in the sum, which would be counted twice. The submission of a delegated
// assignment therefore shows what they have handed in, to whoever may read
// that; and a figure that is at least as great looks like a total that
// includes theirs: a warning to the one who seals and to the reviewer, no
// refusal, for a town may well do more than its villages.
//
// # Events
//
// Out: FileReceived, FileDownloaded, SubmissionSealed, SubmissionAccepted,
// SubmissionReturned, SubmissionRecalled, SubmissionDiscarded.
//
// In: assignments and rectifications as they change, which this service keeps
// as its targets; what happens to them decides the sealed submission. And the
// unit tree.
package evidence

// Package evidence keeps what proves the work: files, and the submissions that
// bundle files, figures, texts, links and tables for one assignment or one
// rectification.
//
// What is handed in is for the office whose campaign or order it is, and for who
// handed the assignment out: to other offices of the area none of it is open, nor
// the files in it, nor what those look like. A file is of the offices it was given
// for; one that was given nowhere yet is of its unit, and of whoever uploaded it.
//
// # Files
//
//	receiving → received
//	received → deleted      (the retention of its campaign is over)
//	receiving → refused     (it is not what is taken; the code says why)
//	received → refused      (the virus scanner found malicious software)
//
// A file arrives over tus. Upload and file are one row with one id, so that a
// file can be found from its upload for ever. Bytes collect in uploads/<id>;
// when the last one is there they are synced, hashed, looked through, moved to
// files/xx/yy/<id>, and only then the row becomes received and the last
// request is answered. A process that dies in between finishes at its next
// start, or when the uploader asks again. Received files never change.
// The SHA-256 is made while the bytes arrive; after a crash they are read again.
// Where there is a virus scanner (DUBAN_CLAMD) a received file is in quarantine
// until it was looked through, from the queue of examinations: it can be given,
// but nobody sees its bytes and nothing is sealed with it. Where SM3 is
// switched on it is made from that queue, too. Uploads that stand still for a week are swept. With S3_URL the place of
// received files is a bucket (internal/bucket): the row becomes received when
// the bucket has checked and stored the bytes.
//
// What is taken is named in kinds.go. The content decides; an ending that means
// another type of the same family (one kind of picture another, .doc .docx, .xls
// .xlsx or CSV, MP4 MOV) is no lie: the file is taken as it is, and its name gets
// the right ending. What is not taken is refused with what to send instead
// (advice.go). Decided so: scans in TIFF, BMP and AVIF are refused (as JPEG, PNG
// or PDF they can be shown and compared), and so are RTF, HTML, the XML of 2003,
// OpenDocument and other programs' documents, which nothing here can look into.
//
// Looking through (internal/form) draws nothing and unpacks no more than small
// parts: it walks the file and refuses what is cut off, two kinds in one, active,
// or a bomb. Names are read as Windows reads them, PDF as programs read it
// (internal/pdffile: decoded names, streams of objects, what is done when it is
// opened, attached files), office documents with what they fetch from elsewhere.
// Within an archive only what evidence.Packable names may lie. A file that opens
// without asking is not locked: a PDF with a password of its owner only, a
// workbook under the password that Excel itself gives.
//
// Archives, macros and passwords are taken only where the requirement names them;
// for the last two the upload says which requirement it is for, so that nobody
// else's door is open. Other cautions are told to whoever sees the file: not to be
// printed or copied, embedded objects, parts from elsewhere, a lost end.
//
// A person has at most MaxUnfinished uploads begun and not finished; what is
// announced counts against the quotas, and a reserve of the disk
// (DUBAN_DISK_RESERVE) is left for finishing and reviewing what is there.
//
// # Retentions
//
// The office sets for a campaign how many days after its end the files handed
// in for it are kept. Then a job deletes their bytes, what was made of them and
// what they are recognized by. Row, hash and manifests stay: who kept a copy
// can still prove what it is.
//
// # Examinations
//
//	waiting → done      (with a verdict: nothing wrong, damaged, costly, no_preview, too_long)
//	waiting → failed    (the examiner itself failed, every time)
//
// What needs the pixels is done after the receipt, from a queue in the
// database, in processes of their own that are bounded in number, memory (384 MB,
// and 640 MB for one HEIC picture at a time) and time (internal/examine; a picture
// that cannot be drawn within them is shown by the preview that its camera put into it): the
// text of a document is read, and a picture is decoded once, and turned upright
// into a thumbnail and a preview without metadata, which are all that is ever
// shown of it; into what it is recognized by; and when and where it says it was
// taken is read into fields that only reviewers see. Of a PDF the first page is
// shown where it is a scan. Where DUBAN_WATERMARK is on, a preview carries who
// looks at it and when, drawn into it when it is asked for (internal/watermark).
// Every step may be repeated, so that a process may die anywhere in it.
//
// # Matches
//
//	found → confirmed | dismissed | shared     (each may follow any other)
//
// A file that is, or looks like, one that was there before becomes a match for
// a human: the same bytes, or the same picture saved again, resized, marked,
// brightened, mirrored or cut to four fifths. Pictures are found by codes of
// their lowest frequencies, which are looked up, and then compared by their
// signatures (likeness.go). Documents (DOCX, and PDF whose text can be read)
// match when most of their text is the same, whatever figures stand in it: the
// same summary handed in by five villages (wording.go). A match is shown to those who review the later file;
// whose the earlier one is, only to those who may see it. Shared material is
// marked as that, and later uses of it are shown so from the start.
//
// # Submissions
//
//	draft → sealed → accepted
//	               → returned   (back from review, refused, or its target was cancelled)
//	               → recalled   (taken back before review)
//	draft → discarded
//
// A draft ends with what it is for: when its target is complete, closed or taken
// back, and when its campaign ends, it is discarded, and stays readable.
// Sealing asks the owner of the target first, and refuses what would be refused
// a second later; right after a return the next version can be begun, for the
// owner is asked where word of the return is not here yet.
//
// What was sealed before stays sealed, and is accepted or returned when it is
// reviewed, which is possible until the campaign is archived.
//
// A target has at most one draft and one sealed submission. Versions of one
// target are numbered 1, 2, …; after a return or a recall the next draft
// begins with the items of the version before. Sealing freezes a manifest in
// RFC 8785 form with the SHA-256 of every file, and the manifest's own SHA-256,
// which the next version's manifest names: a chain that anyone can verify.
//
// A bundle is a sealed submission to take along: cover page, manifest, earlier
// manifests and originals in a ZIP, which `duban verify` checks without the
// server. Stored files are hashed again every 30 days; one that differs is told
// of once (FileAltered), and once more when it is whole again.
//
// # Given once
//
// What a unit has handed in and what stands answers the next task that asks for
// the same for days in common: Requirement.Sameness says what is the same.
// Proposals lists it, TakeOver copies it into the draft, where it keeps its
// source until something else is typed over it; the manifest names the sealed
// submission that proves it. Figures come from other campaigns only, for a
// campaign adds up its own tasks. A table with a register lives on: a draft
// begins with what stands in it. Tables go down as XLSX and come back filled in.
//
// Where it is switched on, links are looked at after they were given, for the
// title of the page:
//
//	waiting → done | unreachable | refused    (refused: not of the public internet)
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
// Out: FileReceived, FileCleared, FileRefused, FileExamined, FileDownloaded, FileCaptureViewed, MatchFound,
// FileAltered, FileRestored, FileDeleted, RetentionSet, MatchConfirmed, MatchDismissed, MatchShared, SubmissionSealed, SubmissionAccepted,
// SubmissionReturned, SubmissionRecalled, SubmissionDiscarded.
//
// Words of this package: to tell is to store an event with the change that it
// is about (Tx.Tell), and told has the event of each state of a submission but
// draft. A hint is what is odd about when or where a picture says it was taken; only
// reviewers see it, and it proves nothing.
//
// Other services ask for files as far as somebody may see them, with what is
// shown of pictures (rpc.ShowFiles).
//
// In: assignments and rectifications as they change, which this service keeps
// as its targets; what happens to them decides the sealed submission. And the
// unit tree.
package evidence

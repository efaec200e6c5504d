package evidence

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// ExamState is where the examination of a received file is.
type ExamState string

// The states of an examination.
const (
	ExamWaiting ExamState = "waiting"
	ExamDone    ExamState = "done"
	ExamFailed  ExamState = "failed" // the examiner itself failed, every time
)

// Verdict says what an examination found wrong; empty for nothing.
type Verdict string

// The verdicts.
const (
	Damaged   Verdict = "damaged"    // it cannot be decoded to its end
	Costly    Verdict = "costly"     // decoding it takes more time or memory than is given
	NoPreview Verdict = "no_preview" // there is no decoder for it
	TooLong   Verdict = "too_long"   // a document of more than MaxPages pages
)

// Examination is what is done with a received file after its receipt: a
// picture is decoded once, and everything that needs its pixels is made then.
type Examination struct {
	FileID     string
	State      ExamState
	Verdict    Verdict
	Width      int64 // of a picture, upright, in pixels
	Height     int64
	ExaminedAt *time.Time
}

// Shown tells that there is a preview.
func (x Examination) Shown() bool { return x.State == ExamDone && x.Verdict == "" && x.Width > 0 }

// Preview says in one word what there is to show of a file of this type:
// none, pending, ready, damaged, too_long.
func (x Examination) Preview(mediaType string) string {
	switch {
	case x.Verdict == TooLong:
		return string(TooLong)
	case x.Shown():
		return "ready"
	case !Picture(mediaType) && mediaType != "application/pdf":
		return "none"
	case x.State == ExamWaiting || x.State == "":
		return "pending"
	case !Picture(mediaType):
		return "none" // of most documents nothing is shown
	case x.Verdict == Damaged || x.Verdict == Costly:
		return "damaged"
	}
	return "none"
}

// Findings are what an examiner found in a file.
type Findings struct {
	Verdict   Verdict
	Width     int
	Height    int
	Thumbnail []byte // JPEG without any metadata
	Preview   []byte // the same, larger
	Print     *Print // nil when there is nothing to recognize it by
	Wording   Wording
	Capture   Capture
}

// Capture is when and where a picture says it was taken. Anybody can write
// that into a file: it is a hint, never a proof.
type Capture struct {
	TakenAt   *time.Time
	Latitude  *float64 // degrees
	Longitude *float64
}

// Rendition names a derivative of a file.
type Rendition string

// The renditions.
const (
	Thumbnail Rendition = "thumbnail"
	Preview   Rendition = "preview"
)

// Examiner looks into files whose making nobody vouches for. It answers with
// a verdict for whatever the file does to it; an error is its own failure.
type Examiner interface {
	Examine(ctx context.Context, path, mediaType string) (Findings, error)
}

// Examine examines what is due, a few files at once, and returns how many it
// did. It may run in several processes; a file that a dead process had begun
// is taken up again, and however long the scanner is away, files wait for it.
func (s *Service) Examine(ctx context.Context) (int, error) {
	return s.store.WorkExaminations(ctx, s.clock, s.examine, func(ctx context.Context, fileID string) error {
		return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			return tx.SetExamination(ctx, Examination{FileID: fileID, State: ExamFailed})
		})
	})
}

// examine does all steps with a file; each may be repeated, so that dying between
// them does no harm.
func (s *Service) examine(ctx context.Context, fileID string) error {
	f, err := s.store.File(ctx, fileID)
	if err != nil {
		return err
	}
	x := Examination{FileID: fileID, State: ExamDone}
	if err := s.scan(ctx, &f); err != nil {
		return err
	}
	if f.State == Refused {
		now := s.clock.Now()
		x.ExaminedAt = &now
		return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.SetExamination(ctx, x) })
	}
	if err := s.addSM3(ctx, &f); err != nil {
		return err
	}
	var found Findings
	if Picture(f.Type) || Readable(f.Type) {
		path, done, err := s.blobs.Local(ctx, f.ID)
		if err != nil {
			return err
		}
		defer done()
		if found, err = s.examiner.Examine(ctx, path, f.Type); err != nil {
			return err
		}
		for kind, b := range map[Rendition][]byte{Thumbnail: found.Thumbnail, Preview: found.Preview} {
			if len(b) == 0 {
				continue
			}
			if err := s.blobs.KeepRendition(ctx, f.ID, kind, b); err != nil {
				return err
			}
		}
		// It can be found by others before others are looked for: of two that
		// are examined at once at least one meets the other.
		err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			if Picture(f.Type) {
				if err := tx.PutCapture(ctx, f.ID, found.Capture); err != nil {
					return err
				}
			}
			if found.Wording != nil {
				return tx.PutWording(ctx, f.ID, found.Wording)
			}
			if found.Print == nil {
				return nil
			}
			return tx.PutPrint(ctx, f.ID, *found.Print)
		})
		if err != nil {
			return err
		}
	}
	ms, err := s.lookAlikes(ctx, f, found)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	x.Verdict, x.Width, x.Height, x.ExaminedAt = found.Verdict, int64(found.Width), int64(found.Height), &now
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := s.addMatches(ctx, tx, f, ms); err != nil {
			return err
		}
		if err := tx.SetExamination(ctx, x); err != nil || x.Preview(f.Type) == "none" {
			return err
		}
		// Who looks at it now sees the preview as soon as it is there.
		v, err := tx.Bump(ctx, f.ID)
		if err != nil {
			return err
		}
		of, err := tx.OfficesOf(ctx, []string{f.ID})
		if err != nil {
			return err
		}
		data := f.Event()
		data.Offices = of[f.ID]
		return tx.Tell(ctx, event.New(id.New(), now, event.FileExamined, f.ID, v, data).For(f.UnitID, f.UnitPath))
	})
}

// notReady is the answer for a rendition that is not there.
func notReady(x Examination, mediaType string) error {
	switch x.Preview(mediaType) {
	case "pending":
		return fault.New(fault.Conflict, "preview_pending", "The preview is being made. Ask again in a moment.")
	case string(TooLong):
		return fault.New(fault.Conflict, "document_too_long", "The document has more than %d pages: it is not compared with others, and nothing is shown of it. Hand in the pages that matter as a document of their own. The original can be downloaded.", MaxPages)
	case "damaged":
		return fault.New(fault.Conflict, "preview_damaged", "The picture cannot be shown: it is damaged, or decoding it takes too much. The original can be downloaded.")
	}
	return fault.New(fault.Conflict, "no_preview", "There is no preview of files of this type. The original can be downloaded.")
}

package evidence

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Shown is what is shown of a file in place of the original. The caller closes it.
type Shown struct {
	io.ReadSeekCloser
	File File
	// Marked tells that it carries who looks at it and when: it is for them, now,
	// and nothing that may be kept and shown to somebody else.
	Marked bool
}

// Rendition opens what is shown of a file in place of the original: made anew
// from its pixels, without any metadata. Where it is switched on, a preview
// carries who looks at it.
func (s *Service) Rendition(ctx context.Context, a policy.Actor, fileID string, kind Rendition) (Shown, error) {
	f, err := s.visible(ctx, a, fileID)
	if err != nil {
		return Shown{}, err
	}
	xs, err := s.store.Examinations(ctx, []string{f.ID})
	if err != nil {
		return Shown{}, err
	}
	if x := xs[f.ID]; !x.Shown() {
		return Shown{}, notReady(x, f.Type)
	}
	r, err := s.blobs.OpenRendition(ctx, f.ID, kind)
	if err != nil || kind != Preview || s.options.Marker == nil {
		return Shown{ReadSeekCloser: r, File: f}, err
	}
	defer r.Close()
	b, err := s.options.Marker.Mark(ctx, r, s.mark(a))
	if err != nil {
		return Shown{}, err
	}
	return Shown{ReadSeekCloser: unclosed{bytes.NewReader(b)}, File: f, Marked: true}, nil
}

// Marker draws a text over pictures.
type Marker interface {
	// Mark draws text over a JPEG, visibly and everywhere, and gives the picture
	// as a new one.
	Mark(ctx context.Context, picture io.Reader, text string) ([]byte, error)
}

// mark is what tells who looks at a picture, and when. Of several people of
// one name the end of the id tells which it is.
func (s *Service) mark(a policy.Actor) string {
	name := []rune(a.Name)
	return fmt.Sprintf("%s %s %s", string(name[:min(len(name), 20)]), a.PersonID[max(len(a.PersonID)-6, 0):],
		s.clock.Now().In(clock.Shanghai).Format("2006-01-02 15:04"))
}

// unclosed is a reader with nothing to close.
type unclosed struct{ io.ReadSeeker }

// Close implements io.Closer.
func (unclosed) Close() error { return nil }

// Hints about when and where a picture says it was taken.
const (
	HintBefore = "taken_before_campaign"
	HintNoTime = "no_capture_time"
	HintFar    = "taken_far_from_unit"
)

// CaptureView is when and where a picture says it was taken.
type CaptureView struct {
	Capture
	FileID string
}

// GetCapture shows when and where a picture says it was taken, to those who
// review it. Every look is recorded before it is answered.
func (s *Service) GetCapture(ctx context.Context, a policy.Actor, fileID string) (CaptureView, error) {
	f, err := s.store.File(ctx, fileID)
	if err != nil {
		return CaptureView{}, err
	}
	offices, err := s.store.OfficesOf(ctx, []string{f.ID})
	if err != nil {
		return CaptureView{}, err
	}
	if f.State != Received || !s.policy.Can(ctx, a, "capture", "read", f.Target(offices[f.ID])) {
		return CaptureView{}, fault.Missing("file")
	}
	xs, err := s.store.Examinations(ctx, []string{f.ID})
	if err != nil {
		return CaptureView{}, err
	}
	if x := xs[f.ID]; !Picture(f.Type) || x.State != ExamDone {
		return CaptureView{}, notReady(x, f.Type)
	}
	cs, err := s.store.Captures(ctx, []string{f.ID})
	if err != nil {
		return CaptureView{}, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		v, err := tx.Bump(ctx, f.ID)
		if err != nil {
			return err
		}
		return tx.Tell(ctx, event.New(id.New(), s.clock.Now(), event.FileCaptureViewed, f.ID, v, f.Event()).
			By(a.PersonID, a.Name).For(f.UnitID, f.UnitPath))
	})
	return CaptureView{Capture: cs[f.ID], FileID: f.ID}, err
}

// maxShown is how many matches a submission shows; the rest is in the list.
const maxShown = 100

// reviewing adds to a view what its figures are like and, for those who review
// it, what its files look like and what is odd about when and where they say they
// were taken.
func (s *Service) reviewing(ctx context.Context, a policy.Actor, submissions policy.Rights, v *View) error {
	if len(v.Files) == 0 && !slices.ContainsFunc(v.Items, func(it Item) bool { return it.Value != nil }) {
		return nil
	}
	rights := s.policy.Rights(ctx, a, "match")
	reviewer := rights.Covers("read", v.Unit())
	if err := s.compare(ctx, submissions.Reach("read"), reviewer, v); err != nil {
		return err
	}
	if len(v.Files) == 0 || !reviewer {
		return nil
	}
	ms, err := s.store.Matches(ctx, MatchFilter{SubmissionID: v.ID}, rights.Reach("read"), maxShown)
	if err != nil {
		return err
	}
	// Whoever may read the submissions of a unit may read its files.
	if v.Matches, err = s.matchViews(ctx, submissions.Reach("read"), rights, ms); err != nil {
		return err
	}
	var pictures []string
	for fileID, f := range v.Files {
		if Picture(f.Type) && v.Examinations[fileID].State == ExamDone {
			pictures = append(pictures, fileID)
		}
	}
	if len(pictures) == 0 {
		return nil
	}
	cs, err := s.store.Captures(ctx, pictures)
	if err != nil {
		return err
	}
	begun, known, err := s.store.CampaignBegun(ctx, v.CampaignID)
	if err != nil {
		return err
	}
	u, err := s.unit(ctx, v.UnitID, v.UnitPath)
	if err != nil {
		return err
	}
	v.Hints = map[string][]string{}
	for _, fileID := range pictures {
		hs := hints(cs[fileID], begun, known)
		if s.far(cs[fileID], u) {
			hs = append(hs, HintFar)
		}
		if len(hs) > 0 {
			v.Hints[fileID] = hs
		}
	}
	return nil
}

// hints are what is odd about when a picture says it was taken. A day is
// allowed for a clock that goes wrong.
func hints(c Capture, begun time.Time, known bool) []string {
	switch {
	case c.TakenAt == nil:
		return []string{HintNoTime}
	case known && c.TakenAt.Before(begun.AddDate(0, 0, -1)):
		return []string{HintBefore}
	}
	return nil
}

// far tells whether a picture says it was taken far from its unit, where both
// places are known. A county is wider than the distance that is far from a village.
func (s *Service) far(c Capture, u UnitInfo) bool {
	if s.options.Far <= 0 || c.Latitude == nil || c.Longitude == nil || (u.Longitude == 0 && u.Latitude == 0) {
		return false
	}
	return (u.Level == "town" || u.Level == "unit") && kilometres(*c.Latitude, *c.Longitude, u.Latitude, u.Longitude) > s.options.Far
}

// kilometres is the distance of two places, given in degrees, on a sphere.
func kilometres(lat1, long1, lat2, long2 float64) float64 {
	const radius, degree = 6371.0, math.Pi / 180
	a := math.Pow(math.Sin((lat2-lat1)*degree/2), 2) + math.Cos(lat1*degree)*math.Cos(lat2*degree)*math.Pow(math.Sin((long2-long1)*degree/2), 2)
	return 2 * radius * math.Asin(math.Sqrt(min(a, 1)))
}

// CampaignBegins keeps from when on work on a campaign can have been done:
// the day it was issued, or its first day where that is earlier.
func (s *Service) CampaignBegins(ctx context.Context, tx Tx, c event.Campaign, issued time.Time) error {
	begun := issued
	if day, err := time.ParseInLocation(time.DateOnly, c.StartsOn, clock.Shanghai); err == nil && day.Before(begun) {
		begun = day.UTC()
	}
	return tx.CampaignBegins(ctx, c.ID, begun, Period{c.StartsOn, c.EndsOn})
}

// fits tells whether a requirement takes files of a type. An archive is taken
// only where it is asked for: nobody can review what is inside without
// unpacking it.
func fits(r event.Requirement, mediaType string) bool {
	if len(r.Accept) == 0 {
		return mediaType != Archive
	}
	return slices.ContainsFunc(r.Accept, func(ext string) bool {
		// Nobody asks for one kind of picture and not for another; and what phones
		// call JPEG often is none.
		return slices.Contains(endings[mediaType], "."+ext) || (Picture(mediaType) && related(mediaType, "."+ext))
	})
}

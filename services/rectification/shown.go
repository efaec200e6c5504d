package rectification

import (
	"context"
	"slices"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Shown is a file of the evidence service as far as it may be seen.
type Shown struct {
	ID            string
	SubmissionID  string
	RequirementID string
	Name          string
	Type          string
	Thumbnail     []byte // JPEG; empty for what is no picture
}

// GivenFile is a file that a person attached to something.
type GivenFile struct{ ID, GivenBy string }

// FileQuery asks for files by id, and for those of submissions.
type FileQuery struct {
	Given         []GivenFile
	SubmissionIDs []string
	Pictures      bool // with thumbnails
}

// FileAnswer holds what may be seen of what was asked for.
type FileAnswer struct {
	Files         []Shown
	SubmissionIDs []string
}

// Files asks the service that keeps files.
type Files interface {
	// Show answers what actor may see; what they may not is left out. A
	// service that is away is a fault.Unavailable.
	Show(ctx context.Context, actor policy.Actor, q FileQuery) (FileAnswer, error)
}

// attachable names those of the ids that actor may not attach to anything: unknown
// ones, and ones that they neither uploaded nor may see. where tells where in
// the request an id stands.
func (s core) attachable(ctx context.Context, actor policy.Actor, ids []string, where func(id string) string) error {
	if len(ids) == 0 {
		return nil
	}
	var given []GivenFile
	for _, x := range ids {
		if g := (GivenFile{ID: x, GivenBy: actor.PersonID}); !slices.Contains(given, g) {
			given = append(given, g)
		}
	}
	got, err := s.files.Show(ctx, actor, FileQuery{Given: given})
	if err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "invalid", "Some files are not there; nothing was saved. Upload them first, and wait until each is received.")
	for _, g := range given {
		if !slices.ContainsFunc(got.Files, func(x Shown) bool { return x.ID == g.ID }) {
			f = f.WithField(where(g.ID), "there is no such received file that you may use", g.ID)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// reviewable makes sure that actor may read the sealed submission that a
// finding comes from.
func (s core) reviewable(ctx context.Context, actor policy.Actor, submissionID string) error {
	got, err := s.files.Show(ctx, actor, FileQuery{SubmissionIDs: []string{submissionID}})
	if err == nil && len(got.SubmissionIDs) == 0 {
		err = fault.BadField("source_id", "there is no such sealed submission that you may read", submissionID)
	}
	return err
}

package evidence

import (
	"context"
	"io"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// GivenFile is a file that somebody attached to something that the actor may
// read, as an inspector to a finding.
type GivenFile struct {
	ID      string
	GivenBy string // person
}

// AskedFile is a file as other services show it.
type AskedFile struct {
	File
	SubmissionID  string
	RequirementID string
	Thumbnail     []byte // JPEG; empty where there is none
}

// Asked is an answer to another service.
type Asked struct {
	Files       []AskedFile
	Submissions []string
	Left        int // files beyond the limit
}

// Asking is what another service wants to see: files that somebody gave, those of
// submissions, and with pictures what is shown of them.
type Asking struct {
	Files         []GivenFile
	SubmissionIDs []string
	Pictures      bool
}

// Asked finds files for another service, as far as a may see them: a file in
// their reach, one that whoever attached it uploaded themselves, and those of
// sealed submissions that a may read. Whatever else is asked for is left out.
// With pictures it brings what is shown of at most limit files.
func (s *Service) Asked(ctx context.Context, a policy.Actor, q Asking, limit int) (Asked, error) {
	var out Asked
	files, err := s.store.Files(ctx, idsOf(q.Files))
	if err != nil {
		return out, err
	}
	offices, err := s.store.OfficesOf(ctx, idsOf(q.Files))
	if err != nil {
		return out, err
	}
	for _, g := range q.Files {
		f, ok := files[g.ID]
		if !ok || f.State != Received {
			continue
		}
		if g.GivenBy != "" && f.OwnerID == g.GivenBy || s.policy.Can(ctx, a, "file", "read", f.Target(offices[f.ID])) {
			out.Files = append(out.Files, AskedFile{File: f})
		}
	}
	for _, sid := range q.SubmissionIDs {
		fs, ok, err := s.sealedFiles(ctx, a, sid)
		if err != nil {
			return out, err
		}
		if ok {
			out.Submissions, out.Files = append(out.Submissions, sid), append(out.Files, fs...)
		}
	}
	if n := len(out.Files) - limit; n > 0 {
		out.Files, out.Left = out.Files[:limit], n
	}
	if !q.Pictures {
		return out, nil
	}
	return out, s.thumbnails(ctx, out.Files)
}

func idsOf(given []GivenFile) []string {
	ids := make([]string, len(given))
	for i, g := range given {
		ids[i] = g.ID
	}
	return ids
}

// sealedFiles are the files of a submission; false when it is not sealed or
// not to be read by a.
func (s *Service) sealedFiles(ctx context.Context, a policy.Actor, submissionID string) ([]AskedFile, bool, error) {
	sub, err := s.store.Submission(ctx, submissionID)
	if fault.Is(err, fault.NotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if sub.ManifestHash == "" || !s.policy.Can(ctx, a, "submission", "read", sub.Unit()) {
		return nil, false, nil
	}
	items, err := s.store.Items(ctx, sub.ID)
	if err != nil {
		return nil, false, err
	}
	var ids []string
	for _, it := range items {
		ids = append(ids, it.FileIDs...)
	}
	files, err := s.store.Files(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	var out []AskedFile
	for _, it := range items {
		for _, fid := range it.FileIDs {
			if f, ok := files[fid]; ok && f.State == Received {
				out = append(out, AskedFile{File: f, SubmissionID: sub.ID, RequirementID: it.RequirementID})
			}
		}
	}
	return out, true, nil
}

func (s *Service) thumbnails(ctx context.Context, fs []AskedFile) error {
	ids := make([]string, len(fs))
	for i, f := range fs {
		ids[i] = f.ID
	}
	xs, err := s.store.Examinations(ctx, ids)
	if err != nil {
		return err
	}
	for i, f := range fs {
		if !Picture(f.Type) || !xs[f.ID].Shown() {
			continue
		}
		r, err := s.blobs.OpenRendition(ctx, f.ID, Thumbnail)
		if err != nil {
			return err
		}
		fs[i].Thumbnail, err = io.ReadAll(r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

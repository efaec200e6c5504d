package feed

import (
	"context"
	"slices"

	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/document"
)

// Files asks the evidence service.
type Files struct{ Bus *bus.Bus }

// Show implements rectification.Files. What an answer cannot hold is asked for
// by and by; of a submission with more files than an answer holds, the first
// ones count.
func (f Files) Show(ctx context.Context, actor policy.Actor, q rectification.FileQuery) (rectification.FileAnswer, error) {
	var out rectification.FileAnswer
	asker := rpc.Asker{PersonID: actor.PersonID, Name: actor.Name, UnitID: actor.UnitID, UnitPath: actor.UnitPath, UnitLevel: actor.UnitLevel}
	for _, g := range actor.Grants {
		asker.Grants = append(asker.Grants, rpc.Grant(g))
	}
	ask := func(x rpc.ShowFilesRequest) error {
		x.Asker, x.Pictures = asker, q.Pictures
		a, err := bus.Ask[rpc.ShowFilesRequest, rpc.ShowFilesReply](ctx, f.Bus, rpc.ShowFiles, x)
		if err != nil {
			return err
		}
		out.SubmissionIDs = append(out.SubmissionIDs, a.SubmissionIDs...)
		for _, y := range a.Files {
			out.Files = append(out.Files, rectification.Shown{
				ID: y.ID, SubmissionID: y.SubmissionID, RequirementID: y.RequirementID, Name: y.Name, Type: y.Type, Thumbnail: y.Thumbnail,
			})
		}
		return nil
	}
	for part := range slices.Chunk(q.Given, rpc.MaxShownFiles) {
		var fs []rpc.GivenFile
		for _, g := range part {
			fs = append(fs, rpc.GivenFile(g))
		}
		if err := ask(rpc.ShowFilesRequest{Files: fs}); err != nil {
			return out, err
		}
	}
	for _, id := range q.SubmissionIDs {
		if err := ask(rpc.ShowFilesRequest{SubmissionIDs: []string{id}}); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Progress tells the person who asked for documents how far they are.
func Progress(b *bus.Bus) func(document.Job) {
	return func(j document.Job) {
		b.Progress(rpc.Progress{PersonID: j.PersonID, ID: j.ID, Kind: "documents", State: j.State, Done: int64(j.Done), Total: int64(j.Total)})
	}
}

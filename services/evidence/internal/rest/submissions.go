package rest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/rest"
)

// NewSubmission is the body of create-submission.
type NewSubmission struct {
	Target   string `json:"target" doc:"What it is for" example:"assignment"`
	TargetID string `json:"target_id" doc:"Id of that assignment or rectification" example:"01985b2e-7c1a-7000-8000-000000000002"`
}

// SubmissionReply is the answer with one submission.
type SubmissionReply struct {
	Status int
	ETag   string `header:"ETag" doc:"Version of the submission, for If-Match"`
	Body   Submission
}

func reply(v evidence.View, err error) (*SubmissionReply, error) {
	if err != nil {
		return nil, err
	}
	return &SubmissionReply{Status: http.StatusOK, ETag: rest.ETag(v.Version), Body: submissionOf(v)}, nil
}

// ListInput is the input of list-submissions.
type ListInput struct {
	rest.Page
	Target     string   `query:"target" words:"target" doc:"Only for these" example:"assignment"`
	TargetID   string   `query:"target_id" maxLength:"64" doc:"Only for this assignment or rectification"`
	UnitID     string   `query:"unit_id" maxLength:"64" doc:"Only of this unit"`
	Under      string   `query:"under" maxLength:"64" doc:"Only of this unit and the units below it"`
	State      []string `query:"state" words:"state.submission" doc:"Only in these states" example:"sealed,accepted"`
	CampaignID string   `query:"campaign_id" maxLength:"64" doc:"Only of this campaign"`
}

// ListReply is a page of submissions.
type ListReply struct{ Body rest.List[SubmissionLine] }

// NoteBody is the body of update-submission.
type NoteBody struct {
	Note string `json:"note" doc:"Text that goes with the submission" example:"全部班级已完成"`
}

// SealBody is the body of seal-submission.
type SealBody struct {
	ChildrenReason string `json:"children_reason,omitempty" doc:"Why it is handed in although delegated assignments are open; compulsory then" example:"两个村因停电延期，已单独说明"`
	FixedOnSpot    bool   `json:"fixed_on_spot,omitempty" doc:"Only for a rectification just ordered: it was fixed on the spot, with evidence of before and after" example:"false"`
}

// ManifestReply is a manifest, byte for byte.
type ManifestReply struct {
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag" doc:"SHA-256 of the manifest, in quotes"`
	SHA256      string `header:"Duban-Sha256" doc:"SHA-256 of the manifest, in hex"`
	Body        []byte
}

// Verification is what verify-submission found.
type Verification struct {
	OK             bool     `json:"ok" doc:"Manifest and files are exactly what was sealed" example:"true"`
	ManifestSHA256 string   `json:"manifest_sha256" doc:"Recomputed from the stored manifest" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Files          int      `json:"files" doc:"How many files were read and hashed" example:"3"`
	Deleted        int      `json:"deleted,omitempty" doc:"Files that were deleted because the retention of the campaign is over: what is left of them is their hash" example:"0"`
	Differences    []string `json:"differences" doc:"What is not as sealed; empty when all is well"`
}

// VerifyReply is the answer of verify-submission.
type VerifyReply struct{ Body Verification }

func (h handlers) submissions(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "create-submission", Input: evidence.Opening{}, Method: http.MethodPost, Path: "/submissions", Summary: "Begin a submission",
		Description: "Opens the draft for an assignment or a rectification of your unit. When there is a draft already, that one is answered with 200. " +
			"After a return or a recall the new version begins with what the version before held.",
		Resource: "submission", Action: "write", Status: http.StatusCreated, Also: []int{http.StatusOK}, Errors: []int{http.StatusConflict},
		Example: map[string]any{"target": "assignment", "target_id": "01985b2e-7c1a-7000-8000-000000000002"},
	}, func(ctx context.Context, in *struct{ Body NewSubmission }) (*SubmissionReply, error) {
		v, made, err := h.s.Open(ctx, rest.Actor(ctx), evidence.Kind(in.Body.Target), in.Body.TargetID)
		r, err := reply(v, err)
		if err == nil && made {
			r.Status = http.StatusCreated
		}
		return r, err
	})
	rest.Register(g, rest.Op{
		ID: "list-submissions", Method: http.MethodGet, Path: "/submissions", Summary: "List submissions",
		Description: "Submissions of the units in your reach, newest first.",
		Resource:    "submission", Action: "read",
	}, h.list)
	rest.Register(g, rest.Op{
		ID: "get-submission", Method: http.MethodGet, Path: "/submissions/{id}", Summary: "Show a submission",
		Description: "A submission with what is asked for, what has been given, and what is missing before it can be sealed. " +
			"Of a delegated assignment it shows what the units below have handed in, and warns where a figure looks like a total that includes theirs; the reviewer sees the same.",
		Resource: "submission", Action: "read",
	}, func(ctx context.Context, in *rest.ByID) (*SubmissionReply, error) {
		return reply(h.s.Get(ctx, rest.Actor(ctx), in.ID))
	})
	rest.Register(g, rest.Op{
		ID: "update-submission", Input: evidence.Note{}, Method: http.MethodPatch, Path: "/submissions/{id}", Summary: "Change the note of a draft",
		Description: "Changes the text that goes with a draft.",
		Resource:    "submission", Action: "write", IfMatch: true, Errors: []int{http.StatusConflict},
		Example: map[string]any{"note": "全部班级已完成"},
	}, func(ctx context.Context, in *rest.Act[NoteBody]) (*SubmissionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return reply(h.s.SetNote(ctx, rest.Actor(ctx), in.ID, in.Body.Note, want))
	})
	rest.Register(g, rest.Op{
		ID: "seal-submission", Input: evidence.Sealing{}, Method: http.MethodPost, Path: "/submissions/{id}/seal", Summary: "Seal a submission and hand it in",
		Description: "Freezes a draft for ever: a manifest of every item, figure and file with its SHA-256 is written in RFC 8785 form and hashed. " +
			"422 lists each compulsory requirement that is missing; 409 when the assignment or rectification takes no submission now. Warnings, shown in completeness, keep nobody from sealing.",
		Resource: "submission", Action: "write", IfMatch: true, Errors: []int{http.StatusConflict},
		Example: map[string]any{"children_reason": "两个村因停电延期，已单独说明"},
	}, func(ctx context.Context, in *rest.Act[*SealBody]) (*SubmissionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		how := evidence.Sealing{}
		if in.Body != nil {
			how = evidence.Sealing(*in.Body)
		}
		return reply(h.s.Seal(ctx, rest.Actor(ctx), in.ID, how, want))
	})
	rest.Register(g, rest.Op{
		ID: "discard-submission", Method: http.MethodPost, Path: "/submissions/{id}/discard", Summary: "Throw a draft away",
		Description: "Throws a draft away. What was sealed cannot be thrown away.",
		Resource:    "submission", Action: "write", IfMatch: true, Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *rest.ByID) (*SubmissionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return reply(h.s.Discard(ctx, rest.Actor(ctx), in.ID, want))
	})
	rest.Register(g, rest.Op{
		ID: "get-manifest", Method: http.MethodGet, Path: "/submissions/{id}/manifest", Summary: "Get the manifest of a sealed submission",
		Description: "The exact bytes that were sealed; their SHA-256 is the submission's manifest_sha256.",
		Resource:    "submission", Action: "read", Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *rest.ByID) (*ManifestReply, error) {
		body, hash, err := h.s.Manifest(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &ManifestReply{ContentType: "application/json", ETag: `"` + hash + `"`, SHA256: hash, Body: body}, nil
	})
	g.Huma().OpenAPI().Paths["/api/v1/submissions/{id}/manifest"].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{
			Type: huma.TypeObject, AdditionalProperties: true,
			Description: "The manifest in canonical JSON (RFC 8785): submission, task, unit, who sealed it and when, and each item with its files and their hashes",
		}},
	}
	rest.Register(g, rest.Op{
		ID: "download-submission", Method: http.MethodGet, Path: "/submissions/{id}/bundle", Summary: "Download a sealed submission with its originals",
		Description: "A ZIP with a readable cover page, the manifest byte for byte, the earlier manifests it was built upon, and every original. " +
			"`duban verify bundle.zip` checks it without the server. That they are taken out is recorded for every file. A connection that is cut means that it is not whole.",
		Resource: "submission", Action: "read", Errors: []int{http.StatusConflict},
	}, h.bundle)
	op := g.Huma().OpenAPI().Paths["/api/v1/submissions/{id}/bundle"].Get
	op.Responses["200"] = &huma.Response{
		Description: "The bundle", Headers: map[string]*huma.Param{
			"Content-Disposition": {Schema: &huma.Schema{Type: "string"}, Description: "attachment, with the name as RFC 6266 says"},
		},
		Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}
	rest.Register(g, rest.Op{
		ID: "verify-submission", Method: http.MethodGet, Path: "/submissions/{id}/verify", Summary: "Verify a sealed submission",
		Description: "Recomputes the hash of the manifest and of every file in it from the disk, and says what differs from what was sealed.",
		Resource:    "submission", Action: "read", Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *rest.ByID) (*VerifyReply, error) {
		v, err := h.s.Verify(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		w := Verification{OK: v.OK, ManifestSHA256: v.ManifestHash, Files: v.Files, Deleted: v.Deleted, Differences: v.Differences}
		if w.Differences == nil {
			w.Differences = []string{}
		}
		return &VerifyReply{Body: w}, nil
	})
}

func (h handlers) bundle(ctx context.Context, in *rest.ByID) (*huma.StreamResponse, error) {
	b, err := h.s.Bundle(ctx, rest.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		req, w := humago.Unwrap(hc)
		hd := w.Header()
		harmless(hd)
		hd.Set("Content-Type", "application/zip")
		hd.Set("Content-Disposition", rest.Attachment(filename.Safe(fmt.Sprintf("%s-%s-%d.zip", b.Manifest.Unit.Name, b.Manifest.Task.Name, b.Manifest.Number), filename.Most)))
		hd.Set("Cache-Control", "no-store")
		if err := b.Write(req.Context(), w); err != nil {
			panic(http.ErrAbortHandler) // a ZIP that ends early must not look whole
		}
	}}, nil
}

func (h handlers) list(ctx context.Context, in *ListInput) (*ListReply, error) {
	f := evidence.Filter{
		Target: evidence.Kind(in.Target), TargetID: in.TargetID, UnitID: in.UnitID, Under: in.Under,
		CampaignID: in.CampaignID,
	}
	for _, x := range in.State {
		f.States = append(f.States, evidence.State(x))
	}
	if _, err := in.Decode(&f.Before); err != nil {
		return nil, err
	}
	subs, err := h.s.List(ctx, rest.Actor(ctx), f, in.Limit)
	if err != nil {
		return nil, err
	}
	lines := make([]SubmissionLine, len(subs))
	for i, s := range subs {
		lines[i] = lineOf(s.Submission, s.Title, s.UnitName)
	}
	return &ListReply{Body: rest.Items(lines, in.Limit, func(l SubmissionLine) any { return l.ID })}, nil
}

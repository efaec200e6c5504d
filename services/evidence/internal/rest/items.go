package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/rest"
)

// ItemID names an item of a submission.
type ItemID struct {
	rest.ByID
	RequirementID string `path:"requirement_id" maxLength:"64" doc:"Id of the requirement" example:"leaflets"`
}

// ItemBody is the body of put-submission-item.
type ItemBody struct {
	Value *float64         `json:"value,omitempty" doc:"For a number: 0 or more. Of a delegated assignment only what the unit did itself: what the units below report is added by the system" example:"260"`
	Text  string           `json:"text,omitempty" doc:"For a text, or a pledge that the issuer has not worded" example:"已开展"`
	Links []string         `json:"links,omitempty" doc:"For a link: http or https addresses. Where the installation is set to, the server looks at public ones for their title, later and never at private ones"`
	Rows  []map[string]any `json:"rows,omitempty" doc:"For a table: rows by column key; numbers, texts, days like 2026-09-19, true or false"`
	// Signatory belongs to a pledge.
	Signatory string   `json:"signatory,omitempty" doc:"For a pledge: name of who makes it; the name of the caller when left out. The server notes when" example:"李伟"`
	FileIDs   []string `json:"file_ids,omitempty" doc:"For documents, photos and videos: received files of the same unit, in order"`
}

func (h handlers) items(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "put-submission-item", Input: evidence.Item{}, Method: http.MethodPut, Path: "/submissions/{id}/items/{requirement_id}", Summary: "Give what a requirement asks for",
		Description: "Replaces what was given for one requirement of a draft. Which fields may be filled depends on the kind of the requirement; every wrong part is listed. " +
			"Two people can fill in different items at the same time; send If-Match to be told of the other's changes. 413 quota_exceeded: the files are more than is taken for one task.",
		Resource: "submission", Action: "write", IfMatch: true, Errors: []int{http.StatusConflict, http.StatusRequestEntityTooLarge},
		Example: map[string]any{"value": 260},
	}, func(ctx context.Context, in *struct {
		ItemID
		Body ItemBody
	}) (*SubmissionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		b := in.Body
		it := evidence.Item{RequirementID: in.RequirementID, Value: b.Value, Text: b.Text, Links: b.Links, Rows: b.Rows, Signatory: b.Signatory, FileIDs: b.FileIDs}
		return reply(h.s.PutItem(ctx, rest.Actor(ctx), in.ID, it, want))
	})
	rest.Register(g, rest.Op{
		ID: "delete-submission-item", Method: http.MethodDelete, Path: "/submissions/{id}/items/{requirement_id}", Summary: "Empty an item",
		Description: "Takes back what was given for one requirement of a draft. Files stay; they may be used elsewhere.",
		Resource:    "submission", Action: "write", IfMatch: true, Errors: []int{http.StatusConflict}, Status: http.StatusOK,
	}, func(ctx context.Context, in *ItemID) (*SubmissionReply, error) {
		want, err := rest.Wanted(ctx)
		if err != nil {
			return nil, err
		}
		return reply(h.s.DropItem(ctx, rest.Actor(ctx), in.ID, in.RequirementID, want))
	})
}

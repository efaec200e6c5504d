package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/rest"
)

// Match is a file that is, or looks like, one that was there before.
type Match struct {
	ID        string       `json:"id" doc:"Id of the match" example:"01985b2e-7c1a-7000-8000-000000000005"`
	How       string       `json:"how" enum:"identical,alike,cropped,mirrored,reworded" doc:"identical: byte for byte; alike: the same picture saved anew, resized, marked or brightened; cropped: one is a part of the other; mirrored: left and right exchanged; reworded: documents with mostly the same text" example:"alike"`
	Score     float64      `json:"score" doc:"How alike, from 0 to 1" example:"0.98"`
	State     string       `json:"state" words:"state.match" doc:"What a human made of it" example:"found"`
	Reason    string       `json:"reason,omitempty" doc:"Why" example:"两村联合开展的活动"`
	DecidedBy *rest.Person `json:"decided_by,omitempty" doc:"Who decided"`
	DecidedAt *time.Time   `json:"decided_at,omitempty" doc:"When" example:"2026-09-21T08:00:00Z"`
	FoundAt   time.Time    `json:"found_at" doc:"When it was found" example:"2026-09-20T08:00:00Z"`
	Unchanged bool         `json:"unchanged,omitempty" doc:"A rectification shows the same picture before and after" example:"false"`
	File      MatchSide    `json:"file" doc:"The later one"`
	Other     *MatchSide   `json:"other,omitempty" doc:"The earlier one; absent when it lies out of your reach: ask the office above you"`
	May       MatchMay     `json:"may" doc:"What you may do to it now"`
	Version   int64        `json:"version" doc:"Grows with every change; also the ETag" example:"1"`
}

// MatchMay says what you may do now.
type MatchMay struct {
	Decide bool `json:"decide" doc:"Confirm it, dismiss it, or mark it as shared material" example:"true"`
}

// MatchSide is one of the two files, with where and when it was used.
type MatchSide struct {
	File File      `json:"file" doc:"The file"`
	Uses []FileUse `json:"uses" doc:"Where it was given"`
}

// FileUse is where a file was given.
type FileUse struct {
	SubmissionID  string     `json:"submission_id" doc:"Submission" example:"01985b2e-7c1a-7000-8000-000000000001"`
	RequirementID string     `json:"requirement_id" doc:"Requirement it answers" example:"photos"`
	Target        string     `json:"target" words:"target" doc:"What it was for" example:"assignment"`
	TargetID      string     `json:"target_id" doc:"Id of that assignment or rectification" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Title         string     `json:"title" doc:"Title of the task, or number and title of the rectification" example:"主题班会"`
	CampaignTitle string     `json:"campaign_title,omitempty" doc:"Title of the campaign" example:"2026年国家网络安全宣传周"`
	State         string     `json:"state" words:"state.submission" except:"discarded" doc:"State of the submission" example:"sealed"`
	SealedAt      *time.Time `json:"sealed_at,omitempty" doc:"When it was handed in" example:"2026-09-20T08:00:00Z"`
}

// MatchReply is the answer with one match.
type MatchReply struct {
	ETag string `header:"ETag" doc:"Version of the match, for If-Match"`
	Body Match
}

// ListMatchesInput is the input of list-matches.
type ListMatchesInput struct {
	rest.Page
	State        []string `query:"state" words:"state.match" doc:"Only in these states" example:"found"`
	SubmissionID string   `query:"submission_id" maxLength:"64" doc:"Only of the files of this submission"`
	FileID       string   `query:"file_id" maxLength:"64" doc:"Only of this file"`
	Under        string   `query:"under" maxLength:"64" doc:"Only of this unit and the units below it"`
}

// ListMatchesReply is a page of matches.
type ListMatchesReply struct{ Body rest.List[Match] }

// DecideMatchBody is the body of what decides on a match.
type DecideMatchBody struct {
	Reason string `json:"reason" doc:"Why" example:"两村联合开展的活动"`
}

func (h handlers) matches(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-matches", Method: http.MethodGet, Path: "/matches", Summary: "List look-alikes",
		Description: "Files of the units you review that are, or look like, what was handed in elsewhere, for another task or in an earlier year, newest first. For a human to judge: nothing is rejected by it.",
		Resource:    "match", Action: "read",
	}, h.listMatches)
	rest.Register(g, rest.Op{
		ID: "get-match", Method: http.MethodGet, Path: "/matches/{id}", Summary: "Show a look-alike",
		Description: "Both files with where and when they were used. The earlier one is absent when it lies out of your reach.",
		Resource:    "match", Action: "read",
	}, func(ctx context.Context, in *rest.ByID) (*MatchReply, error) {
		return matchReply(h.s.GetMatch(ctx, rest.Actor(ctx), in.ID))
	})
	for _, d := range []struct {
		id, verb, summary, text, example string
		to                               evidence.MatchState
	}{
		{"confirm-match", "confirm", "Confirm a look-alike", "The same thing was handed in twice. What follows from it is decided in the review.", "与东二村上报的是同一张照片", evidence.Confirmed},
		{"dismiss-match", "dismiss", "Dismiss a look-alike", "The two are not the same, or it does not matter.", "同一会议室的不同会议", evidence.Dismissed},
		{"share-match", "share", "Mark a look-alike as shared material", "A joint event, or a picture that the office sent down. Later uses of it are shown as shared from the start; deciding otherwise takes the mark away.", "两村联合开展的活动", evidence.Shared},
	} {
		rest.Register(g, rest.Op{
			ID: d.id, Input: evidence.Reason{}, Method: http.MethodPost, Path: "/matches/{id}/" + d.verb, Summary: d.summary,
			Description: d.text + " The reason is recorded in the audit trail. A decision can be changed by another.",
			Resource:    "match", Action: "decide", IfMatch: true,
			Example: map[string]any{"reason": d.example},
		}, func(ctx context.Context, in *rest.Act[DecideMatchBody]) (*MatchReply, error) {
			want, err := rest.Wanted(ctx)
			if err != nil {
				return nil, err
			}
			return matchReply(h.s.Decide(ctx, rest.Actor(ctx), in.ID, evidence.Judgement{To: d.to, Reason: in.Body.Reason}, want))
		})
	}
}

func (h handlers) listMatches(ctx context.Context, in *ListMatchesInput) (*ListMatchesReply, error) {
	f := evidence.MatchFilter{SubmissionID: in.SubmissionID, FileID: in.FileID, Under: in.Under}
	for _, x := range in.State {
		f.States = append(f.States, evidence.MatchState(x))
	}
	if _, err := in.Decode(&f.Before); err != nil {
		return nil, err
	}
	ms, err := h.s.Matches(ctx, rest.Actor(ctx), f, in.Limit)
	if err != nil {
		return nil, err
	}
	out := make([]Match, len(ms))
	for i, m := range ms {
		out[i] = matchOf(m)
	}
	return &ListMatchesReply{Body: rest.Items(out, in.Limit, func(m Match) any { return m.ID })}, nil
}

func matchReply(v evidence.MatchView, err error) (*MatchReply, error) {
	if err != nil {
		return nil, err
	}
	return &MatchReply{ETag: rest.ETag(v.Version), Body: matchOf(v)}, nil
}

func matchOf(v evidence.MatchView) Match {
	m := Match{
		ID: v.ID, How: v.How, Score: v.Score, State: string(v.State), Reason: v.Reason, DecidedBy: rest.Named(v.DecidedBy, v.DecidedName), DecidedAt: v.DecidedAt,
		FoundAt: v.FoundAt, Unchanged: v.Unchanged, File: sideOf(v.File), May: MatchMay{Decide: v.MayDecide}, Version: v.Version,
	}
	if v.Other != nil {
		o := sideOf(*v.Other)
		m.Other = &o
	}
	return m
}

func sideOf(s evidence.MatchedFile) MatchSide {
	w := MatchSide{File: fileOf(s.File, s.Examination, s.UnitName), Uses: []FileUse{}}
	for _, u := range s.Uses {
		w.Uses = append(w.Uses, FileUse{
			SubmissionID: u.Submission.ID, RequirementID: u.RequirementID, Target: string(u.Submission.Target), TargetID: u.Submission.TargetID,
			Title: u.Title, CampaignTitle: u.Campaign, State: string(u.Submission.State), SealedAt: u.Submission.SealedAt,
		})
	}
	return w
}

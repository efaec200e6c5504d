package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/duban/duban/services/insight"
	"github.com/uptrace/bun"
)

type taskRow struct {
	bun.BaseModel `bun:"table:tasks,alias:k"`

	CampaignID string
	ID         string
	Position   int64
	Title      string
	ThemedDay  string
	DueAt      time.Time
	Weight     int64
	Figures    string // JSON
	Version    int64
}

func rowOfTask(t insight.Task) (taskRow, error) {
	raw, err := json.Marshal(t.Figures)
	return taskRow{
		CampaignID: t.CampaignID, ID: t.ID, Position: t.Position, Title: t.Title, ThemedDay: t.ThemedDay, DueAt: t.DueAt,
		Weight: t.Weight, Figures: string(raw), Version: t.Version,
	}, err
}

func (r taskRow) domain() (insight.Task, error) {
	t := insight.Task{
		CampaignID: r.CampaignID, ID: r.ID, Position: r.Position, Title: r.Title, ThemedDay: r.ThemedDay, DueAt: r.DueAt,
		Weight: r.Weight, Version: r.Version,
	}
	if err := json.Unmarshal([]byte(r.Figures), &t.Figures); err != nil {
		return t, fmt.Errorf("figures of task %s: %w", r.ID, err)
	}
	return t, nil
}

type submissionRow struct {
	bun.BaseModel `bun:"table:submissions,alias:s"`

	CampaignID   string
	UnitID       string
	ID           string
	TaskID       string
	AssignmentID string
	Number       int64
	State        string
	SealedUS     int64
	ValuesJSON   string `bun:"values_json"`
	Version      int64
}

func rowOfSubmission(s insight.Submission) (submissionRow, error) {
	raw, err := json.Marshal(s.Values)
	return submissionRow{
		CampaignID: s.CampaignID, UnitID: s.UnitID, ID: s.ID, TaskID: s.TaskID, AssignmentID: s.AssignmentID, Number: s.Number,
		State: s.State, SealedUS: s.SealedUS, ValuesJSON: string(raw), Version: s.Version,
	}, err
}

func (r submissionRow) domain() (insight.Submission, error) {
	s := insight.Submission{
		CampaignID: r.CampaignID, UnitID: r.UnitID, ID: r.ID, TaskID: r.TaskID, AssignmentID: r.AssignmentID, Number: r.Number,
		State: r.State, SealedUS: r.SealedUS, Version: r.Version,
	}
	if err := json.Unmarshal([]byte(r.ValuesJSON), &s.Values); err != nil {
		return s, fmt.Errorf("figures of submission %s: %w", r.ID, err)
	}
	return s, nil
}

// figureSums is insight.FigureTally in flat columns.
type figureSums struct {
	ReportedWhole int64
	ReportedMicro int64
	AcceptedWhole int64
	AcceptedMicro int64
	Reports       int64
	Acceptances   int64
}

func rowOfFigure(k insight.FigureKey, t insight.FigureTally) figureRow {
	return figureRow{FigureKey: k, figureSums: figureSums{
		ReportedWhole: t.Reported.Whole, ReportedMicro: t.Reported.Micro, AcceptedWhole: t.Accepted.Whole, AcceptedMicro: t.Accepted.Micro,
		Reports: t.Reports, Acceptances: t.Acceptances,
	}}
}

func (f figureSums) domain() insight.FigureTally {
	return insight.FigureTally{
		Reported: insight.Amount{Whole: f.ReportedWhole, Micro: f.ReportedMicro},
		Accepted: insight.Amount{Whole: f.AcceptedWhole, Micro: f.AcceptedMicro}, Reports: f.Reports, Acceptances: f.Acceptances,
	}
}

func rowOfValue(k insight.ValueKey, t insight.ValueTally) valueRow {
	return valueRow{
		NodeID: k.NodeID, CampaignID: k.CampaignID, Own: k.Own, TaskID: k.TaskID, Figure: k.Figure, Measure: k.Measure,
		ValueWhole: k.Value.Whole, ValueMicro: k.Value.Micro, ValueTally: t,
	}
}

func (r valueRow) key() insight.ValueKey {
	return insight.ValueKey{
		NodeID: r.NodeID, CampaignID: r.CampaignID, Own: r.Own, TaskID: r.TaskID, Figure: r.Figure, Measure: r.Measure,
		Value: insight.Amount{Whole: r.ValueWhole, Micro: r.ValueMicro},
	}
}

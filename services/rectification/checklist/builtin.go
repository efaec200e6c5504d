package checklist

import (
	_ "embed"
	"encoding/json"
	"time"
)

// The built-in checklists.
const (
	TerminalRulesID      = "00000000-0000-7000-8000-0000000c0001"
	TerminalRulesSeries  = "terminal-rules"
	UnitSelfCheckID      = "00000000-0000-7000-8000-0000000c0002"
	UnitSelfCheckSeries  = "unit-self-check"
	PublicityCheckID     = "00000000-0000-7000-8000-0000000c0003"
	PublicityCheckSeries = "publicity-week-site"
)

//go:embed builtin.json
var builtIn []byte

// BuiltIn are the checklists that ship with Duban: the five terminal
// rules, the self-check of a unit and the site check of a publicity week. A
// changed one gets the next number and a new id.
func BuiltIn(now time.Time) []Checklist {
	var given []struct {
		ID, Series, Title, Note string
		Number                  int
		Items                   []Item
	}
	if err := json.Unmarshal(builtIn, &given); err != nil {
		panic("built-in checklists: " + err.Error())
	}
	cs := make([]Checklist, len(given))
	for i, g := range given {
		for j := range g.Items {
			it := &g.Items[j]
			if it.Type == "" {
				it.Type = PassFail
			}
			if it.FailEvidence == "" {
				it.FailEvidence = EvidenceNote
			}
		}
		cs[i] = Checklist{Head: Head{
			ID: g.ID, Series: g.Series, Number: g.Number, Title: g.Title, Note: g.Note, State: Published,
			ItemCount: len(g.Items), Author: "Duban", CreatedAt: now, PublishedAt: &now, Version: 1,
		}, Items: g.Items}
	}
	return cs
}

package services_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/duban/duban/api/words"
)

// enumerations are those that people read, each with a field of the API that
// has its values, or with the fields and parameters that have a part each.
var enumerations = map[string]string{
	"aggregate":           "AssignmentRequirement.aggregate",
	"allowance":           "AssignmentRequirement.allow",
	"answer":              "RectificationAnswer.result",
	"category":            "RectificationFinding.category",
	"code_list":           "DirectoryCode.list",
	"column_type":         "AssignmentColumn.type",
	"decision":            "RectificationVerification.decision",
	"evidence":            "RectificationFinding.fix_evidence",
	"format":              "RectificationDocumentJob.format",
	"inspection_kind":     "RectificationInspection.kind",
	"item_type":           "RectificationItem.type",
	"kind":                "AssignmentRequirement.kind",
	"level":               "DirectoryNewUnit.level",
	"light":               "Assignment.light",
	"method":              "RectificationVerification.method",
	"network":             "RectificationDevice.network",
	"outcome":             "RectificationCase.outcome",
	"paper":               "RectificationDocumentJob.form /api/v1/findings/export?form /api/v1/rectifications/export?form",
	"per":                 "AssignmentRequirement.per",
	"response":            "RectificationInspection.response",
	"review":              "Assignment.review",
	"role":                "DirectoryGrant.role",
	"severity":            "RectificationFinding.severity",
	"source":              "RectificationFinding.source",
	"state.assignment":    "Assignment.state",
	"state.campaign":      "AssignmentCampaign.state",
	"state.checklist":     "RectificationChecklist.state",
	"state.device":        "RectificationRegisteredDevice.state",
	"state.draw":          "RectificationDraw.state",
	"state.extension":     "AssignmentExtension.state",
	"state.finding":       "RectificationFinding.state",
	"state.inspection":    "RectificationInspection.state",
	"state.match":         "EvidenceMatch.state",
	"state.plan":          "RectificationCase.plan_state",
	"state.rectification": "RectificationCase.state",
	"state.submission":    "EvidenceSubmission.state",
	"target":              "EvidenceSubmission.target",
	"verification":        "RectificationResult.result",
}

// besides are words of what is said like a value and is none of the API's.
var besides = []string{"truth.true", "truth.false", "condition.suspended", "paper.record", "code.other"}

// Every value that the API answers has a word, and every word is one of a value.
func TestEveryValueHasAWord(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Enum       []string
		Items      *schema
		Properties map[string]schema
	}
	var doc struct {
		Components struct{ Schemas map[string]schema }
		Paths      map[string]struct {
			Get struct {
				Parameters []struct {
					Name   string
					Schema schema
				}
			}
		}
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(words.In(words.Official))
	for _, k := range besides {
		delete(left, k)
	}
	for _, name := range slices.Sorted(maps.Keys(enumerations)) {
		var values []string
		for place := range strings.FieldsSeq(enumerations[name]) {
			var at schema
			if path, param, query := strings.Cut(place, "?"); query {
				for _, p := range doc.Paths[path].Get.Parameters {
					if p.Name == param {
						at = p.Schema
					}
				}
			} else {
				of, field, _ := strings.Cut(place, ".")
				at = doc.Components.Schemas[of].Properties[field]
			}
			if at.Items != nil {
				at = *at.Items
			}
			if len(at.Enum) == 0 {
				t.Errorf("%s: the API has no values at %s", name, place)
			}
			values = append(values, at.Enum...)
		}
		for _, v := range values {
			if left[name+"."+v] == "" {
				t.Errorf("api/words has no word for %s.%s", name, v)
			}
			delete(left, name+"."+v)
		}
	}
	for k := range left {
		t.Errorf("api/words has %s, which the API does not answer", k)
	}
}

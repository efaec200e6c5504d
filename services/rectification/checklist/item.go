package checklist

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/services/internal/fault"
)

// Answer types of items.
const (
	PassFail = "pass_fail"
	Number   = "number" // with limits; the result follows from the value
	Text     = "text"
	Choice   = "choice" // the result follows from the choice
)

// Results of an answer.
const (
	Pass          = "pass"
	Fail          = "fail"
	NotApplicable = "na"
)

// What an item needs when it fails, and when it has been fixed.
const (
	EvidenceNone = "none"
	EvidenceNote = "note" // a text
	EvidenceFile = "file" // a picture or document; the item says why
)

var evidences = words.Values("evidence")

// Categories of findings, and severities from the lightest.
var (
	Categories = words.Values("category")
	Severities = words.Values("severity")
)

// The severities.
const (
	Minor    = "minor"
	Ordinary = "ordinary"
	Major    = "major" // its rectification needs 五落实: responsibility, measures, funds, deadline, contingency
)

// MaxItems bounds the items of a checklist.
const MaxItems = 500

// Item is one point to check.
type Item struct {
	Key          string         `json:"key" limit:"..60"`
	Group        string         `json:"group,omitempty" limit:"..100"`
	Title        string         `json:"title" limit:"1..300"`
	Clause       string         `json:"clause,omitempty" limit:"..300"` // law, standard or rule, with its number
	How          string         `json:"how,omitempty" limit:"..1000"`
	Type         string         `json:"type" words:"item_type"`
	Minimum      *float64       `json:"minimum,omitempty"`
	Maximum      *float64       `json:"maximum,omitempty"`
	Measure      string         `json:"measure,omitempty" limit:"..20"`
	Choices      []ChoiceOption `json:"choices,omitempty" limit:"..30"`
	Category     string         `json:"category" words:"category"`
	Severity     string         `json:"severity" words:"severity" limit:"?"`
	DeadlineDays int            `json:"deadline_days" limit:"1..250?"` // working days
	PerDevice    bool           `json:"per_device,omitempty"`
	Optional     bool           `json:"optional,omitempty"`
	FailEvidence string         `json:"fail_evidence" words:"evidence" limit:"?"`
	FixEvidence  string         `json:"fix_evidence,omitempty" words:"evidence" limit:"?"` // of its having been fixed
	Why          string         `json:"why,omitempty" limit:"..300"`                       // why a file is needed
}

// ChoiceOption is one answer of a choice.
type ChoiceOption struct {
	Title string `json:"title" limit:"1..100"`
	Fails bool   `json:"fails,omitempty"`
}

var keyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,59}$`)

// validItems names everything that is wrong with the items at once.
func validItems(items []Item) error {
	f := fault.New(fault.Invalid, "invalid", "The items are not valid; see errors for each wrong part.")
	bad := func(i int, field string, msg fault.Text, v any) {
		f = f.WithField(fmt.Sprintf("items[%d].%s", i, field), msg, v)
	}
	if len(items) > MaxItems {
		return fault.BadField("items", fault.Textf("expected at most %d items; split the checklist", MaxItems), len(items))
	}
	seen := map[string]bool{}
	for i, it := range items {
		switch {
		case !keyPattern.MatchString(it.Key):
			bad(i, "key", "expected lower-case letters, digits, dot, dash or underscore, at most 60", it.Key)
		case seen[it.Key]:
			bad(i, "key", "another item has the same key", it.Key)
		}
		seen[it.Key] = true
		if strings.TrimSpace(it.Title) == "" {
			bad(i, "title", "expected a text", it.Title)
		}
		switch it.Type {
		case PassFail, Text:
		case Number:
			if it.Minimum == nil && it.Maximum == nil {
				bad(i, "minimum", "a number needs a minimum, a maximum or both", nil)
			} else if it.Minimum != nil && it.Maximum != nil && *it.Minimum > *it.Maximum {
				bad(i, "minimum", "the minimum lies above the maximum", *it.Minimum)
			}
		case Choice:
			if len(it.Choices) < 2 {
				bad(i, "choices", "expected at least two choices", nil)
			}
		default:
			bad(i, "type", "expected pass_fail, number, text or choice", it.Type)
		}
		if !slices.Contains(Categories, it.Category) {
			bad(i, "category", fault.Textf("expected one of %s", strings.Join(Categories, ", ")), it.Category)
		}
		if !slices.Contains(Severities, it.Severity) {
			bad(i, "severity", fault.Textf("expected one of %s", strings.Join(Severities, ", ")), it.Severity)
		}
		if it.DeadlineDays < 1 || it.DeadlineDays > 250 {
			bad(i, "deadline_days", "expected 1 to 250 working days", it.DeadlineDays)
		}
		if !slices.Contains(evidences, it.FailEvidence) {
			bad(i, "fail_evidence", "expected none, note or file", it.FailEvidence)
		}
		if it.FixEvidence != "" && !slices.Contains(evidences, it.FixEvidence) {
			bad(i, "fix_evidence", "expected none, note or file", it.FixEvidence)
		}
		if (it.FailEvidence == EvidenceFile || it.FixEvidence == EvidenceFile) && strings.TrimSpace(it.Why) == "" {
			bad(i, "why", "say why a picture or file is necessary; without a reason it must not be compulsory", nil)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// decimal is how a number is written; the phone reads it by the same pattern.
var decimal = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

// Judge works out the result of an answer: for numbers and choices it follows
// from the value, otherwise it is what was given. msg says what is wrong with
// an answer that cannot be one.
func (it Item) Judge(result, value string) (judged string, msg fault.Text) {
	if result == NotApplicable {
		return NotApplicable, ""
	}
	switch it.Type {
	case Number:
		value = strings.TrimSpace(value)
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !decimal.MatchString(value) {
			return "", "expected a number"
		}
		judged = Pass
		if it.Minimum != nil && v < *it.Minimum || it.Maximum != nil && v > *it.Maximum {
			judged = Fail
		}
	case Choice:
		i := slices.IndexFunc(it.Choices, func(c ChoiceOption) bool { return c.Title == value })
		if i < 0 {
			return "", "expected one of the choices"
		}
		judged = Pass
		if it.Choices[i].Fails {
			judged = Fail
		}
	default:
		if it.Type == Text && strings.TrimSpace(value) == "" {
			return "", "expected a text as value"
		}
		if result != Pass && result != Fail {
			return "", "expected pass, fail or na as result"
		}
		return result, ""
	}
	if result != "" && result != judged {
		return "", fault.Textf("the result does not agree with the value, which means %s", fault.Word("answer", judged))
	}
	return judged, ""
}

// Lacks says which evidence of a failure is missing, empty for none.
func (it Item) Lacks(note string, files []string) fault.Text {
	switch {
	case it.FailEvidence == EvidenceNote && strings.TrimSpace(note) == "" && len(files) == 0:
		return "failed; say in a note what was found"
	case it.FailEvidence == EvidenceFile && len(files) == 0:
		return fault.Textf("failed; attach a picture or file: %s", it.Why)
	}
	return ""
}

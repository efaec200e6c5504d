package checklist_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/duban/duban/services/rectification/checklist"
)

// The phone judges without the server, in services/web/src/screens/inspections/answers.ts:
// its tests read these cases, too.
func TestJudging(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/judging.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name   string
		Item   checklist.Item
		Answer *struct {
			Result, Value, Note string
			FileIDs             []string `json:"file_ids"`
		}
		Result string
		Lack   string // what keeps it from being sent: answer, note or file
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 30 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		var result, lack string
		if c.Answer == nil {
			if !c.Item.Optional {
				lack = "answer"
			}
		} else {
			judged, wrong := c.Item.Judge(c.Answer.Result, c.Answer.Value)
			result = judged
			if wrong != "" {
				lack = "answer"
			} else if result == checklist.Fail && c.Item.Lacks(c.Answer.Note, c.Answer.FileIDs) != "" {
				lack = c.Item.FailEvidence
			}
		}
		if result != c.Result || lack != c.Lack {
			t.Errorf("%s: result %q, lacks %q; want %q, %q", c.Name, result, lack, c.Result, c.Lack)
		}
	}
}

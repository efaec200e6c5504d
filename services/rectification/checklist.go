package rectification

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/fault"
)

// The states of a checklist version.
const (
	ChecklistDraft     = "draft"
	ChecklistPublished = "published"
)

// Answer types of items.
const (
	PassFail = "pass_fail"
	Number   = "number" // with limits; the result follows from the value
	Text     = "text"
	Choice   = "choice" // the result follows from the choice
)

// What an item needs when it fails.
const (
	EvidenceNone = "none"
	EvidenceNote = "note" // a text
	EvidenceFile = "file" // a picture or document; the item says why
)

// Categories of findings, and severities from the lightest.
var (
	Categories = []string{"institutions", "awareness", "organisation", "technical"}
	Severities = []string{Minor, Ordinary, Major}
)

// The severities.
const (
	Minor    = "minor"
	Ordinary = "ordinary"
	Major    = "major" // its rectification needs 五落实: responsibility, measures, funds, deadline, contingency
)

// MaxItems bounds the items of a checklist.
const MaxItems = 500

// ChecklistHead is a version of a checklist without its items.
type ChecklistHead struct {
	ID          string
	Series      string // the same for all versions
	Number      int    // of the version, from 1
	Title       string
	Note        string
	UnitID      string // in whose name it is published; empty for the built-in ones
	UnitPath    string
	State       string
	ItemCount   int
	CreatedBy   string
	Author      string
	CreatedAt   time.Time
	PublishedAt *time.Time
	Version     int64
}

// BuiltIn tells that it ships with Duban and is visible to everybody who may
// read checklists.
func (c ChecklistHead) BuiltIn() bool { return c.UnitID == "" }

// Checklist is a version of a checklist.
type Checklist struct {
	ChecklistHead
	Items []Item
}

// Item is one point to check.
type Item struct {
	Key          string         `json:"key"`
	Group        string         `json:"group,omitempty"`
	Title        string         `json:"title"`
	Clause       string         `json:"clause,omitempty"` // law, standard or rule, with its number
	How          string         `json:"how,omitempty"`
	Type         string         `json:"type"`
	Minimum      *float64       `json:"minimum,omitempty"`
	Maximum      *float64       `json:"maximum,omitempty"`
	Measure      string         `json:"measure,omitempty"`
	Choices      []ChoiceOption `json:"choices,omitempty"`
	Category     string         `json:"category"`
	Severity     string         `json:"severity"`
	DeadlineDays int            `json:"deadline_days"` // working days
	PerDevice    bool           `json:"per_device,omitempty"`
	Optional     bool           `json:"optional,omitempty"`
	FailEvidence string         `json:"fail_evidence"`
	Why          string         `json:"why,omitempty"` // why a file is needed
}

// ChoiceOption is one answer of a choice.
type ChoiceOption struct {
	Title string `json:"title" minLength:"1" maxLength:"100" doc:"The answer" example:"每季度"`
	Fails bool   `json:"fails,omitempty" doc:"Choosing it is a failure"`
}

// Item returns the item with the key.
func (c Checklist) Item(key string) (Item, bool) {
	i := slices.IndexFunc(c.Items, func(it Item) bool { return it.Key == key })
	if i < 0 {
		return Item{}, false
	}
	return c.Items[i], true
}

var keyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,59}$`)

// validItems names everything that is wrong with the items at once.
func validItems(items []Item) error {
	f := fault.New(fault.Invalid, "invalid", "The items are not valid; see errors for each wrong part.")
	bad := func(i int, field, msg string, v any) {
		f = f.WithField(fmt.Sprintf("body.items[%d].%s", i, field), msg, v)
	}
	if len(items) > MaxItems {
		return fault.BadField("body.items", fmt.Sprintf("expected at most %d items; split the checklist", MaxItems), len(items))
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
			bad(i, "category", "expected one of "+strings.Join(Categories, ", "), it.Category)
		}
		if !slices.Contains(Severities, it.Severity) {
			bad(i, "severity", "expected one of "+strings.Join(Severities, ", "), it.Severity)
		}
		if it.DeadlineDays < 1 || it.DeadlineDays > 250 {
			bad(i, "deadline_days", "expected 1 to 250 working days", it.DeadlineDays)
		}
		switch it.FailEvidence {
		case EvidenceNone, EvidenceNote:
		case EvidenceFile:
			if strings.TrimSpace(it.Why) == "" {
				bad(i, "why", "say why a picture or file is necessary; without a reason it must not be compulsory", nil)
			}
		default:
			bad(i, "fail_evidence", "expected none, note or file", it.FailEvidence)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// Judge works out the result of an answer: for numbers and choices it follows
// from the value, otherwise it is what was given. msg says what is wrong with
// an answer that cannot be one.
func (it Item) Judge(result, value string) (judged, msg string) {
	if result == NotApplicable {
		return NotApplicable, ""
	}
	switch it.Type {
	case Number:
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || v != v {
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
		return "", "the result does not agree with the value, which means " + judged
	}
	return judged, ""
}

// Terminal rules: the built-in checklist.
const (
	TerminalRulesID     = "00000000-0000-7000-8000-0000000c0001"
	TerminalRulesSeries = "terminal-rules"
)

// BuiltInChecklists are the checklists that ship with Duban. A changed one
// gets the next number and a new id.
func BuiltInChecklists(now time.Time) []Checklist {
	item := func(key, group, title, how, severity string, days int) Item {
		return Item{
			Key: key, Group: group, Title: title, How: how, Type: PassFail, Category: "technical", Severity: severity,
			DeadlineDays: days, PerDevice: true, FailEvidence: EvidenceNote,
			Clause: "终端安全五项规定 第" + map[string]string{"network_separation": "一", "power_on_password": "二", "antivirus": "三", "wired_only": "四", "software": "五"}[key] + "项",
		}
	}
	items := []Item{
		item("network_separation", "网络", "内外网分离：内网终端不得连接外网，一机不得两用", "查看网线与网卡配置，在内网终端上尝试访问外网地址，检查有无双网卡、代理或手机共享网络", Major, 3),
		item("power_on_password", "账号口令", "设置开机口令，不少于六位，含字母、数字、符号三种字符", "重启终端查看是否要求口令，由使用人现场输入，核对口令长度与字符种类（不得记录口令本身）", Ordinary, 5),
		item("antivirus", "防护软件", "安装杀毒软件并保持更新", "打开杀毒软件查看版本、病毒库日期与最近一次查杀时间", Ordinary, 5),
		item("wired_only", "网络", "仅使用有线连接，关闭无线网卡、蓝牙和热点", "查看网络适配器与无线开关，检查有无随身无线设备", Ordinary, 5),
		item("software", "软件", "卸载与工作无关的软件", "查看已安装程序列表，核对与工作无关的软件", Minor, 10),
	}
	return []Checklist{{
		ChecklistHead: ChecklistHead{
			ID: TerminalRulesID, Series: TerminalRulesSeries, Number: 1, Title: "终端安全五项检查",
			Note: "逐台终端检查", State: ChecklistPublished, ItemCount: len(items), Author: "Duban",
			CreatedAt: now, PublishedAt: &now, Version: 1,
		},
		Items: items,
	}}
}

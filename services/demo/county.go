package demo

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/duban/duban/services/demo/divisions"
)

// county is what the demo plays in: a county that exists, with its towns,
// villages and communities, and made-up bureaus, schools, budget units and
// people.
type county struct {
	real   bool   // read from china-division, not built in
	code   string // of the county
	units  []divisions.Row
	people []person
	grants []grant
	byName map[string]string // short name of a unit the scenario speaks of → code
}

type person struct{ account, name, unit, title string }

// grant is a role at a unit; office is empty for the usual one.
type grant struct{ account, role, unit, office string }

// rootCode and rootName are the city above the county, where the three
// administrators sit.
const (
	rootCode = "3702"
	rootName = "青岛市"
)

// Units of the county itself, which no table of divisions lists.
var bureaus = []struct{ key, name, kind, sector string }{
	{"office", "网信办", "bureau", "cyberspace"},
	{"education", "教育和体育局", "bureau", "education"},
	{"industry", "工业和信息化局", "bureau", "telecom"},
	{"justice", "司法局", "bureau", "law"},
	{"league", "团委", "bureau", "youth"},
	{"media", "融媒体中心", "institution", "media"},
	{"finance", "财政局", "bureau", "finance"},
	{"treasury", "国库集中支付中心", "budget_unit", "finance"},
	{"health", "卫生健康局", "budget_unit", "finance"},
	{"agriculture", "农业农村局", "budget_unit", "finance"},
	{"culture", "文化和旅游局", "budget_unit", "finance"},
	{"archives", "档案馆", "budget_unit", "finance"},
	{"school1", "第一实验小学", "school", "education"},
	{"school2", "实验中学", "school", "education"},
	{"school3", "职业中等专业学校", "school", "education"},
}

// newCounty reads Pingdu from the npm package in dir, or takes the smaller
// built-in county where it is not installed.
func newCounty(dir string) (*county, error) {
	rows, err := divisions.County(dir, divisions.Pingdu)
	c := &county{real: true, byName: map[string]string{}}
	if errors.Is(err, divisions.ErrNotInstalled) {
		rows, err = divisions.BuiltIn(), nil
		c.real = false
	}
	if err != nil {
		return nil, fmt.Errorf("read the county: %w", err)
	}
	top := slices.IndexFunc(rows, func(r divisions.Row) bool { return r.Level == "county" })
	if top < 0 {
		return nil, errors.New("the table of divisions holds no county")
	}
	c.code = rows[top].Code
	for _, r := range rows {
		if r.Level == "county" {
			r.ParentCode = rootCode
		}
		if r.Level == "city" || r.Level == "province" {
			continue // the city is made by the set-up
		}
		c.units = append(c.units, r)
	}
	for i, b := range bureaus {
		r := divisions.Row{
			Code: fmt.Sprintf("%sD%02d", c.code, i+1), Name: b.name, ParentCode: c.code, Level: "unit",
			Kind: b.kind, Sector: b.sector, Staff: int64(20 + i*3),
		}
		if b.kind == "school" {
			r.Classes = int64(24 + 6*i%13)
		}
		c.units = append(c.units, r)
		c.byName[b.key] = r.Code
	}
	c.staff()
	return c, nil
}

// towns are the towns in the order of their codes.
func (c *county) towns() []divisions.Row { return c.below(c.code, "town") }

// villages are the villages and communities of a town.
func (c *county) villages(town string) []divisions.Row { return c.below(town, "unit") }

func (c *county) below(code, level string) []divisions.Row {
	var rs []divisions.Row
	for _, r := range c.units {
		if r.ParentCode == code && r.Level == level {
			rs = append(rs, r)
		}
	}
	slices.SortFunc(rs, func(a, b divisions.Row) int { return strings.Compare(a.Code, b.Code) })
	return rs
}

// account is the sign-in name of the reporter of a unit.
func account(unitCode string) string { return "u" + strings.ToLower(unitCode) }

// staff makes up the people: one reporter for every unit, and the others the
// scenario needs.
func (c *county) staff() {
	add := func(account, unit, title string, grants ...grant) {
		c.people = append(c.people, person{account: account, name: personName(account), unit: unit, title: title})
		c.grants = append(c.grants, grants...)
	}
	office, finance := c.byName["office"], c.byName["finance"]
	add("wangxin", office, "网信办专项行动负责人", grant{"wangxin", "campaign_manager", c.code, ""})
	add("caizheng", finance, "财政局网络安全检查负责人", grant{"caizheng", "campaign_manager", c.code, ""})
	add("jiancha1", office, "检查员", grant{"jiancha1", "inspector", c.code, ""})
	// Lent to the cyberspace office: inspects for it, and stays where they work.
	add("jiancha2", finance, "检查员（借调网信办）", grant{"jiancha2", "inspector", c.code, office})
	add("lingdao", c.code, "分管领导", grant{"lingdao", "leader", c.code, ""})
	add("chakan", c.code, "值班员", grant{"chakan", "viewer", c.code, ""})
	for _, r := range c.units {
		switch r.Level {
		case "town":
			a := "t" + r.Code
			add(a, r.Code, "镇街联络员", grant{a, "coordinator", r.Code, ""}, grant{a, "reporter", r.Code, ""})
		case "unit":
			a := account(r.Code)
			add(a, r.Code, "填报员", grant{a, "reporter", r.Code, ""})
		}
	}
	leader := "l" + strings.ToLower(c.byName["school1"])
	add(leader, c.byName["school1"], "校长", grant{leader, "leader", c.byName["school1"], ""})
}

// personName makes up a name; the same account always gets the same one.
func personName(account string) string {
	family := []rune("王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗")
	given := []rune("伟芳敏静丽强磊军洋勇艳杰娟涛明超霞平刚红")
	h := fnv.New32a()
	_, _ = h.Write([]byte(account))
	n := int(h.Sum32())
	return string([]rune{family[n%len(family)], given[n/20%len(given)], given[n/400%len(given)]})
}

func (c *county) unitsCSV() []byte {
	var b bytes.Buffer
	_ = divisions.Write(&b, slices.Values(c.units)) // a bytes.Buffer takes everything
	return b.Bytes()
}

func (c *county) peopleCSV() []byte {
	rows := [][]string{{"account", "name", "unit_code", "title", "phone"}}
	for _, p := range c.people {
		rows = append(rows, []string{p.account, p.name, p.unit, p.title, ""})
	}
	return table(rows)
}

func (c *county) grantsCSV() []byte {
	rows := [][]string{{"account", "role", "unit_code", "office_code"}}
	for _, g := range c.grants {
		rows = append(rows, []string{g.account, g.role, g.unit, g.office})
	}
	return table(rows)
}

func table(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows)
	return b.Bytes()
}

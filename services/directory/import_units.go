package directory

import (
	"context"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/table"
)

var unitColumns = []column{
	{"code", "编码", true, 64, []string{"单位编码", "单位代码", "代码", "机构编码", "机构代码", "区划代码", "行政区划代码", "unit code"}},
	{"name", "名称", true, 200, []string{"单位名称", "单位全称", "机构名称", "全称", "单位", "unit name"}},
	{"parent_code", "上级编码", true, 64, []string{"上级单位编码", "上级单位代码", "上级代码", "上级机构编码", "上级机构代码", "父级编码", "所属单位编码", "parent"}},
	{"level", "级别", true, 20, []string{"层级", "单位级别", "单位层级", "行政级别", "行政层级"}},
	{"kind", "类型", false, 50, []string{"单位类型", "单位类别", "类别", "机构类型", "type"}},
	{"sectors", "系统", false, 500, []string{"sector", "条线", "系统/条线", "所属系统", "所属条线", "行业系统"}},
	{"classes", "班级数", false, 20, []string{"班数", "班级数量", "班级个数"}},
	{"staff", "职工数", false, 20, []string{"教职工数", "职工人数", "教职工人数", "员工数", "在职人数", "职工数量"}},
	{"residents", "人口数", false, 20, []string{"人口", "常住人口", "常住人口数", "居民数", "人口数量"}},
	{"longitude", "经度", false, 20, []string{"lng", "lon"}}, {"latitude", "纬度", false, 20, []string{"lat"}},
}

// levelNames are the levels as people write them, by their table.Key.
var levelNames = map[string]string{
	"省": "province", "省级": "province", "自治区": "province", "直辖市": "province", "省级单位": "province",
	"市": "city", "市级": "city", "地级": "city", "州": "city", "地级市": "city", "地市": "city", "地市级": "city", "自治州": "city", "盟": "city", "设区市": "city", "设区的市": "city",
	"县": "county", "县级": "county", "区": "county", "区级": "county", "区县": "county", "县区": "county", "区县级": "county", "县区级": "county",
	"县级市": "county", "市辖区": "county", "县市区": "county", "县(市区)": "county", "县(市、区)": "county", "自治县": "county", "旗": "county", "旗县": "county",
	"镇": "town", "乡": "town", "街道": "town", "乡镇": "town", "镇街": "town", "乡镇街道": "town", "镇级": "town", "乡级": "town", "乡镇级": "town", "镇街级": "town",
	"街道级": "town", "街道办": "town", "街道办事处": "town", "办事处": "town", "民族乡": "town", "苏木": "town", "乡镇(街道)": "town", "镇(街道)": "town", "镇(街)": "town", "乡(镇)": "town",
	"单位": "unit", "村": "unit", "社区": "unit", "村居": "unit", "单位级": "unit", "基层单位": "unit", "村级": "unit", "社区级": "unit", "行政村": "unit", "村委会": "unit",
	"村民委员会": "unit", "居委会": "unit", "居民委员会": "unit", "村(居)": "unit", "村(社区)": "unit", "村、社区": "unit", "村/社区": "unit", "村社区": "unit",
}

// unitLine is a line of a units file; parent is the line of its parent when
// that is in the file and new.
type unitLine struct {
	row                    int
	code, name, parentCode string
	level, kind            string
	sectors                []string
	counts                 [3]int64 // classes, staff, residents
	longitude, latitude    float64  // degrees
	bad                    bool
	parent                 int // index; -1 when the parent exists or there is none
	path                   string
	above                  *Unit
	isParent               bool
}

// unitsPlan checks a units file against the tree.
type unitsPlan struct {
	plan
	s        *Service
	lines    []unitLine
	present  map[string]bool
	byCode   map[string]int
	existing codes
	byID     map[string]Unit // the parents of existing
	top      string          // level of the roots
	order    []int           // new lines, parents first
	changed  []unitChange
}

// ImportUnits makes and updates units from a file, all or nothing. Lines come
// in any order; existing codes are updated. Faults: import_rejected with every
// problem, import_file, import_type, import_too_long, import_running.
func (s *Service) ImportUnits(ctx context.Context, actor policy.Actor, up Upload, dryRun bool) (Report, error) {
	if !s.policy.Can(ctx, actor, "unit", "write", policy.Target{}) {
		return Report{}, fault.Denied("Only system administrators import units.")
	}
	read := &unitsPlan{s: s, byCode: map[string]int{}}
	read.kind = ImportUnits
	if err := read.read(ctx, up); err != nil {
		return Report{}, err
	}
	return s.importFile(ctx, actor, dryRun, func(ctx context.Context) (*plan, error) {
		p := *read
		p.lines, p.problems = slices.Clone(read.lines), read.problems.clone()
		if err := p.load(ctx); err != nil {
			return nil, err
		}
		book, err := s.CodeBook(ctx)
		if err != nil {
			return nil, err
		}
		p.values(book)
		p.match()
		p.arrange()
		p.plan.created, p.plan.updated = p.sound(), int64(len(p.changed))
		p.plan.chunks = p.cut(s.clock.Now())
		return &p.plan, nil
	})
}

func (p *unitsPlan) read(ctx context.Context, up Upload) (err error) {
	shared := map[string]string{} // one copy of what repeats on every line
	keep := func(v string) string {
		if x, ok := shared[v]; ok {
			return x
		}
		shared[v] = v
		return v
	}
	levels := map[string]string{}
	p.present, p.plan.lines, err = p.s.readLines(ctx, up, list{unitColumns, maxLines}, &p.problems, func(l lineOf) {
		before := p.problems.count
		u := unitLine{
			row: l.row, code: l.text("code"), name: l.text("name"), parentCode: keep(l.text("parent_code")),
			level: keep(l.text("level")), kind: keep(l.text("kind")), sectors: splitSectors(keep(l.text("sectors"))), parent: -1,
		}
		if u.code == "" && p.problems.count == before {
			p.problems.add(l.row, "code", "", "is missing")
		} else if !validCode(u.code) {
			p.problems.add(l.row, "code", u.code, "expected letters, digits, . - and _")
		}
		if u.name == "" {
			p.problems.add(l.row, "name", "", "is missing")
		}
		level, known := levels[u.level]
		if !known {
			level = levelOf(u.level)
			levels[u.level] = level
		}
		if u.level = level; !slices.Contains(policy.Levels, u.level) {
			p.problems.add(l.row, "level", u.level, "expected one of %s or 省, 市, 县, 镇, 单位", strings.Join(policy.Levels, ", "))
		}
		for i, c := range []string{"classes", "staff", "residents"} {
			u.counts[i] = l.count(c)
		}
		u.longitude = l.degrees("longitude", 180)
		u.latitude = l.degrees("latitude", 90)
		key := CodeKey(u.code)
		if first, twice := p.byCode[key]; twice && key != "" {
			p.problems.add(l.row, "code", u.code, "the code is in row %d already", p.lines[first].row)
			return
		}
		u.bad = p.problems.count > before
		p.byCode[key] = len(p.lines)
		p.lines = append(p.lines, u)
	})
	return err
}

// levelOf is the level that people mean; what they wrote where it is none.
func levelOf(written string) string {
	k := table.Key(written)
	if x, ok := levelNames[k]; ok {
		return x
	}
	if slices.Contains(policy.Levels, k) {
		return k
	}
	return written
}

// load reads what the file refers to.
func (p *unitsPlan) load(ctx context.Context) error {
	need := make([]string, 0, len(p.byCode))
	for _, l := range p.lines {
		need = append(need, l.code)
		if _, in := p.byCode[CodeKey(l.parentCode)]; !in && l.parentCode != "" {
			need = append(need, l.parentCode)
		}
	}
	slices.Sort(need)
	need = slices.Compact(need)
	p.byID = map[string]Unit{}
	exact := map[string]Unit{}
	var parents []string
	for part := range slices.Chunk(need, batch) {
		us, err := p.s.store.UnitsByCode(ctx, part)
		if err != nil {
			return err
		}
		for c, u := range us {
			exact[c] = u
			parents = append(parents, u.ParentID)
		}
	}
	p.existing = newCodes(exact)
	slices.Sort(parents)
	for part := range slices.Chunk(slices.Compact(parents), batch) {
		us, err := p.s.store.UnitsByID(ctx, part)
		if err != nil {
			return err
		}
		for c, u := range us {
			p.byID[c] = u
		}
	}
	roots, err := p.s.store.Units(ctx, UnitFilter{Reach: anywhere, Top: true, Limit: 1})
	if err == nil && len(roots) > 0 {
		p.top = roots[0].Level
	}
	return err
}

// anywhere is the reach of the service itself.
var anywhere = policy.Reach{Spans: []policy.Span{{Where: policy.Any}}}

// match compares each line with what there is and finds its parent.
func (p *unitsPlan) match() {
	for i := range p.lines {
		l := &p.lines[i]
		if u, ok := p.existing.find(l.code); ok {
			p.compare(*l, u)
			continue
		}
		if l.parentCode == "" {
			if p.top != "" && l.level != p.top && !l.bad {
				p.problems.add(l.row, "parent_code", "", "is missing; only units of level %s stand at the top", fault.Word("level", p.top))
			}
			continue
		}
		var level string
		if u, ok := p.existing.find(l.parentCode); ok {
			l.above, level = &u, u.Level
			if !u.Active {
				p.problems.add(l.row, "parent_code", l.parentCode, "the unit %s is deactivated", u.Name)
			}
		} else if at, ok := p.byCode[CodeKey(l.parentCode)]; ok {
			l.parent, level = at, p.lines[at].level
			p.lines[at].isParent = true
		} else {
			p.problems.add(l.row, "parent_code", l.parentCode, "there is no unit with this code, neither in the file nor in the system")
			continue
		}
		if slices.Contains(policy.Levels, level) && slices.Contains(policy.Levels, l.level) && !CanHold(level, l.level) {
			p.problems.add(l.row, "level", l.level, "a unit of level %s cannot stand below one of level %s", fault.Word("level", l.level), fault.Word("level", level))
		}
	}
}

// sound counts the new lines with which nothing is wrong.
func (p *unitsPlan) sound() int64 {
	wrong := map[int]bool{}
	for _, x := range p.problems.all {
		wrong[x.Row] = true
	}
	n := int64(0)
	for _, i := range p.order {
		if !wrong[p.lines[i].row] {
			n++
		}
	}
	return n
}

func (p *unitsPlan) compare(l unitLine, u Unit) {
	if parent := p.byID[u.ParentID].Code; CodeKey(l.parentCode) != CodeKey(parent) {
		p.problems.add(l.row, "parent_code", l.parentCode, "the unit stands below %q; an import does not move units, use POST /api/v1/units/{id}/move", parent)
	}
	if l.level != u.Level {
		p.problems.add(l.row, "level", l.level, "the unit is of level %s, which cannot be changed", fault.Word("level", u.Level))
	}
	if !u.Active {
		p.problems.add(l.row, "code", l.code, "the unit is deactivated; activate it first")
	}
	next := u
	var patch UnitPatch
	patch.Name = &l.name
	for col, set := range map[string]func(){
		"kind": func() { patch.Kind = &l.kind }, "sectors": func() { patch.Sectors = &l.sectors }, "classes": func() { patch.Classes = &l.counts[0] },
		"staff": func() { patch.Staff = &l.counts[1] }, "residents": func() { patch.Residents = &l.counts[2] },
		"longitude": func() { patch.Longitude = &l.longitude }, "latitude": func() { patch.Latitude = &l.latitude },
	} {
		if p.present[col] {
			set()
		}
	}
	patch.apply(&next)
	if reflect.DeepEqual(next, u) {
		p.unchanged++
		return
	}
	p.changed = append(p.changed, unitChange{ID: u.ID, Patch: patch})
}

// arrange orders the new lines so that parents come first, and finds cycles.
func (p *unitsPlan) arrange() {
	below := make(map[int][]int)
	var queue []int
	for i, l := range p.lines {
		if _, exists := p.existing.find(l.code); exists {
			continue
		}
		if l.parent < 0 {
			queue = append(queue, i)
		} else {
			below[l.parent] = append(below[l.parent], i)
		}
	}
	depth := make([]int, len(p.lines)) // 0 is not reached
	for _, i := range queue {
		depth[i] = 1
		if a := p.lines[i].above; a != nil {
			depth[i] += a.depth()
		}
	}
	p.order = queue
	for n := 0; n < len(p.order); n++ {
		i := p.order[n]
		if depth[i] == maxDepth+1 {
			p.problems.add(p.lines[i].row, "parent_code", p.lines[i].parentCode, "the tree would get deeper than %d", maxDepth)
		}
		for _, c := range below[i] {
			depth[c] = depth[i] + 1
			p.order = append(p.order, c)
		}
	}
	p.cycles(depth)
}

// cycles reports the lines that are their own ancestors: walking up from a
// line that was not reached ends in one.
func (p *unitsPlan) cycles(depth []int) {
	const seen = -1
	for i, l := range p.lines {
		if _, exists := p.existing.find(l.code); exists || depth[i] != 0 {
			continue
		}
		var walk []int
		at := i
		for depth[at] == 0 {
			depth[at] = seen
			walk = append(walk, at)
			at = p.lines[at].parent
		}
		from := slices.Index(walk, at)
		if from < 0 {
			continue // leads into a cycle that was reported
		}
		var names []string
		for _, x := range walk[from:] {
			if names = append(names, p.lines[x].code); len(names) == 20 {
				names = append(names, "…")
				break
			}
		}
		for _, x := range walk[from:] {
			p.problems.add(p.lines[x].row, "parent_code", p.lines[x].parentCode, "the unit stands below itself: %s", strings.Join(append(names, names[0]), " → "))
		}
	}
}

// cut makes the chunks; ids ascend with parents first, which is the order
// that databases take in fastest.
func (p *unitsPlan) cut(now time.Time) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		for part := range slices.Chunk(p.order, chunkSize) {
			c := chunk{New: make([]Unit, len(part))}
			for n, i := range part {
				c.New[n] = p.unit(i, now)
			}
			if !yield(c) {
				return
			}
		}
		for part := range slices.Chunk(p.changed, chunkSize) {
			if !yield(chunk{Changed: part}) {
				return
			}
		}
	}
}

func (p *unitsPlan) unit(i int, now time.Time) Unit {
	l := &p.lines[i]
	above := ""
	switch {
	case l.above != nil:
		above = l.above.Path
	case l.parent >= 0:
		above = p.lines[l.parent].path
	}
	u := Unit{
		ID: id.New(), Code: l.code, Level: l.level, Kind: l.kind, Sectors: l.sectors, Name: l.name, Initials: initials(l.name),
		Classes: l.counts[0], Staff: l.counts[1], Residents: l.counts[2], Longitude: l.longitude, Latitude: l.latitude, Active: true, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	u.Path = above + u.ID + "/"
	if ids := strings.Split(above, "/"); len(ids) > 1 {
		u.ParentID = ids[len(ids)-2]
	}
	if l.isParent {
		l.path = u.Path
	}
	return u
}

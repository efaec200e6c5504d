package directory

import (
	"bytes"
	"context"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

var unitColumns = []column{
	{"code", "编码", true, 64}, {"name", "名称", true, 200}, {"parent_code", "上级编码", true, 64}, {"level", "级别", true, 20},
	{"kind", "类型", false, 50}, {"sector", "系统", false, 50},
	{"classes", "班级数", false, 20}, {"staff", "职工数", false, 20}, {"residents", "人口数", false, 20},
	{"longitude", "经度", false, 20}, {"latitude", "纬度", false, 20},
}

var levelNames = map[string]string{
	"省": "province", "省级": "province", "自治区": "province", "直辖市": "province",
	"市": "city", "市级": "city", "地级": "city", "州": "city",
	"县": "county", "县级": "county", "区": "county", "区县": "county", "县区": "county",
	"镇": "town", "乡": "town", "街道": "town", "乡镇": "town", "镇街": "town", "乡镇街道": "town", "镇级": "town",
	"单位": "unit", "村": "unit", "社区": "unit", "村居": "unit",
}

// unitLine is a line of a units file; parent is the line of its parent when
// that is in the file and new.
type unitLine struct {
	row                    int
	code, name, parentCode string
	level, kind, sector    string
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
	existing map[string]Unit // by code
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
	return s.importFile(ctx, actor, dryRun, func(ctx context.Context) (*plan, error) {
		// One guess at the size saves growing into it; XLSX guesses low.
		guess := bytes.Count(up.Data, []byte{'\n'})
		p := &unitsPlan{s: s, byCode: make(map[string]int, guess), lines: make([]unitLine, 0, guess)}
		p.kind = ImportUnits
		if err := p.read(up); err != nil {
			return nil, err
		}
		if err := p.load(ctx); err != nil {
			return nil, err
		}
		p.match()
		p.arrange()
		p.plan.created, p.plan.updated = int64(len(p.order)), int64(len(p.changed))
		p.plan.chunks = p.cut(s.clock.Now())
		return &p.plan, nil
	})
}

func (p *unitsPlan) read(up Upload) (err error) {
	shared := map[string]string{} // one copy of what repeats on every line
	keep := func(v string) string {
		if x, ok := shared[v]; ok {
			return x
		}
		v = strings.Clone(v)
		shared[v] = v
		return v
	}
	p.present, p.plan.lines, err = p.s.readLines(up, unitColumns, maxLines, &p.problems, func(l lineOf) {
		before := p.problems.count
		u := unitLine{
			row: l.row, code: l.cells["code"], name: l.cells["name"], parentCode: keep(l.cells["parent_code"]),
			level: keep(l.cells["level"]), kind: keep(l.cells["kind"]), sector: keep(l.cells["sector"]), parent: -1,
		}
		if !validCode(u.code) {
			p.problems.add(l.row, "code", u.code, "expected letters, digits, . - and _")
		}
		if u.name == "" {
			p.problems.add(l.row, "name", "", "is missing")
		}
		if x, ok := levelNames[u.level]; ok {
			u.level = x
		}
		if !slices.Contains(policy.Levels, u.level) {
			p.problems.add(l.row, "level", u.level, "expected one of %s or 省, 市, 县, 镇, 单位", strings.Join(policy.Levels, ", "))
		}
		for i, c := range []string{"classes", "staff", "residents"} {
			if v := l.cells[c]; v != "" {
				n, err := strconv.ParseInt(v, 10, 64)
				if err != nil || n < 0 || n > 1_000_000_000 {
					p.problems.add(l.row, c, v, "expected a whole number that is not negative")
				}
				u.counts[i] = n
			}
		}
		u.longitude = p.degrees(l, "longitude", 180)
		u.latitude = p.degrees(l, "latitude", 90)
		if first, twice := p.byCode[u.code]; twice && u.code != "" {
			p.problems.add(l.row, "code", u.code, "the code is in row %d already", p.lines[first].row)
			return
		}
		u.bad = p.problems.count > before
		p.byCode[u.code] = len(p.lines)
		p.lines = append(p.lines, u)
	})
	return err
}

// degrees reads a coordinate up to most; 0 where there is none.
func (p *unitsPlan) degrees(l lineOf, column string, most float64) float64 {
	v := l.cells[column]
	if v == "" {
		return 0
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || !(math.Abs(x) <= most) {
		p.problems.add(l.row, column, v, "expected degrees from -%v to %v", most, most)
		return 0
	}
	return x
}

// load reads what the file refers to.
func (p *unitsPlan) load(ctx context.Context) error {
	need := make([]string, 0, len(p.byCode))
	for _, l := range p.lines {
		need = append(need, l.code)
		if _, in := p.byCode[l.parentCode]; !in && l.parentCode != "" {
			need = append(need, l.parentCode)
		}
	}
	slices.Sort(need)
	need = slices.Compact(need)
	p.existing, p.byID = map[string]Unit{}, map[string]Unit{}
	var parents []string
	for part := range slices.Chunk(need, batch) {
		us, err := p.s.store.UnitsByCode(ctx, part)
		if err != nil {
			return err
		}
		for c, u := range us {
			p.existing[c] = u
			parents = append(parents, u.ParentID)
		}
	}
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
var anywhere = policy.Reach{Spans: []policy.Span{{Mode: policy.Any}}}

// match compares each line with what there is and finds its parent.
func (p *unitsPlan) match() {
	for i := range p.lines {
		l := &p.lines[i]
		if u, ok := p.existing[l.code]; ok {
			p.compare(*l, u)
			continue
		}
		if l.parentCode == "" {
			if p.top != "" && l.level != p.top && !l.bad {
				p.problems.add(l.row, "parent_code", "", "is missing; only units of level %s stand at the top", p.top)
			}
			continue
		}
		var level string
		if u, ok := p.existing[l.parentCode]; ok {
			l.above, level = &u, u.Level
			if !u.Active {
				p.problems.add(l.row, "parent_code", l.parentCode, "the unit %s is deactivated", u.Name)
			}
		} else if at, ok := p.byCode[l.parentCode]; ok {
			l.parent, level = at, p.lines[at].level
			p.lines[at].isParent = true
		} else {
			p.problems.add(l.row, "parent_code", l.parentCode, "there is no unit with this code, neither in the file nor in the system")
			continue
		}
		if slices.Contains(policy.Levels, level) && slices.Contains(policy.Levels, l.level) && !CanHold(level, l.level) {
			p.problems.add(l.row, "level", l.level, "a unit of level %s cannot stand below one of level %s", l.level, level)
		}
	}
}

func (p *unitsPlan) compare(l unitLine, u Unit) {
	if parent := p.byID[u.ParentID].Code; l.parentCode != parent {
		p.problems.add(l.row, "parent_code", l.parentCode, "the unit stands below %q; an import does not move units, use POST /api/v1/units/{id}/move", parent)
	}
	if l.level != u.Level {
		p.problems.add(l.row, "level", l.level, "the unit is of level %s, which cannot be changed", u.Level)
	}
	if !u.Active {
		p.problems.add(l.row, "code", l.code, "the unit is deactivated; activate it first")
	}
	next := u
	var patch UnitPatch
	patch.Name = &l.name
	for col, set := range map[string]func(){
		"kind": func() { patch.Kind = &l.kind }, "sector": func() { patch.Sector = &l.sector }, "classes": func() { patch.Classes = &l.counts[0] },
		"staff": func() { patch.Staff = &l.counts[1] }, "residents": func() { patch.Residents = &l.counts[2] },
		"longitude": func() { patch.Longitude = &l.longitude }, "latitude": func() { patch.Latitude = &l.latitude },
	} {
		if p.present[col] {
			set()
		}
	}
	patch.apply(&next)
	if next == u {
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
		if _, exists := p.existing[l.code]; exists {
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
		if _, exists := p.existing[l.code]; exists || depth[i] != 0 {
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
		ID: id.New(), Code: l.code, Level: l.level, Kind: l.kind, Sector: l.sector, Name: l.name, Initials: initials(l.name),
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

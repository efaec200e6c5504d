package document

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
)

// RecordPaper writes the original record of an inspection, in the 6 columns
// that offices use, with lines to be signed.
func (s *Service) RecordPaper(ctx context.Context, actor policy.Actor, inspectionID, format string) (Document, error) {
	v, err := s.visits.Opened(ctx, actor, inspectionID)
	if err != nil {
		return Document{}, err
	}
	in := v.Thing
	var given []rectification.GivenFile
	for _, a := range in.Answers {
		for _, x := range a.FileIDs {
			given = append(given, rectification.GivenFile{ID: x, GivenBy: a.AnsweredBy})
		}
	}
	for _, a := range in.Amendments {
		for _, x := range a.FileIDs {
			given = append(given, rectification.GivenFile{ID: x, GivenBy: a.ByID})
		}
	}
	pictures, err := s.albumFor(ctx, actor, given)
	if err != nil {
		return Document{}, err
	}
	unit := v.Names[in.UnitID]
	p := Paper{
		Name: "检查记录 " + unit + " " + in.PlannedDay, Title: "检查原始记录", Upright: true, Origin: s.origin(actor, inspectionProvenance(in.InspectionHead)),
		Columns: []string{"序号", "检查项目", "检查内容", "检查结果", "检查情况", "图片"},
		Rows:    recordRows(v, pictures),
		Remarks: recordLines(v),
	}
	return s.write(p, format)
}

func inspectionProvenance(in rectification.InspectionHead) string {
	return fmt.Sprintf("%s，第%d版", word("state.inspection", in.State), in.Version)
}

// observed is what was found for an item at some devices alike.
type observed struct {
	devices      []string
	result, text string
	files        []string
}

// recordRows has a row for each item and what was found for it; devices for
// which the same was found share a row. What was added about the whole follows.
func recordRows(v rectification.InspectionView, pictures album) [][]Cell {
	var rows [][]Cell
	for _, it := range v.Checklist.Items {
		found := found(v, it)
		for i, x := range found {
			text := x.text
			if len(x.devices) > 0 {
				text = lines(strings.Join(x.devices, "、"), text)
			}
			row := texts("", it.Group, lines(it.Title, it.Clause), x.result, text, "")
			row[0].Text = fmt.Sprint(len(rows) + 1)
			if i > 0 {
				row[1], row[2] = Cell{Rows: -1}, Cell{Rows: -1}
			} else if len(found) > 1 {
				row[1].Rows, row[2].Rows = len(found), len(found)
			}
			row[5] = pictures.cell(x.files)
			rows = append(rows, row)
		}
	}
	for _, m := range v.Thing.Amendments {
		if m.ItemKey == "" {
			row := texts(fmt.Sprint(len(rows)+1), "补记", "", "", m.Text, "")
			row[5] = pictures.cell(m.FileIDs)
			rows = append(rows, row)
		}
	}
	return rows
}

func found(v rectification.InspectionView, it checklist.Item) []observed {
	in := v.Thing
	var out []observed
	for _, place := range in.Places(it) {
		a, ok := in.Answer(it.Key, place)
		x := observed{result: "未检查"}
		if ok {
			value := ""
			if a.Value != "" {
				value = a.Value + it.Measure
			}
			x = observed{result: word("answer", a.Result), text: lines(value, a.Note), files: a.FileIDs}
		}
		for _, m := range in.Amendments {
			if m.ItemKey == it.Key && m.DeviceID == place {
				x.text, x.files = lines(x.text, "补记："+m.Text), append(slices.Clone(x.files), m.FileIDs...)
			}
		}
		name := ""
		if d, ok := in.Device(place); ok {
			name = d.Label
		}
		i := slices.IndexFunc(out, func(y observed) bool {
			return y.result == x.result && y.text == x.text && len(y.files)+len(x.files) == 0
		})
		if i < 0 {
			i = len(out)
			out = append(out, x)
		}
		if name != "" {
			out[i].devices = append(out[i].devices, name)
		}
	}
	return out
}

// recordLines are what stands below the record: who was there, and where they sign.
func recordLines(v rectification.InspectionView) []string {
	in := v.Thing
	var names []string
	for _, p := range in.Inspectors {
		names = append(names, p.Name)
	}
	day := in.PlannedDay
	if in.SentAt != nil {
		day = dayOf(in.SentAt)
	}
	out := []string{
		fmt.Sprintf("被检查单位：%s　　检查方式：%s　　检查日期：%s", v.Names[in.UnitID], word("inspection_kind", in.Kind), day),
		fmt.Sprintf("检查单位：%s　　检查人员：%s　　检查表：%s（第%d版）", v.Names[in.OfficeID], strings.Join(names, "、"), v.Checklist.Title, v.Checklist.Number),
	}
	if in.Note != "" {
		out = append(out, "备注："+in.Note)
	}
	if len(in.Responses) > 0 {
		r := in.Responses[len(in.Responses)-1]
		out = append(out, "被检查单位意见："+word("response", r.State))
		if r.Text != "" {
			out = append(out, "异议内容："+r.Text)
		}
		if r.Answer != "" {
			out = append(out, "异议处理："+r.Answer)
		}
	}
	return append(out, "检查人员（签字）：　　　　　　　　　　被检查单位负责人（签字）：")
}

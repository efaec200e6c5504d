package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/rectification"
	"github.com/uptrace/bun"
)

func (r reader) Inspection(ctx context.Context, id string) (rectification.Inspection, error) {
	var row inspectionRow
	var in rectification.Inspection
	if err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return in, missing(err, "inspection")
	}
	in.InspectionHead = row.InspectionHead
	var ps []inspectorRow
	var ds []deviceRow
	var as []answerRow
	var ams []amendmentRow
	var rs []responseRow
	for _, x := range []struct {
		rows  any
		order string
	}{{&ps, "person_id"}, {&ds, "position"}, {&as, "item_key, device_id"}, {&ams, "id"}, {&rs, "id"}} {
		if err := r.q.NewSelect().Model(x.rows).Where("inspection_id = ?", id).OrderExpr(x.order).Scan(ctx); err != nil {
			return in, fmt.Errorf("read inspection: %w", err)
		}
	}
	for _, p := range ps {
		in.Inspectors = append(in.Inspectors, p.Inspector)
	}
	for _, d := range ds {
		in.Devices = append(in.Devices, d.Device)
	}
	for _, a := range as {
		b := rectification.Answer{
			ItemKey: a.ItemKey, DeviceID: a.DeviceID, Result: a.Result, Value: a.Value, Note: a.Note,
			AnsweredBy: a.AnsweredBy, AnsweredAt: a.AnsweredAt.UTC(),
		}
		if err := fromJSON(a.FileIDs, &b.FileIDs); err != nil {
			return in, err
		}
		in.Answers = append(in.Answers, b)
	}
	for _, r := range rs {
		in.Responses = append(in.Responses, r.Response)
	}
	for _, a := range ams {
		x := rectification.Amendment{AmendmentHead: a.AmendmentHead}
		if err := fromJSON(a.FileIDs, &x.FileIDs); err != nil {
			return in, fmt.Errorf("amendment %s: %w", a.ID, err)
		}
		in.Amendments = append(in.Amendments, x)
	}
	return in, nil
}

// under bounds a query to a unit and what is below it; an unknown unit has
// nothing below it.
func (s *Store) under(ctx context.Context, q *bun.SelectQuery, column, unitID string) error {
	if unitID == "" {
		return nil
	}
	u, err := s.Unit(ctx, unitID)
	if err != nil {
		if missingUnit(err) {
			q.Where("1 = 0")
			return nil
		}
		return err
	}
	q.Where("(? >= ? AND ? < ?)", bun.Ident(column), u.Path, bun.Ident(column), scope.End(u.Path))
	return nil
}

func (s *Store) Inspections(ctx context.Context, q rectification.InspectionQuery) ([]rectification.InspectionHead, error) {
	var rows []inspectionRow
	sel := s.q.NewSelect().Model(&rows).OrderExpr("i.planned_day DESC, i.id DESC").Limit(int64(q.Limit))
	at := scope.Columns{UnitID: "i.unit_id", UnitPath: "i.unit_path", Offices: []string{"i.office_id"}}
	scope.Where(sel, q.Reach, at)
	// The same as InspectionHead.unannounced.
	sel.WhereGroup(" AND ", func(x *bun.SelectQuery) *bun.SelectQuery {
		return x.Where("i.state = ?", event.ResultsSent).WhereOr("i.kind NOT IN (?)", bun.List(event.UnannouncedKinds)).
			WhereGroup(" OR ", func(x *bun.SelectQuery) *bun.SelectQuery { return scope.Where(x, q.Reach.FromAbove(), at) })
	})
	if err := s.under(ctx, sel, "i.unit_path", q.UnderID); err != nil {
		return nil, err
	}
	states(sel, "i.state", q.States)
	equal(sel, map[string]string{"i.unit_id": q.UnitID, "i.kind": q.Kind, "i.campaign_id": q.Campaign, "i.response": q.Response})
	if q.InspectorID != "" {
		sel.Where("EXISTS (SELECT 1 FROM inspection_inspectors AS p WHERE p.inspection_id = i.id AND p.person_id = ?)", q.InspectorID)
	}
	if q.AfterID != "" {
		sel.Where("(i.planned_day, i.id) < (?, ?)", q.AfterDay, q.AfterID)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list inspections: %w", err)
	}
	out := make([]rectification.InspectionHead, len(rows))
	for i, r := range rows {
		out[i] = r.InspectionHead
	}
	return out, nil
}

// states keeps what is in one of the states; none means any.
func states(q *bun.SelectQuery, column string, of []string) {
	if len(of) > 0 {
		q.Where("? IN (?)", bun.Ident(column), bun.List(of))
	}
}

// equal adds a condition for every column that has a value.
func equal(q *bun.SelectQuery, values map[string]string) {
	for c, v := range values {
		if v != "" {
			q.Where("? = ?", bun.Ident(c), v)
		}
	}
}

func (x *tx) InsertInspection(ctx context.Context, in rectification.Inspection) error {
	if err := insert(ctx, x, "inspection", []inspectionRow{{InspectionHead: in.InspectionHead}}); err != nil {
		return err
	}
	if err := x.SetInspectors(ctx, in.ID, in.Inspectors); err != nil {
		return err
	}
	return x.SetDevices(ctx, in.ID, in.Devices)
}

func (x *tx) UpdateInspection(ctx context.Context, in rectification.InspectionHead, was int64) error {
	return x.update(ctx, versioned{"inspection", in.ID, was, &inspectionRow{InspectionHead: in}}, "unit_id", "unit_path", "content_hash")
}

func (x *tx) SetInspectors(ctx context.Context, id string, ps []rectification.Inspector) error {
	if _, err := x.t.NewDelete().Model((*inspectorRow)(nil)).Where("inspection_id = ?", id).Exec(ctx); err != nil {
		return err
	}
	rows := make([]inspectorRow, len(ps))
	for i, p := range ps {
		rows[i] = inspectorRow{InspectionID: id, Inspector: p}
	}
	return insert(ctx, x, "inspectors", rows)
}

func (x *tx) SetDevices(ctx context.Context, id string, ds []rectification.Device) error {
	if _, err := x.t.NewDelete().Model((*deviceRow)(nil)).Where("inspection_id = ?", id).Exec(ctx); err != nil {
		return err
	}
	rows := make([]deviceRow, len(ds))
	for i, d := range ds {
		rows[i] = deviceRow{InspectionID: id, Position: i + 1, Device: d}
	}
	for part := range slices.Chunk(rows, 500) {
		if err := insert(ctx, x, "devices", part); err != nil {
			return err
		}
	}
	return nil
}

func (x *tx) PutAnswers(ctx context.Context, id string, as []rectification.Answer) error {
	if len(as) == 0 {
		return nil
	}
	rows := make([]answerRow, len(as))
	for i, a := range as {
		rows[i] = answerRow{
			InspectionID: id, ItemKey: a.ItemKey, DeviceID: a.DeviceID, Result: a.Result, Value: a.Value, Note: a.Note,
			FileIDs: toJSON(a.FileIDs), AnsweredBy: a.AnsweredBy, AnsweredAt: a.AnsweredAt,
		}
	}
	q := x.t.NewInsert().Model(&rows).On("CONFLICT (inspection_id, item_key, device_id) DO UPDATE")
	for _, c := range []string{"result", "value", "note", "file_ids", "answered_by", "answered_at"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("store answers: %w", err)
	}
	return nil
}

func (x *tx) AddResponse(ctx context.Context, id string, r rectification.Response) error {
	return insert(ctx, x, "response", []responseRow{{InspectionID: id, Response: r}})
}

func (x *tx) UpdateResponse(ctx context.Context, r rectification.Response) error {
	return x.put(ctx, "response", &responseRow{Response: r}, r.ID, "inspection_id")
}

func (x *tx) AddAmendment(ctx context.Context, id string, a rectification.Amendment) error {
	return insert(ctx, x, "amendment", []amendmentRow{{InspectionID: id, AmendmentHead: a.AmendmentHead, FileIDs: toJSON(a.FileIDs)}})
}

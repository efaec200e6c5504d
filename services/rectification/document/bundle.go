package document

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/rectification"
)

// Bundle is the documents of a finished job, to be written as a ZIP.
type Bundle struct {
	Name  string
	parts []Part    // without data
	says  []string  // which documents are not in it, and why
	made  time.Time // when, as clocks show it here
	store Store
}

// Bundle gathers the documents of a finished job: those of orders that are
// still open to actor. A text in the ZIP names what is not in it.
func (s *Service) Bundle(ctx context.Context, actor policy.Actor, jobID string) (*Bundle, error) {
	j, err := s.JobOf(ctx, actor, jobID)
	if err != nil {
		return nil, err
	}
	switch j.State {
	case Done:
	case Cancelled:
		return nil, fault.New(fault.Conflict, "documents_cancelled", "The making of these documents was ended, because you could read no orders any more. Ask for them anew.")
	default:
		return nil, fault.New(fault.Conflict, "not_ready", "The documents are being made: %d of %d are ready. Ask again in a moment.", j.Done, j.Total)
	}
	parts, err := s.store.Parts(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	orders, err := s.store.RectificationsByID(ctx, rectification.IDsOf(parts, func(p Part) []string { return []string{p.RectificationID} }))
	if err != nil {
		return nil, err
	}
	reach := s.policy.Reach(ctx, actor, "rectification", "open")
	b := &Bundle{Name: map[string]string{FormOrder: "整改通知书", FormCloseOut: "销号申请"}[j.Form] + ".zip", store: s.store}
	if j.FinishedAt != nil {
		b.made = j.FinishedAt.In(clock.Shanghai)
	}
	why := map[string]string{"not_reported": "单位尚未报送整改情况", "not_found": "已不在查看范围", "forbidden": "已不在查看范围"}
	for _, p := range parts {
		r := orders[p.RectificationID]
		switch {
		case !reach.Covers(targetOf(r)):
			b.says = append(b.says, fmt.Sprintf("第%d件：已不在查看范围", p.Position+1))
		case p.Problem != "":
			text, ok := why[p.Problem]
			if !ok {
				text = p.Problem
			}
			b.says = append(b.says, r.Number+"："+text)
		default:
			b.parts = append(b.parts, p)
		}
	}
	return b, nil
}

// Write streams the ZIP, a document at a time. An error means that what was
// written is not whole.
func (b *Bundle) Write(ctx context.Context, w io.Writer) error {
	z := zip.NewWriter(w)
	for _, p := range b.parts {
		data, err := b.store.Data(ctx, p.JobID, p.Position)
		if err != nil {
			return err
		}
		// The documents are compressed in themselves.
		f, err := z.CreateHeader(&zip.FileHeader{
			Name: filename.Safe(fmt.Sprintf("%03d %s", p.Position+1, p.Name), filename.Packed), Method: zip.Store, Modified: b.made,
		})
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", p.Name, err)
		}
	}
	if len(b.says) > 0 {
		f, err := z.CreateHeader(&zip.FileHeader{Name: "未列入的文件.txt", Method: zip.Deflate, Modified: b.made})
		if err == nil {
			_, err = io.WriteString(f, strings.Join(b.says, "\r\n")+"\r\n")
		}
		if err != nil {
			return fmt.Errorf("write what is missing: %w", err)
		}
	}
	return z.Close()
}

package demo

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/duban/duban/api/client"
	"github.com/xuri/excelize/v2"
)

// body reads a downloaded file; nil when the process that sent it died before
// its end.
func body(r *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil
	}
	return raw, err
}

// inZip reads a file in a ZIP; nil when it is not there.
func inZip(raw []byte, name string) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	return nil, nil
}

// papers has an order taken as Word and as Excel, by whoever gave it and by its
// unit, each with the picture in it; and all orders of a campaign in one job.
func (p *play) papers(inspector, unit, campaignID string, c *client.RectificationCase) {
	for _, who := range []string{inspector, account(p.county.byName[unit])} {
		p.until(who, "takes the order "+c.Number+" as Word", func() (string, bool, error) {
			a, err := p.as(who)
			if err != nil {
				return "", false, err
			}
			raw, err := body(a.ExportRectificationOrder(p.ctx, c.ID, nil))
			if err != nil || raw == nil {
				return "cut off", false, err
			}
			doc, err := inZip(raw, "word/document.xml")
			if err != nil {
				return "", false, err
			}
			text := string(doc)
			if !strings.Contains(text, c.Number) || strings.Count(text, "<w:gridCol ") != 14 || !strings.Contains(text, "导出人：") {
				return "", false, fmt.Errorf("the document lacks its number, its 14 columns or where it comes from")
			}
			// The picture has to be examined first.
			return fmt.Sprintf("%d KB", len(raw)/1024), strings.Contains(text, "<w:drawing>"), nil
		})
	}
	p.until(inspector, "takes it as Excel", func() (string, bool, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", false, err
		}
		raw, err := body(a.ExportRectificationOrder(p.ctx, c.ID, &client.ExportRectificationOrderParams{Format: ptr(client.ExportRectificationOrderParamsFormat("xlsx"))}))
		if err != nil || raw == nil {
			return "cut off", false, err
		}
		f, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			return "", false, err
		}
		defer f.Close()
		rows, err := f.GetRows("Sheet1")
		if err != nil {
			return "", false, err
		}
		at, err := f.GetPictureCells("Sheet1")
		if err != nil {
			return "", false, err
		}
		said := strings.Join(slices.Concat(rows...), "\n")
		top := slices.IndexFunc(rows, func(r []string) bool { return len(r) == 14 })
		if top < 0 || len(at) != 1 || at[0] != fmt.Sprintf("F%d", top+2) {
			return "", false, fmt.Errorf("%d rows, the columns in %d, pictures in %v", len(rows), top+1, at)
		}
		if !strings.Contains(said, "前完成整改") || !strings.Contains(said, c.Number) {
			return "", false, fmt.Errorf("it lacks its letter")
		}
		return "14 columns, its letter, and a picture in its cell", true, nil
	})
	var job *client.RectificationDocumentJob
	p.do(inspector, "asks for all orders of the campaign at once", func() (string, error) {
		a, err := p.as(inspector)
		if err != nil {
			return "", err
		}
		job, err = a.MakeDocuments(p.ctx, client.RectificationDocumentsBody{Form: "order", CampaignID: &campaignID})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d documents", job.Total), nil
	})
	p.until(inspector, "fetches them", func() (string, bool, error) {
		if job == nil {
			return "", false, errNothing
		}
		a, err := p.as(inspector)
		if err != nil {
			return "", false, err
		}
		now, err := a.GetDocumentJob(p.ctx, job.ID)
		if err != nil || now.State != "done" {
			return "", false, err
		}
		raw, err := body(a.DownloadDocuments(p.ctx, job.ID))
		if err != nil || raw == nil {
			return "cut off", false, err
		}
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return "", false, err
		}
		if len(z.File) != int(job.Total) {
			return "", false, fmt.Errorf("%d files, want %d", len(z.File), job.Total)
		}
		return fmt.Sprintf("a ZIP of %d", len(z.File)), true, nil
	})
}

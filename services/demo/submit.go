package demo

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/duban/duban/api/client"
)

// upload sends a file by the tus protocol in two parts, as over a line that
// drops in between, and returns its id.
func (p *play) upload(a *actor, unitID, name string, content []byte) (string, error) {
	meta := fmt.Sprintf("filename %s,unit_id %s", base64.StdEncoding.EncodeToString([]byte(name)), base64.StdEncoding.EncodeToString([]byte(unitID)))
	call := func(method, address string, body []byte, header map[string]string) (http.Header, error) {
		req, err := http.NewRequestWithContext(p.ctx, method, address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Tus-Resumable", "1.0.0")
		req.Header.Set("Authorization", "Bearer "+a.Token())
		for k, v := range header {
			req.Header.Set(k, v)
		}
		resp, err := p.http.Do(req)
		if err != nil {
			return nil, err
		}
		raw, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode >= 300 && resp.StatusCode != http.StatusConflict {
			return nil, fmt.Errorf("%s upload: %s: %s", method, resp.Status, raw)
		}
		return resp.Header, nil
	}
	made, err := call(http.MethodPost, p.opt.Server+"/api/v1/uploads", nil, map[string]string{"Upload-Length": strconv.Itoa(len(content)), "Upload-Metadata": meta})
	if err != nil {
		return "", err
	}
	at, err := url.Parse(made.Get("Location"))
	if err != nil {
		return "", err
	}
	address := p.opt.Server + at.Path
	for part := 0; ; part++ {
		if part > 100 {
			return "", fmt.Errorf("the upload never ends")
		}
		// What the server has is what counts: asked anew before each part.
		head, err := call(http.MethodHead, address, nil, nil)
		if err != nil {
			return "", err
		}
		offset, err := strconv.Atoi(head.Get("Upload-Offset"))
		if err != nil {
			return "", fmt.Errorf("upload offset: %w", err)
		}
		if id := head.Get("Duban-File-Id"); id != "" {
			return id, nil
		}
		end := min(len(content), offset+len(content)/2+1)
		done, err := call(http.MethodPatch, address, content[offset:end], map[string]string{
			"Upload-Offset": strconv.Itoa(offset), "Content-Type": "application/offset+octet-stream",
		})
		if err != nil {
			return "", err
		}
		if id := done.Get("Duban-File-Id"); id != "" {
			return id, nil
		}
	}
}

// given is what a unit answers to the requirements of a task.
type given struct {
	figures  map[string]float64 // by figure
	text     string
	document []byte // given where a document is asked for
	name     string
	seal     client.EvidenceSealBody
}

// submit opens a draft for the target, fills in every compulsory requirement
// from g and seals it.
func (p *play) submit(a *actor, kind, targetID string, g given) (*client.EvidenceSubmission, error) {
	s, err := a.CreateSubmission(p.ctx, client.EvidenceNewSubmission{Target: client.EvidenceNewSubmissionTarget(kind), TargetID: targetID})
	if err != nil {
		return nil, err
	}
	for _, r := range s.Requirements {
		var item client.EvidenceItemBody
		switch string(r.Kind) {
		case "number":
			v, ok := g.figures[val(r.Figure)]
			if !ok {
				if !r.Compulsory {
					continue
				}
				v = max(1, val(r.Minimum))
			}
			item.Value = ptr(v)
		case "text":
			item.Text = ptr(g.text)
		case "document", "photo":
			if g.document == nil && !r.Compulsory {
				continue
			}
			content := g.document
			if content == nil {
				content = pdf(g.text)
			}
			id, err := p.upload(a, s.UnitID, g.name, content)
			if err != nil {
				return nil, err
			}
			item.FileIds = []string{id}
		case "link":
			if !r.Compulsory {
				continue
			}
			item.Links = []string{"https://media.example/" + s.ID}
		case "table":
			if !r.Compulsory {
				continue
			}
			row := map[string]any{}
			for _, c := range r.Columns {
				switch string(c.Type) {
				case "number":
					row[c.Key] = 1
				case "day":
					row[c.Key] = p.day(0).Format("2006-01-02")
				case "yes_no":
					row[c.Key] = true
				default:
					row[c.Key] = "无"
				}
			}
			item.Rows = []map[string]any{row}
		default:
			if !r.Compulsory {
				continue
			}
			item.Text = ptr(g.text)
		}
		if _, err := a.PutSubmissionItem(p.ctx, s.ID, r.ID, item); err != nil {
			return nil, fmt.Errorf("requirement %s: %w", r.Title, err)
		}
	}
	return a.SealSubmission(p.ctx, s.ID, g.seal)
}

// pdf makes a small document that says something.
func pdf(text string) []byte {
	var b bytes.Buffer
	var at []int
	obj := func(s string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), s)
	}
	b.WriteString("%PDF-1.4\n")
	obj("<< /Type /Catalog /Pages 2 0 R >>")
	obj("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	obj("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")
	fmt.Fprintf(&b, "%% %s\n", text)
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

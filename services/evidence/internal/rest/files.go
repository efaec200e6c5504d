package rest

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/rest"
)

// File is a received file.
type File struct {
	ID         string       `json:"id" doc:"Id of the file; also of the upload it came from" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Name       string       `json:"name" doc:"Name its owner gave it" example:"主题班会照片.jpg"`
	Size       int64        `json:"size" doc:"Size in bytes" example:"482113"`
	Type       string       `json:"type" doc:"Media type, told from the bytes" example:"image/jpeg"`
	Cautions   []string     `json:"cautions,omitempty" enum:"macros,encrypted,restricted,objects,links,incomplete" doc:"What to know before it is opened: macros, a password (both only where its requirement allows them), that it is not to be printed or copied, that documents or controls of other programs are embedded in it, that it takes parts from elsewhere, that its end is missing"`
	SHA256     string       `json:"sha256" doc:"SHA-256 of the bytes, in hex" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	SM3        string       `json:"sm3,omitempty" doc:"SM3 digest of the bytes, in hex, where the installation makes it: some time after the receipt" example:"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"`
	UnitID     string       `json:"unit_id" doc:"Unit the file belongs to" example:"01900000-0000-7000-8000-000000000007"`
	UnitName   string       `json:"unit_name" doc:"Name of that unit" example:"东一村"`
	Owner      *rest.Person `json:"owner,omitempty" doc:"Who uploaded it"`
	Preview    string       `json:"preview" enum:"none,pending,ready,damaged,too_long" doc:"Whether there is something to show in place of the original: pending while it is being made, damaged when the picture cannot be decoded, too_long when a document has so many pages that nobody reads it" example:"ready"`
	Width      int64        `json:"width,omitempty" doc:"Width in pixels of a picture, or of the first page of a scanned PDF, once it was examined" example:"4032"`
	Height     int64        `json:"height,omitempty" doc:"Height of it in pixels" example:"3024"`
	Hints      []string     `json:"hints,omitempty" enum:"taken_before_campaign,no_capture_time,taken_far_from_unit" doc:"Only for reviewers, in a submission: what is odd about when and where the picture says it was taken. A hint, never a proof"`
	Altered    bool         `json:"altered,omitempty" doc:"The stored bytes are not what was received: the regular hashing found a difference. Shown by get-file" example:"false"`
	Quarantine string       `json:"quarantine,omitempty" enum:"waiting,infected" doc:"Where there is a virus scanner: waiting while it has not looked through the file, whose bytes nobody sees until then; infected when it found malicious software: the bytes were not kept, and the file must be taken out" example:"waiting"`
	DeletedAt  *time.Time   `json:"deleted_at,omitempty" doc:"When its bytes were deleted because the retention of its campaign was over" example:"2028-10-01T00:00:00Z"`
	ReceivedAt time.Time    `json:"received_at" doc:"When the server had it whole and durable" example:"2026-09-19T08:00:00Z"`
}

// FileReply is the answer with one file.
type FileReply struct{ Body File }

func fileOf(f evidence.File, x evidence.Examination, unitName string) File {
	w := File{
		ID: f.ID, Name: f.Name, Size: f.Size, Type: f.Type, SHA256: f.SHA256, SM3: f.SM3, Cautions: f.Cautions, UnitID: f.UnitID, UnitName: unitName,
		Owner: rest.Named(f.OwnerID, f.OwnerName), Preview: x.Preview(f.Type), Width: x.Width, Height: x.Height,
	}
	if w.DeletedAt = f.DeletedAt; f.State == evidence.Deleted || f.State == evidence.Refused {
		w.Preview = "none"
	}
	switch {
	case f.State == evidence.Refused:
		w.Quarantine = "infected"
	case f.Quarantined:
		w.Quarantine = "waiting"
	}
	if f.ReceivedAt != nil {
		w.ReceivedAt = *f.ReceivedAt
	}
	return w
}

// DownloadInput is the input of download-file.
type DownloadInput struct {
	rest.ByID
	Range string `header:"Range" maxLength:"200" doc:"A part of the file, as RFC 9110 says" example:"bytes=0-1048575"`

	head bool
}

// Resolve implements huma.Resolver: GET routes take HEAD as well.
func (in *DownloadInput) Resolve(ctx huma.Context) []error {
	in.head = ctx.Method() == http.MethodHead
	return nil
}

func (h handlers) files(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "get-file", Method: http.MethodGet, Path: "/files/{id}", Summary: "Show a file",
		Description: "What is known of a received file: name, size, hash, type, owner and unit. Its bytes come from `GET /files/{id}/content`. " +
			"Whoever may read a finding may read the files of the office that show it.",
		Resource: "file", Action: "read",
	}, func(ctx context.Context, in *rest.ByID) (*FileReply, error) {
		f, err := h.s.GetFile(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		w := fileOf(f.File, f.Examination, f.UnitName)
		w.Altered = f.Altered
		return &FileReply{Body: w}, nil
	})
	rest.Register(g, rest.Op{
		ID: "download-file", Method: http.MethodGet, Path: "/files/{id}/content", Summary: "Download a file",
		Description: "The original, byte for byte, always as an attachment: a browser saves it and never shows it. " +
			"Parts can be asked for with Range. Every download, also of a part, is recorded in the audit trail. 409 file_deleted: the retention of its campaign is over; file_quarantined: the virus scanner has not looked through it yet.",
		Resource: "file", Action: "read", Errors: contentErrors,
	}, h.download)
	op := g.Huma().OpenAPI().Paths["/api/v1/files/{id}/content"].Get
	describeContent(op, "*/*", downloadHeaders())
}

// describeContent puts all that content can answer into the document.
func describeContent(op *huma.Operation, media string, headers map[string]*huma.Param) {
	bytes := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	op.Responses["200"] = &huma.Response{Description: "The bytes", Headers: headers, Content: map[string]*huma.MediaType{media: bytes}}
	op.Responses["206"] = &huma.Response{
		Description: "The part that Range asked for; several come as multipart/byteranges", Headers: headers,
		Content: map[string]*huma.MediaType{media: bytes, "multipart/byteranges": bytes},
	}
	op.Responses["304"] = &huma.Response{Description: "What If-None-Match names is still the same"}
}

// contentErrors are the problems that content can answer, and those of files.
var contentErrors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable}

func downloadHeaders() map[string]*huma.Param {
	text := &huma.Schema{Type: "string"}
	return map[string]*huma.Param{
		"Content-Disposition": {Schema: text, Description: "attachment, with the name as RFC 6266 says"},
		"ETag":                {Schema: text, Description: "SHA-256 of the whole file, in quotes"},
		"Duban-Sha256":        {Schema: text, Description: "SHA-256 of the whole file, in hex"},
	}
}

func (h handlers) download(ctx context.Context, in *DownloadInput) (*huma.StreamResponse, error) {
	// A part is recorded like the whole: all but the first byte is as good as all.
	f, r, err := h.s.Download(ctx, rest.Actor(ctx), in.ID, !in.head)
	if err != nil {
		return nil, err
	}
	return h.content(r, map[string]string{
		"Content-Type": f.Type, "Content-Disposition": rest.Attachment(filename.Safe(f.Name, filename.Most)), "Cache-Control": "no-store", "ETag": `"` + f.SHA256 + `"`, "Duban-Sha256": f.SHA256,
	}), nil
}

// content answers with r, or the part of it that was asked for.
func (h handlers) content(r io.ReadSeekCloser, header map[string]string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer r.Close()
		req, w := humago.Unwrap(hc)
		harmless(w.Header())
		for k, v := range header {
			w.Header().Set(k, v)
		}
		p := &part{ResponseWriter: w}
		http.ServeContent(p, req, "", time.Time{}, r)
		if p.refused == 0 {
			return
		}
		for k := range header {
			w.Header().Del(k)
		}
		w.Header().Set("Cache-Control", "no-store")
		if p.refused == http.StatusPreconditionFailed {
			h.api.WriteProblem(w, req, fault.New(fault.Stale, "stale", "The file is not the one that If-Match names."))
			return
		}
		h.api.WriteProblem(w, req, fault.New(fault.OutOfRange, "range", "The file has no such part; Content-Range says how many bytes it has."))
	}}
}

// part holds the answer back that a part does not exist, or that the file is
// another one: it becomes a problem.
type part struct {
	http.ResponseWriter
	refused int // the status of it
}

// WriteHeader implements http.ResponseWriter.
func (p *part) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		p.refused = status
		return
	}
	p.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (p *part) Write(b []byte) (int, error) {
	if p.refused != 0 {
		return len(b), nil
	}
	return p.ResponseWriter.Write(b)
}

// ReadFrom implements io.ReaderFrom: a file goes out without passing through
// the program where the system can do that.
func (p *part) ReadFrom(r io.Reader) (int64, error) { return io.Copy(p.ResponseWriter, r) }

// harmless keeps a browser from taking bytes for anything but what they are
// said to be, and from running anything in them.
func harmless(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

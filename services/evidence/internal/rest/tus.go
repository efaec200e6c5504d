package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/rest"
	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog" // what tusd wants
	"golang.org/x/sync/singleflight"
)

const uploadsPath = "/api/v1/uploads"

// uploads speaks tus 1.0. tusd knows the protocol; who may do what, when a
// file counts as received, and how errors look is decided here.
type uploads struct {
	api     *rest.API
	s       *evidence.Service
	tus     *handler.UnroutedHandler
	bytes   *handler.StoreComposer
	spool   string        // folder for pieces that are checked before they are appended
	silence time.Duration // of a line within a piece
	making  singleflight.Group
}

// exchange travels with one request through tusd and back.
type exchange struct {
	request *http.Request // as tusd got it
	body    *body         // of it, as it comes in
	file    evidence.File // being created
	err     error         // why one of our own hooks refused
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = &exchange{}
	}
	return x
}

func mountUploads(a *rest.API, g *rest.Group, s *evidence.Service, in Arrivals) error {
	u := &uploads{api: a, s: s, bytes: in.Bytes, spool: in.Spool, silence: in.Silence}
	if u.silence <= 0 {
		u.silence = patience
	}
	tus, err := handler.NewUnroutedHandler(handler.Config{
		StoreComposer: in.Bytes, BasePath: uploadsPath + "/", MaxSize: evidence.MaxFile, NetworkTimeout: u.silence,
		Cors: &handler.CorsConfig{Disable: true}, DisableDownload: true, DisableConcatenation: true,
		Logger:                     slog.New(slog.NewTextHandler(io.Discard, nil)), // it would log addresses of requests and names
		PreUploadCreateCallback:    u.create,
		PreFinishResponseCallback:  u.finish,
		PreUploadTerminateCallback: u.terminate,
	})
	if err != nil {
		return err
	}
	u.tus = tus
	h := a.Authenticate(http.HandlerFunc(u.serve))
	a.Mux().Handle(uploadsPath, h)
	a.Mux().Handle(uploadsPath+"/{id}", h)
	describeUploads(g)
	return nil
}

// serve lets tusd check the protocol, then routes.
func (u *uploads) serve(w http.ResponseWriter, r *http.Request) {
	// A method in disguise would pass the checks of another one.
	r.Header.Del("X-HTTP-Method-Override")
	l := &line{rc: http.NewResponseController(w), silence: u.silence}
	x := &exchange{body: &body{ReadCloser: r.Body, line: l}}
	f := &filter{ResponseWriter: w, line: l, method: r.Method, expires: u.s.UploadExpires}
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	r.Body = x.body
	x.request = r
	u.tus.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := u.route(w, r); err != nil {
			x.err = err
			f.failed = true
		}
	})).ServeHTTP(f, r)
	l.free()
	if !f.failed {
		return
	}
	err := x.err
	if err == nil {
		err = problemOf(f.body.String(), f.status)
	}
	w.Header().Del("Content-Length")
	if r.Context().Err() != nil {
		// With the context of a connection all later requests on it have ended.
		w.Header().Set("Connection", "close")
	}
	u.api.WriteProblem(w, r, err)
}

func (u *uploads) route(w http.ResponseWriter, r *http.Request) error {
	exchangeOf(r.Context()).body.line.loose() // tusd has bound it, and nothing is read yet
	fileID := r.PathValue("id")
	if fileID == "" {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", "POST, OPTIONS")
			return notAllowed(r)
		}
		return u.post(w, r)
	}
	switch r.Method {
	case http.MethodHead, http.MethodPatch, http.MethodDelete:
	default:
		w.Header().Set("Allow", "HEAD, PATCH, DELETE, OPTIONS")
		return notAllowed(r)
	}
	ctx := r.Context()
	if !id.Valid(fileID) {
		return fault.Missing("upload")
	}
	file, err := u.s.Upload(ctx, rest.Actor(ctx), fileID)
	if err != nil {
		return err
	}
	if r.Method != http.MethodDelete {
		// What a dead process left half finished is finished now.
		if file, err = u.s.Settle(ctx, file); err != nil {
			return err
		}
	}
	if file.State == evidence.Received {
		return whole(w, r, file)
	}
	if err := u.ensure(ctx, file); err != nil {
		return err
	}
	p := *r.URL
	p.Path, p.RawPath = "/"+fileID, ""
	r.URL = &p
	switch r.Method {
	case http.MethodHead:
		u.tus.HeadFile(w, r)
	case http.MethodPatch:
		return u.patch(w, r, file)
	default:
		u.tus.DelFile(w, r)
	}
	return nil
}

// patch appends a piece; one that comes with a checksum only when it is right.
func (u *uploads) patch(w http.ResponseWriter, r *http.Request, f evidence.File) error {
	c, err := checksumOf(r.Header)
	if err != nil {
		return err
	}
	if err := u.s.Spare(r.Context(), max(r.ContentLength, 0)); err != nil {
		return err
	}
	if c != nil {
		offset, err := u.offset(r.Context(), f.ID)
		if err != nil {
			return err
		}
		// What tusd refuses anyway need not be collected first.
		if r.Header.Get("Upload-Offset") == strconv.FormatInt(offset, 10) && r.Header.Get("Content-Type") == octets {
			done, err := u.checked(r, c, f.Size-offset)
			defer done()
			if err != nil {
				return err
			}
		}
	}
	u.tus.PatchFile(w, r)
	return nil
}

// octets is the content type of pieces.
const octets = "application/offset+octet-stream"

func notAllowed(r *http.Request) error {
	return fault.New(fault.NotAllowed, "method_not_allowed", "This path does not take %s; see the header Allow.", r.Method)
}

// post announces a file and lets tusd make its place.
func (u *uploads) post(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if r.Header.Get("Upload-Concat") != "" || r.Header.Get("Upload-Defer-Length") != "" {
		return fault.BadField("header.Upload-Length", "the whole length must be given at the start; concatenation is not offered", nil)
	}
	size, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	if err != nil || size < 0 {
		return fault.BadField("header.Upload-Length", "expected the length of the file in bytes", r.Header.Get("Upload-Length"))
	}
	meta, err := metadataOf(r.Header)
	if err != nil {
		return err
	}
	c, err := checksumOf(r.Header)
	if err != nil {
		return err
	}
	file, fresh, err := u.s.Begin(ctx, rest.Actor(ctx), evidence.NewUpload{
		Name: meta["filename"], UnitID: meta["unit_id"], ClientID: meta["client_id"], Size: size,
		AssignmentID: meta["assignment_id"], RequirementID: meta["requirement_id"],
	})
	if err != nil {
		return inMetadata(err)
	}
	if fresh {
		exchangeOf(ctx).file = file
		if c != nil && r.Header.Get("Content-Type") == octets {
			done, err := u.checked(r, c, size)
			defer done()
			if err != nil {
				return errors.Join(err, u.s.Abandon(context.WithoutCancel(ctx), file.ID))
			}
		}
		u.tus.PostFile(w, r)
		return nil
	}
	if file, err = u.s.Settle(ctx, file); err != nil {
		return err
	}
	offset := file.Size
	if file.State == evidence.Received {
		receipt(w.Header(), file)
	} else {
		if err := u.ensure(ctx, file); err != nil {
			return err
		}
		if offset, err = u.offset(ctx, file.ID); err != nil {
			return err
		}
	}
	w.Header().Set("Location", uploadsPath+"/"+file.ID)
	w.Header().Set("Upload-Offset", strconv.FormatInt(offset, 10))
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (u *uploads) offset(ctx context.Context, fileID string) (int64, error) {
	up, err := u.bytes.Core.GetUpload(ctx, fileID)
	if err != nil {
		return 0, err
	}
	info, err := up.GetInfo(ctx)
	return info.Offset, err
}

// ensure makes the place of an announced file again, should it have been lost
// between the announcement and the disk.
func (u *uploads) ensure(ctx context.Context, f evidence.File) error {
	if _, err := u.bytes.Core.GetUpload(ctx, f.ID); err == nil {
		return nil
	}
	_, err, _ := u.making.Do(f.ID, func() (any, error) {
		if _, err := u.bytes.Core.GetUpload(ctx, f.ID); err == nil {
			return nil, nil
		}
		return u.bytes.Core.NewUpload(ctx, handler.FileInfo{ID: f.ID, Size: f.Size, MetaData: metadata(f)})
	})
	var te handler.Error
	if errors.As(err, &te) {
		return problemOf(te.ErrorCode, te.HTTPResponse.StatusCode)
	}
	return err
}

// whole answers for a file that has been received.
func whole(w http.ResponseWriter, r *http.Request, f evidence.File) error {
	size := strconv.FormatInt(f.Size, 10)
	switch r.Method {
	case http.MethodDelete:
		return fault.New(fault.Conflict, "wrong_state", "The file has been received; it can no longer be deleted.")
	case http.MethodPatch:
		if r.Header.Get("Upload-Offset") != size {
			return problemOf("ERR_MISMATCHED_OFFSET", http.StatusConflict)
		}
	case http.MethodHead:
		w.Header().Set("Upload-Length", size)
		w.Header().Set("Upload-Metadata", handler.SerializeMetadataHeader(metadata(f)))
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Upload-Offset", size)
	receipt(w.Header(), f)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// The receipt a client gets, and may keep, for a received file.
const (
	fileHeader = "Duban-File-Id"
	hashHeader = "Duban-Sha256"
	sm3Header  = "Duban-Sm3"
	timeHeader = "Duban-Received-At"
)

func receipt(h http.Header, f evidence.File) {
	for name, value := range receiptOf(f) {
		h.Set(name, value)
	}
}

func receiptOf(f evidence.File) handler.HTTPHeader {
	r := handler.HTTPHeader{fileHeader: f.ID, hashHeader: f.SHA256}
	if f.SM3 != "" {
		r[sm3Header] = f.SM3
	}
	if f.ReceivedAt != nil {
		r[timeHeader] = f.ReceivedAt.UTC().Format(time.RFC3339Nano)
	}
	return r
}

// errHook tells tusd that the reason is in the exchange.
var errHook = handler.NewError("ERR_REFUSED", "refused", http.StatusInternalServerError)

func (u *uploads) create(h handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	f := exchangeOf(h.Context).file
	if f.ID == "" {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, errHook
	}
	return handler.HTTPResponse{}, handler.FileInfoChanges{ID: f.ID, MetaData: metadata(f)}, nil
}

func (u *uploads) finish(h handler.HookEvent) (handler.HTTPResponse, error) {
	f, err := u.s.Finish(h.Context, h.Upload.ID)
	if err != nil {
		exchangeOf(h.Context).err = err
		return handler.HTTPResponse{}, errHook
	}
	return handler.HTTPResponse{Header: receiptOf(f)}, nil
}

func (u *uploads) terminate(h handler.HookEvent) (handler.HTTPResponse, error) {
	if err := u.s.Abandon(h.Context, h.Upload.ID); err != nil {
		exchangeOf(h.Context).err = err
		return handler.HTTPResponse{}, errHook
	}
	return handler.HTTPResponse{}, nil
}

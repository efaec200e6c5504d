package rest

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
)

// filter holds back tusd's own error answers, which become problems, and
// makes locations independent of the host that a proxy let through.
type filter struct {
	http.ResponseWriter
	line    *line
	method  string
	expires func() time.Time
	failed  bool
	status  int
	body    bytes.Buffer
}

// Unwrap is for http.ResponseController.
func (f *filter) Unwrap() http.ResponseWriter { return f.ResponseWriter }

// SetReadDeadline is for http.ResponseController: tusd bounds the connection
// through it, also when the body is whole and another request wants the upload.
func (f *filter) SetReadDeadline(t time.Time) error { return f.line.read(t) }

// SetWriteDeadline is for http.ResponseController.
func (f *filter) SetWriteDeadline(t time.Time) error { return f.line.write(t) }

// WriteHeader implements http.ResponseWriter.
func (f *filter) WriteHeader(status int) {
	if status >= 400 {
		f.failed, f.status = true, status
		return
	}
	if l := f.Header().Get("Location"); l != "" {
		if p, err := url.Parse(l); err == nil {
			f.Header().Set("Location", p.Path)
		}
	}
	switch {
	case f.method == http.MethodOptions:
		f.Header().Set("Tus-Extension", f.Header().Get("Tus-Extension")+",checksum,expiration")
		f.Header().Set("Tus-Checksum-Algorithm", "sha1,sha256")
	case (f.method == http.MethodPost || f.method == http.MethodPatch) && f.Header().Get(fileHeader) == "":
		f.Header().Set("Upload-Expires", f.expires().UTC().Format(http.TimeFormat))
	}
	f.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (f *filter) Write(b []byte) (int, error) {
	if f.failed {
		return f.body.Write(b)
	}
	return f.ResponseWriter.Write(b)
}

// problemOf turns what tusd answered, "CODE: message", into a fault.
func problemOf(answer string, status int) error {
	code, _, _ := strings.Cut(answer, ":")
	switch code {
	case "ERR_UNSUPPORTED_VERSION":
		return fault.New(fault.Stale, "tus_version", "Send the header Tus-Resumable: 1.0.0.")
	case "ERR_MAX_SIZE_EXCEEDED":
		return fault.New(fault.TooLarge, "too_large", "The file is larger than %d bytes, which is the most that is taken.", evidence.MaxFile)
	case "ERR_UPLOAD_SIZE_EXCEEDED":
		return fault.New(fault.TooLarge, "too_large", "More bytes came than Upload-Length announced.")
	case "ERR_INVALID_CONTENT_TYPE":
		return fault.New(fault.Unsupported, "unsupported_media_type", "Send the bytes as application/offset+octet-stream.")
	case "ERR_INVALID_OFFSET":
		return fault.BadField("header.Upload-Offset", "expected the number of bytes the server has, from HEAD", nil)
	case "ERR_MISMATCHED_OFFSET":
		return fault.New(fault.Conflict, "upload_offset", "The server has another number of bytes. Ask for it with HEAD and go on from there.")
	case "ERR_UPLOAD_NOT_FOUND":
		return fault.Missing("upload")
	case "ERR_UPLOAD_LOCKED", "ERR_LOCK_TIMEOUT", "ERR_UPLOAD_INTERRUPTED":
		return fault.New(fault.Conflict, "upload_busy", "Another request for this upload is under way. Ask for the offset with HEAD and go on from there.")
	case "ERR_UNEXPECTED_EOF", "ERR_READ_TIMEOUT", "ERR_CONNECTION_RESET", "ERR_SERVER_SHUTDOWN":
		return fault.New(fault.Unavailable, "upload_cut", "The request ended before all its bytes were there. Ask for the offset with HEAD and go on from there.")
	case "ERR_STORAGE_FULL":
		return fault.New(fault.Unavailable, "storage_full", "The storage is full. Tell the system administrator; go on with the upload later.")
	}
	if status >= 400 && status < 500 {
		return fault.New(fault.Invalid, "invalid", "The request does not follow tus 1.0.")
	}
	return errors.New("tusd: " + answer)
}

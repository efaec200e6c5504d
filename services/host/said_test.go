package host_test

import (
	"regexp"
	"testing"
)

var (
	latinWord  = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_.+-]{2,}`)
	machineDay = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d`)
	// realNames read the same in Chinese: kinds of files, measures, headers and
	// paths of the API. What stands in quotation marks was given by the caller,
	// and what should have been given is named where a value is wrong.
	realNames = regexp.MustCompile(`应为.*|“[^”]*”|\b(XLSX|CSV|PDF|OFD|JPEG|PNG|WebP|GIF|HEIC|Office|Excel|Word|WPS|MOV|MP3|MP4|M4A|ZIP|DOCX|PPTX|MiB|GiB|SHA-256|UTF-8|GB18030|` +
		`base64|GET|POST|HEAD|Content-Range|Content-Type|Idempotency-Key|Tus-Resumable|Upload-[A-Z][a-z]+|application/[a-z0-9.+-]+|text/csv|true|false)|/[a-z0-9/{}_-]+`)
)

// said refuses an answer to a Chinese reader that says something in another
// language, or a time in the form for machines: cases 51 and 52. All requests
// of these tests go through it: every operation, as whoever may not, and in
// states that do not allow it.
func said(t testing.TB, a answer) {
	t.Helper()
	p := a.object()
	if p == nil {
		return
	}
	texts := []string{text(p, "title"), text(p, "detail")}
	for _, e := range objects(p, "errors") {
		texts = append(texts, text(e, "message"))
	}
	for _, s := range texts {
		if w := latinWord.FindString(realNames.ReplaceAllString(s, "")); w != "" {
			t.Errorf("%s answers %d to a Chinese reader with %q: %s", a.what, a.status, w, s)
		}
		if machineDay.MatchString(s) {
			t.Errorf("%s answers %d with a time in the form for machines: %s", a.what, a.status, s)
		}
	}
	if text(p, "detail") == "" && text(p, "code") != "" && text(p, "status") == "" && len(objects(p, "errors")) == 0 {
		t.Errorf("%s answers %d and says nothing: %s", a.what, a.status, a.raw)
	}
}

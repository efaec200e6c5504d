package rest_test

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/rest"
	"pgregory.net/rapid"
)

func TestAttachment(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a.pdf":          `attachment; filename="a.pdf"; filename*=UTF-8''a.pdf`,
		"主题班会.jpg":       `attachment; filename="file.jpg"; filename*=UTF-8''%E4%B8%BB%E9%A2%98%E7%8F%AD%E4%BC%9A.jpg`,
		`a"b'c (1);.txt`: `attachment; filename="ab'c (1).txt"; filename*=UTF-8''a%22b%27c%20%281%29%3B.txt`,
		// Case 06: the plain name is a name, and one that every system can create.
		"东一村-检查/整改：?1-1.zip": `attachment; filename="file.zip"; filename*=UTF-8''%E4%B8%9C%E4%B8%80%E6%9D%91-%E6%A3%80%E6%9F%A5%2F%E6%95%B4%E6%94%B9%EF%BC%9A%3F1-1.zip`,
		"CON.pdf":            `attachment; filename="_CON.pdf"; filename*=UTF-8''CON.pdf`,
		"a:b*c?<>|.pdf":      `attachment; filename="abc.pdf"; filename*=UTF-8''a%3Ab%2Ac%3F%3C%3E%7C.pdf`,
	} {
		if got := rest.Attachment(name); got != want {
			t.Errorf("%s\n got %s\nwant %s", name, got, want)
		}
	}
	// Whatever the name, it comes back whole and breaks no header.
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		h := rest.Attachment(name)
		kind, params, err := mime.ParseMediaType(h)
		if err != nil || kind != "attachment" || params["filename"] != name || strings.ContainsAny(h, "\r\n") || !utf8.ValidString(h) {
			t.Fatalf("%q: %s %v %v", name, h, params, err)
		}
	})
}

package services_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
)

// Every sentence has its text in Chinese, filled with values in its own order,
// without words of another language: case 10.
func TestCase10_EveryPhraseIsSaid(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*/i18n/phrases.zh-CN.json")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, name := range append(names, "internal/rest/i18n/phrases.zh-CN.json") {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		texts := rest.TextsOf(os.DirFS(strings.TrimSuffix(name, "i18n/phrases.zh-CN.json")))
		for _, en := range slices.Sorted(maps.Keys(m)) {
			said++
			args := examples(t, en)
			want := m[en]
			if len(args) > 0 { // without any, a format is the text
				want = fmt.Sprintf(want, args...)
			}
			got := texts.Say(fault.Textf(fault.Text(en), args...), "zh-CN")
			if got != want || strings.Contains(want, "%!") {
				t.Errorf("%s: %q is said as\n%q, want\n%q", name, en, got, want)
			}
			if latin := foreign(got); latin != "" && !layouts[en] {
				t.Errorf("%s: %q holds %q", name, got, latin)
			}
		}
	}
	if said < 500 {
		t.Errorf("only %d phrases", said)
	}
}

// layouts are the phrases that tell how a language writes a day, and what it
// puts between words.
var layouts = map[string]bool{"2006-01-02": true, ", ": true}

var verbOf = regexp.MustCompile(`%%|%(\[\d+\])?([a-z])`)

// examples are values for a format.
func examples(t *testing.T, format string) (args []any) {
	t.Helper()
	for i, m := range verbOf.FindAllStringSubmatch(format, -1) {
		switch m[2] {
		case "":
		case "s", "v":
			args = append(args, fmt.Sprintf("例%d", i))
		case "q":
			args = append(args, "引“\"”")
		case "d":
			args = append(args, 7+i)
		case "g":
			args = append(args, 1.5+float64(i))
		default:
			t.Errorf("%q: a sentence is not filled by %s", format, m[0])
		}
	}
	return args
}

var (
	latin = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_.+-]{2,}`)
	// known are names that read the same in Chinese: kinds of files, measures,
	// standards and headers of the API, and the parts of paths and addresses.
	known = regexp.MustCompile(`\b(XLSX|CSV|PDF|OFD|TIFF|RTF|XML|JPEG|PNG|WebP|GIF|HEIC|Office|WPS|MOV|MP3|MP4|M4A|ZIP|DOCX|PPTX|USB|Excel|Word|` +
		`MiB|GiB|SHA-256|SM3|UTF-8|UTF-16|GB18030|ASCII|base64|RFC|UUID|ETag|JSON|IPv4|IPv6|tus|sha1|sha256|utf-8|gb18030|1e1\d|` +
		`GET|POST|PUT|PATCH|DELETE|HEAD|Allow|Content-Range|Content-Type|Idempotency-Key|Tus-Resumable|Upload-[A-Z][a-z]+|If-Match|Accept|` +
		`application/offset\+octet-stream|https?://|duban reset-administrator|client_id|unit_id|next_cursor|true|false)` +
		`|/[a-z0-9/{}_%-]+`)
	// values are what a field of the API takes, which a text names where
	// something else was given.
	values = regexp.MustCompile(`应为.*`)
)

// foreign is the first word in a Chinese text that is none.
func foreign(text string) string {
	return latin.FindString(known.ReplaceAllString(values.ReplaceAllString(text, ""), ""))
}

package filename_test

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/filename"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\temp\报告.docx`: "报告.docx", "a\x00b\n.pdf": "ab .pdf", "": "file", "...": "file", "/": "file",
		"\u202egpj.exe": "gpj.exe", "照片 😀.jpg": "照片 😀.jpg", " x .pdf ": "x .pdf", "e\u0301.txt": "é.txt", "\u200b": "file",
		".pdf": "file.pdf", " .PDF": "file.PDF", "..pdf": "file.pdf", ".a.pdf": "a.pdf", ".照片": "照片", "a.pdf.": "a.pdf",
		"一家👨\u200d👩\u200d👧.jpg": "一家👨\u200d👩\u200d👧.jpg",
	} {
		if got := filename.Clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	long := filename.Clean(strings.Repeat("长", 300) + ".pdf")
	if utf8.RuneCountInString(long) != filename.Shown || !strings.HasSuffix(long, "长.pdf") {
		t.Errorf("%q", long)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := filename.Clean(rapid.String().Draw(t, "name"))
		if n == "" || utf8.RuneCountInString(n) > filename.Shown || strings.ContainsAny(n, "/\\\x00\r\n") || filename.Clean(n) != n {
			t.Fatalf("%q", n)
		}
	})
}

// Case 06: whatever people call a file, it can be created on Windows, macOS and Linux.
func TestCase06SafeNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`a:b*c?"<>|.pdf`: "a_b_c_____.pdf", "CON.pdf": "_CON.pdf", "con": "_con", "nul .txt": "_nul .txt", "COM1.现场.jpg": "_COM1.现场.jpg", "com¹": "_com¹",
		"COM10.txt": "COM10.txt", "LPT9": "_LPT9", "CONTRACT.pdf": "CONTRACT.pdf", "a. . ": "a", "a\u3000b.pdf": "a b.pdf", "\u0378a.pdf": "_a.pdf", "\ufffe.pdf": "file.pdf",
		"东一村/检查-1.zip": "东一村_检查-1.zip", `a\b.zip`: "a_b.zip", ".pdf": "file.pdf", "第一小学“主题班会”：方案？.docx": "第一小学“主题班会”：方案？.docx",
		strings.Repeat("长", 230) + ".pdf": strings.Repeat("长", 48) + ".pdf",
	} {
		if got := filename.Safe(in, filename.Packed); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.SampledFrom([]int{filename.Packed, filename.Most}).Draw(t, "most")
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`(CON|nul|com[0-9])?[ .:*?]{0,3}[a-z长]{0,90}(\.[a-z]{0,6}[ .]{0,2})?`)).Draw(t, "name")
		n := filename.Safe(in, most)
		if n == "" || len(n) > most || strings.ContainsAny(n, "<>:\"/\\|?*") || strings.TrimRight(n, " .") != n || filename.Reserved(n) ||
			!utf8.ValidString(n) || !norm.NFC.IsNormalString(n) || filename.Safe(n, most) != n {
			t.Fatalf("%q became %q", in, n)
		}
		for _, r := range n {
			if r < 0x20 || r == 0x7f {
				t.Fatalf("%q", n)
			}
		}
		if end := path.Ext(filename.Clean(in)); len(end) > 1 && len(end) < 8 && strings.Trim(end, ".abcdefghijklmnopqrstuvwxyz") == "" && path.Ext(n) != end {
			t.Fatalf("%q lost its ending: %q", in, n)
		}
	})
}

func TestEnding(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.PDF": ".pdf", "setup.EXE.": ".exe", "setup.exe . ": ".exe", "a": "", "附件1.现场照片": "", "报告v1.2": "", "a.": "", "x.library-ms": ".library-ms", "a.7z": ".7z", "a.001": "",
	} {
		if got := filename.Ending(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

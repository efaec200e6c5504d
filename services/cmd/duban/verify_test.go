package main_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duban/duban/services/evidence"
)

// A bundle is checked by the program alone, on any machine.
func TestVerifyBundle(t *testing.T) {
	t.Parallel()
	photo := "照片的内容"
	body, err := evidence.Canonical(evidence.Manifest{
		Format: evidence.ManifestFormat, SubmissionID: "s", Number: 1, Target: evidence.Assignment, TargetID: "a",
		Task: evidence.Named{Name: "主题班会"}, Unit: evidence.ManifestUnit{ID: "u", Name: "东一村", Path: "u/"}, SealedAt: "2026-09-20T08:00:00Z", SealedBy: evidence.Named{Name: "王芳"},
		Items: []evidence.ManifestItem{{RequirementID: "p", Kind: "photo", Title: "照片", Files: []evidence.ManifestFile{{ID: "f", Name: "a.jpg", Size: int64(len(photo)), SHA256: evidence.Hash([]byte(photo)), Type: "image/jpeg"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) string {
		p := filepath.Join(t.TempDir(), name)
		f, err := os.Create(p)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z := zip.NewWriter(f)
		for n, b := range map[string]string{"manifest.json": string(body), "cover.html": "<p>", "files/f/a.jpg": content} {
			w, err := z.Create(n)
			if err == nil {
				_, err = w.Write([]byte(b))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	whole, forged := write("whole.zip", photo), write("forged.zip", "另一张照片的内容")
	for _, c := range []struct {
		args []string
		ok   bool
		says string
	}{
		{[]string{whole}, true, "Everything is as it was sealed"},
		{[]string{whole, "--manifest-sha256", strings.ToUpper(evidence.Hash(body))}, true, evidence.Hash(body)},
		{[]string{whole, "--manifest-sha256", strings.Repeat("0", 64)}, false, "not the one with SHA-256"},
		{[]string{forged}, false, "is not what was sealed"},
		{[]string{os.Args[0]}, false, "not a bundle"},
	} {
		cmd := exec.Command(duban(t), append([]string{"verify"}, c.args...)...)
		cmd.Env = []string{"PATH=/nonexistent"} // no server, no settings
		out, err := cmd.CombinedOutput()
		if (err == nil) != c.ok || !strings.Contains(string(out), c.says) {
			t.Errorf("%v: %v\n%s", c.args[1:], err, out)
		}
	}
}

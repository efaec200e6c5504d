package evidence_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/filename"
	"github.com/duban/duban/services/internal/fixture"
)

// Case 06: whatever people call their files, a bundle of them can be unpacked on
// every system; the manifest has the real names, and clocks show the time here.
func TestCase06BundleNames(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		names := []string{`a:b*c?"<>|.pdf`, "CON.pdf", strings.Repeat("长", 196) + ".pdf", "a.pdf", "A.pdf", ".pdf", "e\u0301.pdf", "尾 . .pdf", "com1.2026.pdf"}
		x := issued("V11")
		x.Task.Requirements = []event.Requirement{{ID: "papers", Kind: "document", Title: "材料"}}
		a := x.Assignments[0]
		w.known[a.ID] = x
		var ids []string
		for i, n := range names {
			ids = append(ids, w.upload(fixture.Reporter, n, pdf(i)))
		}
		s := w.open(fixture.Reporter, "assignment", a.ID)
		w.put(fixture.Reporter, s, "papers", map[string]any{"file_ids": ids})
		s = w.seal(fixture.Reporter, w.get(fixture.Reporter, s.ID))
		raw := w.srv.As(t, fixture.Manager).Get(subs + "/" + s.ID + "/bundle").Is(200).Raw
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, f := range z.File {
			if len(f.Name) > 200 || seen[strings.ToLower(f.Name)] {
				t.Errorf("%q is too long, or there twice", f.Name)
			}
			seen[strings.ToLower(f.Name)] = true
			for part := range strings.SplitSeq(f.Name, "/") {
				if part != filename.Safe(part, filename.Packed) {
					t.Errorf("%q cannot be created everywhere", f.Name)
				}
			}
			here, at := w.clock.Now().In(clock.Shanghai), binary.LittleEndian.Uint16(raw[headerOf(t, raw, f)+10:])
			if h, m := int(at>>11), int(at>>5&63); h != here.Hour() || m != here.Minute() {
				t.Errorf("%q is of %d:%d, not of %s", f.Name, h, m, here)
			}
			if !f.Modified.Equal(w.clock.Now().Truncate(time.Second)) {
				t.Errorf("%q is of %s", f.Name, f.Modified)
			}
		}
		v, m, err := evidence.VerifyBundle(bytes.NewReader(raw), int64(len(raw)))
		if err != nil || !v.OK || v.Files != len(names) {
			t.Fatalf("%+v %v", v, err)
		}
		for i, f := range m.Items[0].Files {
			if f.Name != evidence.CleanName(names[i]) {
				t.Errorf("the manifest calls %q %q", names[i], f.Name)
			}
		}
		if m.Items[0].Files[0].Name != names[0] {
			t.Errorf("the real name is lost: %q", m.Items[0].Files[0].Name)
		}
		// A bundle made when names were taken as they are is as good.
		old := map[string][]byte{}
		for name, b := range parts(t, raw) {
			if i := slices.IndexFunc(m.Items[0].Files, func(f evidence.ManifestFile) bool { return strings.Contains(name, f.ID) }); i >= 0 {
				name = "files/" + m.Items[0].Files[i].ID + "/" + m.Items[0].Files[i].Name
			}
			old[name] = b
		}
		before := packed(t, old)
		if v, _, err := evidence.VerifyBundle(bytes.NewReader(before), int64(len(before))); err != nil || !v.OK {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// headerOf is where the local header of an entry stands.
func headerOf(t *testing.T, raw []byte, f *zip.File) int64 {
	t.Helper()
	at, err := f.DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	head := int64(bytes.LastIndex(raw[:at], []byte("PK\x03\x04")))
	if head < 0 {
		t.Fatal("no header")
	}
	return head
}

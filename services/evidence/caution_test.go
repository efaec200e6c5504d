package evidence_test

import (
	"path"
	"slices"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// Macros and passwords are taken only where the requirement allows them, from
// those who hand in for it, and nowhere else afterwards.
func TestOnlyAllowedCautions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		x := issued("V11")
		x.Task.Requirements = []event.Requirement{
			{ID: "plain", Kind: "document", Title: "材料"},
			{ID: "macros", Kind: "document", Title: "带宏表格", Allow: []string{"macros"}},
			{ID: "locked", Kind: "document", Title: "加密材料", Allow: []string{"encrypted"}},
			{ID: "forms", Kind: "document", Title: "填报工具", Allow: []string{"macros"}, Accept: []string{"xlsm", "zip"}},
		}
		a := x.Assignments[0]
		w.known[a.ID] = x
		w.take(event.New(id.New(), w.clock.Now(), event.AssignmentsIssued, x.Task.ID, 1, x))
		enabled := macroEnabled(t)
		files := []hostile{
			{"a.docm", enabled[".docm"], []string{"macros"}}, {"a.xlsm", enabled[".xlsm"], []string{"macros"}}, {"a.pptm", enabled[".pptm"], []string{"macros"}},
			{"a.docx", office(t, "word", entry{name: "word/vbaProject.bin", body: []byte("x")}), []string{"macros"}},
			{"a.doc", compound("WordDocument", "_VBA_PROJECT"), []string{"macros"}},
			{"a.docx", compound("EncryptionInfo", "EncryptedPackage"), []string{"encrypted"}},
			{"a.pdf", pdfWith("", "/Encrypt 9 0 R"), []string{"encrypted"}},
			{"a.ofd", archive(t, entry{name: "OFD.xml", body: []byte("<ofd/>")}, entry{name: "Encryptions.xml", body: []byte("<Encryptions/>")}), []string{"encrypted"}},
			{"a.xls", withStream(compound("Workbook"), "\x09\x08\x00\x00\x2f\x00\x00\x00"), []string{"encrypted"}},
			// Both, or what is never taken: allowing one thing allows nothing else.
			{"a.doc", withStream(compound("WordDocument", "VBA"), "\xec\xa5\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00"), nil},
			{"b.pdf", pdfWith("9 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj", "/Encrypt 9 0 R"), nil},
			{"b.docx", enabled[".docm"], nil}, // whose name says that it has none
			{"b.zip", archive(t, entry{name: "setup.exe", body: []byte("MZ")}), nil},
		}
		offer := func(who policy.Actor, h hostile, pairs ...string) (string, int) {
			p := w.announce(who, len(h.body), append([]string{"filename", h.name}, pairs...)...)
			r := w.send(who, p, 0, h.body)
			return path.Base(p), r.StatusCode
		}
		draft := w.open(fixture.Reporter, "assignment", a.ID)
		rep := w.srv.As(t, fixture.Reporter)
		for _, h := range files {
			if _, status := offer(fixture.Reporter, h); status != 415 {
				t.Errorf("%s for nothing: %d", h.name, status)
			}
			for _, requirement := range []string{"plain", "macros", "locked"} {
				want := 415
				if (requirement == "macros" && slices.Contains(h.codes, "macros")) || (requirement == "locked" && slices.Contains(h.codes, "encrypted")) {
					want = 204
				}
				fileID, status := offer(fixture.Reporter, h, "assignment_id", a.ID, "requirement_id", requirement)
				if status != want {
					t.Errorf("%s for %s: %d, want %d", h.name, requirement, status, want)
				}
				if status != 204 {
					continue
				}
				var f struct{ Cautions []string }
				if rep.Get("/api/v1/files/" + fileID).Is(200).Into(&f); !slices.Equal(f.Cautions, h.codes) {
					t.Errorf("%s has %v", h.name, f.Cautions)
				}
				body := map[string]any{"file_ids": []string{fileID}}
				rep.Do("PUT", subs+"/"+draft.ID+"/items/plain", body).Problem(422, "invalid").Says("does not allow")
				w.put(fixture.Reporter, draft, requirement, body)
			}
		}
		tool, _ := offer(fixture.Reporter, files[1], "assignment_id", a.ID, "requirement_id", "forms")
		w.put(fixture.Reporter, draft, "forms", map[string]any{"file_ids": []string{tool}})
		word, _ := offer(fixture.Reporter, files[0], "assignment_id", a.ID, "requirement_id", "forms")
		rep.Do("PUT", subs+"/"+draft.ID+"/items/forms", map[string]any{"file_ids": []string{word}}).Problem(422, "invalid").Says("xlsm")
		w.examine()

		// Neither another unit's assignment nor one that is not there opens the door.
		announce := func(who policy.Actor, pairs ...string) {
			t.Helper()
			r := w.tus(who, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": "9", "Upload-Metadata": meta(pairs...)}, nil)
			problem(t, r, 422, "invalid")
		}
		announce(fixture.Reporter12, "assignment_id", a.ID, "requirement_id", "macros")
		announce(fixture.Reporter, "assignment_id", id.New(), "requirement_id", "macros")
		announce(fixture.Reporter, "assignment_id", a.ID, "requirement_id", "nothing")
		announce(fixture.Reporter, "assignment_id", a.ID)
		announce(fixture.Reporter, "requirement_id", "macros")
		announce(fixture.Reporter, "unit_id", fixture.Unit("V12").ID, "assignment_id", a.ID, "requirement_id", "macros")
	})
}

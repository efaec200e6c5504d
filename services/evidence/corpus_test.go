package evidence_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
)

// hostile is a file made to break something. codes are the problems it may be
// refused with; none means that it must be taken, "" that it may be.
type hostile struct {
	name  string
	body  []byte
	codes []string
}

func corpus(t *testing.T) []hostile {
	t.Helper()
	var hs []hostile
	add := func(name string, body []byte, codes ...string) { hs = append(hs, hostile{name, body, codes}) }
	photo := toJPEG(t, scene(1, 320, 240), 80)
	shot := toPNG(t, scene(2, 100, 80))
	moving := toGIF(t, 40, 30, 4)
	word, sheet := office(t, "word"), workbook(t)
	const refused, mismatch, damaged, limits, mixed, encrypted, active = "file_type_refused", "file_type_mismatch", "file_damaged", "file_limits", "file_mixed", "file_encrypted", "file_active"

	// What is what it says is taken.
	for name, b := range map[string][]byte{
		"照片.JPG": photo, "a.jpeg": photo, "截图.png": shot, "动图.gif": moving, "a.webp": webp(), "IMG_0001.HEIC": heic(4032, 3024), "a.heif": heic(10, 10),
		"a.pdf": pdf(1), "a.docx": word, "a.xlsx": sheet, "a.pptx": office(t, "ppt"), "表.et": sheet, "文.wps": compound("WordDocument"), "a.doc": compound("WordDocument"),
		"a.xls": compound("Workbook"), "a.ppt": compound("PowerPoint Document"), "a.ofd": archive(t, entry{name: "OFD.xml", body: []byte("<ofd/>")}),
		"a.mp4": film("isom"), "a.mov": film("qt  "), "a.m4a": film("M4A "), "a.mp3": mp3(), "a.txt": []byte("一段文字"), "a.csv": []byte("a,b\n1,2\n"),
		"a.zip": archive(t, entry{name: "照片/1.jpg", body: photo}), "没有后缀": photo,
		"手机.jpg": append(bytes.Clone(photo), film("isom")...), // a film behind the picture, as phones put it
		"旋转.jpg": withSegment(photo, 0xe1, exif("2026:09:18 10:00:00", 6, true)),
	} {
		add(name, b)
	}
	// Names that lie, in every direction.
	contents := map[string][]byte{".jpg": photo, ".png": shot, ".gif": moving, ".pdf": pdf(2), ".docx": word, ".xlsx": sheet, ".mp4": film("isom"), ".mp3": mp3(), ".zip": archive(t, entry{name: "a.txt", body: []byte("a")}), ".heic": heic(8, 8), ".webp": webp(), ".doc": compound("WordDocument")}
	pictures := []string{".jpg", ".png", ".gif", ".heic", ".webp"}
	for ext, b := range contents {
		for other := range contents {
			switch {
			case other == ext:
			case slices.Contains(pictures, ext) && slices.Contains(pictures, other), ext == ".doc" && other == ".docx", ext == ".docx" && other == ".doc":
				add("x"+other, b)
			default:
				add("x"+other, b, mismatch)
			}
		}
		for _, run := range []string{".exe", ".html", ".svg", ".js"} {
			add("x"+run, b, refused)
		}
	}
	// What is never taken, whatever it is called.
	for _, b := range []string{
		"<!DOCTYPE html><html><script>alert(1)</script></html>", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00",
		"#!/bin/sh\nrm -rf /\n", "\x00\x01\x02\x03\xfe\xff\x00\x00\x99", "7z\xbc\xaf\x27\x1c\x00\x04", "Rar!\x1a\x07\x01\x00", "\xca\xfe\xba\xbe\x00\x00\x00\x34",
	} {
		for _, name := range []string{"a.jpg", "a.pdf", "a.txt", "a"} {
			add(name, []byte(b), refused, mismatch)
		}
	}
	// Two kinds in one.
	script := []byte("<script>alert(document.cookie)</script>")
	zipped := archive(t, entry{name: "a.txt", body: []byte("hidden")})
	add("poly.gif", append([]byte("GIF89a/*"), bytes.Repeat([]byte("x"), 200)...), limits, damaged)
	add("gifjs.gif", append(bytes.Clone(moving), []byte("*/=1;alert(1)")...), mixed)
	add("jpeghtml.jpg", append(bytes.Clone(photo), script...), mixed)
	add("comment.jpg", withSegment(photo, 0xfe, script)) // in a comment: never shown, and gone from the preview
	add("png-html.png", append(bytes.Clone(shot), script...), mixed)
	add("webp-zip.webp", append(webp(), zipped...), mixed)
	for ext, b := range map[string][]byte{".jpg": photo, ".png": shot, ".gif": moving, ".pdf": pdf(3)} {
		add("zipped"+ext, append(bytes.Clone(b), zipped...), mixed, damaged)
	}
	add("zip-first.pdf", append(bytes.Clone(zipped), pdf(4)...), damaged, mismatch)
	add("late.pdf", append([]byte("junk\n"), pdf(5)...), damaged)
	// Bombs.
	for _, size := range [][2]uint32{{65_500, 65_500}, {1 << 31, 1}, {50_000, 5001}, {0, 10}} {
		add(fmt.Sprintf("%dx%d.png", size[0], size[1]), bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header(size[0], size[1])), chunk("IDAT", []byte{0x78, 0x9c}), chunk("IEND", nil)}, nil), limits, damaged)
		add(fmt.Sprintf("%dx%d.heic", size[0], size[1]), heic(size[0], size[1]), limits, damaged)
	}
	large := bytes.Clone(photo)
	sof := bytes.Index(large, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint32(large[sof+5:], 0xffdcffdc)
	add("65500.jpg", large, limits)
	add("frames.gif", toGIF(t, 4, 4, 600), limits)
	bomb := archive(t, entry{name: "a.txt", body: make([]byte, 40<<20)})
	add("bomb.zip", bomb, limits)
	add("bomb.docx", office(t, "word", entry{name: "word/media/a.bin", body: make([]byte, 40<<20)}), limits)
	var many []entry
	for i := range 10_001 {
		many = append(many, entry{name: fmt.Sprint(i)})
	}
	add("many.zip", archive(t, many...), limits)
	lying := bytes.Clone(zipped)
	binary.LittleEndian.PutUint32(lying[bytes.Index(lying, []byte("PK\x01\x02"))+24:], 0x7fffffff)
	add("lying.zip", lying, limits)
	exifBomb := photo
	for range 30 {
		exifBomb = withSegment(exifBomb, 0xe1, append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff"), bytes.Repeat([]byte{0x12, 1, 4, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0}, 5000)...))
	}
	add("exif-bomb.jpg", exifBomb)
	// Documents that do something by themselves.
	add("macro.docx", office(t, "word", entry{name: "word/vbaProject.bin", body: []byte("x")}), active)
	add("macro.doc", compound("WordDocument", "_VBA_PROJECT"), active)
	add("macro.xls", compound("Workbook", "VBA"), active)
	for ext, b := range macroEnabled(t) {
		add("macros"+ext, b, active)
		add("archived.zip", archive(t, entry{name: "a" + ext, body: b}), active)
	}
	add("disguised.docx", macroEnabled(t)[".docm"], active)
	add("locked.docx", compound("EncryptionInfo", "EncryptedPackage"), encrypted)
	add("locked.doc", withStream(compound("WordDocument"), "\xec\xa5\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00"), encrypted)
	add("locked.xls", withStream(compound("Workbook"), "\x09\x08\x02\x00\x00\x06\x86\x00\x00\x00\x2f\x00\x00\x00"), encrypted)
	add("locked.ppt", compound("PowerPoint Document", "EncryptedSummary"), encrypted)
	add("unlocked.doc", withStream(compound("WordDocument"), "\xec\xa5\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	add("locked.pdf", pdfWith("", "/Encrypt 9 0 R"), encrypted)
	add("script.pdf", pdfWith("9 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj", ""), active)
	add("launch.pdf", pdfWith("9 0 obj << /S /Launch /F (cmd.exe) >> endobj", ""), active)
	add("locked.zip", archive(t, entry{name: "a", body: []byte("a"), how: func(h *zip.FileHeader) { h.Flags |= 1 }}), encrypted)
	add("setup.zip", archive(t, entry{name: "setup.exe", body: []byte("MZ")}), active)
	for _, slip := range []string{"../../etc/passwd", "/etc/passwd", `..\..\win.ini`, "a/../../b", "C:/x", "a\x00b"} {
		add("slip.zip", archive(t, entry{name: slip, body: []byte("x")}), active, damaged)
	}
	// Whole in form, but what is in it cannot be decoded.
	inside := bytes.Clone(photo)
	copy(inside[len(inside)/2:], bytes.Repeat([]byte{0xff, 0}, 400))
	add("inside.jpg", inside, "")
	// Cut off and flipped, at many places.
	r := rand.New(rand.NewPCG(1, 1))
	breakable := map[string][]byte{".jpg": photo, ".png": shot, ".webp": webp(), ".gif": moving, ".heic": heic(64, 64), ".pdf": pdf(6), ".mp4": film("isom"), ".docx": word, ".xlsx": sheet}
	for _, ext := range slices.Sorted(maps.Keys(breakable)) { // the same ones at every run
		b := breakable[ext]
		for i := range 8 {
			add(fmt.Sprintf("cut%d%s", i, ext), bytes.Clone(b[:len(b)*(i+1)/9]), damaged, refused, mismatch, mixed)
			f := bytes.Clone(b)
			f[r.IntN(len(f))] ^= 1 << r.IntN(8)
			add(fmt.Sprintf("flip%d%s", i, ext), f, "", damaged, refused, mismatch, limits, mixed, encrypted, active)
		}
	}
	return hs
}

// Whatever comes, the answer is a clear problem or a stored file, and the
// service goes on.
func TestHostileCorpus(t *testing.T) {
	t.Parallel()
	hs := corpus(t)
	if len(hs) < 300 {
		t.Fatalf("only %d files", len(hs))
	}
	if testing.Short() {
		// One after the other they teach the race detector nothing new.
		some := hs[:0]
		for i, h := range hs {
			if i%5 == 0 {
				some = append(some, h)
			}
		}
		hs = some
	}
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	var taken []string
	for _, h := range hs {
		p := w.announce(fixture.Reporter, len(h.body), "filename", h.name)
		resp := w.send(fixture.Reporter, p, 0, h.body)
		body := text(resp)
		if resp.StatusCode == 204 {
			if len(h.codes) > 0 && h.codes[0] != "" {
				t.Errorf("%s was taken, want %v", h.name, h.codes)
			}
			if resp.Header.Get("Duban-Sha256") != sum(h.body) {
				t.Errorf("%s: another hash", h.name)
			}
			taken = append(taken, path.Base(p))
			continue
		}
		var problem rest.Problem
		if err := json.Unmarshal([]byte(strings.TrimSuffix(body, "<nil>")), &problem); err != nil || resp.StatusCode >= 500 || problem.Detail == "" || problem.Title == problem.Code {
			t.Errorf("%s: %d %s", h.name, resp.StatusCode, body)
			continue
		}
		if !strings.Contains(" "+strings.Join(h.codes, " ")+" ", " "+problem.Code+" ") {
			t.Errorf("%s: %s (%s), want %v", h.name, problem.Code, problem.Detail, h.codes)
		}
	}
	w.examine()
	reporter := w.srv.As(t, fixture.Reporter)
	kinds := map[string]int{}
	for _, id := range taken {
		var f struct{ Preview, Name string }
		reporter.Get("/api/v1/files/" + id).Is(200).Into(&f)
		kinds[f.Preview]++
		if f.Preview == "pending" {
			t.Errorf("%s was not examined", f.Name)
		}
		for _, kind := range []string{"thumbnail", "preview"} {
			a := reporter.Get("/api/v1/files/" + id + "/" + kind)
			if (a.Status == 200) != (f.Preview == "ready") {
				t.Errorf("%s is %s, its %s answers %d", f.Name, f.Preview, kind, a.Status)
			}
			if a.Status == 200 && (bytes.Contains(a.Raw, []byte("<script")) || bytes.Contains(a.Raw, []byte("Exif")) || !bytes.HasPrefix(a.Raw, []byte("\xff\xd8\xff"))) {
				t.Errorf("%s: something of the original is in its %s", f.Name, kind)
			}
		}
		if a := reporter.Get("/api/v1/files/" + id + "/content").Is(200); !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("%s is shown in the browser", f.Name)
		}
	}
	t.Logf("%d files, %d taken, previews %v", len(hs), len(taken), kinds)
	if !testing.Short() && (kinds["ready"] < 8 || kinds["damaged"] < 1) {
		t.Errorf("previews: %v", kinds)
	}
}

// Names are kept as far as they are harmless.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	photo := toJPEG(t, scene(3, 40, 30), 80)
	for name, want := range map[string]string{
		"../../etc/passwd.jpg": "passwd.jpg", `C:\Users\a.jpg`: "a.jpg", "a\x00b.jpg": "ab.jpg", "\u202egpj.exe.jpg": "gpj.exe.jpg",
		strings.Repeat("长", 300) + ".jpg": strings.Repeat("长", 196) + ".jpg", "🎉 照片.jpg": "🎉 照片.jpg", "": "file", "...": "file", "第一小学“主题班会”.jpg": "第一小学“主题班会”.jpg",
	} {
		var f struct{ Name string }
		w.srv.As(t, fixture.Reporter).Get("/api/v1/files/" + w.upload(fixture.Reporter, name, photo)).Is(200).Into(&f)
		if f.Name != want {
			t.Errorf("%q became %q, want %q", name, f.Name, want)
		}
	}
}

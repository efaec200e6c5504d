package evidence_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// pdf is a small file that is taken, unlike any other made with another n.
func pdf(n int) []byte {
	return pdfWith(fmt.Sprintf("%% %d\n%s", n, strings.Repeat("%内容 content\n", 200)), "")
}

// pdfWith is a document with something in its body and its trailer.
func pdfWith(body, trailer string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n" + body + "\n")
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 3 /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", trailer, at)
	return b.Bytes()
}

// scene is a picture with texture, unlike any other made from another seed:
// hills of light, some shapes with hard edges, and grain.
func scene(seed uint64, w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 7))
	type wave struct{ fx, fy, p, a float64 }
	type shape struct {
		x, y, rx, ry float64
		c            [3]float64
		round        bool
	}
	var ws []wave
	for range 8 {
		ws = append(ws, wave{r.Float64()*9 - 4.5, r.Float64()*9 - 4.5, r.Float64() * 6.3, 8 + r.Float64()*22})
	}
	var ss []shape
	for range 5 + r.IntN(8) {
		ss = append(ss, shape{r.Float64(), r.Float64(), 0.04 + r.Float64()*0.2, 0.04 + r.Float64()*0.2, [3]float64{r.Float64() * 255, r.Float64() * 255, r.Float64() * 255}, r.IntN(2) == 0})
	}
	base := [3]float64{60 + r.Float64()*130, 60 + r.Float64()*130, 60 + r.Float64()*130}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		v := float64(y) / float64(h)
		for x := range w {
			u := float64(x) / float64(w)
			light := 0.0
			for _, k := range ws {
				light += k.a * math.Sin(k.fx*u*2+k.fy*v*2+k.p)
			}
			c := base
			for _, s := range ss {
				dx, dy := (u-s.x)/s.rx, (v-s.y)/s.ry
				if (s.round && dx*dx+dy*dy < 1) || (!s.round && math.Abs(dx) < 1 && math.Abs(dy) < 1) {
					c = s.c
				}
			}
			grain := float64(r.IntN(13) - 6)
			p := img.Pix[y*img.Stride+4*x:]
			for i := range 3 {
				p[i] = uint8(min(max(c[i]+light+grain, 0), 255))
			}
			p[3] = 255
		}
	}
	return img
}

func toJPEG(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func toPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func toGIF(t testing.TB, w, h, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White, color.RGBA{uint8(i), 99, 3, 255}})
		for p := range m.Pix {
			m.Pix[p] = uint8((p*7 + i) % 3)
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp is the smallest there is: one pixel.
func webp() []byte {
	return []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
}

func box(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
}

// heic has the form of a picture of a phone; nothing is drawn in it.
func heic(w, h uint32) []byte {
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(make([]byte, 4), w), h)
	return bytes.Join([][]byte{
		box("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")),
		box("meta", make([]byte, 4), box("iprp", box("ipco", box("ispe", size)))),
		box("mdat", bytes.Repeat([]byte{1, 2, 3, 4}, 100)),
	}, nil)
}

func film(brand string) []byte {
	return bytes.Join([][]byte{
		box("ftyp", []byte(brand), []byte("\x00\x00\x02\x00isommp42")), box("moov", box("mvhd", make([]byte, 100))), box("mdat", bytes.Repeat([]byte{9}, 2000)),
	}, nil)
}

func mp3() []byte {
	frame := append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 413)...) // 128 kbit/s at 44.1 kHz: 417 bytes
	return append(append([]byte("ID3\x03\x00\x00\x00\x00\x00\x0a"), make([]byte, 10)...), bytes.Repeat(frame, 20)...)
}

type entry struct {
	name string
	body []byte
	how  func(*zip.FileHeader)
}

func archive(t testing.TB, es ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range es {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.how != nil {
			e.how(h)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(e.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// office is a document of one of the kinds "word", "xl" and "ppt".
func office(t testing.TB, folder string, more ...entry) []byte {
	t.Helper()
	k := map[string][2]string{
		"word": {"wordprocessingml.document", "word/document.xml"}, "xl": {"spreadsheetml.sheet", "xl/workbook.xml"}, "ppt": {"presentationml.presentation", "ppt/presentation.xml"},
	}[folder]
	types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/` + k[1] +
		`" ContentType="application/vnd.openxmlformats-officedocument.` + k[0] + `.main+xml"/></Types>`
	return archive(t, append([]entry{{name: "[Content_Types].xml", body: []byte(types)}, {name: "_rels/.rels", body: []byte("<Relationships/>")}, {name: k[1], body: []byte("<w/>")}}, more...)...)
}

func workbook(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetCellStr("Sheet1", "A1", "台账"); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// compound is an old office document with these directory entries.
func compound(names ...string) []byte {
	b := make([]byte, 512, 4096)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	binary.LittleEndian.PutUint16(b[24:], 0x3e)
	binary.LittleEndian.PutUint16(b[26:], 3)
	binary.LittleEndian.PutUint16(b[28:], 0xfffe)
	binary.LittleEndian.PutUint16(b[30:], 9)
	for _, n := range append([]string{"Root Entry"}, names...) {
		e := make([]byte, 128)
		for i, r := range n {
			binary.LittleEndian.PutUint16(e[2*i:], uint16(r))
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(n)+2))
		e[66], e[67] = 2, 1
		b = append(b, e...)
	}
	return append(b, make([]byte, 4096-len(b))...)
}

// withStream puts the stream of the second entry of a compound document behind it.
func withStream(b []byte, content string) []byte {
	const entry = 512 + 128
	binary.LittleEndian.PutUint32(b[entry+116:], uint32(len(b)/512-1))
	binary.LittleEndian.PutUint32(b[entry+120:], 4096)
	return append(b, append([]byte(content), make([]byte, 4096-len(content))...)...)
}

// macroEnabled are documents of each kind with macros, by their endings.
func macroEnabled(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for ext, k := range map[string][2]string{
		".docm": {"word.document", "word/document.xml"}, ".xlsm": {"excel.sheet", "xl/workbook.xml"}, ".pptm": {"powerpoint.presentation", "ppt/presentation.xml"},
	} {
		types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/` + k[1] +
			`" ContentType="application/vnd.ms-` + k[0] + `.macroEnabled.main+xml"/></Types>`
		out[ext] = archive(t, entry{name: "[Content_Types].xml", body: []byte(types)}, entry{name: k[1], body: []byte("<w/>")},
			entry{name: path.Dir(k[1]) + "/vbaProject.bin", body: []byte("Sub AutoOpen()")})
	}
	return out
}

// chunk is a piece of a PNG with its checksum.
func chunk(name string, body []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name...)
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func header(w, h uint32) []byte {
	return append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h), 8, 2, 0, 0, 0)
}

// exif is what a camera notes in a JPEG: time, place, how it was held, and
// who it belongs to.
func exif(when string, orientation uint16, place bool) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	put := func(v any) { _ = binary.Write(&b, le, v) }
	tag := func(id, typ uint16, n, v uint32) { put(id); put(typ); put(n); put(v) }
	b.WriteString("II*\x00")
	put(uint32(8))
	const (
		owner = "Wang Fang 13800001111\x00"
		ifd0  = 8
		n0    = 4
		sub   = ifd0 + 2 + 12*n0 + 4
		gps   = sub + 2 + 12*1 + 4
		data  = gps + 2 + 12*4 + 4
	)
	put(uint16(n0))
	tag(0x0112, 3, 1, uint32(orientation))
	tag(0x013b, 2, uint32(len(owner)), data)
	tag(0x8769, 4, 1, sub)
	tag(0x8825, 4, 1, gps)
	put(uint32(0))
	put(uint16(1))
	tag(0x9003, 2, 20, data+uint32(len(owner)))
	put(uint32(0))
	put(uint16(4))
	n, e := uint32('N'), uint32('E')
	if !place {
		n, e = 0, 0
	}
	tag(1, 2, 2, n)
	tag(2, 5, 3, data+uint32(len(owner))+20)
	tag(3, 2, 2, e)
	tag(4, 5, 3, data+uint32(len(owner))+44)
	put(uint32(0))
	b.WriteString(owner)
	b.WriteString((when + strings.Repeat("\x00", 20))[:20])
	for _, v := range []uint32{36, 1, 46, 1, 48, 1, 119, 1, 57, 1, 36, 1} {
		put(v)
	}
	return append([]byte("Exif\x00\x00"), b.Bytes()...)
}

// withSegment puts a segment after the start of a JPEG.
func withSegment(b []byte, kind byte, body []byte) []byte {
	s := append([]byte{0xff, 0xd8, 0xff, kind}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(s, body...), b[2:]...)
}

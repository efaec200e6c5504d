package evidence_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// scanPDF is a page with a JPEG on it, drawn by content.
func scanPDF(picture []byte, page, content string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
		"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> " + page + " >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width 300 /Height 400 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream", len(picture), picture),
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// Of a scanned PDF the first page is shown, upright; of a page on which there is
// anything else nothing is, for it would not be what the reader of the PDF sees.
func TestScannedPDF(t *testing.T) {
	t.Parallel()
	photo := toJPEG(t, scene(51, 300, 400), 85)
	const whole = "q 595 0 0 842 0 0 cm /I Do Q"
	cases := map[string]struct {
		pdf           []byte
		width, height int // of the preview; 0 for none
	}{
		"a scan":                  {scanPDF(photo, "", whole), 300, 400},
		"in two steps":            {scanPDF(photo, "", "q 0.5 0 0 0.5 0 0 cm 1190 0 0 1684 0 0 cm /I Do Q"), 300, 400},
		"with recognized text":    {scanPDF(photo, "", whole+" BT 3 Tr /F 12 Tf (abc) Tj ET"), 300, 400},
		"lying":                   {scanPDF(photo, "/Rotate 90", whole), 400, 300},
		"with text on it":         {scanPDF(photo, "", whole+" BT /F 12 Tf (abc) Tj ET"), 0, 0},
		"with a line on it":       {scanPDF(photo, "", whole+" 0 0 m 9 9 l S"), 0, 0},
		"a picture in a corner":   {scanPDF(photo, "", "q 100 0 0 100 0 0 cm /I Do Q"), 0, 0},
		"two pictures":            {scanPDF(photo, "", whole+whole), 0, 0},
		"upside down":             {scanPDF(photo, "", "q 595 0 0 -842 0 842 cm /I Do Q"), 0, 0},
		"no JPEG in it":           {scanPDF([]byte("not a picture"), "", whole), 0, 0},
		"more pixels than we say": {scanPDF(huge(photo), "", whole), 0, 0},
	}
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		rep := w.srv.As(t, fixture.Reporter)
		files := map[string]string{}
		for name, c := range cases {
			files[name] = "/api/v1/files/" + w.upload(fixture.Reporter, "扫描件.pdf", c.pdf)
		}
		var shown struct{ Preview string }
		if rep.Get(files["a scan"]).Is(200).Into(&shown); shown.Preview != "pending" {
			t.Errorf("before its examination: %q", shown.Preview)
		}
		w.examine()
		for name, c := range cases {
			if c.width == 0 {
				rep.Get(files[name]+"/preview").Problem(409, "no_preview")
				continue
			}
			rep.Get(files[name] + "/thumbnail").Is(200)
			img, err := jpeg.Decode(bytes.NewReader(rep.Get(files[name] + "/preview").Is(200).Raw))
			if err != nil {
				t.Fatal(err)
			}
			if b := img.Bounds(); b.Dx() != c.width || b.Dy() != c.height {
				t.Errorf("%s: %v", name, b)
			}
		}
	})
}

// huge makes the header of a JPEG speak of 60,000 × 60,000 pixels.
func huge(photo []byte) []byte {
	b := bytes.Clone(photo)
	i := bytes.Index(b, []byte{0xff, 0xc0})
	copy(b[i+5:], []byte{0xea, 0x60, 0xea, 0x60})
	return b
}

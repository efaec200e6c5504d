package examine

import (
	"image/jpeg"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/duban/duban/services/evidence"
	"github.com/ledongthuc/pdf"
)

// maxScan is how many pixels a scan may have that is shown.
const maxScan = 50_000_000

// showScan shows the first page of a PDF where it is a scan: one JPEG all over
// the page, and nothing else that is seen.
func showScan(r io.ReaderAt, first pdf.Page, x *evidence.Findings) {
	defer func() { _ = recover() }() // the reader falls over what it does not expect: then there is no preview
	v, ok := scanOf(first)
	if !ok {
		return
	}
	raw := io.NewSectionReader(r, offset(v), v.Key("Length").Int64())
	c, err := jpeg.DecodeConfig(raw)
	if err != nil || c.Width > maxScan/max(c.Height, 1) {
		return
	}
	if _, err := raw.Seek(0, io.SeekStart); err != nil {
		return
	}
	img, err := jpeg.Decode(raw)
	if err != nil {
		return
	}
	var shown evidence.Findings
	if _, err := renditions(img, rotations[inherited(first.V, "Rotate").Int64()], &shown); err == nil {
		x.Preview, x.Thumbnail, x.Width, x.Height = shown.Preview, shown.Thumbnail, shown.Width, shown.Height
	}
}

// rotations are how a page turned clockwise by so many degrees is put upright.
var rotations = map[int64]int{0: 1, 90: 6, 180: 3, 270: 8, -90: 8}

// offset is where the bytes of a stream begin, which the reader tells nowhere
// else: it undoes filters, and JPEG is one that it does not know.
func offset(stream pdf.Value) int64 {
	s := stream.String()
	n, err := strconv.ParseInt(s[strings.LastIndexByte(s, '@')+1:], 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// matrix places what is drawn on a page (PDF 1.7, 8.3.3).
type matrix [6]float64

func (m matrix) within(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// scanOf is the JPEG that a page consists of; false when it consists of anything
// else. Text that is not seen may lie over it: what was recognized in it.
func scanOf(p pdf.Page) (picture pdf.Value, ok bool) {
	var saved []matrix
	now, at := matrix{1, 0, 0, 1, 0, 0}, matrix{}
	pictures, unseen, other := 0, false, false
	for _, s := range contents(p) {
		pdf.Interpret(s, func(stack *pdf.Stack, op string) {
			args := make([]pdf.Value, stack.Len())
			for i := len(args) - 1; i >= 0; i-- {
				args[i] = stack.Pop()
			}
			switch {
			case op == "q" && len(saved) < 100:
				saved = append(saved, now)
			case op == "Q" && len(saved) > 0:
				now, saved = saved[len(saved)-1], saved[:len(saved)-1]
			case op == "cm" && len(args) == 6:
				var m matrix
				for i, a := range args {
					m[i] = a.Float64()
				}
				now = m.within(now)
			case op == "Do" && len(args) == 1:
				picture, at = p.Resources().Key("XObject").Key(args[0].Name()), now
				pictures++
			case op == "Tr" && len(args) == 1:
				unseen = args[0].Int64() == 3
			case slices.Contains(writes, op):
				other = other || !unseen
			case slices.Contains(paints, op):
				other = true
			}
		})
	}
	if pictures != 1 || other || !plainJPEG(picture) {
		return picture, false
	}
	box := inherited(p.V, "MediaBox")
	page := math.Abs((box.Index(2).Float64() - box.Index(0).Float64()) * (box.Index(3).Float64() - box.Index(1).Float64()))
	upright := at[0] > 0 && at[3] > 0 && math.Abs(at[1]) < 1 && math.Abs(at[2]) < 1
	return picture, upright && page > 0 && at[0]*at[3] > 0.8*page
}

var (
	writes = []string{"Tj", "TJ", "'", "\""}
	paints = []string{"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "BI"}
)

// plainJPEG tells that a stream is a JPEG whose colours mean what they say.
func plainJPEG(v pdf.Value) bool {
	filter := v.Key("Filter")
	if filter.Kind() == pdf.Array && filter.Len() == 1 {
		filter = filter.Index(0)
	}
	return v.Kind() == pdf.Stream && v.Key("Subtype").Name() == "Image" && filter.Name() == "DCTDecode" &&
		v.Key("Decode").IsNull() && v.Key("Mask").IsNull() && v.Key("SMask").IsNull()
}

// contents are the streams that draw a page.
func contents(p pdf.Page) []pdf.Value {
	c := p.V.Key("Contents")
	if c.Kind() != pdf.Array {
		return []pdf.Value{c}
	}
	var out []pdf.Value
	for i := range c.Len() {
		out = append(out, c.Index(i))
	}
	return out
}

// inherited is what a page says, or a branch of the tree above it.
func inherited(page pdf.Value, key string) pdf.Value {
	for range maxDepth {
		if v := page.Key(key); !v.IsNull() {
			return v
		}
		page = page.Key("Parent")
	}
	return pdf.Value{}
}

package form_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/services/evidence/internal/form"
)

// counted counts how often and how much is read.
type counted struct {
	*bytes.Reader
	reads, read atomic.Int64
}

// ReadAt implements io.ReaderAt.
func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.Reader.ReadAt(p, at)
	c.reads.Add(1)
	c.read.Add(int64(n))
	return n, err
}

var _ io.ReaderAt = (*counted)(nil)

func chunk(name string, body string) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name+body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// Case 21: parts that are very many, and each of them very small, cost what
// their bytes cost, in every form that consists of parts.
func TestCase21ManySmallParts(t *testing.T) {
	t.Parallel()
	const many = 190_000
	png := bytes.Join([][]byte{
		[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", "\x00\x00\x00\x08\x00\x00\x00\x08\x08\x02\x00\x00\x00"), bytes.Repeat(chunk("tEXt", "k\x00v"), many),
		chunk("IDAT", "\x78\x9c"), chunk("IEND", ""),
	}, nil)
	gif := bytes.Join([][]byte{[]byte("GIF89a\x08\x00\x08\x00\x00\x00\x00!\xfe"), bytes.Repeat([]byte("\x01x"), 20*many), []byte("\x00,\x00\x00\x00\x00\x08\x00\x08\x00\x00\x02\x01x\x00;")}, nil)
	jpeg := bytes.Join([][]byte{
		[]byte("\xff\xd8"), bytes.Repeat([]byte("\xff\xfe\x00\x03x"), many), []byte("\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00x\xff\xd9"),
	}, nil)
	webp := bytes.Join([][]byte{[]byte("RIFF\x00\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f\x07\xc0\x01\x00\x00"), bytes.Repeat([]byte("ABCD\x02\x00\x00\x00xx"), many)}, nil)
	binary.LittleEndian.PutUint32(webp[4:], uint32(len(webp)-8))
	film := bytes.Join([][]byte{[]byte("\x00\x00\x00\x10ftypisomisom\x00\x00\x00\x08moov\x00\x00\x00\x08mdat"), bytes.Repeat([]byte("\x00\x00\x00\x08free"), 90_000)}, nil)
	sound := append([]byte("ID3\x03\x00\x00\x00\x00\x00\x00"), bytes.Repeat([]byte("\xff\xfb\x90\x00"), many)...)
	for name, f := range map[string]struct {
		b    []byte
		kind string
		want string
	}{
		"png": {png, "image/png", ""}, "gif": {gif, "image/gif", ""}, "jpeg": {jpeg, "image/jpeg", ""}, "webp": {webp, "image/webp", ""}, "film": {film, "video/mp4", ""},
		"sound": {sound, "audio/mpeg", "file_damaged"},
	} {
		r := &counted{Reader: bytes.NewReader(f.b)}
		begun := time.Now()
		got := form.Identify(r, int64(len(f.b)), f.kind)
		took := time.Since(begun)
		if got.Refusal != f.want {
			t.Errorf("%s: refused for %q (%s)", name, got.Refusal, got.Why)
		}
		t.Logf("%s: %d bytes in %s, %d read in %d pieces", name, len(f.b), took, r.read.Load(), r.reads.Load())
		if n := int64(len(f.b)); r.reads.Load() > n/8000+50 || r.read.Load() > 3*n+1<<20 {
			t.Errorf("%s: %d bytes were read in %d pieces, of %d", name, r.read.Load(), r.reads.Load(), n)
		}
		if took > 2*time.Second { // 0.05 s on an idle machine
			t.Errorf("%s took %s", name, took)
		}
	}
}

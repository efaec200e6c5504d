package pdffile_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/evidence/internal/pdffile"
	"github.com/ledongthuc/pdf"
)

const (
	pad   = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"
	owner = "0123456789abcdef0123456789abcdef"
	docID = "an id of 16 byte"
)

func arc4(key, b []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out
}

// locked is a document of one page that says text, encrypted as V and R say with
// a password of the user; the empty one is none.
func locked(v, r, n int, aesv2 bool, p int32, user, said string) []byte {
	le := binary.LittleEndian
	padded := append([]byte(user), pad...)[:32]
	k := append(append(bytes.Clone(padded), owner...), le.AppendUint32(nil, uint32(p))...)
	sum := md5.Sum(append(k, docID...))
	if r >= 3 {
		for range 50 {
			sum = md5.Sum(sum[:n])
		}
	}
	key := bytes.Clone(sum[:n])
	var u []byte
	if r == 2 {
		u = arc4(key, []byte(pad))
	} else {
		h := md5.Sum([]byte(pad + docID))
		u = h[:]
		for i := range 20 {
			x := bytes.Clone(key)
			for j := range x {
				x[j] ^= byte(i)
			}
			u = arc4(x, u)
		}
		u = append(u, make([]byte, 16)...)
	}
	content := []byte("BT /F1 24 Tf 72 720 Td (" + said + ") Tj ET")
	seal := func(num int, b []byte) []byte {
		x := append(bytes.Clone(key), byte(num), 0, 0, 0, 0)
		if aesv2 {
			x = append(x, "sAlT"...)
		}
		s := md5.Sum(x)
		one := s[:min(n+5, 16)]
		if !aesv2 {
			return arc4(one, b)
		}
		fill := 16 - len(b)%16
		b = append(bytes.Clone(b), bytes.Repeat([]byte{byte(fill)}, fill)...)
		c, _ := aes.NewCipher(one)
		iv := []byte("0123456789abcdef")
		cipher.NewCBCEncrypter(c, iv).CryptBlocks(b, b)
		return append(iv, b...)
	}
	body := seal(4, content)
	more := ""
	if v == 4 {
		how := "V2"
		if aesv2 {
			how = "AESV2"
		}
		more = "/CF << /StdCF << /CFM /" + how + " /Length 16 /AuthEvent /DocOpen >> >> /StmF /StdCF /StrF /StdCF"
	}
	return written(body, fmt.Sprintf("/V %d /R %d /Length %d /P %d /O <%x> /U <%x> %s", v, r, 8*n, p, owner, u, more))
}

// locked5 is the same by revision 5, the first of AES-256.
func locked5(p int32, user, said string) []byte {
	key, iv := []byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210")
	crypt := func(key, iv, b []byte) []byte {
		c, _ := aes.NewCipher(key)
		b = bytes.Clone(b)
		cipher.NewCBCEncrypter(c, iv).CryptBlocks(b, b)
		return b
	}
	const proof, salt = "proof 01", "salt  02"
	whole, wrap := sha256.Sum256([]byte(user+proof)), sha256.Sum256([]byte(user+salt))
	u := append(whole[:], proof+salt...)
	content := []byte("BT /F1 24 Tf 72 720 Td (" + said + ") Tj ET")
	fill := 16 - len(content)%16
	body := append(bytes.Clone(iv), crypt(key, iv, append(content, bytes.Repeat([]byte{byte(fill)}, fill)...))...)
	return written(body, fmt.Sprintf("/V 5 /R 5 /Length 256 /P %d /O <%x> /U <%x> /UE <%x> /OE <%x> /Perms <%x> "+
		"/CF << /StdCF << /CFM /AESV3 /Length 32 /AuthEvent /DocOpen >> >> /StmF /StdCF /StrF /StdCF",
		p, make([]byte, 48), u, crypt(wrap[:], make([]byte, 16), key), make([]byte, 32), make([]byte, 16)))
}

// written is a document whose one page has a content, with what it says of how it
// is encrypted.
func written(body []byte, encrypted string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(s string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), s)
	}
	b.WriteString("%PDF-1.7\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(body), body))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	object("<< /Filter /Standard " + encrypted + " >>")
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, x := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", x)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R /ID [<%x><%x>] /Encrypt 6 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, docID, docID, table)
	return b.Bytes()
}

func inspect(t *testing.T, b []byte) pdffile.Report {
	t.Helper()
	at, ok := pdffile.Table(bytes.NewReader(b), int64(len(b)))
	if !ok {
		t.Fatal("no table")
	}
	return pdffile.Inspect(bytes.NewReader(b), int64(len(b)), at)
}

// said is what the pages of a document say, by a reader that knows of no encryption.
func said(t *testing.T, r io.ReaderAt, size int) string {
	t.Helper()
	d, err := pdf.NewReader(r, int64(size))
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Page(1).GetPlainText(nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(p)
}

// Case 04: by whichever way of encryption, a document that has a password of its
// owner only opens, and one with a password of its user does not.
func TestCase04EveryEncryption(t *testing.T) {
	t.Parallel()
	const words = "Summary of the week"
	for name, c := range map[string]struct {
		v, r, n int
		aes     bool
	}{"RC4-40": {1, 2, 5, false}, "RC4-128": {2, 3, 16, false}, "RC4-64": {2, 3, 8, false}, "RC4-128 by filter": {4, 4, 16, false}, "AES-128": {4, 4, 16, true}} {
		for _, p := range []int32{-4, -4 &^ (1 << 2), -4 &^ (1 << 4)} {
			b := locked(c.v, c.r, c.n, c.aes, p, "", words)
			x := inspect(t, b)
			if !x.Encrypted || x.Crypt == nil || x.Crypt.Restricted != (p != -4) || x.Active || x.Hidden {
				t.Errorf("%s %d: %+v", name, p, x)
				continue
			}
			// The library knows two of these ways: that it reads the file shows that the test is right.
			if c.n == 16 && (c.v != 4 || c.aes) {
				if got := said(t, bytes.NewReader(b), len(b)); got != words {
					t.Errorf("%s: the file says %q", name, got)
				}
			}
			if got := said(t, pdffile.Open(bytes.NewReader(b), int64(len(b))), len(b)); got != words {
				t.Errorf("%s: opened it says %q", name, got)
			}
		}
		b := locked(c.v, c.r, c.n, c.aes, -4, "secret", words)
		if x := inspect(t, b); !x.Encrypted || x.Crypt != nil {
			t.Errorf("%s with a password: %+v", name, x)
		}
	}
	// Revision 5, which the library does not know: only the first draft of AES-256 had it.
	for _, p := range []int32{-4, -4 &^ (1 << 2), -4 &^ (1 << 4)} {
		b := locked5(p, "", words)
		x := inspect(t, b)
		if !x.Encrypted || x.Crypt == nil || x.Crypt.Restricted != (p != -4) {
			t.Fatalf("revision 5, %d: %+v", p, x)
		}
		if got := said(t, pdffile.Open(bytes.NewReader(b), int64(len(b))), len(b)); got != words {
			t.Errorf("revision 5: opened it says %q", got)
		}
	}
	if x := inspect(t, locked5(-4, "secret", words)); !x.Encrypted || x.Crypt != nil {
		t.Errorf("revision 5 with a password: %+v", x)
	}
	// Revision 6, which the library does not know either.
	for name, opens := range map[string]bool{"enc-empty-user.pdf": true, "enc-user.pdf": false} {
		b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "case04", name))
		if err != nil {
			t.Fatal(err)
		}
		x := inspect(t, b)
		if !x.Encrypted || (x.Crypt != nil) != opens {
			t.Fatalf("%s: %+v", name, x)
		}
		if opens {
			if got := said(t, pdffile.Open(bytes.NewReader(b), int64(len(b))), len(b)); !strings.Contains(got, "week") {
				t.Errorf("%s says %q", name, got)
			}
		}
	}
}

// Whatever comes, it is looked through in bounded time and without falling over.
func FuzzInspect(f *testing.F) {
	for _, where := range []string{"case04", "case25"} {
		names, _ := filepath.Glob(filepath.Join("..", "..", "testdata", where, "*.pdf"))
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Add(locked(2, 3, 16, false, -4, "", "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		at, _ := pdffile.Table(bytes.NewReader(b), int64(len(b)))
		x := pdffile.Inspect(bytes.NewReader(b), int64(len(b)), at)
		r := pdffile.Open(bytes.NewReader(b), int64(len(b)))
		got := make([]byte, len(b))
		if n, err := r.ReadAt(got, 0); len(b) > 0 && (n != len(b) || err != nil && err != io.EOF) {
			t.Fatalf("%d of %d: %v", n, len(b), err)
		}
		if !x.Encrypted && !bytes.Equal(got, b) {
			t.Fatal("other bytes")
		}
	})
}

// Case 21: objects that are very many and very small cost what their bytes
// cost; one that never ends does not cost the file again for each that begins.
func TestCase21ManyObjects(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"small": bytes.Repeat([]byte("1 0 obj<</A/B>>endobj\n"), 50_000), "slashes": bytes.Repeat([]byte("/"), 4<<20), "endless": bytes.Repeat([]byte("obj("), 60_000),
		"streams": bytes.Repeat([]byte("obj<</N 1/First 1>>stream\n"), 20_000), "deep": bytes.Repeat([]byte("obj<</A["), 50_000), "actions": bytes.Repeat([]byte("1 0 obj<</OpenAction 1 0 R>>"), 15_000),
	} {
		begun := time.Now()
		x := pdffile.Inspect(bytes.NewReader(b), int64(len(b)), 0)
		took := time.Since(begun)
		t.Logf("%s: %d bytes in %s: %+v", name, len(b), took, x)
		if took > 10*time.Second { // below 0.5 s on an idle machine
			t.Errorf("%s took %s", name, took)
		}
	}
}

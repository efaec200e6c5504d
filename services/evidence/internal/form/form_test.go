package form_test

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/form"
	"github.com/xuri/excelize/v2"
)

func identify(b []byte) form.Form {
	return form.Identify(bytes.NewReader(b), int64(len(b)), "application/octet-stream")
}

// workbook is a small one, encrypted with a password where one is given.
func workbook(t testing.TB, password string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetCellStr("Sheet1", "A1", strings.Repeat("台账", 2000)); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	if password == "" {
		return b.Bytes()
	}
	locked, err := excelize.Encrypt(b.Bytes(), &excelize.Options{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return locked
}

func wide(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func sum(parts ...[]byte) []byte {
	h := sha512.Sum512(bytes.Join(parts, nil))
	return h[:]
}

func sealed(key, iv, b []byte) []byte {
	b = append(bytes.Clone(b), make([]byte, (16-len(b)%16)%16)...)
	c, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	cipher.NewCBCEncrypter(c, iv[:16]).CryptBlocks(b, b)
	return b
}

// agile encrypts a package as Excel does.
func agile(pack []byte, password string) []byte {
	salt, secret, input := []byte("0123456789abcdef"), bytes.Repeat([]byte("k"), 32), []byte("verifier of 16 b")
	spun := sum(salt, wide(password))
	for i := range uint32(1000) {
		spun = sum(binary.LittleEndian.AppendUint32(nil, i), spun)
	}
	seal := func(purpose string, b []byte) string {
		return base64.StdEncoding.EncodeToString(sealed(sum(spun, []byte(purpose))[:32], salt, b))
	}
	const how = `saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"`
	s64 := base64.StdEncoding.EncodeToString(salt)
	info := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData %s saltValue="%s"/><dataIntegrity encryptedHmacKey="" encryptedHmacValue=""/><keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="1000" %s saltValue="%s" encryptedVerifierHashInput="%s" encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/></keyEncryptor></keyEncryptors></encryption>`,
		how, s64, how, s64, seal("\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79", input), seal("\xd7\xaa\x0f\x6d\x30\x61\x34\x4e", sum(input)), seal("\x14\x6e\x0b\xe7\xab\xac\xd0\xd6", secret))
	body := binary.LittleEndian.AppendUint64(nil, uint64(len(pack)))
	for i := uint32(0); len(pack) > 0; i++ {
		n := min(4096, len(pack))
		body = append(body, sealed(secret, sum(salt, binary.LittleEndian.AppendUint32(nil, i)), pack[:n])...)
		pack = pack[n:]
	}
	return compound(map[string][]byte{"EncryptionInfo": append([]byte("\x04\x00\x04\x00\x40\x00\x00\x00"), info...), "EncryptedPackage": body})
}

// compound is a compound file of one table of sectors with these streams.
func compound(streams map[string][]byte) []byte {
	le := binary.LittleEndian
	const none, last = 0xffffffff, 0xfffffffe
	table, directory := make([]uint32, 128), make([]byte, 512)
	for i := range table {
		table[i] = none
	}
	table[0], table[1] = 0xfffffffd, last
	entry := func(i int, name string, kind byte, at uint32, size int) []byte {
		e := directory[128*i : 128*i+128]
		copy(e, wide(name))
		le.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66], e[67] = kind, 1
		for _, o := range []int{68, 72, 76} {
			le.PutUint32(e[o:], none)
		}
		le.PutUint32(e[116:], at)
		le.PutUint32(e[120:], uint32(size))
		return e
	}
	root := entry(0, "Root Entry", 5, last, 0)
	var data []byte
	i, next := 1, uint32(2)
	for _, name := range []string{"EncryptedPackage", "EncryptionInfo", "Workbook"} {
		b, ok := streams[name]
		if !ok {
			continue
		}
		b = append(bytes.Clone(b), bytes.Repeat([]byte(" "), max(0, 4096-len(b)))...)
		e := entry(i, name, 2, next, len(b))
		if i == 1 {
			le.PutUint32(root[76:], 1)
		} else {
			le.PutUint32(directory[128*(i-1)+72:], uint32(i))
		}
		_ = e
		b = append(b, make([]byte, (512-len(b)%512)%512)...)
		for n := range uint32(len(b) / 512) {
			table[next+n] = next + n + 1
		}
		next += uint32(len(b) / 512)
		table[next-1] = last
		data = append(data, b...)
		i++
	}
	h := make([]byte, 512)
	copy(h, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(h[24:], 0x3e)
	le.PutUint16(h[26:], 3)
	le.PutUint16(h[28:], 0xfffe)
	le.PutUint16(h[30:], 9)
	le.PutUint16(h[32:], 6)
	le.PutUint32(h[44:], 1)
	le.PutUint32(h[48:], 1)
	le.PutUint32(h[56:], 4096)
	le.PutUint32(h[60:], last)
	le.PutUint32(h[68:], last)
	for o := 76; o < 512; o += 4 {
		le.PutUint32(h[o:], none)
	}
	le.PutUint32(h[76:], 0)
	for _, x := range table {
		h = le.AppendUint32(h, x)
	}
	return slices.Concat(h, directory, data)
}

// Case 04: a workbook under the password that nobody is asked for is no locked
// one, and is looked into like any other.
func TestCase04UnaskedPassword(t *testing.T) {
	t.Parallel()
	const unasked = "VelvetSweatshop"
	plain := workbook(t, "")
	var z bytes.Buffer
	in, err := zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
	if err != nil {
		t.Fatal(err)
	}
	out := zip.NewWriter(&z)
	for _, f := range in.File {
		if err := out.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	if w, err := out.Create("xl/vbaProject.bin"); err != nil {
		t.Fatal(err)
	} else if _, err = w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := excelize.Decrypt(agile(plain, unasked), &excelize.Options{Password: unasked}); err != nil || !bytes.HasPrefix(got, plain) {
		t.Fatalf("the test encrypts in another way than Excel: %v", err)
	}
	const sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	for name, c := range map[string]struct {
		b        []byte
		kind     string
		cautions string
	}{
		"standard": {workbook(t, unasked), sheet, ""}, "standard, another": {workbook(t, "secret"), evidence.Locked, "encrypted"},
		"agile": {agile(plain, unasked), sheet, ""}, "agile, another": {agile(plain, "secret"), evidence.Locked, "encrypted"},
		"agile with macros": {agile(z.Bytes(), unasked), sheet, "macros"},
		"old":               {compound(map[string][]byte{"Workbook": []byte("\x09\x08\x02\x00\x00\x06\x2f\x00\x06\x00\x00\x00\x59\xb3\x0a\x9a")}), "application/vnd.ms-excel", ""},
		"old, another":      {compound(map[string][]byte{"Workbook": []byte("\x09\x08\x02\x00\x00\x06\x2f\x00\x06\x00\x00\x00\x59\xb3\x0a\x9b")}), "application/vnd.ms-excel", "encrypted"},
		"old RC4":           {oldSheet(rc4Pass(unasked)), "application/vnd.ms-excel", ""}, "old RC4, another": {oldSheet(rc4Pass("secret")), "application/vnd.ms-excel", "encrypted"},
		"old API, 40": {oldSheet(apiPass(unasked, 40)), "application/vnd.ms-excel", ""}, "old API, 40, another": {oldSheet(apiPass("secret", 40)), "application/vnd.ms-excel", "encrypted"},
		"old API, 128": {oldSheet(apiPass(unasked, 128)), "application/vnd.ms-excel", ""}, "old API, 128, another": {oldSheet(apiPass("secret", 128)), "application/vnd.ms-excel", "encrypted"},
		"old API, cut":    {oldSheet(apiPass(unasked, 128)[:90]), "application/vnd.ms-excel", "encrypted"},
		"old macro sheet": {compound(map[string][]byte{"Workbook": []byte("\x09\x08\x02\x00\x00\x06\x85\x00\x08\x00\x00\x00\x00\x00\x00\x01\x01\x00")}), "application/vnd.ms-excel", "macros"},
		"old plain sheet": {compound(map[string][]byte{"Workbook": []byte("\x09\x08\x02\x00\x00\x06\x85\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00")}), "application/vnd.ms-excel", ""},
	} {
		f := identify(c.b)
		var has []string
		for _, x := range f.Cautions {
			has = append(has, x.Kind)
		}
		if f.Type != c.kind || f.Refusal != "" || strings.Join(has, ",") != c.cautions {
			t.Errorf("%s: %+v, want %s with %q", name, f, c.kind, c.cautions)
		}
	}
}

// Whatever comes, a check answers; what it refuses it gives a known code.
func FuzzIdentify(f *testing.F) {
	for _, where := range []string{"case04", "case05", "case15", "case25"} {
		names, _ := filepath.Glob(filepath.Join("..", "..", "testdata", where, "*"))
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Add([]byte("GIF89a\x08\x00\x08\x00\x00\x00\x00,\x00\x00\x00\x00\x08\x00\x08\x00\x00\x02\x01x\x00;"))
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00x\xff\xd9"))
	f.Add([]byte("\x00\x00\x00\x10ftypheic\x00\x00\x00\x00\x00\x00\x00\x08meta\x00\x00\x00\x08mdat"))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x := identify(b)
		if x.Refusal == "" && evidence.Taken(x.Type) && len(b) < 12 {
			t.Fatalf("%q is taken as %s", b, x.Type)
		}
		if x.Refusal != "" && evidence.Refuse("a", evidence.Examined{Refusal: x.Refusal, Why: x.Why}, nil) == nil {
			t.Fatalf("%s is not refused", x.Refusal)
		}
	})
}

package form_test

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what the format prescribes
	"crypto/rc4"  //nolint:gosec // as above
	"crypto/sha1" //nolint:gosec // as above
	"encoding/binary"
	"unicode/utf16"
)

var le = binary.LittleEndian

// oldSheet is a workbook of before 2007 that begins with this record FilePass.
func oldSheet(filePass []byte) []byte {
	b := []byte("\x09\x08\x02\x00\x00\x06\x2f\x00")
	b = append(le.AppendUint16(b, uint16(len(filePass))), filePass...)
	return compound(map[string][]byte{"Workbook": b})
}

func utf16le(word string) (b []byte) {
	for _, u := range utf16.Encode([]rune(word)) {
		b = le.AppendUint16(b, u)
	}
	return b
}

// behind encrypts what tells a right password, and its hash, with one stream.
func behind(key, verifier, hash []byte) (v, h []byte) {
	c, err := rc4.NewCipher(key) //nolint:gosec // as above
	if err != nil {
		panic(err)
	}
	v, h = make([]byte, len(verifier)), make([]byte, len(hash))
	c.XORKeyStream(v, verifier)
	c.XORKeyStream(h, hash)
	return v, h
}

var (
	saltOf     = []byte("sixteen of salt!")
	verifierOf = []byte("0123456789abcdef")
)

// rc4Pass is FilePass of RC4 (MS-OFFCRYPTO 2.3.6).
func rc4Pass(word string) []byte {
	h := md5.Sum(utf16le(word)) //nolint:gosec // as above
	var all []byte
	for range 16 {
		all = append(append(all, h[:5]...), saltOf...)
	}
	h = md5.Sum(all)                            //nolint:gosec // as above
	key := md5.Sum(append(h[:5:5], 0, 0, 0, 0)) //nolint:gosec // as above
	sum := md5.Sum(verifierOf)                  //nolint:gosec // as above
	v, s := behind(key[:], verifierOf, sum[:])
	return bytes.Join([][]byte{{1, 0, 1, 0, 1, 0}, saltOf, v, s}, nil)
}

// apiPass is FilePass of RC4 by the CryptoAPI with a key of so many bits
// (MS-OFFCRYPTO 2.3.5).
func apiPass(word string, bits uint32) []byte {
	h := sha1.Sum(append(bytes.Clone(saltOf), utf16le(word)...)) //nolint:gosec // as above
	h = sha1.Sum(append(h[:20:20], 0, 0, 0, 0))                  //nolint:gosec // as above
	key := make([]byte, 16)
	n := copy(key, h[:bits/8])
	if bits != 40 {
		key = key[:n]
	}
	sum := sha1.Sum(verifierOf) //nolint:gosec // as above
	v, s := behind(key, verifierOf, sum[:])
	header := make([]byte, 32, 64)
	le.PutUint32(header[8:], 0x6801) // RC4
	le.PutUint32(header[12:], 0x8004)
	le.PutUint32(header[16:], bits)
	header = append(header, utf16le("Microsoft Enhanced\x00")...)
	b := []byte{1, 0, 2, 0, 2, 0, 4, 0, 0, 0}
	b = append(le.AppendUint32(b, uint32(len(header))), header...)
	b = append(le.AppendUint32(b, 16), saltOf...)
	b = append(b, v...)
	return append(le.AppendUint32(b, 20), s...)
}

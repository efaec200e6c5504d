package form

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what the format prescribes
	"crypto/rc4"  //nolint:gosec // as above
	"crypto/sha1" //nolint:gosec // as above
	"encoding/binary"
	"unicode/utf16"
)

// unaskedWord is the password that Excel gives to workbooks whose structure is
// protected, and tries itself: nobody is ever asked for it (MS-OFFCRYPTO 2.2).
const unaskedWord = "VelvetSweatshop"

// unasked tells whether a workbook with this FilePass record opens without
// asking: by obfuscation, RC4, or RC4 of the CryptoAPI (MS-XLS 2.4.117).
func unasked(b []byte) bool {
	le := binary.LittleEndian
	switch {
	case len(b) < 6:
		return false
	case le.Uint16(b) == 0:
		return le.Uint16(b[4:]) == obfuscated(unaskedWord)
	case le.Uint16(b[2:]) == 1 && le.Uint16(b[4:]) == 1 && len(b) >= 54:
		return rc4Verified(b[6:22], b[22:38], b[38:54])
	case le.Uint16(b[4:]) == 2 && len(b) >= 14:
		return apiVerified(b[6:])
	}
	return false
}

// obfuscated is the verifier of a password (MS-OFFCRYPTO 2.3.7.1).
func obfuscated(word string) uint16 {
	v := uint16(0)
	turn := func(c byte) { v = (v>>14&1 | v<<1&0x7fff) ^ uint16(c) }
	for i := len(word) - 1; i >= 0; i-- {
		turn(word[i])
	}
	turn(byte(len(word)))
	return v ^ 0xce4b
}

func wide(word string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(word)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// rc4Verified is MS-OFFCRYPTO 2.3.6.4.
func rc4Verified(salt, verifier, hash []byte) bool {
	h := md5.Sum(wide(unaskedWord))                                         //nolint:gosec // as above
	h = md5.Sum(bytes.Repeat(append(bytes.Clone(h[:5]), salt...), 16))      //nolint:gosec // as above
	key := md5.Sum(binary.LittleEndian.AppendUint32(bytes.Clone(h[:5]), 0)) //nolint:gosec // as above
	c, err := rc4.NewCipher(key[:])                                         //nolint:gosec // as above
	if err != nil {
		return false
	}
	v, want := make([]byte, 16), make([]byte, 16)
	c.XORKeyStream(v, verifier)
	c.XORKeyStream(want, hash)
	sum := md5.Sum(v) //nolint:gosec // as above
	return bytes.Equal(sum[:], want)
}

// apiVerified is MS-OFFCRYPTO 2.3.5.
func apiVerified(b []byte) bool {
	le := binary.LittleEndian
	size := int(le.Uint32(b[4:]))
	if size < 32 || size > 1024 || len(b) < 8+size+60 {
		return false
	}
	bits := le.Uint32(b[8+16:])
	if bits == 0 {
		bits = 40
	}
	if bits > 128 || bits%8 != 0 {
		return false
	}
	v := b[8+size:]
	salt, verifier, hash := v[4:20], v[20:36], v[40:60]
	h := sha1.Sum(append(bytes.Clone(salt), wide(unaskedWord)...)) //nolint:gosec // as above
	h = sha1.Sum(le.AppendUint32(bytes.Clone(h[:]), 0))            //nolint:gosec // as above
	key := bytes.Clone(h[:bits/8])
	if bits == 40 {
		key = append(key, make([]byte, 11)...)
	}
	c, err := rc4.NewCipher(key) //nolint:gosec // as above
	if err != nil {
		return false
	}
	plain, want := make([]byte, 16), make([]byte, 20)
	c.XORKeyStream(plain, verifier)
	c.XORKeyStream(want, hash)
	sum := sha1.Sum(plain) //nolint:gosec // as above
	return bytes.Equal(sum[:], want)
}

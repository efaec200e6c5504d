package form

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // what the format prescribes
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"hash"
	"io"
	"strings"

	"github.com/richardlehane/mscfb"
)

const (
	// maxOpened is how large a package may be that is opened to look into it: it
	// is held in memory while that lasts. A larger one counts as locked.
	maxOpened = 32 << 20
	maxSpins  = 200_000 // of making a key; Excel does 100,000
)

// opening is held while a package is open: one at a time.
var opening = make(chan struct{}, 1)

// opened is an office document that is encrypted with the password that nobody
// is asked for (see unaskedWord); nil when it has another.
func (w *walker) opened() *walker {
	opening <- struct{}{}
	defer func() { <-opening }()
	doc, err := mscfb.New(io.NewSectionReader(w.r, 0, w.size))
	if err != nil {
		return nil
	}
	var info, pack []byte
	for f, err := doc.Next(); err == nil; f, err = doc.Next() {
		to, most := &info, int64(64<<10)
		switch strings.ToLower(f.Name) {
		case "encryptioninfo":
		case "encryptedpackage":
			to, most = &pack, maxOpened
		default:
			continue
		}
		if f.Size > most || f.Size > w.size {
			return nil
		}
		if *to, err = io.ReadAll(io.LimitReader(doc, f.Size)); err != nil {
			return nil
		}
	}
	if len(info) < 8 || len(pack) < 8 {
		return nil
	}
	le := binary.LittleEndian
	size, pack := le.Uint64(pack), pack[8:]
	var open func([]byte) bool
	switch major, minor := le.Uint16(info), le.Uint16(info[2:]); {
	case major == 4 && minor == 4:
		open = agile(info[8:])
	case major >= 2 && major <= 4 && minor == 2:
		open = standard(info[4:])
	}
	if open == nil || size > uint64(len(pack)) || !open(pack) {
		return nil
	}
	return &walker{r: bytes.NewReader(pack[:size]), size: int64(size)}
}

func ecb(key, b []byte) bool {
	c, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	for ; len(b) >= aes.BlockSize; b = b[aes.BlockSize:] {
		c.Decrypt(b, b)
	}
	return true
}

// standard is how to open a package by MS-OFFCRYPTO 2.3.4; nil when the password
// is another.
func standard(b []byte) func([]byte) bool {
	le := binary.LittleEndian
	if len(b) < 8 {
		return nil
	}
	n := int64(le.Uint32(b[4:]))
	if n < 32 || n > 4096 || int64(len(b)) < 8+n+72 {
		return nil
	}
	bits, v := le.Uint32(b[8+16:]), b[8+n:]
	if bits != 128 && bits != 192 && bits != 256 {
		return nil
	}
	h := sha1.Sum(append(bytes.Clone(v[4:20]), wide(unaskedWord)...)) //nolint:gosec // as above
	for i := range uint32(50_000) {
		h = sha1.Sum(append(le.AppendUint32(nil, i), h[:]...)) //nolint:gosec // as above
	}
	h = sha1.Sum(le.AppendUint32(bytes.Clone(h[:]), 0)) //nolint:gosec // as above
	derive := func(fill byte) []byte {
		x := bytes.Repeat([]byte{fill}, 64)
		for i := range h {
			x[i] ^= h[i]
		}
		s := sha1.Sum(x) //nolint:gosec // as above
		return s[:]
	}
	key := append(derive(0x36), derive(0x5c)...)[:bits/8]
	verifier, want := bytes.Clone(v[20:36]), bytes.Clone(v[40:72])
	if !ecb(key, verifier) || !ecb(key, want) {
		return nil
	}
	if got := sha1.Sum(verifier); !bytes.Equal(got[:], want[:20]) { //nolint:gosec // as above
		return nil
	}
	return func(b []byte) bool { return ecb(key, b) }
}

// algorithm is how something of an agile package is encrypted.
type algorithm struct {
	Salt  base64Bytes `xml:"saltValue,attr"`
	Hash  string      `xml:"hashAlgorithm,attr"`
	Bits  int         `xml:"keyBits,attr"`
	Spins int         `xml:"spinCount,attr"`
	Input base64Bytes `xml:"encryptedVerifierHashInput,attr"`
	Value base64Bytes `xml:"encryptedVerifierHashValue,attr"`
	Key   base64Bytes `xml:"encryptedKeyValue,attr"`
}

// base64Bytes are bytes as the format writes them.
type base64Bytes []byte

// UnmarshalXMLAttr implements xml.UnmarshalerAttr.
func (b *base64Bytes) UnmarshalXMLAttr(a xml.Attr) (err error) {
	*b, err = base64.StdEncoding.DecodeString(a.Value)
	return err
}

func (a algorithm) hash() func() hash.Hash {
	switch strings.ToUpper(strings.ReplaceAll(a.Hash, "-", "")) {
	case "SHA1":
		return sha1.New
	case "SHA256":
		return sha256.New
	case "SHA384":
		return sha512.New384
	case "SHA512":
		return sha512.New
	}
	return nil
}

func sumOf(h func() hash.Hash, parts ...[]byte) []byte {
	x := h()
	for _, p := range parts {
		_, _ = x.Write(p) // a hash never fails
	}
	return x.Sum(nil)
}

// fitted is b cut or filled up to so many bytes.
func fitted(b []byte, n int) []byte {
	return append(bytes.Clone(b), bytes.Repeat([]byte{0x36}, max(0, n-len(b)))...)[:n]
}

func cbc(key, iv, b []byte) bool {
	c, err := aes.NewCipher(key)
	if err != nil || len(iv) != aes.BlockSize || len(b)%aes.BlockSize != 0 {
		return false
	}
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(b, b)
	return true
}

// agile is how to open a package by MS-OFFCRYPTO 2.3.4.10; nil when the
// password is another.
func agile(b []byte) func([]byte) bool {
	var x struct {
		Data algorithm `xml:"keyData"`
		Keys []struct {
			Key algorithm `xml:"encryptedKey"`
		} `xml:"keyEncryptors>keyEncryptor"`
	}
	if xml.Unmarshal(b, &x) != nil || x.Data.hash() == nil {
		return nil
	}
	for _, k := range x.Keys {
		a := k.Key
		h := a.hash()
		if h == nil || a.Spins < 0 || a.Spins > maxSpins || (a.Bits != 128 && a.Bits != 192 && a.Bits != 256) {
			continue
		}
		spun := sumOf(h, a.Salt, wide(unaskedWord))
		for i := range uint32(a.Spins) {
			spun = sumOf(h, binary.LittleEndian.AppendUint32(nil, i), spun)
		}
		open := func(purpose string, sealed []byte) []byte {
			out := bytes.Clone(sealed)
			if !cbc(fitted(sumOf(h, spun, []byte(purpose)), a.Bits/8), fitted(a.Salt, aes.BlockSize), out) {
				return nil
			}
			return out
		}
		input := open("\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79", a.Input)
		value := open("\xd7\xaa\x0f\x6d\x30\x61\x34\x4e", a.Value)
		key := open("\x14\x6e\x0b\xe7\xab\xac\xd0\xd6", a.Key)
		if len(input) == 0 || len(key) < a.Bits/8 || !bytes.HasPrefix(value, sumOf(h, input)) {
			continue
		}
		return func(b []byte) bool {
			const segment = 4096
			for i := uint32(0); len(b) > 0; i++ {
				n := min(segment, len(b))
				iv := sumOf(x.Data.hash(), x.Data.Salt, binary.LittleEndian.AppendUint32(nil, i))
				if !cbc(key[:a.Bits/8], fitted(iv, aes.BlockSize), b[:n/aes.BlockSize*aes.BlockSize]) {
					return false
				}
				b = b[n:]
			}
			return true
		}
	}
	return nil
}

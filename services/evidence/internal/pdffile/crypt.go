package pdffile

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // what the format prescribes
	"crypto/rc4" //nolint:gosec // as above
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// method is how something is encrypted.
type method int

const (
	plain method = iota
	stream4
	aes128
	aes256
)

// Crypt opens what is encrypted in a document that opens without a password:
// it has a password of its owner only, who wants it neither changed nor, often,
// printed or copied (ISO 32000-2, 7.6, the standard security handler).
type Crypt struct {
	key            []byte
	streams, texts method
	// Restricted: it says that it is not to be printed, or that nothing is to be
	// copied out of it.
	Restricted bool
}

// pad is what passwords are filled up with; the empty one is nothing else.
const pad = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

// unlock tries the empty password; nil when it does not open the document, or
// when it is encrypted in another way than the standard's.
func unlock(e dict, id []byte) *Crypt {
	v, r := integer(e["V"]), integer(e["R"])
	owner, user := bytesOf(e["O"]), bytesOf(e["U"])
	if e["Filter"] != name("Standard") {
		return nil
	}
	p := uint32(integer(e["P"]))
	c := &Crypt{streams: stream4, texts: stream4, Restricted: p&(1<<2) == 0 || p&(1<<4) == 0}
	if v == 4 || v == 5 {
		c.streams, c.texts = methodOf(e, "StmF"), methodOf(e, "StrF")
	}
	switch {
	case (v == 1 || v == 2 || v == 4) && r >= 2 && r <= 4 && len(owner) >= 32 && len(user) >= 32:
		n := 5
		if length := integer(e["Length"]); v != 1 && length >= 40 && length <= 128 && length%8 == 0 {
			n = int(length / 8)
		} else if v == 4 {
			n = 16
		}
		if r == 2 {
			n = 5
		}
		if !c.old(lock{revision: r, bytes: n, owner: owner[:32], user: user[:32], may: p, id: id, metadata: e["EncryptMetadata"] != false}) {
			return nil
		}
	case v == 5 && (r == 5 || r == 6) && len(user) >= 48 && len(bytesOf(e["UE"])) >= 32:
		if !c.new(r, user, bytesOf(e["UE"])[:32]) {
			return nil
		}
	default:
		return nil
	}
	return c
}

func methodOf(e dict, which name) method {
	filter, _ := e[which].(name)
	filters, _ := e["CF"].(dict)
	f, _ := filters[filter].(dict)
	switch f["CFM"] {
	case name("V2"):
		return stream4
	case name("AESV2"):
		return aes128
	case name("AESV3"):
		return aes256
	}
	return plain
}

// lock is what a document of revisions 2 to 4 says of how it is locked.
type lock struct {
	revision    int64
	bytes       int    // of the key
	owner, user []byte // 32 bytes each
	may         uint32 // the permissions
	id          []byte // the first of the file's
	metadata    bool   // encrypted as well
}

// old makes the key of revisions 2 to 4 and tells whether it opens the document.
func (c *Crypt) old(l lock) bool {
	b := append([]byte(pad), l.owner...)
	b = append(binary.LittleEndian.AppendUint32(b, l.may), l.id...)
	if l.revision >= 4 && !l.metadata {
		b = append(b, 0xff, 0xff, 0xff, 0xff)
	}
	sum := md5.Sum(b) //nolint:gosec // as above
	if l.revision >= 3 {
		for range 50 {
			sum = md5.Sum(sum[:l.bytes]) //nolint:gosec // as above
		}
	}
	c.key = bytes.Clone(sum[:l.bytes])
	if l.revision == 2 {
		return bytes.Equal(arc4(c.key, []byte(pad)), l.user)
	}
	sum = md5.Sum(append([]byte(pad), l.id...)) //nolint:gosec // as above
	x := sum[:]
	for i := range 20 {
		k := bytes.Clone(c.key)
		for j := range k {
			k[j] ^= byte(i)
		}
		x = arc4(k, x)
	}
	return bytes.Equal(x, l.user[:16])
}

// new makes the key of revisions 5 and 6.
func (c *Crypt) new(r int64, user, wrapped []byte) bool {
	hash := func(salt []byte) []byte {
		sum := sha256.Sum256(salt)
		if r == 5 {
			return sum[:]
		}
		return harden(sum[:])
	}
	if !bytes.Equal(hash(user[32:40]), user[:32]) {
		return false
	}
	c.key = cbc(hash(user[40:48]), make([]byte, 16), wrapped)
	return c.key != nil
}

// harden is algorithm 2.B of ISO 32000-2 for the empty password.
func harden(k []byte) []byte {
	var e []byte
	for i := 0; i < 64 || int(e[len(e)-1]) > i-32; i++ {
		e = bytes.Repeat(k, 64)
		b, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(b, k[16:32]).CryptBlocks(e, e)
		sum := 0
		for _, x := range e[:16] {
			sum += int(x)
		}
		switch sum % 3 {
		case 0:
			s := sha256.Sum256(e)
			k = s[:]
		case 1:
			s := sha512.Sum384(e)
			k = s[:]
		default:
			s := sha512.Sum512(e)
			k = s[:]
		}
	}
	return k[:32]
}

func arc4(key, b []byte) []byte {
	c, err := rc4.NewCipher(key) //nolint:gosec // as above
	if err != nil {
		return nil
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out
}

func cbc(key, iv, b []byte) []byte {
	c, err := aes.NewCipher(key)
	if err != nil || len(b)%aes.BlockSize != 0 {
		return nil
	}
	out := make([]byte, len(b))
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(out, b)
	return out
}

// open decrypts what stands in an object. It never gets longer.
func (c *Crypt) open(b []byte, m method, num, gen int64) []byte {
	key := c.key
	if m == stream4 || m == aes128 {
		k := append(bytes.Clone(key), byte(num), byte(num>>8), byte(num>>16), byte(gen), byte(gen>>8))
		if m == aes128 {
			k = append(k, "sAlT"...)
		}
		sum := md5.Sum(k) //nolint:gosec // as above
		key = sum[:min(len(c.key)+5, 16)]
	}
	switch m {
	case plain:
		return b
	case stream4:
		return arc4(key, b)
	}
	if len(b) < 2*aes.BlockSize {
		return nil
	}
	iv, b := b[:aes.BlockSize], b[aes.BlockSize:]
	out := cbc(key, iv, b[:len(b)/aes.BlockSize*aes.BlockSize])
	if n := len(out); n > 0 && out[n-1] >= 1 && out[n-1] <= aes.BlockSize {
		out = out[:n-int(out[n-1])]
	}
	return out
}

func integer(v any) int64 {
	f, _ := v.(float64)
	if f >= 1<<31 { // permissions are written without a sign as well
		return int64(uint32(f))
	}
	return int64(f)
}

func bytesOf(v any) []byte {
	b, _ := v.(text)
	return b
}

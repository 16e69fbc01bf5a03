package protocol

import "encoding/binary"

// Mask combines b with key in place. Masking and unmasking are the same
// (RFC 6455, 5.3). offset is the position of b[0] in the payload of its frame,
// so that a payload can be masked piece by piece; only its last two bits matter.
//
// RFC 6455, 5.3: "j = i MOD 4", "transformed-octet-i = original-octet-i XOR
// masking-key-octet-j".
func Mask(b []byte, key [4]byte, offset int) {
	k32 := binary.LittleEndian.Uint32(key[:])
	// Turn the key so that its lowest byte is the one for b[0].
	if turn := uint(offset&3) * 8; turn != 0 {
		k32 = k32>>turn | k32<<(32-turn)
	}
	k := uint64(k32)<<32 | uint64(k32)
	le := binary.LittleEndian

	for len(b) >= 64 {
		c := b[:64]
		le.PutUint64(c[0:], le.Uint64(c[0:])^k)
		le.PutUint64(c[8:], le.Uint64(c[8:])^k)
		le.PutUint64(c[16:], le.Uint64(c[16:])^k)
		le.PutUint64(c[24:], le.Uint64(c[24:])^k)
		le.PutUint64(c[32:], le.Uint64(c[32:])^k)
		le.PutUint64(c[40:], le.Uint64(c[40:])^k)
		le.PutUint64(c[48:], le.Uint64(c[48:])^k)
		le.PutUint64(c[56:], le.Uint64(c[56:])^k)
		b = b[64:]
	}
	for len(b) >= 8 {
		le.PutUint64(b, le.Uint64(b)^k)
		b = b[8:]
	}
	if len(b) >= 4 {
		le.PutUint32(b, le.Uint32(b)^k32)
		b = b[4:]
	}
	for i := range b {
		b[i] ^= byte(k)
		k >>= 8
	}
}

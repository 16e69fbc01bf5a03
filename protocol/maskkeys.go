package protocol

import "crypto/rand"

// maskKeys is the default source of a client's mask keys: the system's
// cryptographic random numbers, fetched for many frames at a time.
//
// RFC 6455, 5.3: "The masking key needs to be unpredictable; thus, the masking
// key MUST be derived from a strong source of entropy, and the masking key for a
// given frame MUST NOT make it simple for a server/proxy to predict the masking
// key for a subsequent frame."
type maskKeys struct {
	left int // unused bytes, at the end of buf
	buf  [128]byte
}

func (k *maskKeys) next() [4]byte {
	if k.left == 0 {
		// Read never fails: it ends the program if the system has no random
		// numbers.
		rand.Read(k.buf[:])
		k.left = len(k.buf)
	}
	key := [4]byte(k.buf[len(k.buf)-k.left:])
	k.left -= 4
	return key
}

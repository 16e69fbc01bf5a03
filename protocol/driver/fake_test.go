package driver_test

import (
	"bytes"
	"errors"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// A fake is an extension and its codec: it writes its mark before and behind every piece
// of a message, and takes it away again.
type fake struct {
	name  string
	rsv   uint8
	mark  string
	least int   // the size from which on it wants a message
	fails error // what Decode fails with
	stuck bool  // Decode does not get on
	calls *[]string
}

func (f fake) Name() string { return f.name }
func (f fake) RSV() uint8   { return f.rsv }

func (f fake) Accept(offers []protocol.Extension) (protocol.Extension, protocol.Codec, bool) {
	for _, o := range offers {
		if len(o.Params) == 0 {
			return protocol.Extension{Name: f.name}, f, true
		}
	}
	return protocol.Extension{}, nil, false
}

func (f fake) Offers() []protocol.Extension { return []protocol.Extension{{Name: f.name}} }

func (f fake) Confirm(answer protocol.Extension) (protocol.Codec, error) {
	if len(answer.Params) > 0 {
		return nil, errors.New("bad parameter")
	}
	return f, nil
}

func (f fake) Wants(_ protocol.Opcode, size int) bool { return size < 0 || size >= f.least }

func (f fake) Encode(dst, src []byte, _ bool) []byte {
	return append(append(append(dst, f.mark...), src...), f.mark...)
}

// Decode drops every mark, a byte of room at a time.
func (f fake) Decode(dst, src []byte, _ bool) ([]byte, int, error) {
	switch {
	case f.fails != nil:
		return dst, 0, f.fails
	case f.stuck:
		return dst, 0, protocol.ErrFull
	}
	n := 0
	for ; n < len(src); n++ {
		if f.mark != "" && bytes.IndexByte([]byte(f.mark), src[n]) >= 0 {
			continue
		}
		if len(dst) == cap(dst) {
			return dst, n, protocol.ErrFull
		}
		dst = append(dst, src[n])
	}
	return dst, n, nil
}

func (f fake) Rest() {
	if f.calls != nil {
		*f.calls = append(*f.calls, strings.TrimSpace("rest "+f.name))
	}
}

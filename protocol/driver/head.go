package driver

import (
	"bytes"

	"github.com/wsflow/wsflow/protocol"
)

// maxInterim is how many responses may come before the final one.
const maxInterim = 5

// A headScan knows how much of the head of a request or response has been looked at.
type headScan struct{ seen int }

// ready reports whether b, the start of a head, has to be parsed, since it has another
// complete line or is as long as it may be. It keeps the cost of a head that comes byte
// by byte from growing with the square of its length.
func (s *headScan) ready(b []byte, limit int) bool {
	line := bytes.IndexByte(b[s.seen:], '\n') >= 0
	s.seen = len(b)
	return line || len(b) >= limit
}

// A responseReader reads the response that answers a request.
type responseReader struct {
	scan    headScan
	interim int // responses that came before
}

// read takes the final response from in. The error is [protocol.ErrShort], or what
// [protocol.ParseResponse] gives.
//
// RFC 7231, 6.2: "A client MUST be able to parse one or more 1xx responses received
// prior to a final response, even if the client does not expect one."
func (r *responseReader) read(in *input, limit int) (*protocol.Response, error) {
	for {
		if !r.scan.ready(in.bytes(), limit) {
			return nil, protocol.ErrShort
		}
		response, n, err := protocol.ParseResponse(in.bytes(), limit)
		if err != nil {
			return nil, err
		}
		in.skip(n)
		r.scan = headScan{}
		if response.Status >= 200 || response.Status == 101 || r.interim == maxInterim {
			return response, nil
		}
		r.interim++
	}
}

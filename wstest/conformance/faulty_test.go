package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"unicode/utf8"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// A fault is what a faulty server does wrong.
type fault string

// What can be wrong with a server.
const (
	none             fault = "nothing"
	noTextCheck      fault = "takes any bytes for text"
	lateTextCheck    fault = "checks text when the message is complete"
	lateFrameCheck   fault = "checks text when the frame is complete"
	alwaysGoingAway  fault = "answers every close frame with 1001"
	alwaysProtocol   fault = "fails every connection with 1002"
	answers1005      fault = "answers an empty close frame with 1005"
	answers1006      fault = "fails every connection with 1006"
	unmasked         fault = "takes frames that are wrongly masked"
	masking          fault = "masks its frames if it must not, and only then"
	emptyPong        fault = "sends pongs without payload"
	noPong           fault = "sends no pongs"
	reservedOpcode   fault = "ignores frames with reserved opcodes"
	reservedBit      fault = "takes RSV bits"
	noOrder          fault = "takes every data frame for a message"
	anyOrder         fault = "does not check the order of fragments"
	longControl      fault = "takes long control frames"
	fragmentControl  fault = "takes fragmented control frames"
	wideLength       fault = "takes lengths that are not minimal"
	anyCode          fault = "takes every close code"
	shortClose       fault = "takes a close frame of one byte"
	anyReason        fault = "takes a reason that is not UTF-8"
	silentClose      fault = "never answers a close frame"
	leavesOpen       fault = "does not end the connection after the closing handshake"
	goesOn           fault = "goes on after the peer's close frame"
	noLimit          fault = "closes with 1011 what is too long"
	noFragmentLimit  fault = "takes any number of fragments"
	cutsLongMessages fault = "loses the last byte of long messages"
	anyKey           fault = "takes every key"
	wrongAccept      fault = "answers with the wrong key"
	anyOrigin        fault = "takes every origin"
	losesGlued       fault = "loses what is glued to the request"
	anyAnswer        fault = "takes every response to its request"
	keepsEverything  fault = "keeps what the peer does not read, without limit"
)

// A faulty endpoint, here a server, echoes, and does one thing wrong. What it does right is written anew here, so that the suite is not judged by
// what it is to judge.
type faulty struct {
	fault   fault
	deflate *deflate.Settings // of compression, nil if it has none
}

// ServeHTTP implements [http.Handler].
func (s faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if keys := r.Header["Sec-Websocket-Key"]; s.fault == anyKey && (len(keys) != 1 || len(keys[0]) != 24 || keys[0][22:] != "==") {
		r.Header.Set("Sec-Websocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	}
	offer, err := protocol.CheckRequest(&protocol.Request{
		Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host, Header: protocol.Header(r.Header), HasBody: r.ContentLength != 0,
	})
	if origin := r.Header.Get("Origin"); err == nil && origin != "" && origin != "http://"+r.Host && s.fault != anyOrigin {
		err = &protocol.HandshakeError{Status: http.StatusForbidden}
	}
	if refused, ok := errors.AsType[*protocol.HandshakeError](err); ok {
		for name, values := range refused.Header {
			w.Header()[name] = values
		}
		http.Error(w, refused.Reason, refused.Status)
		return
	}
	key := offer.Key
	if s.fault == wrongAccept {
		key = "AAAAAAAAAAAAAAAAAAAAAA=="
	}
	head, _ := protocol.AppendResponse(nil, key, "", nil, nil) // the key has been checked
	answer, codec, status := s.accept(r.Header["Sec-Websocket-Extensions"])
	if status != 0 {
		http.Error(w, "", status)
		return
	}
	if answer != "" {
		head = bytes.Replace(head, []byte("Upgrade:"), []byte("Sec-WebSocket-Extensions: "+answer+"\r\nUpgrade:"), 1)
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer nc.Close()
	if s.fault == losesGlued {
		_, _ = rw.Discard(rw.Reader.Buffered())
	}
	_, _ = nc.Write(head)
	(&faultyConn{fault: s.fault, nc: nc, r: rw.Reader, codec: codec}).serve()
}

// A faultyConn is one connection of a faulty endpoint.
type faultyConn struct {
	fault  fault
	client bool
	nc     net.Conn
	r      *bufio.Reader

	open      protocol.Opcode
	message   []byte
	checked   int // bytes of the message that are text
	fragments int

	codec      *codec // nil without compression
	compressed bool   // the message is
	wire       []byte // the message as it travelled
	queue      queue
}

// A failure is the code that a connection fails with. 0 is the end of a connection that needs no close frame.
type failure uint16

func (failure) Error() string { return "the connection has failed" }

func (c *faultyConn) serve() {
	for {
		err := c.frame()
		if code, ok := errors.AsType[failure](err); ok && code != 0 {
			switch c.fault {
			case alwaysProtocol:
				code = 1002
			case answers1006:
				code = 1006
			}
			c.write(protocol.OpClose, binary.BigEndian.AppendUint16(nil, uint16(code)))
		}
		if err != nil {
			c.queue.wait()
			if half, ok := c.nc.(interface{ CloseWrite() error }); ok && c.fault != leavesOpen {
				_ = half.CloseWrite()
			}
			_, _ = io.Copy(io.Discard, c.r)
			return
		}
	}
}

func (c *faultyConn) write(op protocol.Opcode, payload []byte) {
	if c.codec != nil {
		c.codec.write(c, op, payload)
		return
	}
	c.writeFrame(op, payload, true, 0)
}

func (c *faultyConn) writeFrame(op protocol.Opcode, payload []byte, fin bool, rsv uint8) {
	h := protocol.FrameHeader{Fin: fin, RSV: rsv, Opcode: op, Length: int64(len(payload))}
	h.Masked = c.client != (c.fault == masking) // with a key of zeros
	b := append(protocol.AppendFrameHeader(nil, h), payload...)
	if c.fault == keepsEverything {
		c.queue.write(c.nc, b)
		return
	}
	_, _ = c.nc.Write(b)
}

// A head is what comes before a payload.
type head struct {
	op     protocol.Opcode
	fin    bool
	rsv    byte
	masked bool
	wide   bool // its length is not minimal
	length uint64
	key    [4]byte
}

func (c *faultyConn) head() (h head, err error) {
	var b [8]byte
	if _, err = io.ReadFull(c.r, b[:2]); err != nil {
		return h, err
	}
	h = head{op: protocol.Opcode(b[0] & 15), fin: b[0]&128 != 0, rsv: b[0] >> 4 & 7, masked: b[1]&128 != 0, length: uint64(b[1] & 127)}
	if err := c.judge(h); err != nil {
		return h, err
	}
	switch h.length {
	case 126:
		_, err = io.ReadFull(c.r, b[:2])
		h.length = uint64(binary.BigEndian.Uint16(b[:]))
		h.wide = h.length < 126
	case 127:
		_, err = io.ReadFull(c.r, b[:8])
		h.length = binary.BigEndian.Uint64(b[:])
		h.wide = h.length <= 65535
	}
	if err == nil && h.masked {
		_, err = io.ReadFull(c.r, h.key[:])
	}
	if h.length>>63 != 0 || h.wide && c.fault != wideLength {
		return h, failure(1002)
	}
	return h, err
}

// judge says what is wrong with the first two bytes of a frame.
func (c *faultyConn) judge(h head) error {
	wrong := false
	switch {
	case h.rsv != 0 && c.fault != reservedBit && !c.codec.owns(h, c.fault),
		h.masked == c.client && c.fault != unmasked,
		h.op.IsReserved() && c.fault != reservedOpcode:
		wrong = true
	case h.op.IsControl():
		wrong = !h.fin && c.fault != fragmentControl || h.length > 125 && c.fault != longControl
	case c.fault == noOrder, c.fault == anyOrder, h.op.IsReserved():
	default:
		wrong = (h.op == protocol.OpContinuation) != (c.open != protocol.OpContinuation)
	}
	if wrong {
		return failure(1002)
	}
	return nil
}

func (c *faultyConn) frame() error {
	h, err := c.head()
	if err != nil {
		return err
	}
	if h.op.IsControl() || h.op.IsReserved() {
		payload := make([]byte, h.length)
		if _, err := io.ReadFull(c.r, payload); err != nil {
			return err
		}
		protocol.Mask(payload, h.key, 0)
		return c.control(h.op, payload)
	}
	if h.op != protocol.OpContinuation || c.fault == noOrder {
		if h.op != protocol.OpContinuation {
			c.open = h.op
			c.compressed = c.codec != nil && (h.rsv != 0 || c.fault == inflatesAll)
		}
		c.message, c.checked, c.fragments, c.wire = nil, 0, 0, nil
	}
	if c.fragments++; c.fragments > 10_000 && c.fragments > len(c.message)/32+10_000 && c.fault != noFragmentLimit {
		return failure(1008)
	}
	switch {
	case h.length <= maxMessage-uint64(len(c.wire)):
	case c.fault == noLimit:
		return failure(1011)
	default:
		return failure(1009)
	}
	if err := c.payload(h); err != nil {
		return err
	}
	if err := c.ended(h.fin); err != nil {
		return err
	}
	return c.end(h.fin)
}

const maxMessage = 300_000

// payload reads and checks text as it comes.
func (c *faultyConn) payload(h head) error {
	for done := 0; done < int(h.length); {
		piece := make([]byte, min(int(h.length)-done, 4096))
		n, err := c.r.Read(piece)
		if err != nil {
			return err
		}
		protocol.Mask(piece[:n], h.key, done&3)
		done += n
		if err := c.take(piece[:n]); err != nil {
			return err
		}
		late := c.fault == lateTextCheck || c.fault == noTextCheck || c.compressed && c.fault == noInflatedCheck || c.fault == lateFrameCheck && done < int(h.length)
		if c.open == protocol.OpText && !late && !c.couldBeText() {
			return failure(1007)
		}
	}
	return nil
}

// couldBeText reports whether something could follow that makes the message UTF-8.
func (c *faultyConn) couldBeText() bool {
	for c.checked < len(c.message) && utf8.FullRune(c.message[c.checked:]) {
		r, size := utf8.DecodeRune(c.message[c.checked:])
		if r == utf8.RuneError && size == 1 {
			return false
		}
		c.checked += size
	}
	return true
}

// end ends a message, if it is one.
func (c *faultyConn) end(fin bool) error {
	if !fin && c.fault != noOrder {
		return nil
	}
	op := c.open
	if op == protocol.OpContinuation {
		op = protocol.OpText
	}
	if op == protocol.OpText && c.fault != noTextCheck && !(c.compressed && c.fault == noInflatedCheck) && (c.fault != noOrder || fin) && !utf8.Valid(c.message) {
		return failure(1007)
	}
	if c.fault == cutsLongMessages && len(c.message) > 65535 {
		c.message = c.message[:65535]
	}
	c.write(op, c.message)
	c.message = nil
	if fin {
		c.open = protocol.OpContinuation
	}
	return nil
}

func (c *faultyConn) control(op protocol.Opcode, payload []byte) error {
	switch op {
	case protocol.OpPing:
		switch c.fault {
		case noPong:
		case emptyPong:
			c.write(protocol.OpPong, nil)
		default:
			c.write(protocol.OpPong, payload)
		}
	case protocol.OpClose:
		return c.close(payload)
	}
	return nil
}

func (c *faultyConn) close(payload []byte) error {
	var code uint16
	if len(payload) > 1 {
		code = binary.BigEndian.Uint16(payload)
	}
	may := code >= 1000 && code < 5000 && !bytes.Contains([]byte("\x03\xec\x03\xed\x03\xee"), payload[:min(2, len(payload))]) && (code < 1015 || code >= 3000)
	switch {
	case c.fault == silentClose:
		return nil
	case len(payload) == 1 && c.fault != shortClose, len(payload) > 1 && !may && c.fault != anyCode:
		return failure(1002)
	case len(payload) > 1 && !utf8.Valid(payload[2:]) && c.fault != anyReason:
		return failure(1007)
	case len(payload) < 2 && c.fault == answers1005:
		return failure(1005)
	case len(payload) < 2:
		c.write(protocol.OpClose, nil)
		return failure(0)
	case c.fault == alwaysGoingAway:
		code = 1001
	}
	c.write(protocol.OpClose, binary.BigEndian.AppendUint16(nil, code))
	if c.fault == goesOn {
		return nil
	}
	return failure(0)
}

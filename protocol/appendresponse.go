package protocol

import "fmt"

// AppendResponse appends the response that accepts an opening handshake (RFC
// 6455, 4.2.2): status 101 with the answer to key, the subprotocol ("" for none),
// the extensions and the fields of extra in the order of their names. Frames
// follow it.
//
// The error is [ErrInvalidHeader] for names and values that HTTP does not allow,
// such as one with CR or LF, and for fields in extra that are part of the
// handshake or speak of a body; dst is then returned as it was.
func AppendResponse(dst []byte, key, protocol string, ext []Extension, extra Header) ([]byte, error) {
	if protocol != "" && !isToken(protocol) {
		return dst, fmt.Errorf("%w: subprotocol %q", ErrInvalidHeader, protocol)
	}
	if err := checkExtra(extra); err != nil {
		return dst, err
	}
	extensions, err := AppendExtensions(nil, ext)
	if err != nil {
		return dst, err
	}
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"...)
	dst = appendField(dst, "Sec-WebSocket-Accept", AcceptKey(key))
	if protocol != "" {
		dst = appendField(dst, "Sec-WebSocket-Protocol", protocol)
	}
	if len(extensions) > 0 {
		dst = appendField(dst, "Sec-WebSocket-Extensions", string(extensions))
	}
	dst = appendFields(dst, extra)
	return append(dst, "\r\n"...), nil
}

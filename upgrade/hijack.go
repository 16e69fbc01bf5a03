package upgrade

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// hijack takes the connection from net/http, also through wrapped ResponseWriters that have an Unwrap method,
// with the bytes that came right behind the request.
func hijack(w http.ResponseWriter) (net.Conn, []byte, error) {
	if own := ownResponse(w); own != nil {
		return own.take() // without the buffers of Hijack
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("%T cannot be taken over (a wrapper of ResponseWriter needs an Unwrap method): %w", w, err)
	}
	// Deadlines of http.Server were for the request. An error shows again at the first write.
	_ = nc.SetDeadline(time.Time{})
	glued := make([]byte, rw.Reader.Buffered())
	_, _ = rw.Reader.Read(glued) // from its buffer, which has so many
	nc, rest := unwrapHanded(nc)
	return nc, append(glued, rest...), nil
}

// ownResponse returns the [Server]'s own ResponseWriter below wrappers, or nil if it is not below, or if a wrapper
// wants to know of hijacking.
func ownResponse(w http.ResponseWriter) *serverResponse {
	for {
		switch next := w.(type) {
		case *serverResponse:
			return next
		case http.Hijacker:
			return nil
		case interface{ Unwrap() http.ResponseWriter }:
			w = next.Unwrap()
		default:
			return nil
		}
	}
}

func writeHandshake(nc net.Conn, set *Settings, head []byte) error {
	if set.WriteTimeout > 0 {
		if err := nc.SetWriteDeadline(time.Now().Add(set.WriteTimeout)); err != nil {
			return fmt.Errorf("upgrade: handshake: %w", err)
		}
	}
	if _, err := nc.Write(head); err != nil {
		return fmt.Errorf("upgrade: handshake: %w", err)
	}
	if err := nc.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("upgrade: handshake: %w", err)
	}
	return nil
}

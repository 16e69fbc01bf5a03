package upgrade

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// hijack takes the connection from net/http, also through wrapped ResponseWriters that have an Unwrap method, with the
// bytes that came right behind the request.
func hijack(w http.ResponseWriter) (net.Conn, []byte, error) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	glued := make([]byte, rw.Reader.Buffered())
	if _, err := rw.Reader.Read(glued); err != nil && len(glued) > 0 {
		_ = nc.Close()
		return nil, nil, fmt.Errorf("upgrade: %w", err)
	}
	// Those of http.Server were for the request.
	if err := nc.SetDeadline(time.Time{}); err != nil {
		_ = nc.Close()
		return nil, nil, fmt.Errorf("upgrade: %w", err)
	}
	return nc, glued, nil
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

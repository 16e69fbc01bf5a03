package upgrade

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/internal/bucket"
)

// serverPlaces are what a [Server] needs to keep its limits on connections.
type serverPlaces struct {
	admission *admission // nil for no limit
	refused   atomic.Uint64
	rate      bucket.Rate // of the log
	level     bucket.Bucket
}

// init makes them of the server's fields.
func (p *serverPlaces) init(s *Server) {
	p.rate = bucket.New(1, time.Minute, 1)
	if s.MaxConnections > 0 || s.MaxConnectionsPerAddress > 0 {
		p.admission = &admission{places: max(0, s.MaxConnections), keyPlaces: max(0, s.MaxConnectionsPerAddress), start: time.Now()}
	}
}

// Refused returns how many connections were closed at once for MaxConnections or MaxConnectionsPerAddress so far.
func (s *Server) Refused() uint64 { return s.places.refused.Load() }

// admit takes the place of a connection that was accepted, and reports false if there is none.
func (s *Server) admit(nc net.Conn) (*place, bool) {
	a := s.places.admission
	if a == nil {
		return nil, true
	}
	p, limit, _ := a.take(addressKey(addrText(nc.RemoteAddr())))
	if limit == "" {
		return p, true
	}
	s.logRefused(nc, limit, s.places.refused.Add(1))
	return nil, false
}

// logRefused says so once a minute: those who flood us should not flood the log.
func (s *Server) logRefused(nc net.Conn, limit Limit, refused uint64) {
	a := s.places.admission
	a.mu.Lock()
	_, due := s.places.rate.Take(&s.places.level, time.Since(a.start), 1, 0)
	a.mu.Unlock()
	if due {
		s.logger().Warn("connections are refused", "event", "connections_refused", "limit", limit, "remote", addrText(nc.RemoteAddr()), "refused", refused)
	}
}

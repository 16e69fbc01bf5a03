package wstest

import (
	"net/http"
	"sync"
)

// A witness serves a request with a route, and keeps its rejections.
type witness struct {
	route http.Handler

	mu       sync.Mutex
	rejected error
}

func (s *witness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.route.ServeHTTP(w, r)
}

func (s *witness) rejections() []error {
	return nil
}

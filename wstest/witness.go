package wstest

import (
	"net/http"
	"sync"

	"github.com/wsflow/wsflow/routing"
)

// A witness serves a request as its handler does, and keeps the rejections if that is a route.
type witness struct {
	handler http.Handler

	mu  sync.Mutex
	err error
}

func (s *witness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, ok := s.handler.(routing.Route)
	if !ok {
		s.handler.ServeHTTP(w, r)
		return
	}
	h, err := route(r)
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
	routing.Route(func(*http.Request) (http.Handler, error) { return h, err }).ServeHTTP(w, r)
}

func (s *witness) rejections() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return routing.Rejections(s.err)
}

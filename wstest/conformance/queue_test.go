package conformance_test

import (
	"net"
	"sync"
)

// A queue keeps what is to be written until the peer takes it, however much that is.
type queue struct {
	mu      sync.Mutex
	waiting [][]byte
	writing bool
	done    sync.WaitGroup
}

func (q *queue) write(nc net.Conn, b []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, b)
	if q.writing {
		return
	}
	q.writing = true
	q.done.Go(func() {
		for {
			q.mu.Lock()
			if len(q.waiting) == 0 {
				q.writing = false
				q.mu.Unlock()
				return
			}
			b := q.waiting[0]
			q.waiting = q.waiting[1:]
			q.mu.Unlock()
			_, _ = nc.Write(b)
		}
	})
}

func (q *queue) wait() { q.done.Wait() }

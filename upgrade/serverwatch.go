package upgrade

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// A watch looks for the end of a client while a handler decides about its opening handshake. It reads one byte: a
// client that says more is there.
type watch struct {
	mu       sync.Mutex
	over     bool // it was stopped for good
	hijacked bool
	glued    []byte        // what came behind the head
	watching chan struct{} // closed when its read has returned; nil if it never began
	aborted  bool          // its read
}

// startWatching begins the watch, once, unless it is over.
func (w *serverResponse) startWatching() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.watching != nil {
		return
	}
	w.watching = make(chan struct{})
	go func() {
		defer close(w.watching)
		var b [1]byte
		n, err := w.c.nc.Read(b[:])
		w.mu.Lock()
		defer w.mu.Unlock()
		w.glued = append(w.glued, b[:n]...)
		if err != nil && !w.aborted {
			w.cancel()
		}
	}()
}

// stopWatching ends the watch for good, and reports whether the connection was hijacked before.
func (w *serverResponse) stopWatching() (hijacked bool) {
	w.mu.Lock()
	hijacked, w.over, w.aborted = w.hijacked, true, true
	watching := w.watching
	w.mu.Unlock()
	if watching != nil && !hijacked {
		_ = w.c.nc.SetReadDeadline(aLongTimeAgo)
		<-watching
		_ = w.c.nc.SetReadDeadline(time.Time{})
	}
	return hijacked
}

func (w *serverResponse) isHijacked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hijacked
}

// take hands the connection over to the caller, with what came behind the request.
func (w *serverResponse) take() (net.Conn, []byte, error) {
	if w.isHijacked() {
		return nil, nil, http.ErrHijacked
	}
	if w.status != 0 {
		if err := w.FlushError(); err != nil {
			return nil, nil, err
		}
	}
	w.stopWatching()
	_ = w.c.nc.SetDeadline(time.Time{}) // those were for the request and its response; an error shows again
	w.mu.Lock()
	defer w.mu.Unlock()
	glued := w.glued
	w.hijacked, w.glued, w.held = true, nil, nil // the request, which lives on, keeps w
	w.c.s.removeConn(w.c)
	w.c.place.release()
	return w.c.nc, glued, nil
}

// Hijack implements [http.Hijacker]. An [Upgrader] takes the connection without the buffers.
func (w *serverResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, glued, err := w.take()
	if err != nil {
		return nil, nil, err
	}
	reader := bufio.NewReaderSize(&handedConn{Conn: nc, head: glued}, max(4<<10, len(glued)))
	_, _ = reader.Peek(len(glued)) // so that they count as buffered
	return nc, bufio.NewReadWriter(reader, bufio.NewWriter(nc)), nil
}

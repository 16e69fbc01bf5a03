package upgrade

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// maxHeldBody is how much of a response waits for its end, so that its length can be told.
const maxHeldBody = 4 << 10

// A serverResponse is the http.ResponseWriter of an opening handshake. It is hijacked, or else its response closes
// the connection.
type serverResponse struct {
	c        *serverConn
	cancel   context.CancelFunc
	header   http.Header
	status   int         // 0 until it is written
	final    http.Header // as it was when the status was written
	length   int64       // of the body, as far as the handler has told; -1 for not
	written  int64       // of the body
	held     []byte      // of the body, until the head is sent
	sent     bool        // the head
	failed   bool        // the handler has panicked
	deadline bool        // for writes, the handler's own
	err      error       // of a write

	watch
}

func (w *serverResponse) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

func (w *serverResponse) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic("upgrade: invalid status " + strconv.Itoa(status)) // as net/http does
	}
	if w.status != 0 || w.isHijacked() {
		w.c.s.logger().Warn("superfluous WriteHeader", "status", status)
		return
	}
	// RFC 9110, 15.2: what comes before the final response.
	if status < 200 && status != http.StatusSwitchingProtocols {
		_, _ = w.write(head(status, w.Header(), announceBody)) // the final one has the same error
		return
	}
	w.begin(status)
}

// announceBody are the fields that an informational response may not have (RFC 9110, 8.6; RFC 9112, 6.1).
var announceBody = map[string]bool{"Content-Length": true, "Transfer-Encoding": true}

// begin settles the status and the header: what the handler does to that afterwards changes nothing.
func (w *serverResponse) begin(status int) {
	w.status, w.final, w.length = status, w.Header().Clone(), -1
	told := w.final.Get("Content-Length")
	if told == "" {
		return
	}
	length, err := strconv.ParseInt(told, 10, 64)
	if err != nil || length < 0 {
		w.c.s.logger().Warn("invalid Content-Length", "value", told)
		w.final.Del("Content-Length")
		return
	}
	w.length = length
	w.final.Set("Content-Length", told)
}

func (w *serverResponse) Write(p []byte) (int, error) {
	if w.isHijacked() {
		return 0, http.ErrHijacked
	}
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	switch w.written += int64(len(p)); {
	case len(p) == 0:
		return 0, nil
	case !allowsBody(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.length >= 0 && w.written > w.length:
		return 0, http.ErrContentLength // or the client would take the rest for another response
	}
	if !w.sent && len(w.held)+len(p) <= maxHeldBody {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	if err := w.FlushError(); err != nil {
		return 0, err
	}
	return w.write(p)
}

// Flush sends what there is of the response.
func (w *serverResponse) Flush() { _ = w.FlushError() }

// FlushError is Flush, and returns the error of the connection.
func (w *serverResponse) FlushError() error {
	if w.isHijacked() {
		return http.ErrHijacked
	}
	if w.sent {
		return w.err
	}
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	return w.send(false)
}

// send sends the head, and what is held of the body.
func (w *serverResponse) send(whole bool) error {
	w.sent = true
	h := w.final
	switch {
	case !allowsBody(w.status):
		h.Del("Content-Length")
	case whole && !has(h, "Content-Length"):
		h.Set("Content-Length", strconv.Itoa(len(w.held)))
	}
	if len(w.held) > 0 && !has(h, "Content-Type") && !has(h, "Content-Encoding") {
		h.Set("Content-Type", http.DetectContentType(w.held))
	}
	if !has(h, "Date") {
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	h.Del("Transfer-Encoding") // the end of the connection is the end of the body
	// RFC 9110, 7.8: "A sender of Upgrade MUST also send an "Upgrade" connection option". A response
	// with status 426 has both. A 101 does not end the connection: who writes it takes it over.
	if w.status != http.StatusSwitchingProtocols && !protocol.Header(h).Has("Connection", "close") {
		h["Connection"] = append(slices.Clip(h["Connection"]), "close")
	}
	whatIs := append(head(w.status, h, nil), w.held...)
	w.held = nil
	_, err := w.write(whatIs)
	return err
}

// has reports whether a field is set, if only to nothing, which is how a handler leaves one out.
func has(h http.Header, name string) bool {
	_, ok := h[name]
	return ok
}

// head returns the head of a response, without the excluded fields. Those that HTTP does not allow are left out too,
// as net/http does.
func head(status int, h http.Header, excluded map[string]bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", status, cmp.Or(http.StatusText(status), "Status "+strconv.Itoa(status)))
	_ = h.WriteSubset(&b, excluded) // a buffer takes all
	b.WriteString("\r\n")
	return b.Bytes()
}

// allowsBody reports whether a response may have a body (RFC 9110, 6.4.1).
func allowsBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

func (w *serverResponse) write(p []byte) (n int, err error) {
	if w.err == nil {
		if timeout := w.c.s.headerTimeout(); timeout > 0 && !w.deadline {
			w.err = w.c.nc.SetWriteDeadline(time.Now().Add(timeout))
		}
	}
	if w.err == nil {
		n, w.err = w.c.nc.Write(p)
	}
	return n, w.err
}

// SetReadDeadline is for [http.ResponseController].
func (w *serverResponse) SetReadDeadline(t time.Time) error { return w.c.nc.SetReadDeadline(t) }

// SetWriteDeadline is for [http.ResponseController].
func (w *serverResponse) SetWriteDeadline(t time.Time) error {
	w.deadline = true
	return w.c.nc.SetWriteDeadline(t)
}

// EnableFullDuplex is for [http.ResponseController]: an opening handshake has no body that would be read first.
func (w *serverResponse) EnableFullDuplex() error { return nil }

// finish sends what is left to be sent, and reports whether the connection was hijacked.
func (w *serverResponse) finish() (hijacked bool) {
	if w.stopWatching() || w.failed {
		return w.isHijacked()
	}
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	if !w.sent {
		_ = w.send(true)
	}
	if w.err == nil {
		w.c.linger()
	}
	return false
}

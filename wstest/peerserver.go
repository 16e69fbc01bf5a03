package wstest

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A PeerServer is a [Server] whose connections the test plays frame by frame, for tests of clients.
type PeerServer struct {
	*Server

	// Answer chooses a subprotocol and extensions of a client's offer. Without it there are none. It is called from
	// the server's goroutines, and not changed once there are clients.
	Answer func(offer *protocol.Offer) (subprotocol string, extensions []protocol.Extension)

	tb    testing.TB
	peers chan *Peer
}

// NewPeerServer starts a server over a wire, as [NewServer] does. It accepts every correct opening handshake.
func NewPeerServer(tb testing.TB, over ...Wire) *PeerServer {
	tb.Helper()
	s := &PeerServer{tb: tb, peers: make(chan *Peer, 16)}
	s.Server = NewServer(tb, http.HandlerFunc(s.serve), over...)
	return s
}

// Accept waits for the next client, up to 3 s, and returns the server's end of its connection.
func (s *PeerServer) Accept() *Peer {
	s.tb.Helper()
	timer := time.NewTimer(defaultTimeout)
	defer timer.Stop()
	select {
	case p := <-s.peers:
		return p
	case <-timer.C:
		s.tb.Fatalf("wstest: no client came within %v", defaultTimeout)
		return nil
	}
}

func (s *PeerServer) serve(w http.ResponseWriter, r *http.Request) {
	offer, err := protocol.CheckRequest(&protocol.Request{
		Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host, Header: protocol.Header(r.Header),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var subprotocol string
	var extensions []protocol.Extension
	if s.Answer != nil {
		subprotocol, extensions = s.Answer(offer)
	}
	head, err := protocol.AppendResponse(nil, offer.Key, subprotocol, extensions, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	glued := make([]byte, rw.Reader.Buffered())
	_, _ = io.ReadFull(rw, glued) // they are there
	p := NewPeer(s.tb, nc, protocol.Server, glued)
	if _, err := nc.Write(head); err == nil {
		s.peers <- p
	}
}

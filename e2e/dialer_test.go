package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/selfsigned"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A visitor dials a server of a peer with our Dialer.
type visitor struct {
	upgrade.Dialer
	*listener
}

// visit makes a peer a server, with TLS for the scheme wss, and a Dialer that trusts it and nobody else.
func visit(t *testing.T, p *peer, scheme string, r request) *visitor {
	t.Helper()
	v := new(visitor)
	if scheme == "wss" {
		cert, trusted, err := selfsigned.Certificate("127.0.0.1")
		require.NoError(t, err)
		r.Cert, r.Key = certificateFiles(t, cert)
		v.TLS = &tls.Config{RootCAs: trusted}
	}
	v.listener = p.listen(t, r)
	return v
}

// certificateFiles writes a certificate and its key where a peer can read them.
func certificateFiles(t *testing.T, c tls.Certificate) (cert, key string) {
	t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name, kind string, content []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600))
		return path
	}
	return write("cert.pem", "CERTIFICATE", c.Certificate[0]), write("key.pem", "PRIVATE KEY", private)
}

// within returns a context for what has to happen soon.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dial connects to the peer's server and returns both ends.
func (v *visitor) dial(t *testing.T) (ours *upgrade.Conn, theirs *conn) {
	t.Helper()
	ours, resp, err := v.Dialer.Dial(within(t), v.url)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	return ours, v.accept(t)
}

// echoes are messages that go to a server of a peer and come back.
var echoes = []struct {
	name string
	sent message.Message
	back message.Message // nothing if it is what was sent
}{
	{name: "text", sent: message.Text("Hello")},
	{name: "text of any script", sent: message.Text("Zoë 小林 👩🏽‍🚀 \U0010FFFF\x00\u2028")},
	{name: "an empty text", sent: message.Text("")},
	{name: "binary", sent: message.Binary([]byte("\x00\xff\x80abc"))},
	{name: "an empty binary", sent: message.Binary(nil)},
	{name: "125 bytes", sent: message.Text(strings.Repeat("x", 125))},
	{name: "126 bytes", sent: message.Text(strings.Repeat("x", 126))},
	{name: "64 KiB less a byte", sent: message.Binary(make([]byte, 64<<10-1))},
	{name: "64 KiB", sent: message.Binary(make([]byte, 64<<10))},
	{name: "1 MiB", sent: message.Text(strings.Repeat("ü", 1<<19))},
	{
		name: "text in fragments",
		sent: message.TextStream(flow.Of("Hel", "", "lo ", "Zo\xc3", "\xab")), back: message.Text("Hello Zoë"),
	},
	{
		name: "binary in fragments",
		sent: message.BinaryStream(flow.Of([]byte("abc"), []byte("def"))), back: message.Binary([]byte("abcdef")),
	},
}

func TestDialerTalksToForeignServers(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		for _, fragments := range []int{0, 3} {
			for _, streaming := range []bool{false, true} {
				v := visit(t, p, scheme, request{Echo: true, Fragments: fragments})
				v.Streaming = streaming
				for _, e := range echoes {
					t.Run(fmt.Sprintf("%s, echoed in %d fragments, streaming %t", e.name, fragments, streaming), func(t *testing.T) {
						echo(t, v, e.sent, e.back)
					})
				}
			}
		}
	})
}

// echo sends a message and reads it back.
func echo(t *testing.T, v *visitor, sent, back message.Message) {
	t.Helper()
	if sent.IsStrict() {
		back = sent
	}
	ctx := within(t)
	ours, theirs := v.dial(t)
	require.NoError(t, ours.Send(ctx, sent))
	whole := flow.TryMap(ours.Source(), func(ctx context.Context, m message.Message) (message.Message, error) {
		return m.Strict(ctx, 0)
	})
	got, err := flow.Head[message.Message]().Run(ctx, whole)
	require.NoError(t, err)
	require.True(t, back.Equal(got), "%s came back as %s", back, got)
	require.NoError(t, ours.Close(1000, "bye"))
	theirs.wantClosed(1000, "bye")
}

func TestPingsGoBothWaysBetweenDialerAndForeignServers(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		ours, theirs := visit(t, p, scheme, request{}).dial(t)
		ran := make(chan error, 1)
		go func() { ran <- ours.Run(t.Context(), listen) }()
		theirs.ping("from the server")
		_, err := ours.Ping(within(t))
		require.NoError(t, err)
		require.Positive(t, ours.RoundTripTime())
		theirs.close(1000, "")
		theirs.wantClosed(1000, "")
		require.NoError(t, receive(t, ran, "the end of the run"))
	})
}

// listen is a handler that says nothing.
func listen(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Filter(in, func(message.Message) bool { return false })
}

func TestDialerAgreesOnASubprotocolWithForeignServers(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		v := visit(t, p, scheme, request{Protocols: []string{"b", "c"}})
		v.Subprotocols = []string{"a", "b"}
		ours, theirs := v.dial(t)
		require.Equal(t, "b", ours.Subprotocol())
		require.NoError(t, ours.Close(1000, ""))
		theirs.wantClosed(1000, "")
	})
}

func TestForeignPeersAgreeOnASubprotocolWithUs(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		h := open(t, scheme, upgrade.Settings{}, greet)
		r := p.call(t, request{Op: "connect", URL: h.url, Protocols: []string{"a", "c", "b"}})
		require.Equal(t, 101, r.Status)
		require.Equal(t, "c", r.Protocol)
	})
}

func TestDialerTrustsNoStranger(t *testing.T) {
	eachPeer(t, func(t *testing.T, p *peer) {
		v := visit(t, p, "wss", request{})
		_, trusted, err := selfsigned.Certificate("127.0.0.1")
		require.NoError(t, err)
		v.TLS = &tls.Config{RootCAs: trusted}
		_, _, err = v.Dialer.Dial(within(t), v.url)
		require.ErrorAs(t, err, new(x509.UnknownAuthorityError))
	})
}

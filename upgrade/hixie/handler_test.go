package hixie_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	draft "github.com/wsflow/wsflow/protocol/hixie"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/upgrade/hixie"
	"github.com/wsflow/wsflow/wstest"
)

func TestConversation(t *testing.T) {
	onWires(t, func(t *testing.T, v draft.Version, w wstest.Wire) {
		s := wstest.NewServer(t, handlerOf(echo), w)
		p := connect(t, s, v)
		p.send("Hello")
		p.expectText("Hello")
		p.send("a", "", "Grüße 🌊")
		p.expectText("a")
		p.expectText("")
		p.expectText("Grüße 🌊")
		p.write([]byte("\x80\x04a\xFF\x00b")) // is skipped
		long := strings.Repeat("x", 100_000)
		p.send(long)
		p.expectText(long)
		p.send("the last words")
		p.close()
		p.expectText("the last words")
		p.expectEnd()
	})
}

func TestHandlerThatEndsClosesTheConnection(t *testing.T) {
	onWires(t, func(t *testing.T, v draft.Version, w wstest.Wire) {
		s := wstest.NewServer(t, handlerOf(func(source) source { return flow.Of(message.Text("a"), message.Text("b")) }), w)
		p := connect(t, s, v)
		p.expectText("a")
		p.expectText("b")
		p.expectEnd()
	})
}

// One handler on one path serves the drafts of 2010 and of 2011, and RFC 6455, as the package's documentation says.
func TestAllDraftsOnOnePath(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		s := serve(t, &hixie.Handler{Upgrader: &upgrade.Upgrader{Drafts: true}, Handler: echo})
		p := connect(t, s, v)
		p.send("2010")
		p.expectText("2010")
		p.close()
		p.expectEnd()
		for _, version := range []string{"7", "8", "13"} {
			raw := wstest.NewPeer(t, s.RawDial(), protocol.Client, nil)
			raw.Write([]byte("GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: " + version + "\r\n\r\n"))
			response, err := http.ReadResponse(bufio.NewReader(raw.Conn()), nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode, version)
			raw.WriteText("2011")
			raw.ExpectText("2011")
			raw.WriteClose(protocol.CloseNormal, "")
			raw.ExpectClose(protocol.CloseNormal)
		}
	})
}

func TestOtherRequestsAreServedByTheUpgrader(t *testing.T) { // D3
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, handlerOf(echo))
		probe := s.Probe("/")
		probe.SendText("Hello")
		probe.ExpectText("Hello")
		probe.SendCompletion()
		probe.ExpectCompletion()
		resp, err := s.Client().Get(s.HTTPURL("/"))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode)
	})
}

func TestOtherRequestsAreServedByNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handlerOf(echo)
		h.Next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "next", http.StatusTeapot) })
		s := serve(t, h)
		resp, err := s.Client().Get(s.HTTPURL("/"))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusTeapot, resp.StatusCode)
		p := connect(t, s, draft.Hixie76)
		p.send("Hello")
		p.expectText("Hello")
		require.NoError(t, p.nc.Close())
	})
}

func TestZeroHandlerRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, &hixie.Handler{Upgrader: quiet()})
		p := ask(t, s, draft.Hixie75, s.HTTPURL(""))
		p.flush()
		_, err := p.next()
		requireStatus(t, err, 500)
		require.NoError(t, p.nc.Close())
	})
}

func requireStatus(t *testing.T, err error, status int) {
	t.Helper()
	var e *protocol.HandshakeError
	require.ErrorAs(t, err, &e)
	require.Equal(t, status, e.Status, "%v", e.Reason)
}

func TestOriginPolicyIsTheUpgraders(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		log := new(record)
		u := log.upgrader()
		u.Origins = []string{"http://partner.example"}
		s := serve(t, &hixie.Handler{Upgrader: u, Handler: echo})
		for origin, ok := range map[string]bool{
			s.HTTPURL(""): true, "http://partner.example": true,
			"http://evil.com": false, "null": false, s.HTTPURL("") + ".evil.com": false,
		} {
			p := ask(t, s, v, origin)
			p.flush()
			ev, err := p.next()
			if ok {
				require.NoError(t, err)
				require.Equal(t, draft.EventOpen, ev.Type)
			} else {
				requireStatus(t, err, 403)
			}
			require.NoError(t, p.nc.Close())
		}
		require.Contains(t, log.String(), "evil.com")
	})
}

func TestDefaultPolicyIsTheSameOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, &hixie.Handler{Handler: echo})
		p := connect(t, s, draft.Hixie76)
		require.NoError(t, p.nc.Close())
	})
}

const head76 = "GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://example.com\r\n" +
	"Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n"

// net/http passes the keys on as they are: spaces in a row, quotes, braces.
func TestD23OverNetHTTP(t *testing.T) {
	for _, w := range []wstest.Wire{{}, {TCP: true}} {
		s := wstest.NewServer(t, handlerOf(echo), w)
		nc := s.RawDial()
		_, err := nc.Write([]byte(head76 + "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n\r\n^n:ds[4U"))
		require.NoError(t, err)
		want := "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Origin: http://example.com\r\nSec-WebSocket-Location: ws://example.com/demo\r\n\r\n8jKS'y:G*Co,Wxa-"
		got := make([]byte, len(want))
		_, err = io.ReadFull(nc, got)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
		require.NoError(t, nc.Close())
	}
}

func TestRow55AndD24KeysWithoutSpacesOverNetHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, handlerOf(echo))
		for _, key := range []string{"4@146546xW%0l15", "a b c", "1 1 1", ""} {
			got := raw(t, s, head76+"Connection: close\r\nSec-WebSocket-Key1: "+key+"\r\n\r\n^n:ds[4U")
			require.True(t, strings.HasPrefix(got, "HTTP/1.1 400 Bad Request\r\n"), got)
			require.Contains(t, got, "client sent invalid Sec-WebSocket-Key headers")
		}
		got := raw(t, s, head76+"Connection: close\r\n\r\n")
		require.True(t, strings.HasPrefix(got, "HTTP/1.1 400 "), got)
		got = raw(t, s, strings.ReplaceAll(head76, "example.com\r\nConn", "[::\r\nConn")+"Connection: close\r\n\r\n")
		require.True(t, strings.HasPrefix(got, "HTTP/1.1 400 "), got)
	})
}

func TestRow55DelayedBodyIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, handlerOf(func(in source) source { return flow.Concat(flow.Of(message.Text("welcome")), echo(in)) }))
		p := ask(t, s, draft.Hixie76, s.HTTPURL(""))
		out := p.conn.Output()
		p.write(out[:len(out)-8])
		head := make([]byte, 4096)
		n, err := p.nc.Read(head)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(head[:n]), "HTTP/1.1 101 WebSocket Protocol Handshake\r\n"), "the head does not wait")
		require.True(t, strings.HasSuffix(string(head[:n]), "\r\n\r\n"), "the digest does")
		p.rest = head[:n]
		for _, b := range out[len(out)-8:] {
			time.Sleep(time.Second)
			p.write([]byte{b})
		}
		require.Equal(t, draft.EventOpen, p.event().Type)
		p.expectText("welcome")
		p.close()
		p.expectEnd()
	})
}

func TestBodyThatDoesNotComeEndsTheConnection(t *testing.T) {
	for timeout, limit := range map[time.Duration]time.Duration{0: 10 * time.Second, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			h := handlerOf(func(source) source { panic("not called") })
			h.BodyTimeout = timeout
			s := serve(t, h)
			p := ask(t, s, draft.Hixie76, s.HTTPURL(""))
			out := p.conn.Output()
			p.write(out[:len(out)-1])
			began := time.Now()
			_, err := p.next()
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, limit, time.Since(began))
			require.NoError(t, p.nc.Close())
		})
	}
}

func TestRow55LengthWithoutEndClosesAtTheLimit(t *testing.T) { // CVE-2026-54463
	inBubbles(t, func(t *testing.T, v draft.Version) {
		ends := make(chan error, 1)
		s := serve(t, handlerOf(watch(ends)))
		p := connect(t, s, v)
		go func() { _, _ = p.nc.Write([]byte("\x80" + strings.Repeat("\x80", 1e6))) }()
		requireCode(t, <-ends, protocol.CloseProtocolError)
		p.expectEnd()
	})
}

// watch is a handler that tells how its input has ended.
func watch(ends chan<- error) upgrade.Handler {
	return func(in source) source {
		return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
			err := in.Run(ctx, emit)
			ends <- err
			return err
		})
	}
}

func requireCode(t *testing.T, err error, code protocol.CloseCode) {
	t.Helper()
	var e *upgrade.CloseError
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
}

func TestPeerThatBreaksTheProtocol(t *testing.T) {
	for name, c := range map[string]struct {
		wire string
		code protocol.CloseCode
	}{
		"text that is not UTF-8": {"\x00a\x80", protocol.CloseInvalidPayload},
		"text over the limit":    {"\x00" + strings.Repeat("x", 101), protocol.CloseMessageTooBig},
		"length over the limit":  {"\x80\x65", protocol.CloseMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			inBubbles(t, func(t *testing.T, v draft.Version) {
				ends := make(chan error, 1)
				h := handlerOf(watch(ends))
				h.Upgrader.MaxMessage = 100
				p := connect(t, serve(t, h), v)
				p.send("fine")
				p.expectText("fine")
				p.write([]byte(c.wire))
				err := <-ends
				requireCode(t, err, c.code)
				if c.code == protocol.CloseMessageTooBig {
					require.ErrorContains(t, errors.Unwrap(err), "Settings.MaxMessage")
				}
				p.expectEnd()
			})
		})
	}
}

func TestHandlerFuncChooses(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		log := new(record)
		var result error
		s := serve(t, &hixie.Handler{Upgrader: log.upgrader(), HandlerFunc: func(r *http.Request) (upgrade.Handler, error) {
			query := r.URL.Query().Get("b")
			return func(source) source { return flow.Of(message.Text(query)) }, result
		}})
		p := connect(t, s, v)
		p.expectText("c")
		p.expectEnd()
		for err, status := range map[error]int{upgrade.Reject(401, "who are you?"): 401, errors.New("secret"): 500} {
			result = err
			p = ask(t, s, v, s.HTTPURL(""))
			p.flush()
			_, err := p.next()
			requireStatus(t, err, status)
			require.NoError(t, p.nc.Close())
		}
		require.Contains(t, log.String(), "secret")
		require.NotContains(t, log.String(), "who are you?")
		result = nil
		probe := s.Probe("/?b=d") // of RFC 6455
		probe.ExpectText("d")
		probe.ExpectCompletion()
	})
}

func TestSubprotocolIsAgreedOnIfTheUpgraderHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handlerOf(echo)
		h.Upgrader.Subprotocols = []string{"chat"}
		h.BehindTLS = true
		s := serve(t, h)
		for _, name := range []string{"chat", "other"} {
			nc := s.RawDial()
			_, err := nc.Write([]byte(head76 + "Sec-WebSocket-Protocol: " + name + "\r\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n\r\n"))
			require.NoError(t, err)
			got := make([]byte, 4096)
			n, err := nc.Read(got)
			require.NoError(t, err)
			require.Equal(t, name == "chat", strings.Contains(string(got[:n]), "\r\nSec-WebSocket-Protocol: chat\r\n"))
			require.Contains(t, string(got[:n]), "\r\nSec-WebSocket-Location: wss://example.com/demo\r\n")
			require.NoError(t, nc.Close())
		}
	})
}

func TestWriterThatCannotBeTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(record)
		h := &hixie.Handler{Upgrader: log.upgrader(), Handler: echo}
		s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
		}))
		p := ask(t, s, draft.Hixie75, s.HTTPURL(""))
		p.flush()
		_, err := p.next()
		requireStatus(t, err, 500)
		require.Contains(t, log.String(), "cannot be taken over")
		require.NoError(t, p.nc.Close())
	})
}

func TestObserverIsToldOfRefusals(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		var told []upgrade.Event
		u := quiet()
		u.Observer = observer(func(e upgrade.Event) { told = append(told, e) })
		s := serve(t, &hixie.Handler{Upgrader: u, HandlerFunc: func(*http.Request) (upgrade.Handler, error) {
			return nil, upgrade.Reject(http.StatusForbidden, "no")
		}})
		p := ask(t, s, v, s.HTTPURL(""))
		p.flush()
		_, err := p.next()
		requireStatus(t, err, http.StatusForbidden)
		require.NoError(t, p.nc.Close())
		require.Len(t, told, 1)
		require.Equal(t, http.StatusForbidden, told[0].(upgrade.Refused).Status)
	})
}

type observer func(upgrade.Event)

func (f observer) Observe(e upgrade.Event) { f(e) }

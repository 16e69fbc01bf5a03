package hostile_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestRow14EndlessHeads(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		var many, long strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&many, "X-%d: 1\r\n", i)
		}
		for i := range 2000 {
			fmt.Fprintf(&long, "X-%d: %s\r\n", i, strings.Repeat("x", 1000))
		}
		begin := strings.TrimSuffix(opening().String(), "\r\n")
		heads := map[string]string{
			"3000 fields":  begin + many.String() + "\r\n",
			"a 2 MB field": begin + "X: " + strings.Repeat("x", 2_000_000) + "\r\n\r\n",
			"endless":      begin + long.String(),
		}
		var clients []*client
		var saying sync.WaitGroup
		for name, head := range heads {
			c := s.dial()
			clients = append(clients, c)
			saying.Go(func() { c.say(head) })
			resp, _ := c.answer()
			require.Equal(t, 431, resp.StatusCode, name)
			if name == "3000 fields" { // net/http has read them, and would go on
				_ = c.nc.Close()
			}
		}
		saying.Wait() // all is said, or as much as was taken
		for _, c := range clients {
			c.gone()
		}
		c := s.dial()
		c.say(begin + "X: " + strings.Repeat("x", 60_000) + "\r\n\r\n")
		resp, _ := c.answer()
		require.Equal(t, 101, resp.StatusCode)
		c.goodbye()
	})
}

func TestRow15SlowHandshake(t *testing.T) {
	everywhere(t, setup{hasty: true}, func(t *testing.T, s *site) {
		pause := time.Second
		if s.tcp {
			pause = 10 * time.Millisecond
		}
		for _, text := range []string{opening().plus("X: " + strings.Repeat("x", 1000)).String(), "\n" + strings.Repeat("x", 1000)} {
			c := s.dial()
			begun := time.Now()
			said := make(chan struct{})
			go func() {
				defer close(said)
				for i := range len(text) {
					if _, err := c.nc.Write([]byte{text[i]}); err != nil {
						return
					}
					time.Sleep(pause)
				}
			}()
			require.NotContains(t, c.gone(), "101")
			if !s.tcp {
				require.LessOrEqual(t, time.Since(begun), 10*time.Second)
				t.Logf("cut after %v", time.Since(begun))
			}
			<-said
		}
	})
}

func TestRow16BodyOfAHandshake(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		frame := string(wstest.TextFrame("smuggled").Append(nil, protocol.Client))
		length := fmt.Sprintf("Content-Length: %d", len(frame))
		var clients []*client
		chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(frame), frame)
		for _, text := range []string{
			opening().plus(length).String() + frame,
			opening().plus("Content-Length: 5").String(), // and none comes
			opening().plus("Content-Length: 5").String() + "abc",
			opening().plus("Transfer-Encoding: chunked").String() + chunked,
			opening().plus("Transfer-Encoding: chunked").String(),
			opening().plus("Expect: 100-continue", length).String() + frame,
		} {
			c := s.dial()
			clients = append(clients, c)
			c.say(text)
			resp, body := c.answer()
			require.Equal(t, 400, resp.StatusCode, body)
		}
		for _, c := range clients {
			require.Empty(t, c.gone())
		}
		// What announces no body that can be read, net/http refuses, and resets who writes on.
		for _, text := range []string{
			opening().plus("Content-Length: 5", "Content-Length: 6").String() + frame,
			opening().plus("Content-Length: -1").String() + frame,
			opening().plus("Content-Length: x").String() + frame,
			opening().plus("Transfer-Encoding: chunked", "Content-Length: x").String() + chunked,
		} {
			c := s.dial()
			c.say(text)
			answer := c.gone()
			require.True(t, answer == "" && s.tcp || strings.HasPrefix(answer, "HTTP/1.1 400 "), answer)
		}
		require.Empty(t, s.ended)
		require.Empty(t, s.seen)
	})
}

func TestRow17FrameGluedToTheRequest(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		var frames []byte
		for _, f := range []wstest.Frame{
			{Opcode: protocol.OpText, Payload: []byte("ea"), More: true},
			{Opcode: protocol.OpPing, Payload: []byte("p")},
			{Payload: []byte("rly")},
			wstest.TextFrame(strings.Repeat("x", 10_000)),
		} {
			frames = f.Append(frames, protocol.Client)
		}
		c := s.dial()
		c.say(opening().String() + string(frames))
		resp, _ := c.answer()
		require.Equal(t, 101, resp.StatusCode)
		c.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong, Payload: []byte("p")})
		c.ExpectText("early")
		c.ExpectText(strings.Repeat("x", 10_000))
		c.goodbye()

		// The handshake and all that there is to say, to the end, in one segment.
		frames = wstest.CloseFrame(protocol.CloseNormal, "bye").Append(frames[:0], protocol.Client)
		c = s.dial()
		c.say(opening().String() + string(frames))
		_, _ = c.answer()
		require.Equal(t, "bye", c.ExpectClose(protocol.CloseNormal))
		c.ExpectEOF()
		c.Cut()
		s.wantEnd(0, false)
	})
}

func TestRow17FrameGluedToTheResponse(t *testing.T) {
	for _, tcp := range []bool{false, true} {
		for _, c := range cuts {
			play := func(t *testing.T) {
				l := place{tcp: tcp, cut: c.cut}.listen(t)
				defer l.Close()
				go func() {
					nc, err := l.Accept()
					if err != nil {
						return
					}
					defer nc.Close()
					r, err := http.ReadRequest(bufio.NewReader(nc))
					if err != nil {
						return
					}
					b, _ := protocol.AppendResponse(nil, r.Header.Get("Sec-Websocket-Key"), "", nil, nil)
					for _, f := range []wstest.Frame{wstest.TextFrame("early"), wstest.CloseFrame(protocol.CloseNormal, "")} {
						b = f.Append(b, protocol.Server)
					}
					_, _ = cutConn{nc, c.cut()}.Write(b)
					_, _ = nc.Read(make([]byte, 100)) // the answer to the closing
				}()
				d := upgrade.Dialer{DialContext: l.DialContext}
				conn, _, err := d.Dial(t.Context(), "ws://example.com/")
				require.NoError(t, err)
				got, err := flow.Collect(t.Context(), conn.Source())
				require.NoError(t, err)
				require.Len(t, got, 1)
				require.Equal(t, "early", got[0].Text())
				require.NoError(t, conn.Close(protocol.CloseNormal, ""))
			}
			t.Run(fmt.Sprintf("TCP %v, %s", tcp, c.name), func(t *testing.T) {
				if tcp {
					withoutLeak(t, func() { play(t) })
					return
				}
				synctest.Test(t, play)
			})
		}
	}
}

// A header field of the application's ends a head where it likes to, if it has a line end in it.
func TestRow18LineEndsInWhatTheApplicationSays(t *testing.T) {
	for name, spoil := range map[string]func(w http.ResponseWriter, q *upgrade.Request){
		"a value":   func(_ http.ResponseWriter, q *upgrade.Request) { q.ResponseHeader().Set("X", "a\r\nX-Smuggled: b") },
		"a bare LF": func(_ http.ResponseWriter, q *upgrade.Request) { q.ResponseHeader().Set("X", "a\nX-Smuggled: b") },
		"a bare CR": func(_ http.ResponseWriter, q *upgrade.Request) { q.ResponseHeader().Set("X", "a\rX-Smuggled: b") },
		"a name": func(_ http.ResponseWriter, q *upgrade.Request) {
			q.ResponseHeader()["X: a\r\nX-Smuggled"] = []string{"b"}
		},
		"a middleware": func(w http.ResponseWriter, _ *upgrade.Request) { w.Header().Set("X", "a\r\nX-Smuggled: b") },
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, setup{http: func(ws *upgrade.Upgrader, _ *site) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					q, err := ws.Check(r)
					if err == nil {
						spoil(w, q)
						_, err = ws.Accept(w, q)
					}
					if err == nil {
						panic("there is a connection")
					}
				})
			}}, func(t *testing.T, s *site) {
				c := s.dial()
				c.say(opening().String())
				resp, body := c.answer()
				require.Equal(t, 500, resp.StatusCode)
				require.NotContains(t, resp.Header, "X-Smuggled")
				require.NotContains(t, body, "Smuggled")
			})
		})
	}
}

func TestRow18LineEndsInARefusal(t *testing.T) {
	everywhere(t, setup{http: func(ws *upgrade.Upgrader, _ *site) http.Handler {
		return ws.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) {
			return nil, &upgrade.Rejection{
				Status: 403, Header: http.Header{"X": {"a\r\nX-Smuggled: b"}}, Reason: "no\r\nX-Smuggled: b",
			}
		})
	}}, func(t *testing.T, s *site) {
		c := s.dial()
		c.say(opening().String())
		resp, body := c.answer()
		require.Equal(t, 403, resp.StatusCode)
		require.NotContains(t, resp.Header, "X-Smuggled")
		require.Equal(t, "no\r\nX-Smuggled: b\n", body, "a body may have what it likes")
	})
}

func TestRow18LineEndsInWhatAClientAsksFor(t *testing.T) {
	for name, d := range map[string]*upgrade.Dialer{
		"a value":       {Header: http.Header{"X": {"a\r\nX-Smuggled: b"}}},
		"a name":        {Header: http.Header{"X: a\r\nX-Smuggled": {"b"}}},
		"a subprotocol": {Subprotocols: []string{"a\r\nX-Smuggled: b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var wrote [][]byte
			d.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return writesTo{&wrote}, nil
			}
			_, _, err := d.Dial(t.Context(), "ws://example.com/")
			require.Error(t, err)
			require.Empty(t, wrote)
		})
	}
}

// A connection that only takes note of what is written.
type writesTo struct{ wrote *[][]byte }

func (c writesTo) Write(p []byte) (int, error) {
	*c.wrote = append(*c.wrote, p)
	return len(p), nil
}

func (c writesTo) Read([]byte) (int, error)         { return 0, net.ErrClosed }
func (c writesTo) Close() error                     { return nil }
func (c writesTo) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c writesTo) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c writesTo) SetDeadline(time.Time) error      { return nil }
func (c writesTo) SetReadDeadline(time.Time) error  { return nil }
func (c writesTo) SetWriteDeadline(time.Time) error { return nil }

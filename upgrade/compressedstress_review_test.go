package upgrade_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/wstest"
)

func hashOf(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// The handler is slower than the stand-in's patience at every chunk, ignores each third message, begins and leaves each
// fourth; the peer goes on with fragments, and pings between them.
func TestSlowChunksOfCompressedMessagesWithPingsBetween(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		enough := flow.Flow[[]byte, []byte](func(in flow.Source[[]byte]) flow.Source[[]byte] { return flow.Take(in, 1) })
		number := 0
		set := compressing(taking, true)
		set.PingInterval = -1
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				number++
				switch {
				case number%3 == 0:
					time.Sleep(8 * time.Millisecond)
					return message.Text("ignored"), nil
				case number%4 == 0:
					_, err := flow.Collect(ctx, enough(m.Chunks()))
					time.Sleep(8 * time.Millisecond)
					return message.Text("left"), err
				}
				var all []byte
				err := m.Chunks().Run(ctx, func(chunk []byte) error {
					all = append(all, chunk...)
					time.Sleep(7 * time.Millisecond)
					return nil
				})
				return message.Text(hashOf(all)), err
			})
		}, set)
		p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
		rnd := rand.New(rand.NewPCG(3, 4))
		var wants []string
		var messages [][]byte
		for i := 1; i <= 24; i++ {
			content := make([]byte, []int{0, 1, 100, 5000, 64 << 10, 64<<10 + 1, 200_000}[i%7])
			for k := range content {
				if i%2 == 0 {
					content[k] = byte(rnd.Uint32())
				} else {
					content[k] = byte(k % (i + 3))
				}
			}
			messages = append(messages, content)
			switch {
			case i%3 == 0:
				wants = append(wants, "ignored")
			case i%4 == 0:
				wants = append(wants, "left")
			default:
				wants = append(wants, hashOf(content))
			}
		}
		pings := 0
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i, content := range messages {
				wire := p.Encode(nil, content, true)
				cut := max(1, len(wire)/(1+i%5))
				op, rsv := protocol.OpBinary, protocol.RSV1
				for {
					n := min(cut, len(wire))
					p.WriteFrames(wstest.Frame{Opcode: op, RSV: rsv, Payload: wire[:n], More: n < len(wire)})
					op, rsv = protocol.OpContinuation, 0
					if i%2 == 0 {
						time.Sleep(6 * time.Millisecond)
					}
					p.WriteFrames(wstest.Frame{Opcode: protocol.OpPing, Payload: []byte{byte(i)}})
					pings++
					if wire = wire[n:]; len(wire) == 0 {
						break
					}
				}
			}
		}()
		pongs := 0
		for i, want := range wants {
			for {
				f := p.ReadFrame()
				if f.Opcode == protocol.OpPong {
					pongs++
					continue
				}
				got := f.Payload
				if f.RSV != 0 {
					out, _, err := p.Decode(make([]byte, 0, 1000), got, true)
					require.NoError(t, err)
					got = out
				}
				require.Equal(t, want, string(got), "message %d of %d bytes", i, len(messages[i]))
				break
			}
		}
		wg.Wait()
		for pongs < pings {
			require.Equal(t, protocol.OpPong, p.ReadFrame().Opcode)
			pongs++
		}
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

// Strict and streamed messages from many goroutines share one context; a keep-alive that comes at every moment rests it.
func TestManySendersShareAContextThatRests(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		set := compressing(taking, false)
		set.PingInterval, set.PongTimeout = time.Millisecond, time.Minute
		s := serve(echo, set)
		server := wstest.NewServer(t, s, w)
		d := server.Dialer()
		d.Settings = set
		c, _, err := d.Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		const senders, each = 8, 20
		got := make(map[string]int)
		done := make(chan error, 1)
		go func() {
			n := 0
			done <- c.Run(t.Context(), flow.FromSinkAndSource(
				flow.ForEach(func(_ context.Context, m message.Message) error {
					got[m.Text()]++
					if n++; n == senders*each {
						go c.Close(protocol.CloseNormal, "")
					}
					return nil
				}), flow.Never[message.Message]()))
		}()
		var wg sync.WaitGroup
		for i := range senders {
			wg.Go(func() {
				for k := range each {
					text := strings.Repeat(fmt.Sprintf("sender %d says %d; ", i, k), 1+k*10)
					m := message.Text(text)
					if k%2 == 0 {
						m = message.TextStream(flow.Map(flow.Of(text[:len(text)/2], text[len(text)/2:]), func(s string) string {
							time.Sleep(2 * time.Millisecond)
							return s
						}))
					}
					if err := c.Send(t.Context(), m); err != nil {
						t.Error(err)
						return
					}
					time.Sleep(3 * time.Millisecond)
				}
			})
		}
		wg.Wait()
		require.NoError(t, <-done)
		require.Len(t, got, senders*each)
	})
}

// Endings inside a compressed message.
func TestEndingsInsideACompressedMessage(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		begin := func(t *testing.T, h handler) (*service, *packer) {
			s := serve(h, compressing(taking, streaming))
			p := pack(t, wstest.NewServer(t, s), "permessage-deflate", "permessage-deflate")
			p.WriteFrames(wstest.Frame{
				Opcode: protocol.OpBinary, RSV: protocol.RSV1, More: true,
				Payload: p.Encode(nil, make([]byte, 300_000), false),
			})
			return s, p
		}
		reads := func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				m, err := m.Strict(ctx, 1<<20)
				return m, err
			})
		}
		ignores := func(in source) source {
			return flow.Map(in, func(message.Message) message.Message { return message.Text("x") })
		}
		for name, h := range map[string]handler{"read": reads, "drained": ignores} {
			t.Run(fmt.Sprint(name, streaming, " peer closes"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, p := begin(t, h)
					p.close(protocol.CloseNormal, "")
					for {
						if f := p.ReadFrame(); f.Opcode == protocol.OpClose {
							break
						}
					}
					p.hangUp()
					s.expectEnd(t, protocol.CloseNormal, true)
				})
			})
			t.Run(fmt.Sprint(name, streaming, " cut"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, p := begin(t, h)
					time.Sleep(time.Second)
					p.hangUp()
					s.expectEnd(t, protocol.CloseAbnormal, false)
				})
			})
			t.Run(fmt.Sprint(name, streaming, " shutdown"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, p := begin(t, h)
					time.Sleep(time.Second)
					go func() {
						for {
							f, err := p.TryReadFrame()
							if err != nil {
								return
							}
							if f.Opcode == protocol.OpClose {
								p.close(protocol.CloseGoingAway, "")
							}
						}
					}()
					begun := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					require.NoError(t, s.Shutdown(ctx))
					require.LessOrEqual(t, time.Since(begun), 5*time.Second, "the grace")
					s.expectEnd(t, 0, false)
				})
			})
		}
	}
}

func TestLimitsOfCompressedMessages(t *testing.T) {
	for _, c := range []struct {
		limit int64
		size  int
		ok    bool
	}{
		{0, 1 << 20, true},
		{0, 1<<20 + 1, false},
		{-1, 3 << 20, true},
		{1<<63 - 1, 3 << 20, true},
		{1, 1, true},
		{1, 0, true},
		{1, 2, false},
		{64 << 10, 64 << 10, true},
		{64 << 10, 64<<10 + 1, false},
	} {
		for _, streaming := range []bool{false, true} {
			for _, noise := range []bool{false, true} {
				t.Run(fmt.Sprint(c, streaming, noise), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						content := make([]byte, c.size)
						if noise {
							rnd := rand.New(rand.NewPCG(5, 6))
							for i := range content {
								content[i] = byte(rnd.Uint32())
							}
						}
						set := compressing(deflate.Settings{}, streaming)
						set.MaxMessage = c.limit
						s := serve(func(in source) source {
							return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
								m, err := m.Strict(ctx, 1<<30)
								return message.Text(hashOf(m.Bytes())), err
							})
						}, set)
						p := pack(t, wstest.NewServer(t, s), "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
						wire := packed(string(content))
						frame := protocol.FrameHeader{Fin: true, RSV: protocol.RSV1, Opcode: protocol.OpBinary, Masked: true, Length: int64(len(wire))}
						go func() { _, _ = p.Conn().Write(append(protocol.AppendFrameHeader(nil, frame), wire...)) }()
						f := p.ReadFrame()
						if c.ok {
							require.Equal(t, hashOf(content), string(f.Payload), f.String())
						} else {
							require.Equal(t, protocol.OpClose, f.Opcode, f.String())
							require.Equal(t, wstest.CloseFrame(protocol.CloseMessageTooBig, "").Payload, f.Payload[:2])
						}
						p.hangUp()
						<-s.ended
					})
				})
			}
		}
	}
}

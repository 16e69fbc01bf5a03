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

// slowly answers with the hash of each message. It is slower than the stand-in's patience at every chunk, ignores each
// third message, and begins and leaves each fourth.
func slowly(in source) source {
	number := 0
	return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
		number++
		switch {
		case number%3 == 0:
			time.Sleep(8 * time.Millisecond)
			return message.Text("ignored"), nil
		case number%4 == 0:
			_, err := flow.Collect(ctx, flow.Take(m.Chunks(), 1))
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
}

// forSlowly returns messages of many sizes, and what slowly answers.
func forSlowly() (contents [][]byte, answers []string) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := 1; i <= 15; i++ {
		content := make([]byte, []int{0, 1, 100, 5000, 64 << 10, 64<<10 + 1, 150_000}[i%7])
		for k := range content {
			content[k] = byte(k % (i + 3))
			if i%2 == 0 {
				content[k] = byte(rnd.Uint32())
			}
		}
		contents = append(contents, content)
		switch {
		case i%3 == 0:
			answers = append(answers, "ignored")
		case i%4 == 0:
			answers = append(answers, "left")
		default:
			answers = append(answers, hashOf(content))
		}
	}
	return contents, answers
}

// sendWithPings sends compressed messages in fragments with a ping behind each, and returns the number of pings.
func (p *packer) sendWithPings(contents [][]byte) (pings int) {
	for i, content := range contents {
		wire := p.Encode(nil, content, true)
		cut := max(1, len(wire)/(1+i%5))
		for op, rsv := protocol.OpBinary, protocol.RSV1; len(wire) > 0; op, rsv = protocol.OpContinuation, 0 {
			n := min(cut, len(wire))
			p.WriteFrames(wstest.Frame{Opcode: op, RSV: rsv, Payload: wire[:n], More: n < len(wire)})
			if i%2 == 0 {
				time.Sleep(6 * time.Millisecond)
			}
			p.WriteFrames(wstest.Frame{Opcode: protocol.OpPing, Payload: []byte{byte(i)}})
			pings++
			wire = wire[n:]
		}
	}
	return pings
}

func TestSlowChunksOfCompressedMessagesWithPingsBetween(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		set := compressing(taking, true)
		set.PingInterval = -1
		s := serve(slowly, set)
		p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
		contents, answers := forSlowly()
		pinged := make(chan int, 1)
		go func() { pinged <- p.sendWithPings(contents) }()
		pongs := 0
		for i, want := range answers {
			f := p.ReadFrame()
			for ; f.Opcode == protocol.OpPong; f = p.ReadFrame() {
				pongs++
			}
			got := f.Payload
			if f.RSV != 0 {
				var err error
				got, _, err = p.Decode(make([]byte, 0, 1000), got, true)
				require.NoError(t, err)
			}
			require.Equal(t, want, string(got), "message %d of %d bytes", i, len(contents[i]))
		}
		for pings := <-pinged; pongs < pings; pongs++ {
			require.Equal(t, protocol.OpPong, p.ReadFrame().Opcode)
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

// insideAMessage runs a test with a peer amid a compressed message, that a handler reads or ignores, strict or streamed.
func insideAMessage(t *testing.T, test func(t *testing.T, s *service, p *packer)) {
	t.Helper()
	for name, h := range map[string]handler{
		"read": func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				return m.Strict(ctx, 1<<20)
			})
		},
		"ignored": func(in source) source {
			return flow.Map(in, func(message.Message) message.Message { return message.Text("x") })
		},
	} {
		for _, streaming := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " streaming ", streaming), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := serve(h, compressing(taking, streaming))
					p := pack(t, wstest.NewServer(t, s), "permessage-deflate", "permessage-deflate")
					p.WriteFrames(wstest.Frame{
						Opcode: protocol.OpBinary, RSV: protocol.RSV1, More: true,
						Payload: p.Encode(nil, make([]byte, 300_000), false),
					})
					test(t, s, p)
				})
			})
		}
	}
}

// untilClose reads up to the server's close frame.
func (p *packer) untilClose() {
	p.t.Helper()
	for p.ReadFrame().Opcode != protocol.OpClose {
	}
}

func TestPeerClosesInsideACompressedMessage(t *testing.T) {
	insideAMessage(t, func(t *testing.T, s *service, p *packer) {
		p.close(protocol.CloseNormal, "")
		p.untilClose()
		p.hangUp()
		s.expectEnd(t, protocol.CloseNormal, true)
	})
}

func TestConnectionIsCutInsideACompressedMessage(t *testing.T) {
	insideAMessage(t, func(t *testing.T, s *service, p *packer) {
		synctest.Wait()
		p.hangUp()
		s.expectEnd(t, protocol.CloseAbnormal, false)
	})
}

func TestShutdownInsideACompressedMessage(t *testing.T) {
	insideAMessage(t, func(t *testing.T, s *service, p *packer) {
		synctest.Wait()
		go func() {
			p.untilClose()
			p.close(protocol.CloseGoingAway, "")
		}()
		begun := time.Now()
		require.NoError(t, s.Shutdown(t.Context()))
		require.LessOrEqual(t, time.Since(begun), 5*time.Second, "the grace")
		s.expectEnd(t, 0, false)
	})
}

func TestLimitsOfCompressedMessages(t *testing.T) {
	for _, c := range []struct {
		limit int64
		size  int
		ok    bool
	}{
		{0, 1 << 20, true},
		{0, 1<<20 + 1, false},
		{-1, 1<<20 + 1, true},
		{1<<63 - 1, 1<<20 + 1, true},
		{1, 1, true},
		{1, 0, true},
		{1, 2, false},
		{64 << 10, 64 << 10, true},
		{64 << 10, 64<<10 + 1, false},
	} {
		content := make([]byte, c.size)
		noise := make([]byte, c.size)
		_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
		for _, content := range [][]byte{content, noise} {
			for _, streaming := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
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
						require.Equal(t, hashOf(content), string(f.Payload), "%+v: %v", c, f)
					} else {
						require.Equal(t, wstest.CloseFrame(protocol.CloseMessageTooBig, "").Payload, f.Payload[:2], "%+v: %v", c, f)
					}
					p.hangUp()
					<-s.ended
				})
			}
		}
	}
}

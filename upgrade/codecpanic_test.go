package upgrade_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A faulty extension owns RSV2, changes nothing, and does at one of its methods what a test wants.
type faulty struct {
	at    string
	fault func() error // what Decode returns
}

func (*faulty) Name() string                                         { return "x-faulty" }
func (*faulty) RSV() uint8                                           { return protocol.RSV2 }
func (*faulty) Offers() []protocol.Extension                         { return []protocol.Extension{{Name: "x-faulty"}} }
func (f *faulty) Confirm(protocol.Extension) (protocol.Codec, error) { return f, nil }
func (f *faulty) Accept(o []protocol.Extension) (protocol.Extension, protocol.Codec, bool) {
	return o[0], f, true
}

func (f *faulty) fails(at string) error {
	if f.at == at {
		return f.fault()
	}
	return nil
}

func (f *faulty) Wants(protocol.Opcode, int) bool { _ = f.fails("Wants"); return true }
func (f *faulty) Rest()                           { _ = f.fails("Rest") }

func (f *faulty) Encode(dst, src []byte, _ bool) []byte {
	_ = f.fails("Encode")
	return append(dst, src...)
}

func (f *faulty) Decode(dst, src []byte, _ bool) ([]byte, int, error) {
	if err := f.fails("Decode"); err != nil {
		return dst, 0, err
	}
	n := min(len(src), cap(dst)-len(dst))
	dst = append(dst, src[:n]...)
	if n < len(src) {
		return dst, n, protocol.ErrFull
	}
	return dst, n, nil
}

func panics() error { panic("the codec's") }

// faultyServer serves h on connections with the extension.
func faultyServer(t *testing.T, h handler, f *faulty, change func(*upgrade.Settings)) (*service, *peer) {
	t.Helper()
	set := quiet
	set.Extensions = []protocol.Negotiator{f}
	if change != nil {
		change(&set)
	}
	s := serve(h, set)
	p := wstest.NewServer(t, s).Peer("/", protocol.ClientHandshake{Extensions: f.Offers()})
	p.Timeout = time.Hour
	return s, &peer{Peer: p, t: t}
}

// expectFailure expects a connection to be closed with 1011, whatever comes before.
func expectFailure(t *testing.T, s *service, p *peer, begun time.Time) *upgrade.CloseError {
	t.Helper()
	for {
		f := p.ReadFrame()
		if f.Opcode == protocol.OpClose {
			require.Equal(t, wstest.CloseFrame(protocol.CloseInternalError, ""), f)
			break
		}
	}
	require.Less(t, time.Since(begun), time.Second, "at once")
	p.hangUp()
	return s.expectEnd(t, protocol.CloseInternalError, false)
}

func TestAPanicOfACodecThatEncodesEndsItsConnectionAlone(t *testing.T) {
	for name, reply := range map[string]message.Message{
		"strict":   message.Text("hello"),
		"streamed": message.TextStream(flow.Of("hel", "lo")),
	} {
		for _, at := range []string{"Wants", "Encode"} {
			t.Run(name+" "+at+" by the handler", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, p := faultyServer(t, func(in source) source {
						return flow.Map(in, func(message.Message) message.Message { return reply })
					}, &faulty{at, panics}, nil)
					begun := time.Now()
					p.text("go")
					expectFailure(t, s, p, begun)
				})
			})
			t.Run(name+" "+at+" by Send", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sent := make(chan error, 1)
					s, p := faultyServer(t, func(in source) source {
						return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
							go func() { sent <- upgrade.FromContext(ctx).Send(context.Background(), reply) }()
							<-ctx.Done()
							return m, ctx.Err()
						})
					}, &faulty{at, panics}, nil)
					begun := time.Now()
					p.text("go")
					expectFailure(t, s, p, begun)
					var panicked *flow.PanicError
					require.ErrorAs(t, <-sent, &panicked)
					require.Equal(t, "the codec's", panicked.Value)
				})
			})
		}
	}
}

func TestACodecThatLeavesItsGoroutineLeavesNoLockBehind(t *testing.T) {
	for _, reply := range []message.Message{message.Text("hello"), message.TextStream(flow.Of("hel", "lo"))} {
		for _, at := range []string{"Wants", "Encode", "Decode"} {
			synctest.Test(t, func(t *testing.T) {
				_, p := faultyServer(t, func(in source) source {
					return flow.Map(in, func(message.Message) message.Message { return reply })
				}, &faulty{at, func() error { runtime.Goexit(); return nil }}, nil)
				begun := time.Now()
				p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV2, Payload: []byte("go")})
				p.expectClose(protocol.CloseInternalError, "")
				p.close(protocol.CloseInternalError, "")
				p.expectEOF()
				require.Less(t, time.Since(begun), time.Second, "at once")
			})
		}
	}
}

func TestAPanicOfACodecThatRestsEndsItsConnectionAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := faultyServer(t, echo, &faulty{"Rest", panics}, nil)
		for {
			f := p.ReadFrame()
			if f.Opcode == protocol.OpClose {
				require.Equal(t, wstest.CloseFrame(protocol.CloseInternalError, ""), f)
				break
			}
		}
		p.hangUp()
		s.expectEnd(t, protocol.CloseInternalError, false)
	})
}

func TestAFaultOfACodecThatDecodesEndsItsConnectionAlone(t *testing.T) {
	wrong := errors.New("no CloseError")
	for name, fault := range map[string]func() error{
		"panic":         panics,
		"plain error":   func() error { return wrong },
		"unsendable":    func() error { return &protocol.CloseError{Code: protocol.CloseAbnormal} },
		"nobody's code": func() error { return &protocol.CloseError{Code: 42} },
	} {
		for _, streaming := range []bool{false, true} {
			for _, deaf := range []bool{false, true} { // to the error of the chunks
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, p := faultyServer(t, func(in source) source {
							return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
								if deaf {
									return message.Text("ok"), nil
								}
								return m.Strict(ctx, 1000)
							})
						}, &faulty{"Decode", fault}, func(s *upgrade.Settings) { s.Streaming = streaming })
						begun := time.Now()
						p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV2, Payload: []byte("a"), More: true})
						p.WriteFrames(wstest.Frame{Opcode: protocol.OpContinuation, Payload: []byte("b")})
						closed := expectFailure(t, s, p, begun)
						switch name {
						case "panic":
							var panicked *flow.PanicError
							require.ErrorAs(t, closed, &panicked)
							require.Equal(t, "the codec's", panicked.Value)
						case "plain error":
							require.ErrorIs(t, closed, wrong)
						}
					})
				})
			}
		}
	}
}

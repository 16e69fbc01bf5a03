package upgrade_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestPeerThatDoesNotReadStopsTheReading(t *testing.T) {
	for name, h := range map[string]handler{
		"synchronous":  echo,
		"asynchronous": func(in source) source { return echo(flow.Async(in)) },
	} {
		for _, size := range []int{100, 10_000, 200_000} {
			synctest.Test(t, func(t *testing.T) {
				settings := quiet
				settings.PingInterval, settings.WriteTimeout = -1, -1
				s := serve(h, settings)
				p := connect(t, wstest.NewServer(t, s), "/")
				end := p.Conn().(*wire.Conn)
				sent := make(chan struct{})
				frame := wstest.BinaryFrame(make([]byte, size)).Append(nil, protocol.Client)
				go func() {
					defer close(sent)
					for {
						if _, err := end.Write(frame); err != nil {
							return
						}
					}
				}()
				synctest.Wait() // nothing moves any more
				taken := end.BytesWritten() - int64(end.Buffered())
				t.Logf("%s, %d bytes a message: the server took %d KiB", name, size, taken>>10)
				// Its own buffers, the wire's to the peer, and what the asynchronous boundary holds.
				bound := int64(64<<10 + 64<<10 + 64<<10 + 2*size)
				if name == "asynchronous" {
					bound += int64(18 * size)
				}
				require.Less(t, taken, bound)
				p.hangUp()
				<-sent
				<-s.ended
			})
		}
	}
}

// endings are the ways of the table in which a connection can end.
func endings() map[string]struct {
	handler handler
	client  func(p *peer)
} {
	text := func(p *peer) { p.text("x") }
	shut := func(code upgrade.CloseCode) func(p *peer) {
		return func(p *peer) { p.text("x"); p.close(code, "") }
	}
	fail := func(err error) handler {
		return func(in source) source {
			return flow.TryMap(in, func(context.Context, message.Message) (message.Message, error) { return message.Message{}, err })
		}
	}
	return map[string]struct {
		handler handler
		client  func(p *peer)
	}{
		"handler completes":      {func(in source) source { return flow.Take(echo(in), 1) }, text},
		"handler fails":          {fail(errors.New("broken")), text},
		"handler closes":         {fail(&upgrade.CloseError{Code: 4000}), text},
		"handler panics":         {func(in source) source { return flow.Map(in, func(message.Message) message.Message { panic("x") }) }, text},
		"peer closes":            {echo, shut(protocol.CloseNormal)},
		"peer closes with error": {echo, shut(3000)},
		"peer breaks the rules":  {echo, func(p *peer) { p.text("x"); p.frame(7, "", true) }},
		"cut":                    {echo, text},
		"cut inside a message":   {echo, func(p *peer) { p.frame(protocol.OpText, "half", false) }},
		"asynchronous":           {func(in source) source { return flow.Merge(flow.Async(echo(in)), flow.Never[message.Message]()) }, shut(protocol.CloseNormal)},
		"coupled":                {flow.FromSinkAndSource(flow.Ignore[message.Message](), flow.Never[message.Message]()), shut(protocol.CloseNormal)},
		"shutdown":               {echo, func(*peer) {}},
	}
}

func TestTenThousandConnectionsLeaveNothingBehind(t *testing.T) {
	const each = 10_000/12 + 1
	openAndEnd(t, each) // what the runtime makes once and keeps, such as its records of goroutines
	goroutines, heap := runtime.NumGoroutine(), liveHeap()
	openAndEnd(t, each)
	for range 100 {
		if runtime.NumGoroutine() <= goroutines {
			break
		}
		time.Sleep(10 * time.Millisecond) // the bubbles' own, on their way out
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	grown := liveHeap() - heap
	t.Logf("%d connections, %d KiB of heap more than before", 12*each, grown>>10)
	require.Less(t, grown, int64(256<<10), "26 bytes a connection")
}

// openAndEnd opens so many connections for each way in which one can end.
func openAndEnd(t *testing.T, each int) {
	for name, ending := range endings() {
		synctest.Test(t, func(t *testing.T) {
			s := serve(ending.handler, quiet)
			server := wstest.NewServer(t, s)
			var conns sync.WaitGroup
			for range each {
				conns.Go(func() {
					p := connect(t, server, "/")
					ending.client(p)
					if !strings.HasPrefix(name, "cut") {
						p.expectEnd(name)
					}
					p.hangUp()
				})
			}
			if name == "shutdown" {
				synctest.Wait()
				require.NoError(t, s.Shutdown(context.Background()))
			}
			conns.Wait()
			for range each {
				<-s.ended
			}
		})
	}
}

// expectEnd takes what comes up to the close frame, answers it, and expects the end.
func (p *peer) expectEnd(name string) {
	for {
		f, err := p.next()
		if err != nil {
			p.t.Error(name, err)
			return
		}
		if f.Opcode == protocol.OpClose {
			break
		}
	}
	answer := wstest.CloseFrame(protocol.CloseNormal, "").Append(nil, protocol.Client)
	_, _ = p.Conn().Write(answer) // the server may have gone already
	p.expectEOF()
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

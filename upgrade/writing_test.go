package upgrade_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
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

func TestSlowButSteadyReaderOfALargeMessageIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		settings := quiet
		settings.PingInterval = -1
		s := serve(func(in source) source {
			return flow.Concat(flow.Of(message.Binary(make([]byte, size))), in)
		}, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		_ = p.Conn().SetReadDeadline(time.Time{})
		// 50 kB/s take twice the WriteTimeout. The rest may have come with the handshake.
		for total, buf := 0, make([]byte, 5000); total < size-4<<10; {
			time.Sleep(100 * time.Millisecond)
			n, err := p.Conn().Read(buf)
			require.NoErrorf(t, err, "after %d bytes", total)
			total += n
		}
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

// ticking is a message of n chunks, one each second.
func ticking(n int) message.Message {
	return message.TextStream(flow.FromFunc(func(ctx context.Context, emit func(string) error) error {
		for range n {
			if err := emit("x"); err != nil {
				return err
			}
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	}))
}

func TestShutdownFinishesTheReplyThatIsOpenWhenItsGraceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(func(in source) source { return flow.Concat(flow.Of(ticking(10)), in) }, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		time.Sleep(time.Second)
		down := make(chan error, 1)
		go func() { down <- s.Shutdown(context.Background()) }()
		p.expectText(strings.Repeat("x", 10))
		p.expectClose(protocol.CloseGoingAway, "server shuts down")
		p.close(protocol.CloseGoingAway, "")
		require.NoError(t, <-down)
		s.expectEnd(t, 0, false)
	})
}

func TestShutdownDoesNotWaitForAnEndlessReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(func(source) source { return flow.Of(endless()) }, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectPiece("begun")
		start := time.Now()
		go func() { _ = s.Shutdown(context.Background()) }()
		p.expectClose(protocol.CloseGoingAway, "server shuts down")
		require.Equal(t, 15*time.Second, time.Since(start), "CloseGrace and CloseTimeout")
		p.close(protocol.CloseGoingAway, "")
		<-s.ended
	})
}

func TestPanicInTheChunksOfAReplyClosesWith1011AndIsLogged(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		var logged strings.Builder
		s := serve(func(source) source {
			return flow.Of(message.TextStream(flow.Map(flow.Of("begun", "bad"), func(chunk string) string {
				if chunk == "bad" {
					panic("secret")
				}
				return chunk
			})))
		}, upgrade.Settings{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.expectPiece("begun")
		p.expectClose(protocol.CloseInternalError, "")
		p.close(protocol.CloseInternalError, "")
		s.expectEnd(t, protocol.CloseInternalError, false)
		require.Contains(t, logged.String(), "secret")
		require.Contains(t, logged.String(), "writing_test.go", "the stack")
	})
}

func TestPanicInTheChunksOfASendIsReturned(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		conns := make(chan *upgrade.Conn, 1)
		s := serve(silently(conns), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		m := message.TextStream(flow.Map(flow.Of(1), func(int) string { panic("secret") }))
		c := <-conns
		var panicked *flow.PanicError
		require.ErrorAs(t, c.Send(t.Context(), m), &panicked)
		require.Equal(t, "secret", panicked.Value)
		require.NoError(t, c.Send(t.Context(), message.Text("it had not begun")))
		p.expectText("it had not begun")
	})
}

func TestSendThatIsCancelledInTheMiddleClosesWith1011(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		conns := make(chan *upgrade.Conn, 1)
		s := serve(silently(conns), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		ctx, cancel := context.WithCancel(t.Context())
		sent := make(chan error, 1)
		c := <-conns
		go func() { sent <- c.Send(ctx, endless()) }()
		p.expectPiece("begun")
		cancel()
		p.expectClose(protocol.CloseInternalError, "")
		require.ErrorIs(t, <-sent, context.Canceled)
		p.close(protocol.CloseInternalError, "")
		s.expectEnd(t, protocol.CloseInternalError, false)
	})
}

func TestPingsAfterOurCloseCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(func(source) source { return flow.Empty[message.Message]() }, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectClose(protocol.CloseNormal, "")
		var pings []byte
		for range 5000 {
			pings = wstest.Frame{Opcode: protocol.OpPing}.Append(pings, protocol.Client)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p.Write(pings)
		synctest.Wait()
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<10), "50 bytes a ping")
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

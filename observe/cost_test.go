package observe_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type counting struct{ events atomic.Int64 }

func (c *counting) Observe(upgrade.Event) { c.events.Add(1) }

func TestObserverIsNotToldOfMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := new(counting)
		probe := wstest.NewServer(t, with(o, nil).Handler(echo)).Probe("/")
		for range 100 {
			probe.SendText("abc")
			probe.ExpectText("abc")
		}
		require.EqualValues(t, 1, o.events.Load())
		probe.SendCompletion()
		probe.ExpectCompletion()
		synctest.Wait()
		require.EqualValues(t, 2, o.events.Load())
	})
}

// BenchmarkMessage sends a message over loopback and waits for its echo; with an observer it costs the same.
func BenchmarkMessage(b *testing.B) {
	for name, o := range map[string]upgrade.Observer{"none": nil, "counters": new(observe.Counters)} {
		b.Run(name, func(b *testing.B) {
			server := wstest.NewServer(b, with(o, nil).Handler(echo), wstest.Wire{TCP: true})
			conn, replies := server.Dial("/"), make(chan struct{})
			go func() {
				_ = conn.Source().Run(b.Context(), func(message.Message) error { replies <- struct{}{}; return nil })
			}()
			b.ReportAllocs()
			for b.Loop() {
				_ = conn.Send(b.Context(), message.Text("abc"))
				<-replies
			}
		})
	}
}

// BenchmarkConnection opens a connection and closes it.
func BenchmarkConnection(b *testing.B) {
	for name, o := range map[string]upgrade.Observer{"none": nil, "counters": new(observe.Counters), "log": observe.Log(nil)} {
		b.Run(name, func(b *testing.B) {
			server := wstest.NewServer(b, with(o, nil).Handler(echo))
			b.ReportAllocs()
			for b.Loop() {
				conn := server.Dial("/")
				_ = conn.Close(protocol.CloseNormal, "")
			}
		})
	}
}

// BenchmarkEvents are those of one connection, without it.
func BenchmarkEvents(b *testing.B) {
	conn := wstest.NewServer(b, with(nil, nil).Handler(echo)).Dial("/")
	for name, o := range map[string]upgrade.Observer{"counters": new(observe.Counters), "log": observe.Log(nil)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o.Observe(upgrade.Opened{Conn: conn})
				o.Observe(upgrade.Closed{Conn: conn, Clean: true, Cause: &upgrade.CloseError{Code: protocol.CloseNormal}})
			}
		})
	}
}

// BenchmarkSnapshot asks a thousand live connections.
func BenchmarkSnapshot(b *testing.B) {
	c := new(observe.Counters)
	server := wstest.NewServer(b, with(c, nil).Handler(func(in source) source { return flow.Filter(in, message.Message.IsText) }))
	for range 1000 {
		server.Dial("/")
	}
	for b.Loop() {
		c.Snapshot()
	}
}

package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/protocol/driver"
)

// converse carries bytes between two ends, in pieces of the size, until neither has any.
// A server's messages are echoes of what it got.
func converse(client, server *driver.Conn, size int) (atClient, atServer transcript) {
	for {
		up, down := string(client.Output()), string(server.Output())
		if up == "" && down == "" {
			return atClient, atServer
		}
		carry(client, down, size, func(ev driver.Event) { atClient.add(ev) })
		carry(server, up, size, func(ev driver.Event) {
			atServer.add(ev)
			if ev.Type != driver.EventMessage {
				return
			}
			op := ev.Opcode
			if !ev.Start {
				op = protocol.OpContinuation
			}
			if err := server.Fragment(op, ev.Payload, ev.End); err != nil {
				// A text may not be ours to send any more.
				atServer.events = append(atServer.events, err.Error())
			}
		})
	}
}

func carry(to *driver.Conn, wire string, size int, each func(driver.Event)) {
	for wire != "" {
		n := min(size, len(wire))
		to.Receive([]byte(wire[:n]))
		wire = wire[n:]
		for ev, ok := to.Next(); ok; ev, ok = to.Next() {
			each(ev)
		}
	}
}

func TestTwoEndsConverse(t *testing.T) {
	takeover := deflate.Window{Takeover: true}
	extensions := map[string][]protocol.Negotiator{
		"plain":            nil,
		"deflate":          {deflate.New(deflate.Settings{})},
		"deflate takeover": {deflate.New(deflate.Settings{Server: takeover, Client: takeover, Threshold: -1})},
		"three of them":    {round, square, deflate.New(deflate.Settings{Threshold: -1})},
	}
	for name, ext := range extensions {
		for _, size := range []int{1, 3, 1000, 1 << 20} {
			for _, stream := range []bool{false, true} {
				t.Run(name, func(t *testing.T) {
					cfg := driver.Config{Extensions: ext, Stream: stream, Subprotocols: []string{"echo"}}
					client, err := driver.NewClient("ws://example.com/", cfg)
					require.NoError(t, err)
					server := newServer(t, cfg)
					long := strings.Repeat("Hellö ", 1500) // 10,500 bytes: echoed byte by byte, as many fragments
					answered := 0
					require.NoError(t, client.Text("early"))
					require.NoError(t, client.Text(long))
					require.NoError(t, client.Ping([]byte("?"), func() { answered++ }))
					require.NoError(t, client.Fragment(protocol.OpText, []byte(long[:5]), false))
					require.NoError(t, client.Fragment(protocol.OpContinuation, []byte(long[5:]), false))
					require.NoError(t, client.Fragment(protocol.OpContinuation, nil, true))
					require.NoError(t, client.Binary(nil))
					atClient, atServer := converse(client, server, size)
					messages := []string{"text: early", "text: " + long, "text: " + long, "binary: "}
					require.Equal(t, []string{"request", "open", messages[0], messages[1], "ping: ?", messages[2], messages[3]}, atServer.events)
					require.Equal(t, []string{"open", messages[0], messages[1], "pong: ?", messages[2], messages[3]}, atClient.events)
					require.Equal(t, 1, answered)
					require.Equal(t, "echo", client.Subprotocol())
					require.Equal(t, client.Extensions(), server.Extensions())
					require.Len(t, client.Extensions(), len(ext))

					require.NoError(t, server.Close(protocol.CloseGoingAway, "bye"))
					atClient, atServer = converse(client, server, size)
					require.Equal(t, []string{"websocket: closed by peer: 1001 going away: bye"}, atClient.events)
					require.Equal(t, atClient.events, atServer.events)
				})
			}
		}
	}
}

// A message that does not compress is not too big for being compressed.
func TestIncompressibleMessageOfTheLargestSize(t *testing.T) {
	zip := deflate.New(deflate.Settings{Threshold: -1})
	cfg := driver.Config{Extensions: []protocol.Negotiator{zip}}
	client, err := driver.NewClient("ws://example.com/", cfg)
	require.NoError(t, err)
	noise := make([]byte, protocol.DefaultMaxMessage)
	state := uint32(1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	server := newServer(t, cfg)
	converse(client, server, 1<<20)
	require.NoError(t, client.Binary(noise))
	atClient, _ := converse(client, server, 1<<20)
	require.Equal(t, []string{"binary: " + string(noise)}, atClient.events)
}

package requirements_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/frames"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func controlFrame(op protocol.Opcode, payload string) wstest.Frame {
	return wstest.Frame{Opcode: op, Payload: []byte(payload)}
}

// The same payload comes back, masked by a client, and what is above does not see the ping.
func TestS14AutoPong(t *testing.T) {
	for _, w := range wstest.Wires() {
		t.Run(w.String(), func(t *testing.T) {
			var above frames.Counts
			settings := upgrade.Settings{FrameStages: []upgrade.FrameStage{frames.AutoPong(nil), above.Stage}}
			ws := upgrade.Upgrader{Settings: settings}
			p := wstest.NewServer(t, ws.Handler(echo), w).Peer("/")
			p.WriteFrames(controlFrame(protocol.OpPing, "abc"))
			p.ExpectFrame(controlFrame(protocol.OpPong, "abc"))

			server := wstest.NewPeerServer(t, w)
			d := server.Dialer()
			d.Settings = settings
			c, _, err := d.Dial(t.Context(), server.URL("/"))
			require.NoError(t, err)
			p = server.Accept()
			ended := make(chan error, 1)
			go func() { ended <- c.Run(t.Context(), echo) }()
			p.WriteFrames(controlFrame(protocol.OpPing, "def"))
			p.ExpectFrame(controlFrame(protocol.OpPong, "def")) // fails if it is not masked
			p.WriteClose(protocol.CloseNormal, "")
			p.ExpectClose(protocol.CloseNormal)
			p.Cut()
			require.NoError(t, <-ended)
			require.Zero(t, above.Frames(frames.In, protocol.OpPing))
		})
	}
}

func TestS15TwoPingsWithoutTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := upgrade.Upgrader{Settings: upgrade.Settings{FrameStages: []upgrade.FrameStage{
			frames.AutoPing{Interval: 100 * time.Millisecond}.Stage,
		}}}
		start := time.Now()
		p := wstest.NewServer(t, ws.Handler(echo)).Peer("/")
		for i := range 2 {
			p.ExpectFrame(controlFrame(protocol.OpPing, string([]byte{byte(i + 1)})))
			require.Equal(t, time.Duration(i+1)*100*time.Millisecond, time.Since(start))
		}
		p.Cut()
	})
}

func TestS15PingAmidAFragmentedMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := upgrade.Upgrader{Settings: upgrade.Settings{FrameStages: []upgrade.FrameStage{
			frames.AutoPing{Interval: 100 * time.Millisecond}.Stage,
		}}}
		p := wstest.NewServer(t, ws.Handler(echo)).Peer("/")
		p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, Payload: []byte("ab"), More: true})
		p.ExpectFrame(controlFrame(protocol.OpPing, "\x01"))
		p.WriteFrames(controlFrame(protocol.OpPong, "\x01"), wstest.Frame{Payload: []byte("cd")})
		p.ExpectText("abcd")
		p.Cut()
	})
}

// The user's own pings are timed, too; a pong that nobody asked for gives no time.
func TestS15RoundTripTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var trips []time.Duration
		ws := upgrade.Upgrader{Settings: upgrade.Settings{PingInterval: -1, FrameStages: []upgrade.FrameStage{frames.AutoPing{
			RoundTrip: func(_ *upgrade.Conn, _ []byte, rtt time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				trips = append(trips, rtt)
			},
		}.Stage}}}
		p := wstest.NewServer(t, ws.Handler(echo)).Peer("/")
		for _, c := range ws.Connections() {
			require.Zero(t, c.RoundTripTime())
			pinged := make(chan error, 1)
			go func() {
				_, err := c.Ping(t.Context())
				pinged <- err
			}()
			ping := p.ReadFrame()
			time.Sleep(201 * time.Millisecond)
			p.WriteFrames(controlFrame(protocol.OpPong, "unmatched"), controlFrame(protocol.OpPong, string(ping.Payload)))
			require.NoError(t, <-pinged)
			require.Greater(t, c.RoundTripTime(), 200*time.Millisecond)
			require.Equal(t, []time.Duration{c.RoundTripTime()}, trips)
		}
		p.Cut()
	})
}

// A stage of the user's and filters, between the wire and a handler of frames.
func TestS16StagesBetweenHandlerAndProtocol(t *testing.T) {
	for name, tc := range map[string]struct {
		filter upgrade.FrameStage
		want   string
	}{
		"hidePings":     {frames.HidePings(), "pong text close"},
		"hidePingPongs": {frames.HidePingPongs(), "text close"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, w := range wstest.Wires() {
				t.Run(w.String(), func(t *testing.T) {
					seen := make(chan string, 10)
					upper := func(_ *upgrade.Conn, _, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
						return nil, func(f upgrade.Frame) error {
							if f.Opcode == protocol.OpText {
								f.Payload = []byte(strings.ToUpper(string(f.Payload)))
							}
							return down(f)
						}
					}
					ws := upgrade.Upgrader{Settings: upgrade.Settings{
						PingInterval: -1, FrameStages: []upgrade.FrameStage{frames.AutoPong(nil), tc.filter, upper},
					}}
					p := wstest.NewServer(t, ws.FrameHandler(func(in flow.Source[upgrade.Frame]) flow.Source[upgrade.Frame] {
						return flow.MapConcat(in, func(f upgrade.Frame) []upgrade.Frame {
							seen <- f.Opcode.String()
							if f.Opcode.IsData() {
								return []upgrade.Frame{f}
							}
							return nil
						})
					}), w).Peer("/")
					p.WriteFrames(controlFrame(protocol.OpPing, "a"), controlFrame(protocol.OpPong, "b"))
					p.ExpectFrame(controlFrame(protocol.OpPong, "a"))
					p.WriteText("abc")
					p.ExpectText("ABC")
					p.WriteClose(protocol.CloseNormal, "")
					p.ExpectClose(protocol.CloseNormal)
					var all []string
					for range strings.Fields(tc.want) {
						all = append(all, <-seen)
					}
					require.Equal(t, tc.want, strings.Join(all, " "))
					require.Empty(t, seen)
				})
			}
		})
	}
}

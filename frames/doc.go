// Package frames has stages for [upgrade.Settings].FrameStages: functions that stand between the wire and the messages of a
// connection, and see, change, drop or add frames. Each is written with nothing but [upgrade.FrameStage], as a user's own is.
//
//	ws := upgrade.Upgrader{Settings: upgrade.Settings{FrameStages: []upgrade.FrameStage{
//		log.Stage,                            // next to the wire
//		frames.AutoPong(nil),                 // answers pings, which nobody above it sees
//		frames.AutoPing{Interval: 5 * time.Second}.Stage,
//	}}}
//
// A stage is made anew for each connection: what it keeps is the connection's own. The values that several connections share, a
// [Log] and [Counts], may be used from any goroutine.
package frames

// A Direction says which way a frame goes.
type Direction uint8

// The directions.
const (
	In  Direction = iota // from the peer
	Out                  // to the peer
)

// String returns "in" or "out".
func (d Direction) String() string {
	if d == In {
		return "in"
	}
	return "out"
}

package frames

import "github.com/wsflow/wsflow/upgrade"

// Check shows every frame to f before it passes. An error of f ends the connection, a *[upgrade.CloseError] with its code
// and reason: a limit of the user's own is made of it. f may be called for both directions at a time, and for many
// connections.
func Check(f func(*upgrade.Conn, Direction, upgrade.Frame) error) upgrade.FrameStage {
	return func(c *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
		see := func(d Direction, pass upgrade.FrameFunc) upgrade.FrameFunc {
			return func(frame upgrade.Frame) error {
				if err := f(c, d, frame); err != nil {
					return err
				}
				return pass(frame)
			}
		}
		return see(In, up), see(Out, down)
	}
}

// Alter passes on what f makes of every frame, and drops those for which it reports false. A frame's payload may be changed in
// place. f may be called for both directions at a time, and for many connections.
//
// The frames of a message are dropped all or none, since the message would be another one; whoever drops pings or pongs
// keeps in mind that somebody may wait for them. A close frame that is dropped leaves the connection to its CloseTimeout.
func Alter(f func(*upgrade.Conn, Direction, upgrade.Frame) (upgrade.Frame, bool)) upgrade.FrameStage {
	return func(c *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
		alter := func(d Direction, pass upgrade.FrameFunc) upgrade.FrameFunc {
			return func(frame upgrade.Frame) error {
				frame, keep := f(c, d, frame)
				if !keep {
					return nil
				}
				return pass(frame)
			}
		}
		return alter(In, up), alter(Out, down)
	}
}

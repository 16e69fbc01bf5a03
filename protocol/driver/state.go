package driver

import "strconv"

// A State is where a connection stands. It only ever increases.
type State uint8

// The states, with the values of the readyState of browsers.
const (
	StateConnecting State = iota // the opening handshake is not complete
	StateOpen                    // messages travel
	StateClosing                 // our close frame has been sent, the peer's has not come
	StateClosed                  // nothing is sent or understood any more
)

// String returns the state's name in lower case.
func (s State) String() string {
	switch s {
	case StateConnecting:
		return "connecting"
	case StateOpen:
		return "open"
	case StateClosing:
		return "closing"
	case StateClosed:
		return "closed"
	}
	return "state " + strconv.Itoa(int(s))
}

package hixie

import "github.com/wsflow/wsflow/protocol"

// A Version is one of the two drafts.
type Version uint8

const (
	Hixie75 Version = 75 // draft-hixie-thewebsocketprotocol-75, of February 2010
	Hixie76 Version = 76 // draft-hixie-thewebsocketprotocol-76, of May 2010
)

// String returns "hixie-75" or "hixie-76".
func (v Version) String() string {
	switch v {
	case Hixie75:
		return "hixie-75"
	case Hixie76:
		return "hixie-76"
	}
	return "no hixie"
}

// Detect returns the version that r asks for, or 0 if r does not ask for WebSocket or asks for a later version.
// A request with a Sec-WebSocket-Version or Sec-WebSocket-Key is of a later one. Of the others, hixie-76 is one
// with a Sec-WebSocket-Key1 or -Key2, and hixie-75 one with neither.
//
// What Detect leaves to others includes every request that [protocol.CheckUpgrade] refuses.
func Detect(r *protocol.Request) Version {
	has := func(name string) bool { return len(r.Header.Values(name)) > 0 }
	switch {
	case protocol.CheckUpgrade(r) != nil, has("Sec-WebSocket-Version"), has("Sec-WebSocket-Key"):
		return 0
	case has("Sec-WebSocket-Key1"), has("Sec-WebSocket-Key2"):
		return Hixie76
	}
	return Hixie75
}

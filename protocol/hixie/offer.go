package hixie

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// An Offer is what a client asks for in a valid opening handshake.
type Offer struct {
	Version Version

	// Origin is where the page that asks comes from, and "" if the client does not say. The answer repeats it. Whether
	// it may connect is the caller's to judge.
	Origin string

	// Location is the URL that the client connects to, which the answer repeats.
	Location string

	// Subprotocol is the client's, or "". Both drafts know one only, and let it contain spaces.
	Subprotocol string

	numbers [2]uint32 // of the keys, in hixie-76
}

// CheckRequest judges whether r is a valid opening handshake of hixie-75 or hixie-76, as [Detect] says. r may come from
// [protocol.ParseRequest] or from net/http. secure says whether the client sees a wss URL.
//
// The error is a [*protocol.HandshakeError]: those of [protocol.CheckUpgrade], 426 for a later version of WebSocket, and 400 for what is
// malformed, for keys without digits or spaces, and for keys whose number is not a multiple of their spaces.
func CheckRequest(r *protocol.Request, secure bool) (*Offer, error) {
	if err := protocol.CheckUpgrade(r); err != nil {
		return nil, err
	}
	o := &Offer{Version: Detect(r)}
	if o.Version == 0 {
		return nil, &protocol.HandshakeError{
			Status: 426,
			Header: protocol.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
			Reason: "WebSocket is of a later version than hixie-76",
		}
	}
	scheme := "ws://"
	if secure {
		scheme = "wss://"
	}
	// The client compares it with the URL that it was given.
	if r.Target == "" || r.Target[0] != '/' {
		return nil, badRequest("request target is not a path")
	}
	o.Location = scheme + r.Host + r.Target
	for _, field := range []struct {
		name  string
		value *string
	}{{"Origin", &o.Origin}, {o.Version.prefix() + "WebSocket-Protocol", &o.Subprotocol}} {
		switch values := r.Header.Values(field.name); {
		case len(values) > 1:
			return nil, badRequest("more than one " + field.name)
		case len(values) == 1:
			*field.value = values[0]
		}
	}
	if err := o.check(); err != nil {
		return nil, badRequest("request has a control character")
	}
	if o.Version == Hixie76 {
		if err := o.readKeys(r.Header); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// prefix is what the version's fields begin with.
func (v Version) prefix() string {
	if v == Hixie75 {
		return ""
	}
	return "Sec-"
}

// check judges what goes into an answer.
func (o *Offer) check() error {
	for _, value := range []string{o.Origin, o.Location, o.Subprotocol} {
		if !isFieldValue(value) {
			return fmt.Errorf("%w: %q", protocol.ErrInvalidHeader, value)
		}
	}
	return nil
}

// readKeys takes the numbers out of the keys.
func (o *Offer) readKeys(h protocol.Header) error {
	for i, name := range []string{"Sec-WebSocket-Key1", "Sec-WebSocket-Key2"} {
		keys := h.Values(name)
		if len(keys) != 1 {
			return invalidKeys(name + " is missing or there are several")
		}
		number, fault := keyNumber(keys[0])
		if fault != "" {
			return invalidKeys(name + " " + fault)
		}
		o.numbers[i] = number
	}
	return nil
}

func invalidKeys(why string) error {
	return badRequest("client sent invalid Sec-WebSocket-Key headers: " + why)
}

func badRequest(reason string) error {
	return &protocol.HandshakeError{Status: 400, Reason: reason}
}

// isFieldValue reports whether s may be the value of a header field: no control characters but the tab.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

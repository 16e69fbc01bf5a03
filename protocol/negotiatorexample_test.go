package protocol_test

import (
	"fmt"
	"strconv"

	"github.com/wsflow/wsflow/protocol"
)

// An xor is an extension of one's own: it changes every byte of a message by a key that the server chooses. RSV2 tells
// which messages it changed.
type xor struct{ key byte }

func (x xor) Name() string { return "x-xor" }
func (x xor) RSV() uint8   { return protocol.RSV2 }

// Offers is the client's side: what to offer.
func (x xor) Offers() []protocol.Extension { return []protocol.Extension{{Name: "x-xor"}} }

// Accept is the server's side: it declines offers that it does not know.
func (x xor) Accept(offers []protocol.Extension) (protocol.Extension, protocol.Codec, bool) {
	for _, offer := range offers {
		if len(offer.Params) == 0 {
			key := protocol.Param{Name: "key", Value: strconv.Itoa(int(x.key)), HasValue: true}
			return protocol.Extension{Name: "x-xor", Params: []protocol.Param{key}}, xorCodec{x}, true
		}
	}
	return protocol.Extension{}, nil, false
}

// Confirm is the client's side again: it judges the server's answer.
func (x xor) Confirm(answer protocol.Extension) (protocol.Codec, error) {
	if len(answer.Params) != 1 || answer.Params[0].Name != "key" {
		return nil, fmt.Errorf("%v has no key", answer)
	}
	key, err := strconv.ParseUint(answer.Params[0].Value, 10, 8)
	return xorCodec{xor{byte(key)}}, err
}

// An xorCodec is the extension on one connection. It keeps nothing from piece to piece; one that does needs a codec of its own
// for each connection, and a state for each direction.
type xorCodec struct{ xor }

// Wants leaves empty messages alone.
func (c xorCodec) Wants(_ protocol.Opcode, size int) bool { return size != 0 }

func (c xorCodec) Encode(dst, src []byte, _ bool) []byte {
	for _, b := range src {
		dst = append(dst, b^c.key)
	}
	return dst
}

// Decode takes as much of src as there is room for in dst, and says so if that is not all.
func (c xorCodec) Decode(dst, src []byte, _ bool) (out []byte, n int, err error) {
	if room := cap(dst) - len(dst); len(src) > room {
		src, err = src[:room], protocol.ErrFull
	}
	return c.Encode(dst, src, false), len(src), err
}

func (c xorCodec) Rest() {}

// An extension of one's own, at both ends of a connection. In package upgrade it stands in Settings.Extensions, in package
// driver in Config.Extensions.
func ExampleNegotiator() {
	server, client := []protocol.Negotiator{xor{key: 0x20}}, []protocol.Negotiator{xor{}}
	answer, serverCodecs := protocol.AcceptExtensions(server, protocol.OfferExtensions(client))
	fmt.Println(answer)
	clientCodecs, err := protocol.ConfirmExtensions(client, answer)
	if err != nil {
		fmt.Println(err)
		return
	}

	// The client sends.
	var encoder protocol.Encoder
	encoder.Init(clientCodecs)
	text := []byte("HELLOwORLD")
	rsv := encoder.Begin(protocol.OpText, len(text), nil)
	payload := encoder.Encode(nil, text, true)
	fmt.Printf("RSV %03b %q\n", rsv, payload)

	// The server receives, into a buffer that is too short for all of it.
	var decoder protocol.Decoder
	decoder.Init(serverCodecs, 0)
	if encoded, err := decoder.Begin(protocol.OpText, rsv); !encoded {
		fmt.Println("not encoded", err)
		return
	}
	buf := make([]byte, 0, 6)
	for {
		piece, n, err := decoder.Decode(buf, payload, true)
		fmt.Printf("%q %v\n", piece, err)
		if err != protocol.ErrFull { // never wrapped
			return
		}
		payload = payload[n:]
	}
	// Output:
	// [x-xor; key=32]
	// RSV 010 "helloWorld"
	// "HELLOw" websocket: no room for more output
	// "ORLD" <nil>
}

package deflate_test

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// Two ends agree, and a message travels.
func Example() {
	takeover := deflate.Window{Bits: 12, Takeover: true}
	ours := []protocol.Negotiator{deflate.New(deflate.Settings{Server: takeover})}

	// The client offers, the server answers, the client confirms.
	offers, _ := protocol.ParseExtensions([]string{"permessage-deflate; client_max_window_bits"})
	answer, server := protocol.AcceptExtensions(ours, offers)
	header, _ := protocol.AppendExtensions(nil, answer)
	fmt.Printf("Sec-WebSocket-Extensions: %s\n", header)
	theirs := []protocol.Negotiator{deflate.New(deflate.Settings{Server: deflate.Window{Takeover: true}, Client: deflate.Window{Takeover: true}})}
	client, err := protocol.ConfirmExtensions(theirs, answer)
	if err != nil {
		fmt.Println(err)
		return
	}

	for range 2 {
		payload := server[0].Encode(nil, []byte(`{"kind":"update","price":17.5}`), true)
		text, _, err := client[0].Decode(make([]byte, 0, 100), payload, true)
		fmt.Printf("%s in %d bytes, %v\n", text, len(payload), err)
	}
	// Output:
	// Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_max_window_bits=12
	// {"kind":"update","price":17.5} in 32 bytes, <nil>
	// {"kind":"update","price":17.5} in 4 bytes, <nil>
}

package wstest_test

import (
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// What compression was agreed on, and which frames are compressed: those with RSV1.
func ExampleServer_Peer() {
	fmt.Print(failureOf(func(t testing.TB) { // in a test it is func TestCompression(t *testing.T) {
		ws := upgrade.Upgrader{Settings: upgrade.Settings{Compression: &deflate.Settings{Threshold: 10}}}
		server := wstest.NewServer(t, ws.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] { return in }))
		peer := server.Peer("/", protocol.ClientHandshake{Extensions: []protocol.Extension{{Name: "permessage-deflate"}}})
		agreed, err := protocol.ParseExtensions(peer.Response.Header["Sec-Websocket-Extensions"])
		fmt.Println(agreed, err)

		for _, text := range []string{"short", "long enough to be compressed"} {
			peer.WriteText(text)
			frame := peer.ReadFrame()
			fmt.Println(frame.Opcode, "compressed:", frame.RSV&protocol.RSV1 != 0)
		}
		peer.WriteClose(protocol.CloseNormal, "")
		peer.ExpectClose(protocol.CloseNormal)
	}))
	// Output:
	// [permessage-deflate; server_no_context_takeover; client_no_context_takeover] <nil>
	// text compressed: false
	// text compressed: true
}

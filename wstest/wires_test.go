package wstest_test

import (
	"testing"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

func TestPeerTalksFramesOverEveryWire(t *testing.T) {
	for _, wire := range append(wstest.Wires(), wstest.Wire{TLS: true}, wstest.Wire{ServerReads: wstest.ByteByByte}) {
		t.Run(wire.String(), func(t *testing.T) {
			s := wstest.NewServer(t, route, wire)
			p := s.Peer("/greeter")
			p.WriteText("Ada")
			p.ExpectText("Hello Ada!")
			p.WriteFrames(wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("x")})
			p.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong, Payload: []byte("x")})
			p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, Payload: []byte("A"), More: true}, wstest.Frame{Payload: []byte("da")})
			p.ExpectText("Hello Ada!")
			p.WriteClose(protocol.CloseNormal, "")
			p.ExpectClose(protocol.CloseNormal)
			p.ExpectEOF()
		})
	}
}

package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

const closeRFC = "5.5.1, 7.1"

func closing(o Options) []Case {
	bye := closeFrame(1000, "")
	size := cmp.Or(o.Size, defaultSize)
	cases := []Case{
		script("7.1.1", "a text, and when it is back a close frame", closeRFC, echo(textFrame("Hello")), send(bye), closed(normal)),
		script("7.1.2", "two close frames", closeRFC, send(bye, closeFrame(1001, "")), closed(normal)),
		script("7.1.3", "a ping after the close frame", closeRFC, send(bye, pingFrame("late")), closed(normal)),
		script("7.1.4", "a text after the close frame", closeRFC, send(bye, textFrame("late")), closed(normal)),
		script("7.1.5", "a close frame inside a fragmented text, whose last fragment comes after it", closeRFC,
			send(first("frag"), bye, last("ment")), closed(normal)),
		script("7.1.6", fmt.Sprintf("a text of %d bytes, a close frame and a ping, in one write", size), closeRFC,
			theSame(size, func(p *Play) {
				large := printable(size)
				p.Send(textFrame(large), bye, pingFrame("late"))
				p.ExpectMessage(protocol.OpText, []byte(large))
			}), closed(normal)),
		script("7.1.7", "a text and a close frame in one write", closeRFC, send(textFrame("Hello"), bye), wantText("Hello"), closed(normal)),
		script("7.1.8", "a close frame byte by byte", closeRFC, sendIn(1, closeFrame(1000, "bye")), closed(normal)),
		script("7.1.9", "a frame against every rule after the close frame", closeRFC,
			send(bye, Frame{Opcode: 3, RSV: 7, More: true}, textFrame("\xff")), closed(normal)),
		script("7.1.10", "a ping and a close frame in one write", closeRFC, send(pingFrame("x"), bye), pong("x"), closed(normal)),
		script("7.3.1", "an empty close frame", closeRFC, send(Frame{Opcode: protocol.OpClose}), closed(slices.Concat(withoutCode, normal))),
		fails("7.3.2", "a close frame of one byte", "5.5.1", violation, send(Frame{Opcode: protocol.OpClose, Payload: []byte{3}})),
		script("7.3.3", "a close frame with a code", closeRFC, send(bye), closed(normal)),
		script("7.3.4", "a close frame with a code and a reason", closeRFC, send(closeFrame(1000, "That was all.")), closed(normal)),
		script("7.3.5", "a close frame with a reason of 123 bytes", closeRFC, send(closeFrame(1000, printable(123))), closed(normal)),
		fails("7.3.6", "a close frame with a reason of 124 bytes", "5.5", violation, send(closeFrame(1000, printable(124)))),
		script("7.3.7", "a close frame with a reason of 122 bytes in many scripts", closeRFC, send(closeFrame(1000, strings.Repeat("ß€", 24)+"ß")), closed(normal)),
		fails("7.5.1", "a reason that is not UTF-8", utf8RFC, slices.Concat(notText, violation), send(closeFrame(1000, greeting+"\xed\xa0\x80."))),
		fails("7.5.2", "a reason that ends inside a character", utf8RFC, slices.Concat(notText, violation), send(closeFrame(1000, "\xe2\x82"))),
	}
	return append(cases, codes()...)
}

// codes: every code that may travel comes back, or 1000, and the others break a rule. RFC 6455, 5.5.1: "When sending a Close frame in response, the
// endpoint typically echos the status code it received."
func codes() []Case {
	var cases []Case
	valid := []protocol.CloseCode{
		1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
		1012, 1013, 1014, 3001, 3500, 3998, 4001, 4500, 4998,
	}
	for i, c := range valid {
		cases = append(cases, script(fmt.Sprintf("7.7.%d", i+1), fmt.Sprintf("close code %d", c), "7.4", send(closeFrame(c, "")), closed(echoOf(c))))
	}
	for i, c := range valid {
		cases = append(cases, script(fmt.Sprintf("7.8.%d", i+1), fmt.Sprintf("close code %d with a reason, inside a fragmented text", c), "7.4",
			send(first("frag"), closeFrame(c, "enough")), closed(echoOf(c))))
	}
	invalid := []protocol.CloseCode{
		0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999,
		1, 125, 998, 1015, 1017, 1999, 2001, 2998, 5001, 9999, 32767, 32768, 65534,
	}
	for i, c := range invalid {
		cases = append(cases, fails(fmt.Sprintf("7.9.%d", i+1), fmt.Sprintf("close code %d, which may not travel", c), "7.4", violation, send(closeFrame(c, ""))))
	}
	for i, c := range []protocol.CloseCode{5000, 65535} {
		cases = append(cases, fails(fmt.Sprintf("7.13.%d", i+1), fmt.Sprintf("close code %d, which may not travel", c), "7.4", violation, send(closeFrame(c, ""))))
	}
	return cases
}

// echoOf is what may answer a close code.
func echoOf(c protocol.CloseCode) code {
	if c == protocol.CloseNormal {
		return normal
	}
	return code{c, protocol.CloseNormal}
}

package conformance

import (
	"fmt"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// autoFragmentation: messages in the fragments that a sender makes which cuts at a fixed size.
func autoFragmentation(Options) []Case {
	const rfc = "5.4"
	cases := []Case{
		works("10.1.1", "a text of 65536 bytes in fragments of 1300", rfc, theSame(65536, inFragmentsOf(protocol.OpText, 65536, 1300))),
		works("10.1.2", "a binary message of 65536 bytes in fragments of 1300", rfc, theSame(65536, inFragmentsOf(protocol.OpBinary, 65536, 1300))),
	}
	scripts := strings.Repeat(greeting, 100)
	for i, size := range []int{1, 2, 3, 4, 5, 7, 125, 126, 127, 1300} {
		cases = append(cases, works(fmt.Sprintf("10.2.%d", i+1), fmt.Sprintf("a text in several scripts, in fragments of %d", size), rfc,
			send(fragments(protocol.OpText, []byte(scripts), size)...), wantText(scripts)))
	}
	return cases
}

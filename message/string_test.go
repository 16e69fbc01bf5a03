package message_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

func TestStringShowsTheStartOnly(t *testing.T) {
	tests := []struct {
		name string
		m    message.Message
		want string
	}{
		{"zero", message.Message{}, `text of 0 bytes: ""`},
		{"short text", message.Text("Hello"), `text of 5 bytes: "Hello"`},
		{"one byte", message.Binary([]byte{0}), `binary of 1 byte: "\x00"`},
		{"exactly what is shown", message.Text(strings.Repeat("a", 32)), `text of 32 bytes: "` + strings.Repeat("a", 32) + `"`},
		{"long text", message.Text(strings.Repeat("a", 33)), `text of 33 bytes: "` + strings.Repeat("a", 32) + `"…`},
		{"cut before a code point", message.Text(strings.Repeat("a", 31) + "é"), `text of 33 bytes: "` + strings.Repeat("a", 31) + `"…`},
		{"bytes that are no text", message.Binary([]byte(strings.Repeat("\x80", 40))), `binary of 40 bytes: "` + strings.Repeat(`\x80`, 32) + `"…`},
		{"line breaks cannot forge a log line", message.Text("a\nb"), `text of 3 bytes: "a\nb"`},
		{"streamed text", message.TextStream(flow.Of("secret")), "streamed text"},
		{"streamed binary", message.Inbound(message.KindBinary, flow.Of([]byte("secret")), nil), "streamed binary"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, test.m.String())
			require.Equal(t, test.want, fmt.Sprintf("%v", test.m))
		})
	}
}

package hixie_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

func TestD22Frames(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		for name, c := range map[string]struct {
			wire string
			want []hixie.Event
		}{
			"text":                             {"\x00Hello\xFF", texts("Hello")},
			"empty text":                       {"\x00\xFF", texts("")},
			"text after text":                  {"\x00a\xFF\x00b\xFF", texts("a", "b")},
			"text with a NUL":                  {"\x00\x00\xFF", texts("\x00")},
			"beyond ASCII":                     {"\x00Grüße 🌊\xFF", texts("Grüße 🌊")},
			"leads 0x01 and 0x7F are text":     {"\x01a\xFF\x7Fb\xFF", texts("a", "b")},
			"a length is skipped":              {"\x80\x03abc\x00d\xFF", texts("d")},
			"other types with a length":        {"\x81\x03abc\xFE\x01x\x00d\xFF", texts("d")},
			"a length in two bytes":            {"\x80\x81\x00" + strings.Repeat("x", 128) + "\x00d\xFF", texts("d")},
			"a length with leading zeros":      {"\x80\x80\x80\x01x\x00d\xFF", texts("d")},
			"a length of 0":                    {"\x80\x00\x00d\xFF", texts("d")},
			"0xFF inside what is skipped":      {"\x80\x05a\xFF\x00b\xFF\x00d\xFF", texts("d")},
			"a type of 0xFF that has a length": {"\xFF\x03abc\x00d\xFF", texts("d")},
		} {
			t.Run(name, func(t *testing.T) {
				for _, size := range []int{0, 1, 2, 3} {
					conn := open(t, v, hixie.Config{})
					events, err := feed(conn, []byte(c.wire), size)
					require.ErrorIs(t, err, protocol.ErrShort)
					require.Equal(t, c.want, events)
					require.False(t, conn.InMessage())
					require.Empty(t, conn.Output())
				}
			})
		}
	})
}

func TestD22SendFramesText(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		c := open(t, v, hixie.Config{})
		require.NoError(t, c.Send(protocol.OpText, []byte("Grüße")))
		require.NoError(t, c.Send(protocol.OpText, nil))
		require.Equal(t, "\x00Grüße\xFF\x00\xFF", string(c.Output()))
	})
}

func TestD22BinaryPingAndPongAreRefused(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		c := open(t, v, hixie.Config{})
		for _, op := range []protocol.Opcode{protocol.OpBinary, protocol.OpPing, protocol.OpPong, protocol.OpClose, protocol.OpContinuation} {
			require.ErrorIs(t, c.Send(op, []byte("x")), hixie.ErrTextOnly)
		}
		require.ErrorIs(t, c.Send(protocol.OpText, []byte("a\xFFb")), hixie.ErrInvalidText)
		require.Empty(t, c.Output())
		require.NoError(t, c.Send(protocol.OpText, []byte("x")), "the connection goes on")
	})
}

func TestD22CloseOfHixie75IsImmediate(t *testing.T) {
	c := open(t, hixie.Hixie75, hixie.Config{})
	c.Close()
	require.Empty(t, c.Output())
	require.ErrorIs(t, c.Send(protocol.OpText, nil), protocol.ErrCloseSent)
	events, err := feed(c, []byte("\x00Hello\xFF"))
	require.ErrorIs(t, err, protocol.ErrClosed)
	require.Empty(t, events)
}

func TestD22EmptyFrameOfType0xFFMeansNothingInHixie75(t *testing.T) {
	c := open(t, hixie.Hixie75, hixie.Config{})
	events, err := feed(c, []byte("\xFF\x00\x00Hello\xFF"))
	require.ErrorIs(t, err, protocol.ErrShort)
	require.Equal(t, texts("Hello"), events)
}

func TestD24ClosingHandshakeOfHixie76(t *testing.T) {
	for _, wire := range []string{"\xFF\x00", "\xFF\x80\x80\x00"} {
		for _, size := range []int{0, 1} {
			c := open(t, hixie.Hixie76, hixie.Config{})
			for _, b := range []byte(wire[:len(wire)-1]) {
				_, _, err := c.Next([]byte{b})
				require.ErrorIs(t, err, protocol.ErrShort)
				require.True(t, c.InMessage())
			}
			ev, n, err := c.Next([]byte("\x00\x00late\xFF"))
			require.NoError(t, err)
			require.Equal(t, closed, ev)
			require.Equal(t, 1, n)
			require.Empty(t, c.Output())
			// There may be replies to what came before.
			require.NoError(t, c.Send(protocol.OpText, []byte("bye")))
			c.Close()
			c.Close()
			require.Equal(t, "\x00bye\xFF\xFF\x00", string(c.Output()))
			require.ErrorIs(t, c.Send(protocol.OpText, nil), protocol.ErrCloseSent)
			events, err := feed(c, []byte("\x00late\xFF"), size)
			require.ErrorIs(t, err, protocol.ErrClosed)
			require.Empty(t, events)
			require.Empty(t, c.Output())
		}
	}
}

func TestD24OurClosingIsAnswered(t *testing.T) {
	c := open(t, hixie.Hixie76, hixie.Config{})
	_, err := feed(c, []byte("\x00on its "))
	require.ErrorIs(t, err, protocol.ErrShort)
	c.Close()
	require.Equal(t, "\xFF\x00", string(c.Output()))
	events, err := feed(c, []byte("way\xFF\xFF\x00"))
	require.ErrorIs(t, err, protocol.ErrClosed)
	require.Equal(t, []hixie.Event{text("on its way"), closed}, events)
	require.Empty(t, c.Output())
}

func TestTextThatIsNotUTF8ClosesTheConnection(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		for name, wire := range map[string]string{
			"a stray continuation": "\x00a\x80\xFF",
			"a surrogate half":     "\x00\xED\xA0\x80\xFF",
			"an overlong form":     "\x00\xC0\x80\xFF",
			"cut off":              "\x00a\xC3\xFF",
			"before its end":       "\x00abc\xC0",
		} {
			t.Run(name, func(t *testing.T) {
				for _, size := range []int{0, 1} {
					c := open(t, v, hixie.Config{})
					events, err := feed(c, []byte("\x00fine\xFF"+wire+"\x00late\xFF"), size)
					requireCode(t, err, protocol.CloseInvalidPayload)
					requireFailed(t, c, v, err)
					require.Equal(t, texts("fine"), events)
				}
			})
		}
	})
}

// requireFailed checks that the connection is closed, as far as the version can, and stays so.
func requireFailed(t *testing.T, c *hixie.Conn, v hixie.Version, err error) {
	t.Helper()
	want := ""
	if v == hixie.Hixie76 {
		want = "\xFF\x00"
	}
	require.Equal(t, want, string(c.Output()))
	require.False(t, c.InMessage())
	require.ErrorIs(t, c.Send(protocol.OpText, nil), protocol.ErrCloseSent)
	_, n, again := c.Next([]byte("\x00late\xFF"))
	require.Zero(t, n)
	require.Equal(t, err, again)
	c.Close()
	require.Empty(t, c.Output())
}

func TestMessageLimit(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		cfg := hixie.Config{MaxMessage: 10}
		for name, c := range map[string]struct {
			wire string
			code protocol.CloseCode // 0 for none
		}{
			"text as long as the limit":           {"\x00" + strings.Repeat("x", 10) + "\xFF", 0},
			"a byte more":                         {"\x00" + strings.Repeat("x", 11), protocol.CloseMessageTooBig},
			"a byte more that is not UTF-8":       {"\x00" + strings.Repeat("x", 10) + "\x80", protocol.CloseMessageTooBig},
			"not UTF-8 before that":               {"\x00" + strings.Repeat("x", 9) + "\x80xx", protocol.CloseInvalidPayload},
			"what is skipped":                     {"\x80\x0A0123456789", 0},
			"a byte more, judged from the length": {"\x80\x0B", protocol.CloseMessageTooBig},
			"a length over several bytes":         {"\x80\x81\x80", protocol.CloseMessageTooBig},
		} {
			t.Run(name, func(t *testing.T) {
				for _, size := range []int{0, 1, 7} {
					conn := open(t, v, cfg)
					_, err := feed(conn, []byte(c.wire), size)
					if c.code == 0 {
						require.ErrorIs(t, err, protocol.ErrShort)
						continue
					}
					requireCode(t, err, c.code)
					requireFailed(t, conn, v, err)
				}
			})
		}
	})
}

func TestMessageLimitIsAMebibyteUnlessToldOtherwise(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		long := append([]byte{0x00}, bytes.Repeat([]byte("x"), protocol.DefaultMaxMessage)...)
		for _, size := range []int{0, 4000} {
			events, err := feed(open(t, v, hixie.Config{}), append(long[:len(long):len(long)], 0xFF), size)
			require.ErrorIs(t, err, protocol.ErrShort)
			require.Len(t, events[0].Text, protocol.DefaultMaxMessage)
			_, err = feed(open(t, v, hixie.Config{}), append(long[:len(long):len(long)], 'x'), size)
			requireCode(t, err, protocol.CloseMessageTooBig)
			events, err = feed(open(t, v, hixie.Config{MaxMessage: -1}), append(long[:len(long):len(long)], 'x', 0xFF, 0x00, 0xFF), size)
			require.ErrorIs(t, err, protocol.ErrShort)
			require.Len(t, events[0].Text, protocol.DefaultMaxMessage+1)
			require.Empty(t, events[1].Text)
		}
	})
}

// CVE-2026-54463: lengths without end.
func TestRow55LengthWithoutEnd(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		for _, cfg := range []hixie.Config{{}, {MaxMessage: -1}} {
			for _, digit := range []byte{0x80, 0xFF} {
				endless := append([]byte{0x80}, bytes.Repeat([]byte{digit}, 1e6)...)
				for _, size := range []int{0, 1} {
					c := open(t, v, cfg)
					taken := 0
					var err error
					for err == nil || err == protocol.ErrShort {
						chunk := endless[taken:]
						if size > 0 {
							chunk = chunk[:size]
						}
						var n int
						_, n, err = c.Next(chunk)
						taken += n
					}
					require.LessOrEqual(t, taken, 1+9)
					if digit == 0x80 || cfg.MaxMessage < 0 {
						requireCode(t, err, protocol.CloseProtocolError)
					} else {
						requireCode(t, err, protocol.CloseMessageTooBig)
					}
					requireFailed(t, c, v, err)
				}
			}
		}
	})
}

func TestLargestLengthOverflowsNothing(t *testing.T) {
	c := open(t, hixie.Hixie76, hixie.Config{MaxMessage: -1})
	_, err := feed(c, []byte("\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x00Hello\xFF"))
	require.ErrorIs(t, err, protocol.ErrShort)
	require.True(t, c.InMessage())
}

func TestWhatIsSkippedTakesNoMemory(t *testing.T) {
	c := open(t, hixie.Hixie76, hixie.Config{})
	frame := append([]byte("\x80\xC0\x80\x00"), make([]byte, 1<<20)...)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		_, n, err := c.Next(frame)
		if n != len(frame) || err != protocol.ErrShort {
			t.Fatal(n, err)
		}
	}))
}

package protocol

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A shifting codec adds a number to every byte.
type shifting struct {
	fake
	by byte
}

func (s shifting) Encode(dst, src []byte, _ bool) []byte {
	for _, b := range src {
		dst = append(dst, b+s.by)
	}
	return dst
}

func (s shifting) Decode(dst, src []byte, _ bool) ([]byte, int, error) {
	n := min(len(src), cap(dst)-len(dst))
	for _, b := range src[:n] {
		dst = append(dst, b-s.by)
	}
	if n < len(src) {
		return dst, n, ErrFull
	}
	return dst, n, nil
}

// A counting codec writes each byte as a count and the byte, and the end of a message as a zero count. It has
// output of its own while there is no room for it.
type counting struct {
	fake
	count, left int
	value       byte
}

func (c *counting) Encode(dst, src []byte, end bool) []byte {
	for len(src) > 0 {
		n := 1
		for n < len(src) && n < 200 && src[n] == src[0] {
			n++
		}
		dst, src = append(dst, byte(n), src[0]), src[n:]
	}
	if end {
		dst = append(dst, 0)
	}
	return dst
}

var errCounting = violation(CloseInvalidPayload, "0", "message goes on behind its end")

func (c *counting) Decode(dst, src []byte, end bool) ([]byte, int, error) {
	for n := 0; ; n++ {
		for ; c.left > 0; c.left-- {
			if len(dst) == cap(dst) {
				return dst, n, ErrFull
			}
			dst = append(dst, c.value)
		}
		switch {
		case n == len(src) && end && c.count != -1:
			return dst, n, errCounting
		case n == len(src):
			if end {
				c.count = 0
			}
			return dst, n, nil
		case c.count == -1:
			return dst, n, errCounting
		case c.count > 0:
			c.left, c.value, c.count = c.count, src[n], 0
		case src[n] == 0:
			c.count = -1
		default:
			c.count = int(src[n])
		}
	}
}

// decoded decodes a message that arrives in pieces of up to cut bytes, with room for room bytes at a time.
func decoded(t *testing.T, d *Decoder, ev Event, cut, room int) (out []byte, err error) {
	t.Helper()
	encoded, err := d.Begin(ev.Opcode, ev.RSV)
	require.NoError(t, err)
	require.True(t, encoded)
	for src := ev.Payload; ; {
		piece := src[:min(cut, len(src))]
		src = src[len(piece):]
		for {
			part, n, err := d.Decode(make([]byte, 0, room), piece, len(src) == 0)
			require.LessOrEqual(t, len(part), room)
			if err != nil && err != ErrFull {
				return out, err
			}
			out, piece = append(out, part...), piece[n:]
			if err == nil {
				require.Empty(t, piece)
				break
			}
		}
		if len(src) == 0 {
			return out, nil
		}
	}
}

func codings() map[string][]Codec {
	count := func(rsv uint8) Codec { return &counting{fake: fake{"count", rsv}} }
	shift := func(rsv uint8, by byte) Codec { return shifting{fake{"shift", rsv}, by} }
	return map[string][]Codec{
		"one":                   {count(RSV1)},
		"two":                   {shift(RSV2, 3), count(RSV1)},
		"two, the other way":    {count(RSV1), shift(RSV2, 3)},
		"three":                 {count(RSV1), shift(RSV2, 3), count(RSV3)},
		"one is only agreed on": {shift(0, 9), count(RSV1)},
	}
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, codecs := range codings() {
		t.Run(name, func(t *testing.T) {
			var e Encoder
			var d Decoder
			e.Init(codecs)
			d.Init(codecs, 0)
			for range 200 {
				want := bytes.Repeat([]byte{byte(rnd.IntN(100)), byte(rnd.IntN(3))}, rnd.IntN(300))
				rsv := e.Begin(OpBinary, -1, nil)
				require.Equal(t, CodecRSV(codecs), rsv)
				var wire []byte
				for rest := want; ; {
					piece := rest[:rnd.IntN(len(rest)+1)]
					rest = rest[len(piece):]
					wire = e.Encode(wire, piece, len(rest) == 0)
					if len(rest) == 0 {
						break
					}
				}
				ev := Event{Opcode: OpBinary, RSV: rsv, Payload: wire}
				got, err := decoded(t, &d, ev, 1+rnd.IntN(50), 1+rnd.IntN(50))
				require.NoError(t, err)
				require.True(t, bytes.Equal(want, got))
			}
			e.Rest()
		})
	}
}

func TestAMessageChoosesItsCodecs(t *testing.T) {
	codecs := []Codec{shifting{fake{"a", RSV1}, 1}, shifting{fake{"b", RSV2}, 2}}
	var e Encoder
	var d Decoder
	e.Init(codecs)
	d.Init(codecs, 0)
	only := func(bit uint8) func(Codec) bool { return func(c Codec) bool { return c.RSV() == bit } }
	for _, c := range []struct {
		wants func(Codec) bool
		rsv   uint8
		wire  string
	}{
		{nil, RSV1 | RSV2, "d"},
		{only(RSV1), RSV1, "b"},
		{only(RSV2), RSV2, "c"},
		{only(RSV3), 0, "a"},
	} {
		require.Equal(t, c.rsv, e.Begin(OpText, 1, c.wants))
		require.Equal(t, c.wire, string(e.Encode(nil, []byte("a"), true)))
		if c.rsv == 0 {
			encoded, err := d.Begin(OpText, 0)
			require.NoError(t, err)
			require.False(t, encoded)
			_, _, err = d.Decode(nil, []byte("a"), true)
			require.ErrorIs(t, err, ErrNoMessage)
			continue
		}
		got, err := decoded(t, &d, Event{Opcode: OpText, RSV: c.rsv, Payload: []byte(c.wire)}, 9, 9)
		require.NoError(t, err)
		require.Equal(t, "a", string(got))
	}
}

func TestDecodedMessagesAreJudged(t *testing.T) {
	for name, c := range map[string]struct {
		op   Opcode
		wire string
		code CloseCode
		what string
	}{
		"at the limit":          {OpBinary, "\x05a\x05b\x00", 0, ""},
		"above it":              {OpBinary, "\x05a\x06b\x00", CloseMessageTooBig, "message exceeds 10 bytes"},
		"a bomb":                {OpBinary, "\xc8a\xc8a\xc8a\x00", CloseMessageTooBig, "message exceeds 10 bytes"},
		"text":                  {OpText, "\x01\xc3\x01\xbc\x00", 0, ""},
		"not text":              {OpText, "\x01\xc3\x01a\x00", CloseInvalidPayload, "UTF-8"},
		"not text is binary":    {OpBinary, "\x01\xc3\x01a\x00", 0, ""},
		"cut text":              {OpText, "\x01\xc3\x00", CloseInvalidPayload, "ends inside"},
		"what the codec says":   {OpBinary, "\x01a\x00\x01a", CloseInvalidPayload, "behind its end"},
		"empty":                 {OpText, "\x00", 0, ""},
		"invalid and too big":   {OpText, "\x0a\xffzz", CloseInvalidPayload, "UTF-8"},
		"the end does not come": {OpText, "\x01a", CloseInvalidPayload, "behind its end"},
	} {
		t.Run(name, func(t *testing.T) {
			for cut := 1; cut < 8; cut++ {
				for _, room := range []int{1, 2, 7, 100} {
					var d Decoder
					d.Init([]Codec{&counting{fake: fake{"count", RSV1}}}, 10)
					ev := Event{Opcode: c.op, RSV: RSV1, Payload: []byte(c.wire)}
					got, err := decoded(t, &d, ev, cut, room)
					require.LessOrEqual(t, len(got), 10)
					if c.code == 0 {
						require.NoError(t, err)
						continue
					}
					requireViolation(t, err, c.code, c.what)
					_, _, again := d.Decode(nil, []byte("\x00"), true)
					require.Equal(t, err, again)
				}
			}
		})
	}
}

// What the codec nearest to the wire objects to ends the message, whatever is behind it.
func TestViolationInTheFirstOfTwoCodecs(t *testing.T) {
	var d Decoder
	d.Init([]Codec{shifting{fake{"shift", RSV1}, 1}, &counting{fake: fake{"count", RSV2}}}, 0)
	_, err := d.Begin(OpBinary, RSV1|RSV2)
	require.NoError(t, err)
	_, _, err = d.Decode(make([]byte, 0, 10), []byte{1, 'a'}, true)
	require.Equal(t, errCounting, err)
	_, _, err = d.Decode(make([]byte, 0, 10), nil, true)
	require.Equal(t, errCounting, err)
}

func TestBitsThatMeanNothingTogether(t *testing.T) {
	codecs := []Codec{shifting{fake{"a", RSV1}, 1}, shifting{fake{"b", RSV2 | RSV3}, 2}}
	for rsv, ok := range map[uint8]bool{RSV1: true, RSV2 | RSV3: true, 7: true, RSV2: false, RSV3: false, RSV1 | RSV2: false} {
		var d Decoder
		d.Init(codecs, 0)
		encoded, err := d.Begin(OpText, rsv)
		require.Equal(t, ok, encoded)
		if ok {
			require.NoError(t, err)
			continue
		}
		requireViolation(t, err, CloseProtocolError, "mean nothing together")
		_, again := d.Begin(OpText, 0)
		require.Equal(t, err, again)
	}
}

// A failing codec fails with err, or does not get on.
type failing struct {
	fake
	err error
}

func (f failing) Decode(dst, _ []byte, _ bool) ([]byte, int, error) { return dst, 0, f.err }

func TestCodecThatFails(t *testing.T) {
	for _, c := range []error{errFake, ErrFull} {
		var d Decoder
		d.Init([]Codec{failing{fake{"a", RSV1}, c}}, 0)
		_, err := decoded(t, &d, Event{Opcode: OpText, RSV: RSV1, Payload: []byte("a")}, 9, enoughRoom)
		requireViolation(t, err, CloseMandatoryExtension, "extension failed")
		_, err = d.Begin(OpText, RSV1)
		requireViolation(t, err, CloseMandatoryExtension, "extension failed")
	}
}

// A greedyCodec ignores the capacity.
type greedyCodec struct{ fake }

func (greedyCodec) Decode(dst, src []byte, _ bool) ([]byte, int, error) {
	return append(dst, make([]byte, cap(dst)+1)...), len(src), nil
}

func TestACodecThatIgnoresTheCapacityIsAtFault(t *testing.T) {
	var d Decoder
	d.Init([]Codec{greedyCodec{fake{"greedy", RSV1}}}, 0)
	_, err := d.Begin(OpBinary, RSV1)
	require.NoError(t, err)
	out, _, err := d.Decode(make([]byte, 1, 4), []byte("a"), true)
	requireViolation(t, err, CloseMandatoryExtension, "extension failed")
	require.ErrorIs(t, err, errBeyondCapacity)
	require.Len(t, out, 1)
}

func TestFaultsOfTwoCodecsInARow(t *testing.T) {
	for _, c := range []struct {
		outer Codec
		want  error
	}{
		{greedyCodec{fake{"greedy", RSV1}}, errBeyondCapacity},
		{failing{fake{"stuck", RSV1}, ErrFull}, errStuck},
		{failing{fake{"unsendable", RSV1}, &CloseError{Code: CloseAbnormal}}, nil},
	} {
		var d Decoder
		d.Init([]Codec{shifting{fake{"shift", RSV2}, 1}, c.outer}, 0)
		_, err := d.Begin(OpBinary, RSV1|RSV2)
		require.NoError(t, err)
		_, _, err = d.Decode(make([]byte, 0, enoughRoom), []byte("a"), true)
		requireViolation(t, err, CloseMandatoryExtension, "extension failed")
		if c.want != nil {
			require.ErrorIs(t, err, c.want)
		}
	}
}

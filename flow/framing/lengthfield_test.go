package framing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/framing"
)

func ExampleLengthField() {
	frames := framing.LengthField{Width: 2}
	for chunk, err := range frames.Encode(flow.Of([]byte("one"), []byte("three"))).All(context.Background()) {
		fmt.Printf("%q %v\n", chunk, err)
	}
	for frame, err := range frames.Decode(flow.Of([]byte("\x00\x03one\x00"), []byte("\x05three"))).All(context.Background()) {
		fmt.Printf("%q %v\n", frame, err)
	}
	// Output:
	// "\x00\x03one" <nil>
	// "\x00\x05three" <nil>
	// "one" <nil>
	// "three" <nil>
}

func ExampleLengthField_Bidi() {
	echo := func(in flow.Source[[]byte]) flow.Source[[]byte] { return in }
	bytesInAndOut := framing.LengthField{Width: 1}.Bidi().Reversed().Join(echo)
	for chunk, err := range bytesInAndOut(flow.Of([]byte("\x02h"), []byte("i"))).All(context.Background()) {
		fmt.Printf("%q %v\n", chunk, err)
	}
	// Output: "\x02hi" <nil>
}

func TestLengthFieldDecodes(t *testing.T) {
	type field = framing.LengthField
	for _, test := range []struct {
		name  string
		field field
		data  string
		want  []string
		err   error
	}{
		{"nothing", field{}, "", nil, nil},
		{"four bytes, unless it is said", field{}, "\x00\x00\x00\x02ab\x00\x00\x00\x00", []string{"ab", ""}, nil},
		{"the least significant first", field{Width: 3, LittleEndian: true}, "\x02\x00\x00ab", []string{"ab"}, nil},
		{"eight bytes", field{Width: 8}, "\x00\x00\x00\x00\x00\x00\x00\x01a", []string{"a"}, nil},
		{"an offset", field{Width: 2, Offset: 3}, "xyz\x00\x02abXYZ\x00\x00", []string{"xyzab", "XYZ"}, nil},
		{"as long as the limit", field{Width: 1, Offset: 1, Limit: 3}, "x\x02ab", []string{"xab"}, nil},
		{"longer than the limit", field{Width: 1, Offset: 1, Limit: 3}, "x\x01ax\x03abc", []string{"xa"}, framing.ErrTooLong},
		{"a length that is no int", field{Width: 8}, strings.Repeat("\xff", 8), nil, framing.ErrTooLong},
		{"longer than 1 MiB", field{}, "\x00\x10\x00\x01", nil, framing.ErrTooLong},
		{"the field is cut off", field{}, "\x00\x00", nil, io.ErrUnexpectedEOF},
		{"the frame is cut off", field{Width: 1}, "\x01a\x02b", []string{"a"}, io.ErrUnexpectedEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			requireFrames(t, test.field.Decode, test.data, test.want, test.err)
		})
	}
}

func TestLengthFieldEncodes(t *testing.T) {
	type field = framing.LengthField
	for _, test := range []struct {
		name  string
		field field
		frame string
		want  []string
		err   string
	}{
		{"four bytes, unless it is said", field{}, "ab", []string{"\x00\x00\x00\x02ab"}, ""},
		{"the least significant first", field{Width: 2, LittleEndian: true}, "ab", []string{"\x02\x00ab"}, ""},
		{"an offset", field{Width: 1, Offset: 2}, "xyab", []string{"xy\x02ab"}, ""},
		{"as long as the field can say", field{Width: 1}, strings.Repeat("a", 255), []string{"\xff" + strings.Repeat("a", 255)}, ""},
		{"longer", field{Width: 1}, strings.Repeat("a", 256), nil, "framing: frame is too long: 256 bytes do not fit a length field of 1"},
		{"longer than the limit", field{Limit: 3}, "abcd", nil, "framing: frame is too long: more than 3 bytes"},
		{"shorter than the offset", field{Offset: 3}, "ab", nil, "framing: a frame of 2 bytes is shorter than the offset of its length, 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			frames, err := framed(test.field.Encode, []byte(test.frame))
			require.Equal(t, test.want, frames)
			if test.err == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.err)
		})
	}
}

func TestLengthFieldThatCannotWorkPanics(t *testing.T) {
	for _, field := range []framing.LengthField{
		{Width: -1}, {Width: 9}, {Offset: -1}, {Limit: -1}, {Offset: 10, Limit: 9}, {Offset: math.MaxInt},
	} {
		require.Panics(t, func() { field.Decode(stream{}) })
		require.Panics(t, func() { field.Encode(stream{}) })
		require.Panics(t, func() { field.Bidi() })
	}
}

// A length is a claim: memory is taken for what has come.
func TestAnnouncedLengthTakesNoMemory(t *testing.T) {
	source := framing.LengthField{Limit: 1 << 30}.Decode(flow.Of([]byte("\x30\x00\x00\x00ab"), []byte("c")))
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = source.Run(context.Background(), func([]byte) error { return nil })
		}
	}).AllocedBytesPerOp()
	require.Less(t, allocated, int64(10_000))
}

// Any chunking gives the same frames; encoded again they are the bytes that they came from; and any frames that can
// be encoded are decoded.
func FuzzLengthField(f *testing.F) {
	f.Add([]byte("\x00\x01a\x00\x00\x00\x09bc"), uint8(2), uint8(0), false, uint16(8), []byte{0})
	f.Add([]byte("xy\x01\x00axy\x00\x00x"), uint8(2), uint8(2), true, uint16(20), []byte{3, 1})
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(8), uint8(0), true, uint16(20), []byte{3, 1})
	f.Fuzz(func(t *testing.T, data []byte, width, offset uint8, little bool, limit uint16, cuts []byte) {
		field := framing.LengthField{Width: int(width)%8 + 1, Offset: int(offset % 5), LittleEndian: little, Limit: int(limit)%300 + 5}
		frames, err := sameFrames(t, field.Decode, data, cuts)
		var chunks [][]byte
		for _, frame := range frames {
			chunks = append(chunks, []byte(frame))
		}
		encoded, encodeErr := framed(field.Encode, chunks...)
		require.NoError(t, encodeErr)
		text := strings.Join(encoded, "")
		require.True(t, strings.HasPrefix(string(data), text))
		require.Equal(t, len(text) == len(data), err == nil)

		chunk, encodeErr := framed(field.Encode, data)
		if encodeErr != nil {
			require.True(t, errors.Is(encodeErr, framing.ErrTooLong) || len(data) < field.Offset)
			return
		}
		decoded, err := sameFrames(t, field.Decode, []byte(chunk[0]), cuts)
		require.NoError(t, err)
		require.Equal(t, []string{string(data)}, decoded)
	})
}

func BenchmarkLengthFieldDecode(b *testing.B) {
	benchmarkFrames(b, framing.LengthField{Width: 1}.Decode, "\x3f"+strings.Repeat("a", 63))
}

func BenchmarkLengthFieldEncode(b *testing.B) {
	benchmarkFrames(b, framing.LengthField{}.Encode, strings.Repeat("a", 64))
}

// The peer chooses the length: with a limit that is none, it must not be one that overflows.
func TestLongestLengthIsNoPanic(t *testing.T) {
	for _, length := range []string{"\x7f\xff\xff\xff\xff\xff\xff\xff", "\x7f\xff\xff\xff\xff\xff\xff\xfd", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		in := flow.Of([]byte("a"+length), []byte("some of it"))
		_, err := flow.Collect(t.Context(), framing.LengthField{Width: 8, Offset: 1, Limit: math.MaxInt}.Decode(in))
		require.Error(t, err)
		require.True(t, errors.Is(err, framing.ErrTooLong) || errors.Is(err, io.ErrUnexpectedEOF), "%v", err)
	}
}

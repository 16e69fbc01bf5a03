package framing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/framing"
)

func ExampleJSON() {
	chunks := flow.Of([]byte(`[{"name":"Ada"},{"na`), []byte(`me":"Grace"}]`))
	for value, err := range framing.JSON(chunks, 1024).All(context.Background()) {
		fmt.Println(string(value), err)
	}
	// Output:
	// {"name":"Ada"} <nil>
	// {"name":"Grace"} <nil>
}

func TestJSON(t *testing.T) {
	for _, test := range []struct {
		name, data string
		want       []string
		err        error
	}{
		{"nothing", " \n", nil, nil},
		{"an object", `{"a":1}`, []string{`{"a":1}`}, nil},
		{"lines", "{\"a\":1}\n\r\n{}\n", []string{`{"a":1}`, "{}"}, nil},
		{"nothing between", `{}{"a":{}}1"b"`, []string{"{}", `{"a":{}}`, "1", `"b"`}, nil},
		{"commas between", `{} , {},1`, []string{"{}", "{}", "1"}, nil},
		{"an array", ` [{"a":1}, {"a":2} ] `, []string{`{"a":1}`, `{"a":2}`}, nil},
		{"an empty array", `[ ]`, nil, nil},
		{"arrays", `[1][2],[3]`, []string{"1", "2", "3"}, nil},
		{"arrays in an array", `[[1,2],[]]`, []string{"[1,2]", "[]"}, nil},
		{"numbers and names", "-1.5e+3 true,null\tfalse", []string{"-1.5e+3", "true", "null", "false"}, nil},
		{"strings", `"a" "b\"]}"`, []string{`"a"`, `"b\"]}"`}, nil},
		{"braces in strings", `{"}{":"]["}{}`, []string{`{"}{":"]["}`, "{}"}, nil},
		{"escapes", `{"a":"\\"}{"b":"\""}`, []string{`{"a":"\\"}`, `{"b":"\""}`}, nil},
		{"as long as the limit", `"345678901234567890"`, []string{`"345678901234567890"`}, nil},
		{"longer than the limit", `1 "3456789012345678901"`, []string{"1"}, framing.ErrTooLong},
		{"longer than the limit, without an end", `1 "34567890123456789012`, []string{"1"}, framing.ErrTooLong},
		{"cut off in an object", `{} {"a"`, []string{"{}"}, io.ErrUnexpectedEOF},
		{"cut off in a string", `"a`, nil, io.ErrUnexpectedEOF},
		{"cut off in an array", `[1, 2`, []string{"1"}, io.ErrUnexpectedEOF},
		{"cut off behind a value of an array", `[1 `, []string{"1"}, io.ErrUnexpectedEOF},
		{"cut off behind a comma", `1,`, []string{"1"}, io.ErrUnexpectedEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			requireFrames(t, func(in stream) stream { return framing.JSON(in, 20) }, test.data, test.want, test.err)
		})
	}
}

func TestWhatCannotStandBetweenJSONValues(t *testing.T) {
	for data, want := range map[string]framing.SyntaxError{
		`{} x`:     {'x', 3},
		`}`:        {'}', 0},
		`]`:        {']', 0},
		`[1]]`:     {']', 3},
		`,1`:       {',', 0},
		`1,,2`:     {',', 2},
		`[,1]`:     {',', 1},
		`[1,]`:     {']', 3},
		`[1 2]`:    {'2', 3},
		`[{}[]]`:   {'[', 3},
		`{"a":1}:`: {':', 7},
		"\xef\xbb": {0xef, 0},
	} {
		for size := range 3 {
			_, err := framed(values, bytewise([]byte(data), size+1)...)
			var got *framing.SyntaxError
			require.ErrorAs(t, err, &got, data)
			require.Equal(t, want, *got, data)
		}
	}
	require.EqualError(t, &framing.SyntaxError{Byte: 'x', Offset: 3}, `framing: unexpected 'x' between JSON values, at offset 3`)
}

func TestJSONNeedsALimit(t *testing.T) {
	require.Panics(t, func() { framing.JSON(stream{}, 0) })
}

// Any chunking gives the same frames; and what encoding/json reads as values one after the other are the frames, where
// none of them is an array, and also as the elements of one.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":"\"}"}]} 2 "x\\" null`), uint8(100), []byte{0})
	f.Add([]byte(`[{"a":1},[2],"]"][3]`), uint8(100), []byte{1, 2})
	f.Add([]byte(`{"a":1}x`), uint8(4), []byte{3})
	f.Fuzz(func(t *testing.T, data []byte, limit uint8, cuts []byte) {
		_, _ = sameFrames(t, func(in stream) stream { return framing.JSON(in, int(limit)+1) }, data, cuts)

		var want []string
		decoder := json.NewDecoder(bytes.NewReader(data))
		isBare := func(value string) bool { return !strings.ContainsAny(value[:1], `{["`) }
		for end := int64(0); ; end = decoder.InputOffset() {
			var value json.RawMessage
			err := decoder.Decode(&value)
			if err == io.EOF {
				break
			}
			if err != nil || value[0] == '[' {
				return
			}
			if n := len(want); n > 0 && isBare(want[n-1]) && isBare(string(value)) && decoder.InputOffset()-int64(len(value)) == end {
				return // encoding/json takes 00 for two numbers
			}
			want = append(want, string(value))
		}
		all := func(in stream) stream { return framing.JSON(in, len(data)+1) }
		frames, err := sameFrames(t, all, data, cuts)
		require.NoError(t, err)
		require.Equal(t, want, frames)
		frames, err = sameFrames(t, all, []byte("["+strings.Join(want, " , ")+"]"), cuts)
		require.NoError(t, err)
		require.Equal(t, want, frames)
	})
}

func BenchmarkJSON(b *testing.B) {
	benchmarkFrames(b, values, `{"name":"Ada Lovelace","born":1815,"wrote":["the first one"]} `+"\n")
}

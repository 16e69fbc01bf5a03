package message_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

type counter struct {
	N int `json:"n"`
}

func increment(in flow.Source[counter]) flow.Source[counter] {
	return flow.Map(in, func(c counter) counter { return counter{c.N + 1} })
}

func TestJSONDecodesAndEncodes(t *testing.T) {
	replies := collect(t, message.JSON(increment)(flow.Of(message.Text(`{"n":1}`), message.Text(` {"n": 41} `))))
	require.Equal(t, []message.Message{message.Text(`{"n":2}`), message.Text(`{"n":42}`)}, replies)
}

func ExampleDecodeJSON() {
	in := flow.Of(message.Text(`{"n":1}`), message.Text("oops"), message.Text(`{"n":2}`))
	counters := message.DecodeJSON[counter](in, message.Codec{Invalid: message.Skip})
	fmt.Println(flow.Collect(context.Background(), counters))
	// Output: [{1} {2}] <nil>
}

func ExampleEncodeJSON() {
	for m, err := range message.EncodeJSON(flow.Of(counter{1}, counter{2})).All(context.Background()) {
		fmt.Println(m.Text(), err)
	}
	// Output:
	// {"n":1} <nil>
	// {"n":2} <nil>
}

func TestHalvesOfJSONKeepTheLaws(t *testing.T) {
	texts := []message.Message{message.Text(`{"n":1}`), message.Text(`{"n":2}`)}
	counters := []counter{{1}, {2}}
	require.NoError(t, flowtest.TestFlow(func(in flow.Source[message.Message]) flow.Source[counter] {
		return message.DecodeJSON[counter](in)
	}, texts, counters))
	require.NoError(t, flowtest.TestFlow(message.EncodeJSON[counter], counters, texts))
}

func TestWhatDoesNotDecodeFailsWith1007(t *testing.T) {
	for _, text := range []string{"", "oops", `{"n":1`, `{"n":"1"}`, `{"n":1}{"n":2}`, `[]`} {
		t.Run(text, func(t *testing.T) {
			in := flow.Of(message.Text(`{"n":1}`), message.Text(text), message.Text(`{"n":3}`))
			replies, err := flow.Collect(t.Context(), message.JSON(increment)(in))
			requireCloses(t, err, protocol.CloseInvalidPayload, "message is not the JSON that is expected")
			require.Equal(t, []message.Message{message.Text(`{"n":2}`)}, replies)
		})
	}
}

func TestErrorOfJSONNamesTheCauseForTheLogOnly(t *testing.T) {
	_, err := flow.Collect(t.Context(), message.JSON(increment)(flow.Of(message.Text(`{"n":"1"}`))))
	var cause *json.UnmarshalTypeError
	require.ErrorAs(t, err, &cause)
	require.Equal(t, "n", cause.Field)
	requireCloses(t, err, protocol.CloseInvalidPayload, "message is not the JSON that is expected")
}

func TestWhatDoesNotDecodeIsLeftToThePolicy(t *testing.T) {
	in := flow.Of(message.Text(`{"n":1}`), message.TextStream(flow.Of("oo", "ps")), message.Text(`{"n":3}`))
	first, third := message.Text(`{"n":2}`), message.Text(`{"n":4}`)

	t.Run("skipped", func(t *testing.T) {
		handler := message.JSON(increment, message.Codec{Invalid: message.Skip})
		require.Equal(t, []message.Message{first, third}, collect(t, handler(in)))
	})
	t.Run("failed with a chosen code", func(t *testing.T) {
		handler := message.JSON(increment, message.Codec{Invalid: message.FailWith(4400)})
		replies, err := flow.Collect(t.Context(), handler(in))
		requireCloses(t, err, 4400, "message is not the JSON that is expected")
		var cause *json.SyntaxError
		require.ErrorAs(t, err, &cause)
		require.Equal(t, []message.Message{first}, replies)
	})
	t.Run("looked at by the user", func(t *testing.T) {
		var seen message.Message
		handler := message.JSON(increment, message.Codec{Invalid: func(_ context.Context, m message.Message, err error) error {
			requireCloses(t, err, protocol.CloseInvalidPayload, "message is not the JSON that is expected")
			seen = m
			return nil
		}})
		require.Equal(t, []message.Message{first, third}, collect(t, handler(in)))
		require.Equal(t, message.Text("oops"), seen, "it is strict")
	})
}

func TestValueThatCannotBeEncodedFailsWithoutACloseCode(t *testing.T) {
	handler := message.JSON(func(in flow.Source[int]) flow.Source[func()] {
		return flow.Map(in, func(int) func() { return func() {} })
	})
	_, err := flow.Collect(t.Context(), handler(flow.Of(message.Text("1"))))
	require.EqualError(t, err, "message: encode JSON: json: unsupported type: func()")
	var closing *protocol.CloseError
	require.NotErrorAs(t, err, &closing)
}

func TestJSONTakesAFunctionLiteral(t *testing.T) {
	handler := message.JSON(func(in flow.Source[int]) flow.Source[string] {
		return flow.Map(in, func(n int) string { return string(rune('a' + n)) })
	})
	require.Equal(t, []message.Message{message.Text(`"c"`)}, collect(t, handler(flow.Of(message.Text("2")))))
}

// What decodes encodes again, and what does not is refused: the peer cannot make the adapter panic.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{"", "null", `{"n":1}`, `{"n":"1"}`, "[1,2", "\xff", `"\ud800"`, "1e999", "[[[[]]]]"} {
		f.Add([]byte(text))
	}
	echo, typed := message.JSON(same[any]), message.JSON(same[*struct {
		S string
		M map[string][]float64
		R json.RawMessage
	}])
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, handler := range []flow.Flow[message.Message, message.Message]{echo, typed} {
			replies, err := flow.Collect(t.Context(), handler(flow.Of(message.Text(string(text)))))
			if err != nil {
				var closing *protocol.CloseError
				require.ErrorAs(t, err, &closing)
				require.Equal(t, protocol.CloseInvalidPayload, closing.Code)
				continue
			}
			require.Len(t, replies, 1)
			again := collect(t, handler(flow.Of(replies[0])))
			require.Equal(t, replies, again)
		}
	})
}

package hub_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/hub"
)

func TestItemsAsJSON(t *testing.T) {
	at := hub.Position{Epoch: 0x5f, Offset: 42}
	for name, test := range map[string]struct {
		item hub.Item[*int]
		text string
	}{
		"a value":                   {hub.Item[*int]{Position: at, Value: new(int)}, `{"at":"5f-42","value":0}`},
		"a value that is null":      {hub.Item[*int]{Position: at}, `{"at":"5f-42","value":null}`},
		"a value after some missed": {hub.Item[*int]{Position: at, Missed: 41, Value: new(int)}, `{"at":"5f-42","value":0,"missed":41}`},
		"missed only":               {hub.Item[*int]{Position: at, Missed: 42, NoValue: true}, `{"at":"5f-42","missed":42}`},
		"a reset":                   {hub.Item[*int]{Position: at, Reset: true, Value: new(int)}, `{"at":"5f-42","value":0,"reset":true}`},
		"where it is":               {hub.Item[*int]{Position: hub.Position{Epoch: 0x5f}, NoValue: true}, `{"at":"5f-0"}`},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(test.item)
			require.NoError(t, err)
			require.JSONEq(t, test.text, string(text))
			var read hub.Item[*int]
			require.NoError(t, json.Unmarshal([]byte(test.text), &read))
			require.Equal(t, test.item, read)
		})
	}
}

func TestWhatIsNoItemIsAnError(t *testing.T) {
	for _, text := range []string{
		`null`, `{}`, `[]`, `{"value":1}`, `{"at":""}`, `{"at":"x"}`, `{"at":7}`, `{"at":"5f-42","value":"text"}`,
		`{"at":"5f-0","value":1}`, `{"at":"5f-1","value":1,"missed":1}`, `{"at":"5f-1","missed":2}`, `{"at":"5f-1","missed":-1}`,
	} {
		read := hub.Item[int]{Missed: 7}
		require.Error(t, read.UnmarshalJSON([]byte(text)), text)
		require.Equal(t, hub.Item[int]{Missed: 7}, read, text)
	}
	_, err := json.Marshal(hub.Item[func()]{Position: hub.Position{Epoch: 1, Offset: 1}})
	require.Error(t, err)
}

func TestItemTellsExactlyWhichAreMissing(t *testing.T) {
	for _, test := range []struct {
		item        hub.Item[int]
		first, last uint64
	}{
		{hub.Item[int]{Position: hub.Position{Epoch: 1, Offset: 10}, Missed: 3}, 7, 9},
		{hub.Item[int]{Position: hub.Position{Epoch: 1, Offset: 10}, Missed: 3, NoValue: true}, 8, 10},
		{hub.Item[int]{Position: hub.Position{Epoch: 1, Offset: 10}}, 0, 0},
	} {
		first, last := test.item.Missing()
		require.Equal(t, []uint64{test.first, test.last}, []uint64{first, last})
	}
}

func TestSubscriberIsToldWhereItIsIfItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, policy := range []hub.Policy{hub.Disconnect, hub.DropNewest, hub.Conflate, hub.Backpressure} {
			topic := hub.NewTopic(hub.Settings[int]{Key: func(v int) any { return v }})
			begin := topic.Position()
			first := run(t, topic.Subscribe(hub.Options{Policy: policy, Announce: true}))
			publish(t, topic, 7)
			all := run(t, topic.Subscribe(hub.Options{Policy: policy, Announce: true, Replay: hub.All}))
			back := run(t, topic.Subscribe(hub.Options{Policy: policy, Announce: true, After: topic.Position()}))
			publish(t, topic, 8)
			at := func(offset uint64) hub.Position { return hub.Position{Epoch: begin.Epoch, Offset: offset} }
			seven, eight := hub.Item[int]{Position: at(1), Value: 7}, hub.Item[int]{Position: at(2), Value: 8}
			require.Equal(t, []hub.Item[int]{{Position: at(0), NoValue: true}, seven, eight}, first.values())
			require.Equal(t, []hub.Item[int]{seven, eight}, all.values())
			require.Equal(t, []hub.Item[int]{{Position: at(1), NoValue: true}, eight}, back.values())
			topic.Close()
		}
	})
}

func FuzzItemThatIsReadIsWrittenAlike(f *testing.F) {
	f.Add(`{"at":"5f-42","value":{"a":[1]},"missed":3,"reset":true}`)
	f.Add(`{"at":"5f-42","value":null}`)
	f.Add(`{"at":"1-0"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var item, again hub.Item[any]
		if json.Unmarshal([]byte(text), &item) != nil {
			return
		}
		written, err := json.Marshal(item)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(written, &again))
		require.Equal(t, item, again)
	})
}

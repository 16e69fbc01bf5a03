package hub_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/hub"
)

func TestPositionTravelsAsText(t *testing.T) {
	for text, p := range map[string]hub.Position{
		"":                        {},
		"1-0":                     {Epoch: 1},
		"5f3a9c01d2e4b687-42":     {Epoch: 0x5f3a9c01d2e4b687, Offset: 42},
		"1-18446744073709551615":  {Epoch: 1, Offset: 1<<64 - 1},
		"ffffffffffffffff-123456": {Epoch: 1<<64 - 1, Offset: 123456},
	} {
		require.Equal(t, text, p.String())
		got, err := hub.ParsePosition(text)
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
	written, err := json.Marshal(map[string]hub.Position{"after": {Epoch: 255, Offset: 7}})
	require.NoError(t, err)
	require.JSONEq(t, `{"after": "ff-7"}`, string(written))
	var read struct{ After hub.Position }
	require.NoError(t, json.Unmarshal(written, &read))
	require.Equal(t, hub.Position{Epoch: 255, Offset: 7}, read.After)
	require.Error(t, json.Unmarshal([]byte(`{"after": "7"}`), &read))
}

func FuzzPosition(f *testing.F) {
	for _, s := range []string{"", "-", "1-", "-1", "0-0", "1-2-3", "01-1", "FF-1", "1-18446744073709551616", "+1-1", "1 -1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := hub.ParsePosition(s); err == nil && p.String() != s {
			t.Fatalf("%q is read as %v", s, p)
		}
	})
}

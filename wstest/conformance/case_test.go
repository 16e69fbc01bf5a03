package conformance

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCasesSayWhatTheyAre(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range Cases(Options{Slow: true, Limit: 1 << 20, Size: autobahnSize}) {
		require.False(t, seen[c.ID], "%s is there twice", c.ID)
		seen[c.ID] = true
		require.NotEmpty(t, c.Section, c.ID)
		require.NotEmpty(t, c.Title, c.ID)
		require.NotEmpty(t, c.Expect, c.ID)
		require.Regexp(t, `^RFC (6455|7692), \d`, c.RFC, c.ID)
		require.True(t, utf8.ValidString(c.Title+c.Expect), c.ID)
	}
}

func TestOptionsAddCases(t *testing.T) {
	plain := len(Cases())
	require.Equal(t, plain+15, len(Cases(Options{Limit: 1 << 20})))
	require.Greater(t, len(Cases(Options{Slow: true})), plain)
	require.Greater(t, len(Cases(Options{Size: autobahnSize})), plain)
	require.Equal(t, plain, len(Cases(Options{AnyOrigin: true})))
}

func TestCaseMatchesTheBeginningOfItsNumber(t *testing.T) {
	c := Case{ID: "6.4.1"}
	require.True(t, c.Matches("6"))
	require.True(t, c.Matches("6.4"))
	require.True(t, c.Matches("6.4.1"))
	require.False(t, c.Matches("6.4.11"))
	require.False(t, c.Matches("6.41"))
}

// What is not text is known at the byte after which nothing can make it text.
func TestSequencesKnowWhereTheyGoWrong(t *testing.T) {
	for s, want := range map[string]int{
		"abc": 0, "κ": 0, "\xff": 1, "ab\xff": 3, "\xc0\xaf": 1, "\xe0\x80\xaf": 2, "\xed\xa0\x80": 2, "\xf4\x90": 2, "\xe2\x82": 0, "\xe2\x82z": 3,
		"\xf0\x90\x80\xff": 4, "\x80": 1,
	} {
		require.Equal(t, want, sequence{bytes: s}.known(), "%q", s)
	}
	for _, s := range sequences() {
		if n := s.known(); n > 0 {
			require.False(t, s.valid(), s.id)
			require.Zero(t, sequence{bytes: s.bytes[:n-1]}.known(), s.id)
		}
	}
}

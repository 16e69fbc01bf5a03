package conformance

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// headers are values of Sec-WebSocket-Extensions, right and wrong.
var headers = [][]string{
	{"permessage-deflate"},
	{"permessage-deflate; client_max_window_bits"},
	{"permessage-deflate; server_max_window_bits=9; server_no_context_takeover, permessage-deflate"},
	{"permessage-deflate;client_max_window_bits=\"1\\0\"", " , x-unknown; a = b ,"},
	{`x; a="b`},
	{`x; a="b c"`},
	{`x; a=""`},
	{`x; a="b"c`},
	{"x y"},
	{"; a"},
	{"x; =1"},
	{"x;"},
	{"x; a="},
	{"ä"},
	{"x,,y"},
	{"x", "", "y"},
}

// Two parsers that share no code have to agree about what is legal.
func TestExtensionsAreThoseOfThePackageProtocol(t *testing.T) {
	for _, values := range headers {
		want, err := protocol.ParseExtensions(values)
		got, ours := extensionsOf(values)
		require.Equal(t, err != nil, ours != nil, "%q: %v, %v", values, err, ours)
		if err != nil {
			require.ErrorIs(t, ours, errGrammar)
			continue
		}
		require.Len(t, got, len(want), "%q", values)
		for i, e := range want {
			require.Equal(t, e.Name, got[i].name)
			require.Len(t, got[i].parameters, len(e.Params))
			for j, p := range e.Params {
				require.Equal(t, parameter{p.Name, p.Value, p.HasValue}, got[i].parameters[j])
			}
		}
	}
}

// Every offer and every answer is judged as the client of package deflate judges it.
func TestAnswersAreJudgedAsByPackageDeflate(t *testing.T) {
	bits := []int{0, 8, 9, 15}
	answers := []string{"", "; unknown", "; server_max_window_bits", "; client_max_window_bits", "; client_max_window_bits=16", "; server_no_context_takeover=1"}
	for _, server := range bits {
		for _, client := range bits {
			for flags := range 4 {
				answers = append(answers, terms{flags&1 != 0, flags&2 != 0, server, client, client > 0}.String()[len(deflateName):])
			}
		}
	}
	for _, server := range bits {
		for _, client := range bits {
			for flags := range 4 {
				settings := deflate.Settings{
					Server: deflate.Window{Bits: server, Takeover: flags&1 == 0}, Client: deflate.Window{Bits: client, Takeover: flags&2 == 0},
				}
				offer, err := protocol.AppendExtensions(nil, []protocol.Extension{settings.Offer()})
				require.NoError(t, err)
				offers, err := deflateOffers([]string{string(offer)})
				require.NoError(t, err)
				for _, parameters := range answers {
					agreed, ours := judgeAnswer(offers, []string{deflateName + parameters})
					parsed, err := protocol.ParseExtensions([]string{deflateName + parameters})
					require.NoError(t, err)
					params, err := settings.Confirm(parsed[0])
					require.Equal(t, err != nil, ours != nil, "%s answered with %s: %v, %v", offer, parameters, err, ours)
					if err == nil {
						require.Equal(t, window{params.Server.Bits, params.Server.Takeover}, agreed.endpoint, "%s answered with %s", offer, parameters)
						require.Equal(t, window{params.Client.Bits, params.Client.Takeover}, agreed.own, "%s answered with %s", offer, parameters)
					}
				}
			}
		}
	}
}

func TestAnswerToWhatWasNotOffered(t *testing.T) {
	_, err := judgeAnswer(nil, []string{deflateName})
	require.ErrorContains(t, err, "accepts an offer that is invalid")
	_, err = judgeAnswer([]terms{{}}, []string{"x-unknown"})
	require.ErrorContains(t, err, "was not offered")
	_, err = judgeAnswer([]terms{{}}, []string{deflateName + ", " + deflateName})
	require.ErrorContains(t, err, "more extensions than one")
	_, err = judgeAnswer([]terms{{}}, []string{""})
	require.Error(t, err)
	_, err = judgeAnswer([]terms{{}}, []string{";"})
	require.True(t, errors.Is(err, errGrammar))
	agreed, err := judgeAnswer([]terms{{}}, nil)
	require.NoError(t, err)
	require.Nil(t, agreed)
}

// Which offer was accepted an answer does not say: the suite keeps to the strictest that it fits.
func TestAnswerThatFitsSeveralOffers(t *testing.T) {
	offers, err := deflateOffers([]string{"permessage-deflate; client_max_window_bits=10, permessage-deflate; client_no_context_takeover, permessage-deflate; server_max_window_bits=9"})
	require.NoError(t, err)
	agreed, err := judgeAnswer(offers, []string{deflateName})
	require.NoError(t, err)
	require.Equal(t, window{10, false}, agreed.own)
	require.Equal(t, window{15, true}, agreed.endpoint)
}

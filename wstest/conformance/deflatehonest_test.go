package conformance_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

// kept are the settings of an endpoint that keeps every window.
var kept = deflate.Settings{Server: deflate.Window{Takeover: true}, Client: deflate.Window{Takeover: true}}

// playServer plays cases with a server, in virtual time.
func playServer(t *testing.T, server http.Handler, cases []conformance.Case) (run *conformance.Run) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewServer(t, server)
		suite := conformance.Server{URL: s.URL("/"), Dial: func(context.Context) (net.Conn, error) { return s.RawDial(), nil }, Pause: time.Millisecond}
		run = suite.Run(t.Context(), cases)
	})
	return run
}

// A faithful endpoint passes every case, whatever it agrees to. What it declines it does not pass.
func TestFaithfulCompressionPasses(t *testing.T) {
	for name, test := range map[string]struct {
		settings *deflate.Settings
		expected bool // to compress
		declined func(conformance.Case) bool
	}{
		"no window kept":     {&deflate.Settings{}, true, numbers("")},
		"all windows kept":   {&kept, true, numbers("")},
		"no compression":     {nil, false, aboutDeflate},
		"the server's kept":  {&deflate.Settings{Server: deflate.Window{Takeover: true, Bits: 9}}, true, numbers("")},
		"the client's small": {&deflate.Settings{Client: deflate.Window{Takeover: true, Bits: 10}}, false, withoutClientBits},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases := conformance.Cases(conformance.Options{Size: 64 << 10, Limit: maxMessage, Compression: test.expected})
			cases = slices.DeleteFunc(cases, not(aboutDeflate))
			run := playServer(t, faulty{none, test.settings}, cases)
			check(t, run)
			var declined, want []string
			for _, result := range run.Results {
				if result.Uncompressed() {
					declined = append(declined, result.ID)
				}
			}
			for _, c := range cases {
				if c.Side != conformance.ForClients && test.declined(c) {
					want = append(want, c.ID)
				}
			}
			require.Equal(t, want, declined)
			require.Equal(t, run.Count(), run.Passed()+len(declined))
		})
	}
}

var (
	// withoutClientBits are the cases that a server declines which wants a limit, since no offer of theirs has client_max_window_bits.
	withoutClientBits = numbers("13.8 13.11.1 13.11.2 13.11.3 13.12.6 13.12.7 13.12.8 13.12.9 13.12.14 13.13 21.35.104")
	notInflated       = expecting("Close 1002", "Close 1007", "Close 1009")
	// dataSeen are those in which a server that does all right sends a message.
	dataSeen = both(aboutDeflate, either(both(not(notInflated), not(numbers("12.8.10 13.24"))), numbers("21.35.33 21.35.104 21.36.11")))
	// windowAsked are those that ask for a smaller window of the server, windowNamed with those that ask for the largest, and resetAsked those that ask
	// for a new one with each message.
	windowAsked = numbers(`13.3 13.5 13.8.1 13.8.2 13.8.3 13.8.4 13.8.5 13.8.6 13.8.7 13.10.1 13.10.2 13.10.3 13.10.4 13.10.5 13.10.6 13.10.7
		13.11.7 13.11.8 13.11.9 13.11.10 13.11.11 13.11.12 13.11.13 13.12.1 13.12.3 13.12.10 13.12.12 13.12.13 13.13`)
	windowNamed = either(windowAsked, numbers("13.4 13.6 13.8.8 13.10.8 13.11.14"))
	resetAsked  = numbers("13.2 13.5 13.6 13.11.1 13.11.3 13.11.4 13.11.6 13.11.7 13.11.8 13.11.9 13.11.10 13.11.11 13.11.12 13.11.13 13.11.14 13.12.1 13.12.3")
	// referring are the cases whose messages refer to earlier ones, if the suite's window is kept.
	referring = either(numbers("12.1 12.3 12.6.31 12.6.32 12.8.3 12.8.13 12.10.2 21.36.9"), both(numbers("13"), not(numbers(`13.11.2 13.11.3 13.11.5 13.11.6
		13.11.7 13.11.8 13.11.9 13.11.10 13.11.11 13.11.12 13.11.13 13.11.14 13.12.1 13.12.3 13.13`))))
	limited     = numbers("21.34.3 21.34.4 21.34.5 21.34.6 21.34.7 21.34.8 21.34.9")
	unfinished  = numbers("21.34.5 21.34.6 21.34.9")
	farTooFar   = numbers("21.35.101 21.35.102 21.35.103")
	notFirst    = not(numbers("13.13.3 13.13.6 13.13.9 13.13.12 13.13.15 13.13.18 13.13.21 13.13.24 13.13.27 13.13.30 13.13.33 13.13.36 13.13.39 13.13.42 13.13.45 13.13.48 13.13.51 13.13.54 13.13.57 13.13.60"))
	inTwoFields = numbers("13.12.8 13.13.2 13.13.5 13.13.8 13.13.11 13.13.14 13.13.17 13.13.20 13.13.23 13.13.26 13.13.29 13.13.32 13.13.35 13.13.38 13.13.41 13.13.44 13.13.47 13.13.50 13.13.53 13.13.56 13.13.59")
)

// deflateFaultsFound says of each fault of compression which cases find it: these and no others.
var deflateFaultsFound = map[fault]func(conformance.Case) bool{
	none:              numbers(""),
	neverCompresses:   numbers(""),
	wideOutput:        either(windowAsked, numbers("13.7 13.12.4 13.12.5")),
	keepsOutput:       either(resetAsked, numbers("13.7")),
	narrowInput:       either(numbers("12.10"), both(numbers("13"), not(numbers("13.9.1 13.10.8 13.11.7 13.12.1 13.12.3 13.12.4 13.12.5 13.13")))),
	forgetsInput:      referring,
	wideInput:         farTooFar,
	keepsInput:        numbers("21.35.104"),
	marksFragments:    dataSeen,
	marksPongs:        numbers("12.8.3 12.8.5 12.8.6"),
	marksNothing:      dataSeen,
	takesMarks:        numbers("21.22.1 21.22.2 21.22.3 21.22.4 21.22.5 21.22.6 21.22.7 21.22.8"),
	inflatesAll:       numbers("12.8.1 12.8.2 12.8.3 12.8.4 12.8.12 12.8.13"),
	leavesTail:        dataSeen,
	noInflatedLimit:   limited,
	lateInflation:     unfinished,
	noInflatedCheck:   both(numbers("12.9"), notInflated),
	takesCorrupt:      either(limited, numbers("21.35")),
	refusesEmpty:      numbers("12.6.25 12.6.26 12.6.27 12.6.28 12.6.29 12.6.30 21.36.1 21.36.2 21.36.5 21.36.6 21.36.7 21.36.8 21.36.9"),
	stopsAtFinal:      either(numbers("12.7.13 12.7.14 12.7.15"), unfinished, farTooFar),
	answersMoreBits:   windowAsked,
	answersNoBits:     windowNamed,
	answersNoReset:    resetAsked,
	answersClientBits: either(withoutClientBits, numbers("13.12.2 13.12.4 13.12.5")),
	answersUnasked:    both(framesSeen, not(numbers("21.45"))),
	ignoresInvalid:    either(both(numbers("13.13"), notFirst), numbers("20.13")),
	refusesInvalid:    numbers("13.13 20.13"),
	firstOffer:        both(numbers("13.13"), notFirst),
	firstField:        inTwoFields,
	noQuotes:          numbers("13.12.8 13.12.10 13.12.11"),
	declinesAll:       aboutDeflate,
	noTextCheck:       both(numbers("12.9"), notInflated),
	masking:           framesSeen,
}

// forFault returns the cases that can find a fault of compression. Those of windows need long messages.
func forFault(f fault) []conformance.Case {
	o := conformance.Options{Size: 16 << 10, Limit: maxMessage, Compression: true}
	may := either(aboutDeflate, numbers("3 20"))
	if f == wideOutput || f == narrowInput {
		o.Size, may = 0, numbers("12.10 13")
	}
	return slices.DeleteFunc(conformance.Cases(o), not(may))
}

func TestEveryFaultOfCompressionIsFoundByItsCases(t *testing.T) {
	for fault, finds := range deflateFaultsFound {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			cases := forFault(fault)
			run := playServer(t, faulty{fault, &kept}, cases)
			var found, want []string
			for _, result := range run.Failed() {
				found = append(found, result.ID)
			}
			for _, c := range cases {
				if c.Side != conformance.ForClients && finds(c) {
					want = append(want, c.ID)
				}
			}
			require.Equal(t, want, found)
		})
	}
}

var (
	// clientWindow are the cases whose answer limits the client's window, and clientReset those whose answer has it begin anew.
	clientWindow = numbers(`13.3 13.5 13.7 13.21.1 13.21.2 13.21.3 13.21.4 13.21.5 13.21.6 13.21.7 13.22.1 13.22.2 13.22.3 13.22.4 13.22.5 13.22.6 13.22.7
		13.23.6`)
	clientReset = numbers("13.2 13.5 13.6 13.7 13.22 13.23.3 13.23.4 13.23.6")
)

// asking are the settings of a client whose offer asks for something that an answer can lack.
var asking = deflate.Settings{Server: deflate.Window{Bits: 10}, Client: deflate.Window{Bits: 10, Takeover: true}}

func TestEveryFaultOfAClientsCompressionIsFoundByItsCases(t *testing.T) {
	clientReferring := either(numbers("12.1 12.3 12.6.31 12.6.32 12.8.3 12.8.13 12.10.2 21.36.9"), both(numbers("13"), not(numbers("13.22 13.23.2 13.23.4 13.23.5 13.24"))))
	for fault, test := range map[fault]struct {
		settings *deflate.Settings
		finds    func(conformance.Case) bool
	}{
		none:            {&kept, numbers("")},
		wideOutput:      {&kept, clientWindow},
		keepsOutput:     {&kept, clientReset},
		narrowInput:     {&kept, either(numbers("12.10"), both(numbers("13"), not(numbers("13.20.1 13.22.1 13.24"))))},
		forgetsInput:    {&kept, clientReferring},
		wideInput:       {&kept, farTooFar},
		keepsInput:      {&kept, numbers("21.35.104")},
		marksFragments:  {&kept, dataSeen},
		marksPongs:      {&kept, numbers("12.8.3 12.8.5 12.8.6")},
		takesMarks:      {&kept, numbers("21.22.1 21.22.2 21.22.3 21.22.4 21.22.5 21.22.6 21.22.7 21.22.8")},
		noInflatedLimit: {&kept, limited},
		noInflatedCheck: {&kept, both(numbers("12.9"), notInflated)},
		neverCompresses: {&kept, numbers("")},
		offersInvalid:   {&kept, either(aboutDeflate, numbers("20.19.42"))},
		declinesAll:     {nil, aboutDeflate},
		takesLess:       {&asking, numbers("13.24.1 13.24.2 13.24.3 13.24.5")},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			found, want := playClient(t, faulty{fault, test.settings}, forFault(fault), test.finds)
			require.Equal(t, want, found)
		})
	}
}

package conformance_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

// numbers finds cases by their numbers, or the beginnings of these.
func numbers(patterns string) func(conformance.Case) bool {
	return func(c conformance.Case) bool {
		return slices.ContainsFunc(strings.Fields(patterns), c.Matches)
	}
}

// expecting finds cases by what they expect.
func expecting(what ...string) func(conformance.Case) bool {
	return func(c conformance.Case) bool {
		return slices.ContainsFunc(what, func(what string) bool { return strings.Contains(c.Expect, what) })
	}
}

func both(a, b func(conformance.Case) bool) func(conformance.Case) bool {
	return func(c conformance.Case) bool { return a(c) && b(c) }
}

func not(a func(conformance.Case) bool) func(conformance.Case) bool {
	return func(c conformance.Case) bool { return !a(c) }
}

// either finds what one of several finds.
func either(finders ...func(conformance.Case) bool) func(conformance.Case) bool {
	return func(c conformance.Case) bool {
		return slices.ContainsFunc(finders, func(f func(conformance.Case) bool) bool { return f(c) })
	}
}

var (
	codesEchoed = numbers("7.7 7.8")
	// framesSeen are the cases in which a server that does all right sends a frame.
	framesSeen = not(numbers(`20.1 20.2 20.3 20.6 20.7 20.8 20.9 20.10.1 20.10.2 20.10.3 20.10.4 20.10.5 20.11.1 20.11.2 20.11.3 20.11.4
		20.12.1 20.12.2 20.12.3 20.12.4 20.12.5 20.12.6 20.14 20.16.1 20.16.2 21.45.2 21.45.3 21.45.4 21.45.5 21.45.6`))
	// closesAnswered are those in which it answers a close frame.
	closesAnswered = either(expecting("in answer to Close 1000", "the closing handshake"), codesEchoed,
		numbers("7.1 7.3.3 7.3.4 7.3.5 7.3.7 20.11.5 20.11.6 21.45.7 21.45.8 21.45.9 21.45.10 21.45.11 21.52"))
	pongsWithPayload = numbers("2.2 2.3 2.4 2.6 2.9 2.10 2.11 2.12 2.13 5.6 5.7 5.8 5.19 5.20 7.1.10 20.17.2 20.17.3 21.46 21.51.2 21.52")
)

// aboutDeflate finds the cases about compression. What is wrong with compression is in [deflateFaultsFound].
func aboutDeflate(c conformance.Case) bool { return c.Deflate }

// faultsFound says of each fault which cases find it: these and no others.
var faultsFound = map[fault]func(conformance.Case) bool{
	none:            numbers(""),
	noTextCheck:     both(expecting("Close 1007"), not(numbers("7.5 7.7 7.8"))),
	lateTextCheck:   numbers("6.4 6.24 6.25"),
	lateFrameCheck:  numbers("6.4.3 6.4.4 6.4.5 6.4.6 6.24"),
	alwaysGoingAway: both(closesAnswered, not(numbers("7.7.2 7.8.2 21.46.1"))),
	alwaysProtocol:  both(expecting("Close 1007", "Close 1008", "Close 1009"), not(either(codesEchoed, numbers("7.5")))),
	answers1005:     numbers("7.3.1"),
	answers1006:     both(expecting("Close 1002", "Close 1007", "Close 1008", "Close 1009"), not(codesEchoed)),
	unmasked:        numbers("21.21"),
	masking:         framesSeen,
	emptyPong:       pongsWithPayload,
	noPong:          either(pongsWithPayload, numbers("2.1")),
	reservedOpcode:  both(numbers("4"), not(numbers("4.3.17 4.3.20 4.3.23 4.3.26 4.3.29"))),
	reservedBit:     numbers("3"),
	noOrder: either(
		numbers("3.9 5.3 5.4 5.5 5.6 5.7 5.8 5.9 5.10 5.11 5.12 5.13 5.14 5.15 5.16 5.17 5.18 5.19 5.20 5.21 5.22 5.23 5.24 5.25 5.26 5.27"),
		numbers("5.28 5.29 5.30 5.31 5.32 5.33 4.3.1 4.3.4 4.3.7 4.3.10 4.3.13 4.3.16 4.3.19 4.3.22 4.3.25 4.3.28 6.1.2 6.1.3 6.2.2 6.2.3"),
		numbers("6.3.2 6.4.1 6.4.2 6.4.6 6.25 6.26 7.1.5 7.8 9.3.1 9.3.2 9.3.3 9.4.1 9.4.2 9.4.3 10 20.17.3"),
		numbers("21.21.11 21.25 21.30 21.31.3 21.31.4 21.31.5 21.32 21.33 21.45.4 21.51.3 21.52"),
	),
	anyOrder:         numbers("5.9 5.10 5.11 5.12 5.13 5.14 5.15 5.16 5.17 5.18 5.29 5.30 5.31 5.32 21.25"),
	longControl:      numbers("2.5 2.15 2.16 2.17 7.3.6 21.24.2 21.24.3 21.24.5 21.24.6 21.24.8 21.24.9"),
	fragmentControl:  numbers("5.1 5.33 21.24.1 21.24.4 21.24.7"),
	wideLength:       numbers("21.27.1 21.27.2 21.27.3 21.27.4 21.27.5 21.27.6"),
	anyCode:          numbers("7.9 7.13"),
	shortClose:       numbers("7.3.2"),
	anyReason:        numbers("7.5"),
	silentClose:      either(closesAnswered, numbers("7.3.1 7.3.2 7.5 7.9 7.13")),
	leavesOpen:       both(framesSeen, not(numbers("21.45.1"))),
	goesOn:           closesAnswered,
	noLimit:          both(expecting("Close 1009"), not(either(codesEchoed, numbers("21.32 21.33")))),
	noFragmentLimit:  numbers("21.32 21.33"),
	cutsLongMessages: numbers("1.1.7 1.1.8 1.2.7 1.2.8 5.28 10.1 21.31.1 21.31.3 21.31.5"),
	anyKey:           numbers("20.6 20.7"),
	wrongAccept:      both(either(framesSeen, numbers("21.45")), not(numbers("20.0.3"))), // whose key it answers
	anyOrigin:        both(numbers("20.10"), not(numbers("20.10.6"))),
	losesGlued:       numbers("20.17.1 20.17.2 20.17.3"),
	keepsEverything:  numbers("21.46.1 21.48.1"),
}

// Each fault is found by the cases that are about it, and no case finds one where there is none.
func TestEveryFaultIsFoundByItsCases(t *testing.T) {
	cases := slices.DeleteFunc(conformance.Cases(conformance.Options{Size: 16 << 10, Limit: maxMessage}), aboutDeflate)
	for fault, finds := range faultsFound {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := wstest.NewServer(t, faulty{fault: fault})
				server := conformance.Server{URL: s.URL("/"), Dial: func(context.Context) (net.Conn, error) { return s.RawDial(), nil }, Pause: time.Millisecond}
				run := server.Run(t.Context(), cases)
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
		})
	}
}

// clientFaultsFound says the same of clients.
var clientFaultsFound = map[fault]func(conformance.Case) bool{
	none:          numbers(""),
	lateTextCheck: numbers("6.4 6.24 6.25"),
	unmasked:      numbers("21.21"),
	masking:       not(numbers("20.19 21.45.2 21.45.3 21.45.4 21.45.5 21.45.6")),
	emptyPong:     pongsWithPayload,
	answers1006:   both(expecting("Close 1002", "Close 1007", "Close 1008", "Close 1009"), not(codesEchoed)),
	anyCode:       numbers("7.9 7.13"),
	anyAnswer:     numbers("20.19"),
}

func TestEveryFaultOfAClientIsFoundByItsCases(t *testing.T) {
	cases := slices.DeleteFunc(conformance.Cases(conformance.Options{Size: 16 << 10, Limit: maxMessage}), aboutDeflate)
	for fault, finds := range clientFaultsFound {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			found, want := playClient(t, faulty{fault: fault}, cases, finds)
			require.Equal(t, want, found)
		})
	}
}

// playClient plays cases with a client, in virtual time, and returns which it has failed, and which it should have.
func playClient(t *testing.T, client faulty, cases []conformance.Case, finds func(conformance.Case) bool) (found, want []string) {
	synctest.Test(t, func(t *testing.T) {
		suite := &conformance.Clients{Cases: cases, Refusals: true, Pause: time.Millisecond}
		s := wstest.NewServer(t, suite)
		n := 0
		for _, c := range cases {
			if c.Side == conformance.ForServers {
				continue
			}
			n++
			client.connect(s.RawDial(), fmt.Sprintf("/runCase?case=%d", n))
			synctest.Wait()
			if finds(c) {
				want = append(want, c.ID)
			}
		}
		for _, result := range suite.Runs()[0].Failed() {
			found = append(found, result.ID)
		}
	})
	return found, want
}

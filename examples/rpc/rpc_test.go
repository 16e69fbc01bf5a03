package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// testService has the methods of the example, and small limits.
func testService() *service {
	return &service{
		methods: methods, atWork: 2, timeout: 5 * time.Second, logger: slog.New(slog.DiscardHandler),
		rate: flow.Rate{N: 4, Per: time.Second}, flood: flow.Rate{N: 8, Per: time.Second},
	}
}

// talk is a conversation with the service, in virtual time.
func talk(t *testing.T, s *service, play func(t *testing.T, p *wstest.WSProbe)) {
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewWSProbe(t)
		probe.Timeout = time.Minute
		ws := &upgrade.Upgrader{Settings: settings}
		wstest.WS("/rpc", probe.Flow()).Run(routes(ws, s)).Check(func(r *wstest.Response) {
			require.True(t, r.IsWebSocketUpgrade())
			play(t, probe)
		})
	})
}

// The handler is a flow of requests and replies: most of it needs no connection to be tested.
func TestWhatGoesWrongIsAReply(t *testing.T) {
	for name, test := range map[string]struct{ request, reply string }{
		"nothing":              {`{"id":1,"method":"add","params":{"a":1,"b":2}}`, `{"id":1,"result":3}`},
		"an id of any kind":    {`{"id":["x"],"method":"add"}`, `{"id":["x"],"result":0}`},
		"no id":                {`{"method":"add"}`, `{"id":null,"result":0}`},
		"an error":             {`{"id":1,"method":"divide","params":{"a":1}}`, `{"id":1,"error":"division by zero"}`},
		"an unknown method":    {`{"id":1,"method":"subtract"}`, `{"id":1,"error":"unknown method"}`},
		"no request at all":    {`null`, `{"id":null,"error":"unknown method"}`},
		"params of other type": {`{"id":1,"method":"add","params":[1,2]}`, `{"id":1,"error":"params do not fit the method"}`},
		"a panic":              {`{"id":1,"method":"crash"}`, `{"id":1,"error":"internal error"}`},
		"a result without JSON": {
			`{"id":1,"method":"divide","params":{"a":1e308,"b":1e-308}}`, `{"id":1,"error":"internal error"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			replies, err := flow.Collect(t.Context(), testService().handler(flow.Of(message.Text(test.request))))
			require.NoError(t, err)
			require.Len(t, replies, 1)
			require.JSONEq(t, test.reply, replies[0].Text())
		})
	}
}

func TestErrorsThatAreNotForThePeerAreLogged(t *testing.T) {
	var log strings.Builder
	s := testService()
	s.logger = slog.New(slog.NewTextHandler(&log, nil))
	replies, err := flow.Collect(t.Context(), s.answer(flow.Of(request{ID: json.RawMessage("1"), Method: "crash"})))
	require.NoError(t, err)
	require.Equal(t, []reply{{ID: json.RawMessage("1"), Error: "internal error"}}, replies)
	require.Contains(t, log.String(), "crash was called")
	require.Contains(t, log.String(), "methods.go", "the stack")
}

func TestRepliesComeWhenTheyAreThere(t *testing.T) {
	talk(t, testService(), func(_ *testing.T, p *wstest.WSProbe) {
		p.SendText(`{"id":1,"method":"wait","params":{"seconds":2}}`)
		p.SendText(`{"id":2,"method":"add","params":{"a":1,"b":2}}`)
		p.ExpectText(`{"id":2,"result":3}`)
		p.ExpectText(`{"id":1,"result":{"seconds":2}}`)
		p.SendCompletion()
		p.ExpectCompletion()
	})
}

func TestOnlySoManyCallsAreAtWork(t *testing.T) {
	talk(t, testService(), func(t *testing.T, p *wstest.WSProbe) {
		began := time.Now()
		for id := range 3 {
			p.SendText(fmt.Sprintf(`{"id":%d,"method":"wait","params":{"seconds":1}}`, id))
		}
		for _, after := range []time.Duration{1, 1, 2} {
			p.ExpectMessage()
			require.Equal(t, after*time.Second, time.Since(began))
		}
	})
}

func TestCallThatTakesTooLongTimesOut(t *testing.T) {
	talk(t, testService(), func(t *testing.T, p *wstest.WSProbe) {
		began := time.Now()
		p.SendText(`{"id":1,"method":"wait","params":{"seconds":3600}}`)
		p.ExpectText(`{"id":1,"error":"timed out"}`)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

func TestRequestsThatComeTooSoonAreRefused(t *testing.T) {
	talk(t, testService(), func(t *testing.T, p *wstest.WSProbe) {
		answered := make(map[string]int)
		for id := range 6 {
			p.SendText(fmt.Sprintf(`{"id":%d,"method":"add"}`, id))
		}
		for range 6 {
			var r reply
			require.NoError(t, json.Unmarshal(p.ExpectMessage().Bytes(), &r))
			answered[r.Error]++
		}
		require.Equal(t, map[string]int{"": 4, "rate limited": 2}, answered)

		p.ExpectNoMessage(time.Second / 4) // in which one more may come
		p.SendText(`{"id":6,"method":"add"}`)
		p.ExpectText(`{"id":6,"result":0}`)
		p.SendText(`{"id":7,"method":"add"}`)
		p.ExpectText(`{"id":7,"error":"rate limited"}`)
	})
}

func TestFloodIsClosedWith1008(t *testing.T) {
	talk(t, testService(), func(_ *testing.T, p *wstest.WSProbe) {
		for range 9 {
			p.SendText(`malformed messages count, too`)
		}
		for range 8 {
			p.ExpectText(`{"id":null,"error":"malformed request"}`)
		}
		p.ExpectClose(1008)
	})
}

func TestMalformedRequestIsAnsweredAndTheConnectionGoesOn(t *testing.T) {
	talk(t, testService(), func(_ *testing.T, p *wstest.WSProbe) {
		for _, malformed := range []string{`{"id":1,`, ``, `[]`, `{"id":1,"method":2}`} {
			p.SendText(malformed)
			p.ExpectText(`{"id":null,"error":"malformed request"}`)
		}
		p.SendText(`{"id":1,"method":"add"}`)
		p.ExpectText(`{"id":1,"result":0}`)
	})
}

func TestWhatIsNoTextOrTooLongIsClosed(t *testing.T) {
	talk(t, testService(), func(_ *testing.T, p *wstest.WSProbe) {
		p.SendBinary([]byte{1})
		p.ExpectClose(1003)
	})
	talk(t, testService(), func(_ *testing.T, p *wstest.WSProbe) {
		p.SendText(strings.Repeat(" ", 64<<10+1))
		p.ExpectClose(1009)
	})
}

// A call whose peer has left is cancelled: at once if the connection is lost, and after the grace if it was closed in good order.
func TestCallsAreCancelledWhenThePeerLeaves(t *testing.T) {
	for name, test := range map[string]struct {
		leave  func(p *wstest.WSProbe)
		within time.Duration
	}{
		"in good order": {(*wstest.WSProbe).SendCompletion, time.Second},
		"with an error": {func(p *wstest.WSProbe) { p.SendError(errors.New("tired")) }, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := testService()
			talk(t, s, func(t *testing.T, p *wstest.WSProbe) {
				began, ended := make(chan struct{}), make(chan error, 1)
				s.methods = map[string]method{"hang": func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
					close(began)
					<-ctx.Done()
					ended <- ctx.Err()
					return nil, ctx.Err()
				}}
				p.SendText(`{"id":1,"method":"hang"}`)
				<-began
				left := time.Now()
				test.leave(p)
				require.ErrorIs(t, <-ended, context.Canceled)
				require.LessOrEqual(t, time.Since(left), test.within)
			})
		})
	}
}

func TestPageIsServed(t *testing.T) {
	r := wstest.HTTP(http.MethodGet, "/").Run(routes(&upgrade.Upgrader{}, testService()))
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Contains(t, r.Text(), "<title>RPC")
}

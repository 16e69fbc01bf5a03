package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A counter is a model that counts, once a second, up to the length of the prompt.
type counter struct {
	said  atomic.Int32 // in all
	ended atomic.Int32 // answers that are no longer at work
}

func (c *counter) model(prompt string) flow.Source[string] {
	return flow.FromFunc(func(ctx context.Context, emit func(string) error) error {
		defer c.ended.Add(1)
		for n := range prompt {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			c.said.Add(1)
			if err := emit(string(rune('1' + n%9))); err != nil {
				return err
			}
		}
		return nil
	})
}

// talk is a conversation with a model, in virtual time.
func talk(t *testing.T, m model, probe func(t *testing.T) *wstest.WSProbe, play func(t *testing.T, p *wstest.WSProbe)) {
	synctest.Test(t, func(t *testing.T) {
		p := probe(t)
		ws := &upgrade.Upgrader{Settings: settings}
		wstest.WS("/tokens", p.Flow()).Run(routes(ws, m)).Check(func(r *wstest.Response) {
			require.True(t, r.IsWebSocketUpgrade())
			play(t, p)
		})
	})
}

func attentive(t *testing.T) *wstest.WSProbe { return wstest.NewWSProbe(t) }

// drowsy is a client that reads when it has to, and else lets the server wait.
func drowsy(t *testing.T) *wstest.WSProbe {
	p := wstest.NewWSProbe(t)
	p.Buffer = -1
	return p
}

// The whole answer needs no connection, and in virtual time no patience.
func TestAnswerIsTokensAndAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c counter
		replies, err := flow.Collect(t.Context(), model(c.model).answer(request{ID: 7, Prompt: "abc"}))
		require.NoError(t, err)
		require.Equal(t, []reply{{ID: 7, Token: "1"}, {ID: 7, Token: "2"}, {ID: 7, Token: "3"}, {ID: 7, End: "complete"}}, replies)
	})
}

func TestModelThatFailsEndsItsAnswerAndNoMore(t *testing.T) {
	broken := model(func(string) flow.Source[string] {
		return flow.Concat(flow.Of("hm"), flow.Fail[string](errors.New("out of memory")))
	})
	talk(t, broken, attentive, func(_ *testing.T, p *wstest.WSProbe) {
		for range 2 {
			p.SendText(`{"id":1,"prompt":"why?"}`)
			p.ExpectText(`{"id":1,"token":"hm"}`)
			p.ExpectText(`{"id":1,"end":"failed"}`)
		}
	})
}

func TestTokensComeAsTheyAreSaid(t *testing.T) {
	var c counter
	talk(t, c.model, attentive, func(t *testing.T, p *wstest.WSProbe) {
		began := time.Now()
		p.SendText(`{"id":1,"prompt":"ab"}`)
		p.ExpectText(`{"id":1,"token":"1"}`)
		require.Equal(t, time.Second, time.Since(began))
		p.ExpectText(`{"id":1,"token":"2"}`)
		require.Equal(t, 2*time.Second, time.Since(began))
		p.ExpectText(`{"id":1,"end":"complete"}`)
		p.SendCompletion()
		p.ExpectCompletion()
	})
}

func TestCancelStopsTheModelAtOnce(t *testing.T) {
	var c counter
	talk(t, c.model, attentive, func(t *testing.T, p *wstest.WSProbe) {
		p.SendText(`{"id":1,"prompt":"abcdefgh"}`)
		p.ExpectText(`{"id":1,"token":"1"}`)
		cancelled := time.Now()
		p.SendText(`{"id":1,"cancel":true}`)
		p.ExpectText(`{"id":1,"end":"cancelled"}`)
		require.Zero(t, time.Since(cancelled))
		require.EqualValues(t, 1, c.ended.Load())
		p.ExpectNoMessage(time.Hour)
		require.EqualValues(t, 1, c.said.Load())
	})
}

func TestNewPromptReplacesTheAnswer(t *testing.T) {
	var c counter
	talk(t, c.model, attentive, func(t *testing.T, p *wstest.WSProbe) {
		p.SendText(`{"id":1,"prompt":"abcdefgh"}`)
		p.ExpectText(`{"id":1,"token":"1"}`)
		p.SendText(`{"id":2,"prompt":"a"}`)
		p.ExpectText(`{"id":2,"token":"1"}`)
		p.ExpectText(`{"id":2,"end":"complete"}`)
		p.ExpectNoMessage(time.Hour)
	})
}

func TestModelStopsWhenTheClientLeaves(t *testing.T) {
	for name, leave := range map[string]func(p *wstest.WSProbe){
		"in good order": (*wstest.WSProbe).SendCompletion,
		"with an error": func(p *wstest.WSProbe) { p.SendError(errors.New("tired")) },
	} {
		t.Run(name, func(t *testing.T) {
			var c counter
			talk(t, c.model, attentive, func(t *testing.T, p *wstest.WSProbe) {
				p.SendText(`{"id":1,"prompt":"abcdefgh"}`)
				p.ExpectText(`{"id":1,"token":"1"}`)
				leave(p)
				time.Sleep(100 * time.Millisecond)
				require.EqualValues(t, 1, c.ended.Load())
				require.EqualValues(t, 1, c.said.Load())
			})
		})
	}
}

// A client that does not read stops the model when the buffers on the way are full.
func TestSlowClientSlowsTheModelDown(t *testing.T) {
	var said atomic.Int32
	chatter := model(func(string) flow.Source[string] {
		return flow.Map(flow.Repeat(strings.Repeat("x", 1024)), func(token string) string { said.Add(1); return token })
	})
	talk(t, chatter, drowsy, func(t *testing.T, p *wstest.WSProbe) {
		p.SendText(`{"id":1,"prompt":"go on"}`)
		time.Sleep(time.Second)
		before := said.Load()
		require.NotZero(t, before)
		time.Sleep(time.Second)
		require.Equal(t, before, said.Load(), "nobody reads")
		for range 1000 {
			p.ExpectMessage()
		}
		require.Greater(t, said.Load(), before)
		require.Less(t, said.Load(), 1000+2*before)
	})
}

func TestPretendedModelKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		tokens, err := flow.Collect(t.Context(), flow.Take(pretend(20)("Why?"), 41))
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, time.Since(began))
		require.Equal(t, `You have asked: "Why?". `, strings.Join(tokens[:4], ""))
	})
}

func TestRequestsThatAreNoneAreClosed(t *testing.T) {
	var c counter
	for text, code := range map[string]upgrade.CloseCode{`{"prompt":`: 1007, `{"prompt":"` + strings.Repeat("?", 16<<10) + `"}`: 1009} {
		talk(t, c.model, attentive, func(_ *testing.T, p *wstest.WSProbe) {
			p.SendText(text)
			p.ExpectClose(code)
		})
	}
}

func TestPageIsServed(t *testing.T) {
	r := wstest.HTTP(http.MethodGet, "/").Run(routes(&upgrade.Upgrader{}, pretend(1)))
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Contains(t, r.Text(), "<title>Tokens")
}

package guide_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

type question struct {
	ID int    `json:"id"`
	Of string `json:"of"`

	refused bool // it came too soon
}

type answer struct {
	ID    int    `json:"id"`
	Is    int    `json:"is"`
	Error string `json:"error,omitempty"`
}

func lengths(in flow.Source[message.Message]) flow.Source[message.Message] {
	return message.JSON(func(questions flow.Source[question]) flow.Source[answer] {
		return flow.Map(questions, func(q question) answer {
			return answer{ID: q.ID, Is: len(q.Of)}
		})
	})(in)
}

func Example_lengths() {
	in := flow.Of(message.Text(`{"id":1,"of":"abc"}`), message.Text(`{"id":2,"of":""}`))
	out, err := flow.Collect(context.Background(), lengths(in))
	fmt.Println(texts(out), err)
	// Output: [{"id":1,"is":3} {"id":2,"is":0}] <nil>
}

// An invalid message is answered; the connection goes on.
func patient(in flow.Source[message.Message]) flow.Source[message.Message] {
	return message.JSON(func(questions flow.Source[json.RawMessage]) flow.Source[answer] {
		return flow.Map(questions, func(raw json.RawMessage) answer {
			var q question
			if err := json.Unmarshal(raw, &q); err != nil {
				return answer{ID: q.ID, Error: "not a question"}
			}
			return answer{ID: q.ID, Is: len(q.Of)}
		})
	}, message.Codec{Invalid: sayNotJSON, Other: message.FailWith(4001)})(in)
}

func sayNotJSON(ctx context.Context, _ message.Message, _ error) error {
	return upgrade.FromContext(ctx).Send(ctx, message.Text(`{"error":"not JSON"}`))
}

func TestInvalidMessagesAreAnswered(t *testing.T) {
	talk(t, new(upgrade.Upgrader), patient, func(_ *testing.T, probe *wstest.WSProbe) {
		probe.SendText(`{"id":1,"of":"abc"}`)
		probe.SendText(`{"id":2,"of":[]}`)
		probe.SendText(`oops`)
		probe.SendText(`{"id":3,"of":"ab"}`)
		probe.ExpectText(`{"id":1,"is":3}`)
		probe.ExpectText(`{"id":2,"is":0,"error":"not a question"}`)
		probe.ExpectText(`{"error":"not JSON"}`)
		probe.ExpectText(`{"id":3,"is":2}`)
		probe.SendBinary([]byte{1})
		probe.ExpectClose(4001)
	})
}

func TestInvalidMessageClosesWith1007(t *testing.T) {
	talk(t, new(upgrade.Upgrader), lengths, func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText(`oops`)
		t.Log(probe.ExpectClose(1007))
	})
	talk(t, new(upgrade.Upgrader), lengths, func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendBinary([]byte(`{}`))
		t.Log(probe.ExpectClose(1003))
	})
}

// A loader takes its time, and gives up when ctx is cancelled.
type loader interface {
	Load(ctx context.Context, key string) (int, error)
}

var errUnknown = errors.New("unknown")

// lookups answers up to 8 questions at the same time, in their order.
func lookups(from loader) upgrade.Handler {
	return message.JSON(func(questions flow.Source[question]) flow.Source[answer] {
		return flow.MapAsync(questions, 8, func(ctx context.Context, q question) (answer, error) {
			ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			n, err := from.Load(ctx, q.Of)
			switch {
			case errors.Is(err, errUnknown), errors.Is(err, context.DeadlineExceeded):
				return answer{ID: q.ID, Error: err.Error()}, nil // the client is told
			case err != nil:
				return answer{}, err // closes with 1011
			}
			return answer{ID: q.ID, Is: n}, nil
		})
	})
}

// A slowStore takes a second for each letter of the key.
type slowStore struct{ cancelled int }

func (s *slowStore) Load(ctx context.Context, key string) (int, error) {
	switch key {
	case "broken":
		return 0, errors.New("store: broken")
	case "-":
		return 0, errUnknown
	}
	select {
	case <-time.After(time.Duration(len(key)) * time.Second):
		return len(key), nil
	case <-ctx.Done():
		s.cancelled++
		return 0, context.Cause(ctx)
	}
}

func TestLookupsGoOnAtTheSameTime(t *testing.T) {
	talk(t, new(upgrade.Upgrader), lookups(&slowStore{}), func(t *testing.T, probe *wstest.WSProbe) {
		start := time.Now()
		probe.SendText(`{"id":1,"of":"a"}`)
		probe.SendText(`{"id":2,"of":"-"}`)
		probe.SendText(`{"id":3,"of":"abcdef"}`)
		probe.SendText(`{"id":4,"of":"b"}`)
		probe.ExpectText(`{"id":1,"is":1}`)
		probe.ExpectText(`{"id":2,"is":0,"error":"unknown"}`)
		require.Equal(t, time.Second, time.Since(start))
		probe.ExpectText(`{"id":3,"is":0,"error":"context deadline exceeded"}`)
		probe.ExpectText(`{"id":4,"is":1}`)
		require.Equal(t, 2*time.Second, time.Since(start))
		probe.SendText(`{"id":5,"of":"broken"}`)
		probe.ExpectClose(1011)
	})
}

func TestLookupIsCancelledWhenThePeerGoes(t *testing.T) {
	s := &slowStore{}
	talk(t, new(upgrade.Upgrader), lookups(s), func(_ *testing.T, probe *wstest.WSProbe) {
		probe.SendText(`{"id":1,"of":"ab"}`)
		synctest.Wait() // it is being looked up
		probe.SendError(errors.New("gone"))
		probe.ExpectFailure()
	})
	require.Equal(t, 1, s.cancelled)
}

type request struct {
	ID     int    `json:"id"`
	Prompt string `json:"prompt,omitempty"`
	Cancel bool   `json:"cancel,omitempty"`
}

type reply struct {
	ID   int    `json:"id"`
	Text string `json:"text,omitempty"`
	Done bool   `json:"done,omitempty"`
}

// Each id is a stream of its own: a request starts it, the next one with the same id, such as a Cancel, takes its place.
func cancellable(work func(request) flow.Source[reply]) upgrade.Handler {
	return message.JSON(func(in flow.Source[request]) flow.Source[reply] {
		id := func(r request) int { return r.ID }
		return flow.GroupBy(in, 32, id, func(id int, requests flow.Source[request]) flow.Source[reply] {
			replies := flow.SwitchMap(requests, func(r request) flow.Source[reply] {
				if r.Cancel {
					return flow.Of(reply{ID: id, Done: true})
				}
				return flow.Concat(work(r), flow.Of(reply{ID: id, Done: true}))
			})
			return flow.TakeUntil(replies, func(r reply) bool { return r.Done }) // makes room for another id
		})
	})
}

func TestRequestIsCancelledByItsID(t *testing.T) {
	slow := func(r request) flow.Source[reply] {
		words := flow.Throttle(flow.FromSeq(strings.FieldsSeq(r.Prompt)), flow.Rate{N: 1, Per: time.Second, Burst: 1})
		return flow.Map(words, func(w string) reply { return reply{ID: r.ID, Text: w} })
	}
	talk(t, new(upgrade.Upgrader), cancellable(slow), func(_ *testing.T, probe *wstest.WSProbe) {
		probe.SendText(`{"id":1,"prompt":"a b c d"}`)
		probe.ExpectText(`{"id":1,"text":"a"}`)
		probe.SendText(`{"id":2,"prompt":"x y"}`)
		probe.ExpectText(`{"id":2,"text":"x"}`)
		probe.SendText(`{"id":1,"cancel":true}`)
		probe.ExpectText(`{"id":1,"done":true}`)
		probe.ExpectText(`{"id":2,"text":"y"}`)
		probe.ExpectText(`{"id":2,"done":true}`)
		probe.ExpectNoMessage(time.Minute)
		for id := range 100 { // those that have ended make room
			probe.SendJSON(request{ID: id, Prompt: "z"})
			probe.ExpectJSON(reply{ID: id, Text: "z"})
			probe.ExpectJSON(reply{ID: id, Done: true})
		}
	})
}

// limited answers up to 5 questions a second. The sixth waits; if it were EnforceRate, it would be refused.
func limited(in flow.Source[message.Message]) flow.Source[message.Message] {
	return lengths(flow.Throttle(in, flow.Rate{N: 5, Per: time.Second}))
}

var errTooFast = &upgrade.CloseError{Code: 4029, Reason: "slow down"}

// strict closes the connection of a client that sends more than 5 messages a second, or 20 at once.
func strict(in flow.Source[message.Message]) flow.Source[message.Message] {
	rate := flow.Rate{N: 5, Per: time.Second, Burst: 20}
	return lengths(flow.EnforceRate(in, rate, tooFast))
}

func tooFast(_ context.Context, m message.Message) (message.Message, error) { return m, errTooFast }

// refusing tells the client which of its questions came too soon, past those that are at work.
func refusing(from loader) upgrade.Handler {
	return message.JSON(func(questions flow.Source[question]) flow.Source[answer] {
		asked := flow.EnforceRate(questions, flow.Rate{N: 5, Per: time.Second}, func(_ context.Context, q question) (question, error) {
			q.refused = true // an error would close the connection
			return q, nil
		})
		choose := func(q question) int {
			if q.refused {
				return 1
			}
			return 0
		}
		return flow.Partition(asked, choose, func(in flow.Source[question]) flow.Source[answer] {
			return flow.MapAsyncUnordered(in, 4, func(ctx context.Context, q question) (answer, error) {
				n, err := from.Load(ctx, q.Of)
				return answer{ID: q.ID, Is: n}, err
			})
		}, func(in flow.Source[question]) flow.Source[answer] {
			return flow.Map(in, func(q question) answer { return answer{ID: q.ID, Error: "slow down"} })
		})
	})
}

type slowLoader struct{}

func (slowLoader) Load(ctx context.Context, key string) (int, error) {
	select {
	case <-time.After(time.Second):
		return len(key), nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func TestRefusalsDoNotWaitForAPlace(t *testing.T) {
	talk(t, new(upgrade.Upgrader), refusing(slowLoader{}), func(t *testing.T, probe *wstest.WSProbe) {
		start := time.Now()
		for id := range 6 {
			probe.SendJSON(question{ID: id, Of: "abc"})
		}
		probe.ExpectJSON(answer{ID: 5, Error: "slow down"})
		require.Zero(t, time.Since(start))
		for range 5 {
			probe.ExpectMessage()
		}
		require.Equal(t, 2*time.Second, time.Since(start)) // four, and then the fifth
	})
}

func TestRates(t *testing.T) {
	talk(t, new(upgrade.Upgrader), limited, func(t *testing.T, probe *wstest.WSProbe) {
		start := time.Now()
		for range 10 {
			probe.SendText(`{}`)
		}
		for range 10 {
			probe.ExpectText(`{"id":0,"is":0}`)
		}
		require.Equal(t, time.Second, time.Since(start))
	})
	talk(t, new(upgrade.Upgrader), strict, func(_ *testing.T, probe *wstest.WSProbe) {
		for range 20 {
			probe.SendText(`{}`)
			probe.ExpectText(`{"id":0,"is":0}`)
		}
		probe.SendText(`{}`)
		probe.ExpectClose(4029)
	})
}

type order struct {
	Account string `json:"account"`
	Cents   int    `json:"cents"`
}

// book works on up to 8 accounts at a time, and on the orders of one account in their order: balances needs no lock for one.
func book(load func(ctx context.Context, account string) (int, error), save func(ctx context.Context, account string, cents int) error) flow.Flow[order, order] {
	return func(orders flow.Source[order]) flow.Source[order] {
		account := func(o order) string { return o.Account }
		return flow.MapAsyncPartitionedUnordered(orders, 8, account, func(ctx context.Context, account string, o order) (order, error) {
			balance, err := load(ctx, account)
			if err != nil {
				return order{}, err
			}
			return order{account, balance + o.Cents}, save(ctx, account, balance+o.Cents)
		})
	}
}

func TestOrdersOfAnAccountAreInOrder(t *testing.T) {
	balances := map[string]*int{"ada": new(int), "bob": new(int)}
	load := func(_ context.Context, account string) (int, error) { return *balances[account], nil }
	save := func(_ context.Context, account string, cents int) error { *balances[account] = cents; return nil }
	var in []order
	for range 100 {
		in = append(in, order{"ada", 1}, order{"bob", 2})
	}
	out, err := flow.Collect(t.Context(), book(load, save)(flow.Of(in...)))
	require.NoError(t, err)
	require.Len(t, out, 200)
	require.Equal(t, 100, *balances["ada"])
	require.Equal(t, 200, *balances["bob"])
}

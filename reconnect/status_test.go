package reconnect_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// phases follows states until they end.
func phases(t *testing.T, s *reconnect.Status) <-chan []reconnect.State {
	got := make(chan []reconnect.State, 1)
	go func() {
		all, err := flow.Collect(context.Background(), s.States())
		require.NoError(t, err)
		got <- all
	}()
	synctest.Wait()
	return got
}

func TestStatesTellWhatARunIsAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address)
		client := a.client()
		var status reconnect.Status
		client.Status = &status
		client.Target = func(context.Context, reconnect.Attempt) (string, http.Header, error) {
			time.Sleep(time.Millisecond) // so that there is time to see it
			return "ws://server/", nil, nil
		}
		require.Equal(t, reconnect.State{}, status.State())
		all, another := phases(t, &status), phases(t, &status)
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		time.Sleep(time.Second / 2)
		late := phases(t, &status)
		a.becomes(s.Server)
		p := s.Accept()
		synctest.Wait()
		require.Equal(t, reconnect.Connected, status.State().Phase)
		require.NotNil(t, status.State().Conn)
		closeWith(p, 4000)
		err := l.end()

		got := <-all
		closed := &upgrade.CloseError{Code: 4000, FromPeer: true}
		require.Len(t, got, 6)
		require.Equal(t, reconnect.State{}, got[0])
		require.Equal(t, reconnect.State{Phase: reconnect.Connecting, Attempt: 1}, got[1])
		require.Equal(t, reconnect.State{Phase: reconnect.Waiting, Attempt: 1, Wait: time.Second, Err: got[2].Err}, got[2])
		require.ErrorContains(t, got[2].Err, "connection refused")
		require.Equal(t, reconnect.State{Phase: reconnect.Connecting, Attempt: 2}, got[3])
		require.Equal(t, reconnect.State{Phase: reconnect.Connected, Attempt: 2, Conn: got[4].Conn}, got[4])
		require.Equal(t, reconnect.State{Phase: reconnect.Closed, Attempt: 2, Err: &reconnect.Error{Failures: 2, Err: closed}}, got[5])
		require.Equal(t, err, got[5].Err)
		require.Equal(t, got, <-another)
		require.Equal(t, got[2:], <-late)
		require.Equal(t, got[5:], <-phases(t, &status)) // the current one, which is the last
	})
}

func TestSlowReaderOfStatesGetsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := new(address).client()
		var status reconnect.Status
		client.Status, client.MaxAttempts = &status, 1000
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		synctest.Wait()
		var got []reconnect.State
		require.NoError(t, status.States().Run(t.Context(), func(s reconnect.State) error {
			require.Equal(t, status.State(), s)
			got = append(got, s)
			time.Sleep(300*time.Second + 100*time.Millisecond)
			return nil
		}))
		require.ErrorAs(t, l.end(), new(*reconnect.Error))
		require.Len(t, got, 5)
		require.Equal(t, reconnect.Closed, got[4].Phase)
	})
}

func TestReaderOfStatesThatLeavesLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var status reconnect.Status
		got, err := flow.Collect(t.Context(), flow.Take(status.States(), 1))
		require.NoError(t, err)
		require.Len(t, got, 1)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		_, err = flow.Collect(ctx, status.States())
		require.Equal(t, errTest, err)
	}) // a bubble does not end with a goroutine in it
}

func TestConstantsHaveNames(t *testing.T) {
	var names []string
	for p := reconnect.Idle; p <= reconnect.Closed+1; p++ {
		names = append(names, p.String())
	}
	require.Equal(t, []string{"Idle", "Connecting", "Connected", "Waiting", "Closed", "Phase(5)"}, names)
}

// The Dialer's observer is told what it is told of any connection.
func TestObserverSeesAttemptsAndConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := refusing(t, http.StatusServiceUnavailable, nil)
		client := a.client()
		var seen observed
		client.Dialer.Observer = &seen
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		synctest.Wait()
		a.becomes(s.Server)
		s.Accept().Cut()
		synctest.Wait()
		l.leave()
		require.Equal(t, observed{"failed", "opened", "closed"}, seen)
	})
}

type observed []string

func (o *observed) Observe(e upgrade.Event) {
	switch e.(type) {
	case upgrade.DialFailed:
		*o = append(*o, "failed")
	case upgrade.Opened:
		*o = append(*o, "opened")
	case upgrade.Closed:
		*o = append(*o, "closed")
	}
}

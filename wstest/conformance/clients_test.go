package conformance_test

import (
	"context"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

// A driver is a client that plays all cases of a suite.
type driver struct {
	*upgrade.Dialer
	server *wstest.Server
	agent  string
}

func (d driver) visit(ctx context.Context, path string, n int) (*upgrade.Conn, error) {
	query := url.Values{"agent": {d.agent}, "case": {strconv.Itoa(n)}}
	c, _, err := d.Dial(ctx, d.server.URL(path+"?"+query.Encode()))
	return c, err
}

// ask returns the text that is the answer of a path.
func (d driver) ask(t *testing.T, path string, n int) string {
	t.Helper()
	c, err := d.visit(t.Context(), path, n)
	require.NoError(t, err)
	var answer string
	require.NoError(t, c.Run(t.Context(), func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.MapConcat(in, func(m message.Message) []message.Message {
			got, err := m.Strict(t.Context(), 1<<20)
			require.NoError(t, err)
			answer = got.Text()
			return nil
		})
	}))
	return answer
}

// drive plays all cases, and returns their number. What becomes of them is for the suite to say.
func (d driver) drive(t *testing.T) int {
	t.Helper()
	count, err := strconv.Atoi(d.ask(t, "/getCaseCount", 0))
	require.NoError(t, err)
	for n := 1; n <= count; n++ {
		c, err := d.visit(t.Context(), "/runCase", n)
		if err == nil {
			_ = c.Run(t.Context(), echo)
		}
	}
	require.Empty(t, d.ask(t, "/updateReports", 0))
	return count
}

func TestOurClientPassesEveryCase(t *testing.T) {
	for _, c := range configurations() {
		c.wire.ClientReads, c.wire.ServerReads = c.wire.ServerReads, nil
		c.in(t, func(t *testing.T) {
			agent := "our client, " + c.name
			suite := &conformance.Clients{Cases: c.cases(), Refusals: true, Timeout: 10 * time.Second}
			if c.virtual() {
				suite.Pause = time.Millisecond
			}
			updated := 0
			suite.Updated = func(string) { updated++ }
			s := wstest.NewServer(t, suite, c.wire)
			d := driver{s.Dialer(), s, agent}
			d.Streaming, d.MaxMessage, d.Compression = c.streaming, c.limit, c.compression
			count := d.drive(t)
			require.Equal(t, 1, updated)
			runs := suite.Runs()
			require.Len(t, runs, 1)
			require.Equal(t, count, runs[0].Count())
			check(t, runs[0])
			c.checkCompressed(t, runs[0])
		})
	}
}

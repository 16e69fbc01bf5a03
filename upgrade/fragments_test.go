package upgrade_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

// A message within the limit is within it also when it is streamed in small chunks that compression makes longer.
func TestAStreamedMessageOfTheLimitPassesThoughItCannotBeCompressed(t *testing.T) {
	for _, size := range []int{32, 500} {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			var chunks [][]byte
			for range (1 << 20) / size {
				chunk := make([]byte, size)
				for i := range chunk {
					chunk[i] = byte(rnd.Uint32())
				}
				chunks = append(chunks, chunk)
			}
			length := make(chan int, 1)
			s := serve(func(in source) source {
				return flow.Map(in, func(m message.Message) message.Message {
					length <- len(m.Bytes())
					return message.Text("ok")
				})
			}, compressing(taking, false))
			server := wstest.NewServer(t, s)
			d := server.Dialer()
			d.Settings = compressing(taking, false)
			c, _, err := d.Dial(t.Context(), server.URL("/"))
			require.NoError(t, err)
			go func() {
				_ = c.Run(t.Context(), flow.FromSinkAndSource(flow.Ignore[message.Message](), flow.Never[message.Message]()))
			}()
			require.NoError(t, c.Send(t.Context(), message.BinaryStream(flow.Of(chunks...))))
			select {
			case n := <-length:
				require.Equal(t, len(chunks)*size, n)
			case err := <-s.ended:
				require.NoError(t, err, "chunks of %d", size)
			}
			require.NoError(t, c.Close(protocol.CloseNormal, ""))
		})
	}
}

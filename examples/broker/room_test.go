package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// The broker works in real time.
const (
	waitFor = 10 * time.Second
	tick    = time.Millisecond
)

// newBroker starts a NATS server, and connects to it.
func newBroker(t *testing.T) (*server.Server, *nats.Conn) {
	broker, err := startBroker()
	require.NoError(t, err)
	t.Cleanup(broker.Shutdown)
	return broker, connect(t, broker)
}

func connect(t *testing.T, broker *server.Server) *nats.Conn {
	conn, err := nats.Connect(broker.ClientURL(), nats.NoReconnect())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

// enter connects a client to a room, and returns when it hears what is said there.
func enter(t *testing.T, s *wstest.Server, conn *nats.Conn, room string) *wstest.WSProbe {
	before := conn.NumSubscriptions()
	probe := s.Probe("/rooms/" + room)
	require.Eventually(t, func() bool { return conn.NumSubscriptions() > before }, waitFor, tick)
	require.NoError(t, conn.Flush())
	return probe
}

func TestAllClientsOfARoomHearWhatIsSaid(t *testing.T) {
	_, conn := newBroker(t)
	s := wstest.NewServer(t, routes(new(upgrade.Upgrader), conn))
	ada, grace, alone := enter(t, s, conn, "blue"), enter(t, s, conn, "blue"), enter(t, s, conn, "red")
	ada.SendText("hello")
	ada.ExpectText("hello")
	grace.ExpectText("hello")
	grace.SendText("hello yourself")
	ada.ExpectText("hello yourself")
	alone.SendText("anybody?")
	alone.ExpectText("anybody?")
}

func TestRoomIsASubjectOfTheBroker(t *testing.T) {
	broker, conn := newBroker(t)
	other := connect(t, broker)
	sub, err := other.SubscribeSync("rooms.>")
	require.NoError(t, err)
	require.NoError(t, other.Flush())

	s := wstest.NewServer(t, routes(new(upgrade.Upgrader), conn))
	ada := enter(t, s, conn, "blue")
	ada.SendText("hello")
	ada.ExpectText("hello")
	msg, err := sub.NextMsg(waitFor)
	require.NoError(t, err)
	require.Equal(t, "rooms.blue", msg.Subject)
	require.Equal(t, "hello", string(msg.Data))

	require.NoError(t, other.Publish("rooms.blue", []byte("from elsewhere")))
	ada.ExpectText("from elsewhere")
	require.NoError(t, other.Publish("rooms.blue", []byte("not \xff UTF-8")))
	ada.ExpectText("not \ufffd UTF-8")
}

func TestClientThatLeavesIsUnsubscribed(t *testing.T) {
	_, conn := newBroker(t)
	s := wstest.NewServer(t, routes(new(upgrade.Upgrader), conn))
	ada := enter(t, s, conn, "blue")
	ada.SendCompletion()
	ada.ExpectCompletion()
	require.Eventually(t, func() bool { return conn.NumSubscriptions() == 0 }, waitFor, tick)
}

func TestBrokerThatGoesAwayEndsTheConnections(t *testing.T) {
	broker, conn := newBroker(t)
	s := wstest.NewServer(t, routes(new(upgrade.Upgrader), conn))
	ada := enter(t, s, conn, "blue")
	broker.Shutdown()
	ada.ExpectClose(1011)
}

func TestOtherNamesAreRefused(t *testing.T) {
	_, conn := newBroker(t)
	route := routes(new(upgrade.Upgrader), conn)
	for _, name := range []string{"a.b", "*", "%3E", "a%20b"} {
		wstest.WS("/rooms/"+name, wstest.NewWSProbe(t).Flow()).Run(route).Check(func(r *wstest.Response) {
			require.Equal(t, http.StatusNotFound, r.StatusCode, name)
		})
	}
	r := wstest.HTTP(http.MethodGet, "/").Run(route)
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Contains(t, r.Text(), "<title>")
}

// Broker is a bridge between WebSocket clients and a message broker through go-streams: a client of /rooms/NAME says
// and hears what is published on the subject rooms.NAME of a NATS server, as do all other clients of that server. With
// many of these processes at one broker, a room is all of theirs.
//
//	go run . [-addr localhost:8080] [-nats nats://…]
//
// Without -nats it starts a server of its own inside, and says where that listens.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

//go:embed page.html
var page []byte

// routes serves the page and the rooms.
func routes(ws *upgrade.Upgrader, conn *nats.Conn) http.Handler {
	return routing.With(ws, routing.Concat(
		routing.Path("/rooms/{room}", routing.ExtractUpgrade(chooseRoom(conn))),
		routing.Path("GET /{$}", routing.Handler(serve.Page(page))),
	))
}

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	broker := flag.String("nats", "", "URL of a NATS server; one inside this process if empty")
	flag.Parse()
	if err := run(*addr, *broker); err != nil {
		fmt.Fprintln(os.Stderr, "broker:", err)
		os.Exit(1)
	}
}

func run(addr, broker string) error {
	if broker == "" {
		inside, err := startBroker()
		if err != nil {
			return err
		}
		defer inside.Shutdown()
		broker = inside.ClientURL()
	}
	conn, err := nats.Connect(broker)
	if err != nil {
		return fmt.Errorf("%s: %w", broker, err)
	}
	defer conn.Close()
	fmt.Println("broker at", broker)
	ws := new(upgrade.Upgrader)
	s := serve.Server{Addr: addr, Handler: routes(ws, conn), Upgrader: ws}
	return s.Run(context.Background(), os.Stdout)
}

// startBroker starts a NATS server on a port of the loopback interface.
func startBroker() (*server.Server, error) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, errors.New("the NATS server did not start")
	}
	return s, nil
}

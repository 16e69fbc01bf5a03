package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// production are the limits that a server has which is open to the world and serves people: each speaks a few times a second at most, and
// few come from one address.
func production() *upgrade.Upgrader {
	return &upgrade.Upgrader{
		Settings: upgrade.Settings{
			MaxMessage:     64 << 10,
			PingInterval:   20 * time.Second,
			MessageTimeout: 5 * time.Second,
			WriteTimeout:   3 * time.Second,
			CloseTimeout:   3 * time.Second,
			MessageRate:    upgrade.Rate{N: 20, Per: time.Second, Burst: 50},
			ControlRate:    upgrade.Rate{N: 5, Per: time.Second, Burst: 10},
			ByteRate:       upgrade.Rate{N: 50_000, Per: time.Second, Burst: 256 << 10},
		},
		MaxConnections:       10_000,
		MaxConnectionsPerKey: 25,
		HandshakeRate:        upgrade.Rate{N: 500, Per: time.Second},
		HandshakeRatePerKey:  upgrade.Rate{N: 2, Per: time.Second, Burst: 25},
	}
}

// serve is the server's process. It says where it listens, and then does what the lines of its input say.
func serve(args []string) error {
	u := &upgrade.Upgrader{}
	perAddress, headTime := 0, 10*time.Second
	if args[0] == "production" {
		u, perAddress, headTime = production(), 50, 3*time.Second
	}
	u.Compression = &deflate.Settings{}
	u.Logger = slog.New(slog.DiscardHandler)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		var err error
		if args[1] == "http" {
			quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			err = (&http.Server{Handler: u.Handler(answer), ReadHeaderTimeout: headTime, ErrorLog: quiet}).Serve(listener)
		} else {
			err = (&upgrade.Server{
				Handler: u.Handler(answer), ReadHeaderTimeout: headTime, MaxConnectionsPerAddress: perAddress,
				Logger: slog.New(slog.DiscardHandler),
			}).Serve(listener)
		}
		fmt.Fprintln(os.Stderr, "hostile: server:", err)
		os.Exit(1)
	}()
	fmt.Println(listener.Addr())
	return obey(u)
}

// answer answers each message with itself, and closes when it is told to.
func answer(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) {
		if m.Len() == len(goodbye) && m.IsText() && m.Text() == goodbye {
			return m, &upgrade.CloseError{Code: 4000, Reason: "goodbye"}
		}
		return m, nil
	})
}

const goodbye = "goodbye"

// serverState is what the server says of itself.
type serverState struct {
	Heap        uint64 // bytes, with the stacks
	Goroutines  int
	Connections int
}

// obey answers each line with one: "state"; "settle", after which what is not in use has gone back to the system; "profile file" and
// "profile". It returns when the parent has closed the input.
func obey(u *upgrade.Upgrader) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, file, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "settle":
			debug.FreeOSMemory()
		case "profile":
			pprof.StopCPUProfile()
			if file != "" {
				f, err := os.Create(file)
				if err != nil {
					return err
				}
				if err := pprof.StartCPUProfile(f); err != nil {
					return err
				}
			}
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		state := serverState{Heap: m.HeapInuse + m.StackInuse, Goroutines: runtime.NumGoroutine()}
		for range u.Connections() {
			state.Connections++
		}
		if err := json.NewEncoder(os.Stdout).Encode(state); err != nil {
			return err
		}
	}
	return lines.Err()
}

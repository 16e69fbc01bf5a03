package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An attack is what the hostile peers do during one phase.
type attack struct {
	rate int // frames a second of those that flood

	open, most     atomic.Int64 // peers that the server deals with
	attempts, cuts atomic.Int64
}

// in counts peers that are in, or out again.
func (a *attack) in(n int64) {
	open := a.open.Add(n)
	for most := a.most.Load(); open > most && !a.most.CompareAndSwap(most, open); most = a.most.Load() {
	}
}

// loadState is what the hostile peers say of themselves.
type loadState struct {
	Open, Most     int64 // connections now, and at most so far
	Attempts, Cuts int64 // to connect, and connections that the server has ended
}

// load is the process of the hostile peers. Each line of its input is the kind to be of, with a number of peers, or "none", or "state".
func load(args []string) error {
	runtime.GOMAXPROCS(1)
	lowerPriority()
	rate, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	fmt.Println("ready")
	a := &attack{rate: rate}
	stop := func() {}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, count, _ := strings.Cut(lines.Text(), " ")
		if command != "state" {
			stop()
			n, _ := strconv.Atoi(count)
			a = &attack{rate: rate}
			stop = a.begin(args[0], command, n)
		}
		state := loadState{a.open.Load(), a.most.Load(), a.attempts.Load(), a.cuts.Load()}
		if err := json.NewEncoder(os.Stdout).Encode(state); err != nil {
			return err
		}
	}
	stop()
	return lines.Err()
}

// begin starts so many peers, within a second, and returns what ends them.
func (a *attack) begin(address, name string, peers int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for i := range peers {
		k := kinds[i%len(kinds)]
		for _, one := range kinds {
			if one.name == name {
				k = one
			}
		}
		wg.Go(func() { a.keepAt(ctx, address, k, i, peers) })
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// keepAt connects and behaves again and again, half a second to one and a half after each end.
func (a *attack) keepAt(ctx context.Context, address string, k kind, i, peers int) {
	from := sourceAddress(1, i%attackers)
	if pause(ctx, time.Second*time.Duration(i)/time.Duration(peers)) != nil {
		return
	}
	for {
		a.attempts.Add(1)
		nc, err := (&net.Dialer{LocalAddr: from, Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
		if err == nil {
			unwatch := context.AfterFunc(ctx, func() { _ = nc.Close() })
			_ = k.behave(ctx, a, nc)
			unwatch()
			_ = nc.Close()
			a.cuts.Add(1)
		}
		if pause(ctx, time.Duration(500+rand.IntN(1000))*time.Millisecond) != nil {
			return
		}
	}
}

// attackers is how many addresses the hostile peers have between them.
const attackers = 50

// sourceAddress is an address of this machine to connect from, or nil where there is but one.
func sourceAddress(net3, host int) net.Addr {
	if runtime.GOOS != "linux" {
		return nil
	}
	return &net.TCPAddr{IP: net.IPv4(127, 0, byte(net3), byte(1+host))}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

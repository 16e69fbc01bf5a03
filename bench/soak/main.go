// Soak lets wsflow serve thousands of connections for a long time, and checks everything that each of them sees.
//
//	go run ./soak [-connections 2000] [-duration 1h] [-rate 1000] [-faults] [-seed 1] [-report 1m]
//
// Each connection has a plan, which the seed decides: what the server does with its messages (an echo, one of streams, one by
// MapAsync, a hub's topic), TLS, compression, a good link or a bad one, how long it lives, and how it ends: by a close of either
// side with any code, by a failing or panicking handler, by a drain, by a cut, a half-close or silence of the network, by bits that
// flip. The client checks that each reply is there, in its place and unchanged; both ends check how they end. When one
// has ended, another takes its place. What is wrong is printed with its plan, and the exit status is 1.
//
// In the end it prints what it did, whether the live heap has grown, and whether goroutines are left; the last line is the same as JSON.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type options struct {
	connections int
	duration    time.Duration
	rate        float64 // messages in a second, of all connections
	faults      bool
	seed        uint64
	report      time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.IntVar(&o.connections, "connections", 2000, "keep so many connections")
	flags.DurationVar(&o.duration, "duration", time.Hour, "begin new connections for so long")
	flags.Float64Var(&o.rate, "rate", 1000, "send so many messages in a second, over all connections")
	flags.BoolVar(&o.faults, "faults", true, "give some connections bad links")
	flags.Uint64Var(&o.seed, "seed", 1, "the seed of all plans")
	flags.DurationVar(&o.report, "report", time.Minute, "say how it goes so often")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.connections < 1 || o.rate <= 0 || o.duration < 4*time.Second || o.report <= 0 {
		return errors.New("connections, rate and report have to be positive, and the duration at least 4s")
	}
	if err := raiseFileLimit(uint64(2*o.connections + 1000)); err != nil {
		return err
	}
	s, err := newSoak(o, out)
	if err != nil {
		return err
	}
	return s.run(ctx)
}

// raiseFileLimit lets the process have so many files open.
func raiseFileLimit(need uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur >= need {
		return nil
	}
	if limit.Max < need {
		return fmt.Errorf("%d files are needed, and the limit is %d", need, limit.Max)
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

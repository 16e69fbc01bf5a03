package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

const (
	honestPause    = 100 * time.Millisecond // between the questions of one peer
	honestPatience = 30 * time.Second
)

// A crowd is the honest peers. Each asks ten times a second and waits for its answer.
type crowd struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu     sync.Mutex
	sample []time.Duration   // since the last look
	due    map[int]time.Time // by peer: when the question was due that waits for its answer
	errors int
	first  string
}

// connect lets so many peers connect and begin to ask.
func connect(ctx context.Context, address string, peers int) (*crowd, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &crowd{stop: cancel, due: make(map[int]time.Time)}
	for i := range peers {
		d := &upgrade.Dialer{DialContext: (&net.Dialer{LocalAddr: sourceAddress(2, i%10)}).DialContext}
		conn, _, err := d.Dial(ctx, "ws://"+address+"/")
		if err != nil {
			cancel()
			return nil, fmt.Errorf("an honest peer cannot connect: %w", err)
		}
		c.wg.Go(func() { c.ask(ctx, conn, i) })
	}
	return c, nil
}

func (c *crowd) leave() {
	c.stop()
	c.wg.Wait()
}

// look returns the latencies since the last look, in order; errors are for the row. Of questions that wait for their answers, and of
// those that are due behind them, there is the time so far: a server that answers nobody is not a fast one.
func (c *crowd) look(r *row) (sample []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.firstError == "" && c.errors > 0 {
		r.firstError = c.first
	}
	r.HonestErrors += c.errors
	sample = c.sample
	c.sample, c.errors = nil, 0
	for _, due := range c.due {
		for late := time.Since(due); late > honestPause; late -= honestPause {
			sample = append(sample, late)
		}
	}
	slices.Sort(sample)
	return sample
}

func (c *crowd) failed(number int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.due, number)
	if c.errors++; c.first == "" {
		c.first = err.Error()
	}
}

// ask asks, and takes the time from when the question was due: a peer that waits too long for one answer is late with the next question,
// which counts.
func (c *crowd) ask(ctx context.Context, conn *upgrade.Conn, number int) {
	answers := make(chan message.Message, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- conn.Run(ctx, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.FromSinkAndSource(flow.ToChan(answers), flow.Never[message.Message]())(in)
		})
	}()
	due := time.Now().Add(time.Duration(rand.Int64N(int64(honestPause))))
	for n := 0; ; n++ {
		if pause(ctx, time.Until(due)) != nil {
			<-ended
			return
		}
		c.asked(number, due)
		text := fmt.Sprintf("question %d of %d, to which I would like an answer", n, number)
		err := conn.Send(ctx, message.Text(text))
		if err == nil {
			err = c.await(ctx, answers, ended, text)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			c.failed(number, err)
			return
		}
		c.answered(number)
		due = due.Add(honestPause)
	}
}

func (c *crowd) asked(number int, due time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due[number] = due
}

func (c *crowd) answered(number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sample = append(c.sample, time.Since(c.due[number]))
	delete(c.due, number)
}

func (c *crowd) await(ctx context.Context, answers <-chan message.Message, ended chan error, want string) error {
	timer := time.NewTimer(honestPatience)
	defer timer.Stop()
	select {
	case m := <-answers:
		if m.Text() != want {
			return fmt.Errorf("the answer to %q is %q", want, m.Text())
		}
		return nil
	case err := <-ended:
		ended <- err
		return fmt.Errorf("the connection has ended: %w", err)
	case <-timer.C:
		return fmt.Errorf("no answer within %v", honestPatience)
	case <-ctx.Done():
		return ctx.Err()
	}
}

package e2e_test

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what has to happen. It is no measure of how fast that is.
const patience = 20 * time.Second

// receive waits for a value, or for the channel to be closed.
func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.FailNow(t, "waited too long", "for %s", what)
		panic("unreachable")
	}
}

// An output collects what a process or a logger writes, for those who wait for a line of it.
type output struct {
	mu      sync.Mutex
	text    []byte
	changed chan struct{} // closed with the next write; nil if nobody waits
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b...)
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// await waits until the output has a match, and returns its last group.
func (o *output) await(ctx context.Context, pattern *regexp.Regexp) (string, error) {
	for {
		o.mu.Lock()
		match := pattern.FindSubmatch(o.text)
		if o.changed == nil {
			o.changed = make(chan struct{})
		}
		changed := o.changed
		o.mu.Unlock()
		if match != nil {
			return string(match[len(match)-1]), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", fmt.Errorf("no %q in the output: %w", pattern, context.Cause(ctx))
		}
	}
}

package flowtest

import (
	"bytes"
	"context"
	"maps"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A family is the goroutines of the runs of one check. They are told from all others by a profiler label, which a
// goroutine inherits from the one that starts it. To look for them is dear, so it is done once, after all runs.
type family struct {
	number string

	mu    sync.Mutex
	cases []string // a run each; the empty ones are not looked for
}

const labelName = "flowtest"

var families atomic.Uint64

func newFamily() *family { return &family{number: strconv.FormatUint(families.Add(1), 10)} }

// start runs f on a new goroutine, as a run with that name.
func (y *family) start(name string, f func()) (run int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	run = len(y.cases)
	y.cases = append(y.cases, name)
	label := y.number + "." + strconv.Itoa(run)
	go func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(labelName, label)))
		f()
	}()
	return run
}

// forget leaves out a run.
func (y *family) forget(run int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.cases[run] = ""
}

// awaitGone waits for the goroutines to finish, and calls left for each run with the stacks of those that do not.
func (y *family) awaitGone(patience time.Duration, left func(name, stacks string)) {
	y.mu.Lock()
	defer y.mu.Unlock()
	deadline := time.Now().Add(patience)
	for pause := time.Microsecond; ; pause = min(2*pause, 10*time.Millisecond) {
		found := y.goroutines()
		if len(found) > 0 && time.Now().Before(deadline) {
			time.Sleep(pause)
			continue
		}
		for _, run := range slices.Sorted(maps.Keys(found)) {
			left(y.cases[run], strings.Join(found[run], "\n\n"))
		}
		return
	}
}

// goroutines returns the stacks of the goroutines that there are, by their run.
func (y *family) goroutines() map[int][]string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return nil
	}
	found := make(map[int][]string)
	mark := `"` + labelName + `":"` + y.number + `.`
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		_, label, ok := strings.Cut(stack, mark)
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(label, `"`)
		if run, err := strconv.Atoi(digits); err == nil && y.cases[run] != "" {
			found[run] = append(found[run], stack)
		}
	}
	return found
}

// goroutineID returns the number of the calling goroutine. It is for finding out which goroutine calls, nothing else.
func goroutineID() string {
	var buf [64]byte
	fields := strings.Fields(string(buf[:runtime.Stack(buf[:], false)]))
	return fields[1] // "goroutine 7 [running]:"
}

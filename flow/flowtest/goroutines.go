package flowtest

import (
	"bytes"
	"context"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The goroutines of a run are told from all others by a profiler label, which a goroutine inherits
// from the one that starts it.
const labelName = "flowtest"

var lastLabel atomic.Uint64

// labelled runs f on a new goroutine, and returns the label of it and of all that it starts.
func labelled(f func()) (label string) {
	label = strconv.FormatUint(lastLabel.Add(1), 10)
	go func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(labelName, label)))
		f()
	}()
	return label
}

// awaitGone waits for the goroutines with the label to finish, and returns the stacks of those that do not.
func awaitGone(label string, patience time.Duration) string {
	deadline := time.Now().Add(patience)
	for pause := time.Microsecond; ; pause = min(2*pause, 10*time.Millisecond) {
		stacks := goroutines(label)
		if stacks == "" || time.Now().After(deadline) {
			return stacks
		}
		runtime.Gosched()
		time.Sleep(pause)
	}
}

func goroutines(label string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return ""
	}
	mark := `"` + labelName + `":"` + label + `"`
	var found []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, mark) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

// goroutineID returns the number of the calling goroutine. It is for finding out which goroutine calls, nothing else.
func goroutineID() string {
	var buf [64]byte
	fields := strings.Fields(string(buf[:runtime.Stack(buf[:], false)]))
	return fields[1] // "goroutine 7 [running]:"
}

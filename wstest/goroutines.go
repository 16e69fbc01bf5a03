package wstest

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A crew is the goroutines of one server and its connections. They are told from all others by a profiler
// label, which a goroutine inherits from the one that starts it.
type crew struct{ label string }

const crewLabel = "wstest"

var crews atomic.Uint64

func newCrew() crew { return crew{label: strconv.FormatUint(crews.Add(1), 10)} }

// start runs f on a goroutine of the crew.
func (c crew) start(f func()) {
	go func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(crewLabel, c.label)))
		f()
	}()
}

// await waits until none of the crew is at work, and returns the stacks of those who still are when
// patience is over.
func (c crew) await(patience time.Duration) string {
	deadline := time.Now().Add(patience)
	for pause := 10 * time.Microsecond; ; pause = min(2*pause, 50*time.Millisecond) {
		stacks := c.stacks()
		if stacks == "" || time.Now().After(deadline) {
			return stacks
		}
		time.Sleep(pause)
	}
}

func (c crew) stacks() string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return ""
	}
	mark := `"` + crewLabel + `":"` + c.label + `"`
	var found []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, mark) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

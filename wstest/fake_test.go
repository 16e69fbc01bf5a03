package wstest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A fakeTest is a test inside of a test, to see how it fails.
type fakeTest struct {
	testing.TB // for what a test does not call

	mu       sync.Mutex
	report   []string
	cleanups []func()
}

// failureOf runs a test with its cleanup, and returns what it fails with, or "".
func failureOf(test func(tb testing.TB)) string {
	f := new(fakeTest)
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
	return strings.Join(f.report, "\n")
}

func (f *fakeTest) Helper() {}

func (f *fakeTest) Cleanup(cleanup func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cleanups = append(f.cleanups, cleanup)
}

func (f *fakeTest) Logf(string, ...any) {}

func (f *fakeTest) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.report = append(f.report, fmt.Sprintf(format, args...))
}

func (f *fakeTest) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

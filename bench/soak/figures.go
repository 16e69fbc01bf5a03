package main

import (
	"math"
	"math/bits"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// A histogram counts durations by powers of two, each in sixteen parts.
type histogram [16 * 60]atomic.Int64

func (h *histogram) add(d time.Duration) {
	n := uint64(max(d, 32))
	exponent := bits.Len64(n)
	h[16*(exponent-5)+int(n>>(exponent-5))&15].Add(1)
}

// quantile returns a duration that the given part of all does not exceed.
func (h *histogram) quantile(part float64) time.Duration {
	total, seen := int64(0), int64(0)
	for i := range h {
		total += h[i].Load()
	}
	for i := range h {
		if seen += h[i].Load(); seen > 0 && float64(seen) >= part*float64(total) {
			return time.Duration(uint64(17+i%16) << (i / 16))
		}
	}
	return 0
}

// A sample is what the process uses at a time.
type sample struct {
	at         time.Duration // since the start
	heap, rss  uint64        // bytes
	goroutines int
	cpu        time.Duration // since the process began
}

// takeSample collects the garbage first, so that the heap is what lives.
func takeSample(since time.Time) sample {
	runtime.GC()
	read := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(read)
	return sample{
		at: time.Since(since), heap: read[0].Value.Uint64(), rss: residentSet(),
		goroutines: runtime.NumGoroutine(), cpu: processorTime(),
	}
}

// residentSet returns 0 where there is no /proc.
func residentSet() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(fields[1], 10, 64)
	return pages * uint64(os.Getpagesize())
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// A trend is a straight line through samples: its slope in bytes for each minute, and the slope's standard error.
type trend struct {
	Slope, Error float64
	Samples      int
}

// trendOf fits the line by least squares.
func trendOf(samples []sample, value func(sample) uint64) trend {
	n := float64(len(samples))
	if n < 3 {
		return trend{Samples: len(samples)}
	}
	var mx, my, sxx, sxy, rest float64
	for _, s := range samples {
		mx += s.at.Minutes() / n
		my += float64(value(s)) / n
	}
	for _, s := range samples {
		x, y := s.at.Minutes()-mx, float64(value(s))-my
		sxx += x * x
		sxy += x * y
	}
	slope := sxy / sxx
	for _, s := range samples {
		e := float64(value(s)) - my - slope*(s.at.Minutes()-mx)
		rest += e * e
	}
	return trend{Slope: slope, Error: math.Sqrt(rest / (n - 2) / sxx), Samples: len(samples)}
}

// isFlat reports whether the slope cannot be told from none: it is less than twice its error.
func (t trend) isFlat() bool { return math.Abs(t.Slope) <= 2*t.Error }

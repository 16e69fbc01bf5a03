package faults

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	window   = 64 << 10 // bytes that a lane holds at least
	readSize = 16 << 10
	slice    = 100 // pieces of bandwidth in a second, so that bytes come evenly
)

// A lane is one direction of a relay. One goroutine reads what comes in, another writes what is due.
type lane struct {
	relay    *Relay
	from, to Conn
	random   *rand.Rand

	room chan struct{} // has an element when there may be room
	work chan struct{} // has an element when there may be something to do

	mu      sync.Mutex
	set     Direction
	queue   []arrival
	size    int  // bytes in queue, and being written
	discard bool // what comes is for nobody
	counts  Counts

	// What has happened since the faults were set.
	passed  int64
	stalled bool      // the stall has begun
	resume  time.Time // when it ends, or zero
	frozen  bool      // it does not
	flipAt  int64     // the next offset of CorruptRate

	// The schedule.
	free time.Time // when the bandwidth is
	rest int64     // what that is too early by, in parts of a nanosecond: one in Bandwidth
	next piece     // the head of the queue, or zero
}

// An arrival is what came in by one read.
type arrival struct {
	data []byte
	end  error // instead of data, what reading ended with
	at   time.Time
}

// A piece is what is written at once: n bytes of the first arrival.
type piece struct {
	n    int
	due  time.Time
	free time.Time // when the bandwidth is, afterwards
	rest int64
}

// A deed is what a lane has to do next.
type deed struct {
	data []byte
	cut  CutKind
	end  error
	wait time.Duration // until something is due; 0 is until something comes
}

func newLane(r *Relay, from, to Conn, set Direction, seed, number uint64) *lane {
	l := &lane{
		relay: r, from: from, to: to, random: rand.New(rand.NewPCG(seed, number)),
		room: make(chan struct{}, 1), work: make(chan struct{}, 1),
	}
	l.install(set)
	return l
}

// install sets the faults.
func (l *lane) install(set Direction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set = set
	l.passed, l.stalled, l.frozen, l.resume, l.next = 0, false, false, time.Time{}, piece{}
	l.free, l.rest = time.Time{}, 0
	l.drawFlip(0)
	poke(l.work)
	poke(l.room)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// read takes in what the sender writes, as far as there is room.
func (l *lane) read() {
	buf := make([]byte, readSize)
	for {
		n, ok := l.awaitRoom()
		if !ok {
			return
		}
		n, err := l.from.Read(buf[:min(n, len(buf))])
		now := time.Now()
		l.mu.Lock()
		if n > 0 && !l.discard {
			l.queue = append(l.queue, arrival{data: bytes.Clone(buf[:n]), at: now})
			l.size += n
		}
		if err != nil {
			l.queue = append(l.queue, arrival{end: err, at: now})
		}
		l.mu.Unlock()
		poke(l.work)
		if err != nil {
			return
		}
	}
}

// awaitRoom waits until bytes may come in, and returns how many. It reports false when the relay is over.
func (l *lane) awaitRoom() (int, bool) {
	for {
		l.mu.Lock()
		n := l.capacity() - l.size
		l.mu.Unlock()
		if n > 0 {
			return n, true
		}
		select {
		case <-l.room:
		case <-l.relay.done:
			return 0, false
		}
	}
}

// capacity is how many bytes may be under way: what fills the line, and at least the window.
func (l *lane) capacity() int {
	if l.discard {
		return math.MaxInt
	}
	under := float64(l.set.Bandwidth) * (l.set.Latency + l.set.Jitter).Seconds()
	return int(min(max(under, window), 1<<30))
}

// write passes on what is due, until the direction has ended.
func (l *lane) write() {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		d := l.decide(time.Now())
		switch {
		case d.data != nil:
			_, err := l.to.Write(d.data)
			l.wrote(len(d.data), err)
		case d.cut != NoCut:
			l.relay.cut(d.cut, l)
		case d.end != nil:
			l.relay.ended(l, d.end)
			return
		case !l.wait(timer, d.wait):
			return
		}
	}
}

// wait waits until something may be due, and reports false when the relay is over.
func (l *lane) wait(timer *time.Timer, d time.Duration) bool {
	var due <-chan time.Time
	if d > 0 {
		timer.Reset(d)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-l.work:
	case <-l.relay.done:
		return false
	}
	return true
}

// wrote makes room, and lets go of a receiver that takes nothing any more.
func (l *lane) wrote(n int, err error) {
	l.mu.Lock()
	l.size -= n
	discard := l.discard
	l.mu.Unlock()
	poke(l.room)
	if err != nil && !discard {
		l.drop()
		l.relay.broken(l)
	}
}

// drop throws away what is under way, and all that still comes.
func (l *lane) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.discard = true
	kept := l.queue[:0]
	for _, a := range l.queue {
		if a.end != nil {
			kept = append(kept, a)
		}
		l.size -= len(a.data)
	}
	l.queue = kept
	l.next = piece{}
	poke(l.room)
	poke(l.work)
}

// dropped reports whether what comes is for nobody.
func (l *lane) dropped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.discard
}

// decide returns what is to be done at the time now.
func (l *lane) decide(now time.Time) deed {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stall(now)
	switch {
	case l.discard:
		if len(l.queue) > 0 {
			return deed{end: l.queue[0].end}
		}
		return deed{}
	case l.frozen:
		return deed{}
	case now.Before(l.resume):
		return deed{wait: l.resume.Sub(now)}
	case l.set.Cut != NoCut && l.passed >= l.set.CutAfter:
		l.counts.Cuts++
		return deed{cut: l.set.Cut}
	case len(l.queue) == 0:
		return deed{}
	}
	head := &l.queue[0]
	if head.end != nil {
		if due := head.at.Add(l.set.Latency); now.Before(due) {
			return deed{wait: due.Sub(now)}
		}
		return deed{end: head.end}
	}
	if l.next.n == 0 {
		l.schedule(head)
	}
	if now.Before(l.next.due) {
		return deed{wait: l.next.due.Sub(now)}
	}
	return deed{data: l.take(head)}
}

// stall begins the stall if it is time.
func (l *lane) stall(now time.Time) {
	if l.stalled || l.set.StallFor == 0 || l.passed < l.set.StallAfter {
		return
	}
	l.stalled = true
	l.counts.Stalls++
	if l.set.StallFor < 0 {
		l.frozen = true
		return
	}
	l.resume = now.Add(l.set.StallFor)
	l.free = l.resume.Add(-l.set.Latency)
}

// schedule chooses the next piece of an arrival, and when it is due.
func (l *lane) schedule(a *arrival) {
	n := len(a.data)
	if l.set.Bandwidth > 0 {
		n = min(n, int(max(1, l.set.Bandwidth/slice)))
	}
	if l.set.Chunking != nil {
		n = min(max(l.set.Chunking(n), 1), n)
	}
	if l.set.Cut != NoCut {
		n = int(min(int64(n), l.set.CutAfter-l.passed))
	}
	if l.set.StallFor != 0 && !l.stalled {
		n = int(min(int64(n), l.set.StallAfter-l.passed))
	}
	free := a.at
	if free.Before(l.free) {
		free = l.free
	}
	if l.set.Bandwidth > 0 {
		total := int64(n)*int64(time.Second) + l.rest
		l.next.rest = total % l.set.Bandwidth
		free = free.Add(time.Duration(total / l.set.Bandwidth))
	}
	due := free.Add(l.set.Latency)
	if l.set.Jitter > 0 {
		due = due.Add(time.Duration(l.random.Int64N(int64(l.set.Jitter) + 1)))
	}
	l.next.n, l.next.due, l.next.free = n, due, free
}

// take removes the next piece from the queue, whose first arrival it is of, and flips its bits.
func (l *lane) take(a *arrival) []byte {
	p := a.data[:l.next.n]
	if a.data = a.data[l.next.n:]; len(a.data) == 0 {
		l.queue[0] = arrival{}
		l.queue = l.queue[1:]
	}
	l.free, l.rest = l.next.free, l.next.rest
	l.next = piece{}
	l.corrupt(p)
	l.passed += int64(len(p))
	l.counts.Bytes += int64(len(p))
	return p
}

// corrupt flips bits of what passes next.
func (l *lane) corrupt(p []byte) {
	if at := l.set.CorruptAt - l.passed; l.set.CorruptBits != 0 && at >= 0 && at < int64(len(p)) {
		p[at] ^= l.set.CorruptBits
		l.counts.Corrupted++
	}
	for l.flipAt < l.passed+int64(len(p)) {
		p[l.flipAt-l.passed] ^= 1 << l.random.IntN(8)
		l.counts.Corrupted++
		l.drawFlip(l.flipAt + 1)
	}
}

// drawFlip draws the first offset from at on whose byte has a bit flipped.
func (l *lane) drawFlip(at int64) {
	if l.set.CorruptRate <= 0 {
		l.flipAt = math.MaxInt64
		return
	}
	if l.set.CorruptRate >= 1 {
		l.flipAt = at
		return
	}
	skip := math.Log(1-l.random.Float64()) / math.Log1p(-l.set.CorruptRate)
	l.flipAt = at + int64(min(skip, math.MaxInt64/2))
}

// isEOF reports whether a direction ended in good order.
func isEOF(err error) bool { return errors.Is(err, io.EOF) }

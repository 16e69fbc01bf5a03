package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/wsflow/wsflow/internal/faults"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
)

// A route is what a server does with the messages of a connection.
type route string

const (
	echo   route = "echo"   // a fused Map
	stream route = "stream" // messages are streamed, and replies too
	async  route = "async"  // replies by MapAsync
	topic  route = "topic"  // the client listens to a hub's topic
)

var routes = []route{echo, stream, async, topic}

// An ending is how a connection is to end.
type ending string

const (
	clientCompletes ending = "client completes" // 1000
	clientFails     ending = "client fails"     // with a CloseError
	clientCloses    ending = "client closes"    // by Conn.Close
	serverCompletes ending = "server completes"
	serverFails     ending = "server fails"  // with a CloseError
	serverErrs      ending = "server errs"   // with any other error: 1011
	serverPanics    ending = "server panics" // 1011
	drained         ending = "drained"       // 1001 or 1012
	cutFIN          ending = "cut by FIN"    // 1006 at both ends, like the next ones
	cutRST          ending = "cut by RST"
	cutHalf         ending = "half-closed"
	silenced        ending = "silenced" // nothing passes any more
	corrupted       ending = "corrupted"
)

var (
	orderlyEndings = []ending{
		clientCompletes, clientFails, clientCloses, serverCompletes, serverFails, serverErrs, serverPanics, drained, drained,
	}
	faultyEndings = []ending{cutFIN, cutRST, cutHalf, silenced, corrupted, corrupted}
)

const (
	largest    = 256 << 10 // bytes of a message
	inFlight   = 512 << 10 // bytes that a client sends before it waits for replies
	faultyPart = 0.25      // of the connections whose link is a bad one
	brokenPart = 0.3       // of those, which it ends
	tlsPart    = 0.2
)

// A plan is what one connection does. The seed and its number decide all of it.
type plan struct {
	number     uint64
	route      route
	tls        bool
	compressed bool
	ending     ending
	code       upgrade.CloseCode
	reason     string
	life       time.Duration
	pause      time.Duration // between messages, on average
	window     int           // messages without a reply
	largest    int           // bytes of a message
	slow       bool          // reads slowly at times
	after      int64         // replies until the server ends it
	link       *faults.Faults
	links      string // what link is, in words
}

func (p *plan) String() string {
	text := fmt.Sprintf("connection %d: %s, %s", p.number, p.route, p.ending)
	if p.code != 0 {
		text += fmt.Sprintf(" (%d)", uint16(p.code))
	}
	for _, also := range []struct {
		is   bool
		name string
	}{{p.tls, "TLS"}, {p.compressed, "compressed"}, {p.slow, "slow reader"}, {p.link != nil, p.links}} {
		if also.is {
			text += ", " + also.name
		}
	}
	return text
}

// newPlan draws the plan of a connection.
func (o *options) newPlan(number uint64, r *rand.Rand) *plan {
	p := &plan{
		number: number, route: routes[r.IntN(len(routes))], tls: r.Float64() < tlsPart, compressed: r.IntN(4) == 0,
		ending: orderlyEndings[r.IntN(len(orderlyEndings))],
		window: 1 << r.IntN(5), largest: largest, slow: r.IntN(10) == 0,
	}
	longest := min(3*time.Minute, o.duration/4)
	p.life = longest/30 + time.Duration(r.Int64N(int64(longest*29/30)))
	p.pause = time.Duration(float64(o.connections) / o.rate * float64(time.Second))
	if o.faults && r.Float64() < faultyPart {
		p.impair(r)
	}
	switch p.ending {
	case clientFails, clientCloses, serverFails:
		p.code, p.reason = someCode(r), someReason(r)
	default:
	}
	p.after = 1 + int64(float64(p.life)/float64(p.pause))
	return p
}

// impair gives the plan a bad link.
func (p *plan) impair(r *rand.Rand) {
	var words []string
	p.link = &faults.Faults{Seed: r.Uint64()}
	for _, d := range []*faults.Direction{&p.link.ToServer, &p.link.ToClient} {
		if r.IntN(2) == 0 {
			d.Latency = time.Duration(r.IntN(100)) * time.Millisecond
			d.Jitter = time.Duration(r.IntN(50)) * time.Millisecond
		}
		if r.IntN(3) == 0 {
			d.Bandwidth = inFlight << r.IntN(4)
		}
		if r.IntN(3) == 0 {
			d.StallAfter, d.StallFor = r.Int64N(64<<10), time.Duration(r.IntN(2000)+1)*time.Millisecond
		}
		switch r.IntN(6) {
		case 0:
			d.Chunking = wire.ByteByByte
			p.largest = 1 << 10
		case 1:
			d.Chunking = wire.Random(r.Uint64())
			p.largest = min(p.largest, 16<<10)
		}
		words = append(words, fmt.Sprintf("latency %v+%v, %d B/s, stall %v after %d",
			d.Latency, d.Jitter, d.Bandwidth, d.StallFor, d.StallAfter))
	}
	if r.Float64() < brokenPart {
		p.ending = faultyEndings[r.IntN(len(faultyEndings))]
		words = append(words, p.breakLink(r))
	}
	p.links = "link: " + strings.Join(words, "; ")
}

// breakLink has the link end the connection.
func (p *plan) breakLink(r *rand.Rand) string {
	d, name := &p.link.ToServer, "to server"
	if r.IntN(2) == 0 {
		d, name = &p.link.ToClient, "to client"
	}
	at := int64(logUniform(r, largest))
	switch p.ending {
	case cutFIN:
		d.Cut, d.CutAfter = faults.CutFIN, at
	case cutRST:
		d.Cut, d.CutAfter = faults.CutRST, at
	case cutHalf:
		d.Cut, d.CutAfter = faults.CutHalf, at
	case silenced:
		for _, d := range []*faults.Direction{&p.link.ToServer, &p.link.ToClient} {
			d.StallFor, d.StallAfter = -1, at
		}
	case corrupted: // behind the opening handshake, which would not fail in every case
		d.CorruptAt, d.CorruptBits = 4<<10+at, 1<<r.IntN(8)
		name += fmt.Sprintf(", bits %08b", d.CorruptBits)
		at = d.CorruptAt
	default:
	}
	return fmt.Sprintf("%s %s at %d", p.ending, name, at)
}

// logUniform returns a number from 1 to most, of each order of magnitude as often.
func logUniform(r *rand.Rand, most int) int {
	return max(1, min(most, int(math.Exp(r.Float64()*math.Log(float64(most))))))
}

func someCode(r *rand.Rand) upgrade.CloseCode {
	known := []upgrade.CloseCode{1000, 1001, 1003, 1008, 1011, 1012, 1013, 3000, 4999}
	if n := r.IntN(2 * len(known)); n < len(known) {
		return known[n]
	}
	return upgrade.CloseCode(3000 + r.IntN(2000))
}

func someReason(r *rand.Rand) string {
	return strings.Repeat("é", r.IntN(62)) // up to 122 bytes
}

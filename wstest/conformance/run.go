package conformance

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Run is what came of playing cases with one endpoint in one configuration.
type Run struct {
	Endpoint string        `json:"endpoint"` // its name
	Kind     string        `json:"kind"`     // "server" or "client"
	Begun    time.Time     `json:"begun"`
	Took     time.Duration `json:"took"` // in nanoseconds
	Results  []Result      `json:"results"`
}

// A Result is what came of one case.
type Result struct {
	ID      string        `json:"id"`
	Section string        `json:"section"`
	Title   string        `json:"title"`
	RFC     string        `json:"rfc"`
	Beyond  string        `json:"beyond,omitempty"` // see [Case]
	Expect  string        `json:"expect"`           // what had to be seen
	Seen    string        `json:"seen"`             // what the endpoint said
	Passed  bool          `json:"passed"`
	Why     string        `json:"why,omitempty"` // it is not passed
	Took    time.Duration `json:"took"`          // in nanoseconds

	// Compression is there if the case is about it.
	Compression *Compression `json:"compression,omitempty"`

	Entries []Entry `json:"entries"` // what travelled
}

// Count returns the number of cases that were played. None is skipped.
func (r *Run) Count() int { return len(r.Results) }

// Passed returns the number of cases that were passed.
func (r *Run) Passed() int {
	return len(r.Results) - len(r.Failed()) - r.Uncompressed()
}

// Uncompressed returns the number of cases that are neither passed nor failed, since they are about compression, and there was no agreement on it.
func (r *Run) Uncompressed() int {
	n := 0
	for _, result := range r.Results {
		if result.Uncompressed() {
			n++
		}
	}
	return n
}

// Uncompressed reports whether the case is neither passed nor failed: it is about compression, on which the two ends legally did not
// agree, and the conversation without it was as it has to be.
func (r Result) Uncompressed() bool {
	return !r.Passed && r.Why == "" && r.Compression != nil && r.Compression.None != ""
}

// SentPlain returns the number of cases of which [Result.SentPlain] is true.
func (r *Run) SentPlain() int {
	n := 0
	for _, result := range r.Results {
		if result.SentPlain() {
			n++
		}
	}
	return n
}

// SentPlain reports whether the two ends agreed on compression, and the endpoint sent messages, none of which was compressed. It may,
// since an agreement leaves it to the sender which messages are compressed (RFC 7692, 6); but then the case shows nothing of its compressor.
func (r Result) SentPlain() bool {
	c := r.Compression
	return c != nil && c.Agreed != "" && c.FromEndpoint == 0 && c.Plain > 0
}

// Verdict says in a few words what came of the case.
func (r Result) Verdict() string {
	switch {
	case r.Uncompressed():
		return "no compression agreed"
	case !r.Passed:
		return "not passed"
	case r.Compression != nil && r.Compression.Agreed != "":
		return "passed, compressed"
	}
	return "passed"
}

// Failed returns the results of the cases that were failed.
func (r *Run) Failed() []Result {
	var failed []Result
	for _, result := range r.Results {
		if !result.Passed && !result.Uncompressed() {
			failed = append(failed, result)
		}
	}
	return failed
}

// String tells a result as text, with all that travelled.
func (r Result) String() string {
	var s strings.Builder
	verdict := r.Verdict()
	if r.Compression != nil && r.Compression.String() != "" {
		verdict += " (" + r.Compression.String() + ")"
	}
	if !r.Passed && !r.Uncompressed() {
		verdict = "FAILED: " + r.Why
	}
	s.WriteString(r.ID + " " + r.Title + " (" + r.RFC + ")\n  expected  " + r.Expect + "\n  seen      " + r.Seen + "\n  " + verdict + "\n")
	for _, e := range r.Entries {
		s.WriteString("  " + e.After.Round(time.Microsecond).String() + "\t" + cmp.Or(e.From, "        ") + "\t" + e.What + "\n")
	}
	return s.String()
}

// play plays a case over a connection, of which a client's request and what is unread have been read already, and closes it.
func (s setup) play(ctx context.Context, c Case, nc net.Conn, unread []byte, request *http.Request) Result {
	s.context = ctx
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	p := &Play{setup: s, nc: nc, unread: unread, request: request, record: newRecord()}
	if !c.handshake {
		p.shakeHands()
	}
	c.Play(p)
	took := time.Since(p.record.begun)
	p.hangUp()
	result := c.result(p.failed, took, p.record.entries())
	if result.Compression = p.compression; p.compression != nil && p.compression.None != "" {
		result.Passed = false
	}
	return result
}

func (c Case) result(failed string, took time.Duration, entries []Entry) Result {
	return Result{
		ID: c.ID, Section: c.Section, Title: c.Title, RFC: c.RFC, Beyond: c.Beyond, Expect: c.Expect, Seen: seen(entries),
		Passed: failed == "", Why: failed, Took: took, Entries: entries,
	}
}

// seen sums up what the endpoint sent.
func seen(entries []Entry) string {
	const most = 8
	var what []string
	more := false
	for _, e := range entries {
		switch {
		case e.From != FromEndpoint:
			continue
		case len(what) == most:
			more = true
			what = what[1:]
		}
		what = append(what, e.What)
	}
	switch {
	case len(what) == 0:
		return "nothing"
	case more:
		return "…; " + strings.Join(what, "; ")
	}
	return strings.Join(what, "; ")
}

package conformance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Clients tests clients, in the manner of Autobahn's test suite. It is the http.Handler of a server that clients connect to:
//
//	/getCaseCount                 sends the number of cases, as a text
//	/getCaseInfo?case=1           sends {"id": …, "description": …}
//	/runCase?case=1&agent=name    plays a case; the client echoes until the suite closes
//	/getCaseStatus?case=1&agent=name    sends {"behavior": "OK"}, "FAILED" or "UNIMPLEMENTED", where no compression was agreed on
//	/updateReports?agent=name     says that all is played
//
// Cases are counted from 1, in the order of their numbers. The fields are not changed once there are clients.
type Clients struct {
	// Cases are those that are played; those that are only for servers are left out.
	Cases []Case

	// Refusals adds the cases in which a client must not take the server's response, which many drivers take for
	// the end of all cases.
	Refusals bool

	// Timeout is how long a client may take for an answer. 0 means 2 s.
	Timeout time.Duration

	// Pause comes between the pieces of what is written in pieces. Without one, they may arrive together.
	Pause time.Duration

	// Done is called after each case, if it is not nil, and Updated when a client has asked for reports. They are called by one
	// goroutine at a time.
	Done    func(agent string, result Result)
	Updated func(agent string)

	once    sync.Once
	cases   []Case
	mu      sync.Mutex
	runs    []*Run
	playing map[string]*sync.WaitGroup // by agents: cases that are under way
}

// Runs returns what came of all cases so far, for each agent.
func (s *Clients) Runs() []*Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var runs []*Run
	for _, run := range s.runs {
		c := *run
		c.Results = slices.Clone(run.Results)
		runs = append(runs, &c)
	}
	return runs
}

// ServeHTTP implements [http.Handler].
func (s *Clients) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	cases := s.chosen()
	query := r.URL.Query()
	agent := cmp.Or(query.Get("agent"), "a client without a name")
	c, known := Case{}, false
	if n, err := strconv.Atoi(query.Get("case")); err == nil && n >= 1 && n <= len(cases) {
		c, known = cases[n-1], true
	}
	switch r.URL.Path {
	case "/getCaseCount":
		s.say(w, r, strconv.Itoa(len(cases)))
		return
	case "/updateReports":
		s.underWay(agent).Wait()
		s.update(agent)
		s.say(w, r, "")
		return
	case "/getCaseInfo", "/getCaseStatus", "/runCase":
	default:
		known = false
	}
	switch {
	case !known:
		http.Error(w, "no such case: "+r.URL.String(), http.StatusNotFound)
	case r.URL.Path == "/getCaseInfo":
		info, _ := json.Marshal(map[string]string{"id": c.ID, "description": c.Title}) // strings always can be
		s.say(w, r, string(info))
	case r.URL.Path == "/getCaseStatus":
		s.underWay(agent).Wait()
		s.say(w, r, fmt.Sprintf(`{"behavior": %q}`, s.behavior(agent, c)))
	default:
		mine := s.underWay(agent)
		mine.Add(1) // before the client can go on to the next
		defer mine.Done()
		if result, ok := s.play(w, r, c); ok {
			s.note(agent, result)
		}
	}
}

// underWay counts the cases that an agent is being played.
func (s *Clients) underWay(agent string) *sync.WaitGroup {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.playing == nil {
		s.playing = make(map[string]*sync.WaitGroup)
	}
	if s.playing[agent] == nil {
		s.playing[agent] = new(sync.WaitGroup)
	}
	return s.playing[agent]
}

func (s *Clients) chosen() []Case {
	s.once.Do(func() {
		s.cases = slices.DeleteFunc(ForClients.of(s.Cases), func(c Case) bool { return c.refusing && !s.Refusals })
	})
	return s.cases
}

// play plays a case over the connection of a request. It reports false if there was none to play it over.
func (s *Clients) play(w http.ResponseWriter, r *http.Request, c Case) (Result, bool) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return Result{}, false
	}
	_ = nc.SetDeadline(time.Time{})
	unread := make([]byte, rw.Reader.Buffered())
	_, _ = io.ReadFull(rw, unread) // they are there
	set := setup{timeout: s.Timeout, pause: s.Pause}
	return set.play(context.WithoutCancel(r.Context()), c, nc, unread, r), true
}

// say sends a text, unless it is empty, and closes.
func (s *Clients) say(w http.ResponseWriter, r *http.Request, text string) {
	s.play(w, r, Case{Play: func(p *Play) {
		if text != "" {
			p.Send(textFrame(text))
		}
		p.Close()
	}})
}

// note keeps the result, instead of an earlier one of the same case.
func (s *Clients) note(agent string, result Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.run(agent)
	at, found := slices.BinarySearchFunc(run.Results, result, func(a, b Result) int { return s.place(a) - s.place(b) })
	if found {
		run.Results[at] = result
	} else {
		run.Results = slices.Insert(run.Results, at, result)
	}
	run.Took = time.Since(run.Begun)
	if s.Done != nil {
		s.Done(agent, result)
	}
}

func (s *Clients) place(r Result) int {
	return slices.IndexFunc(s.cases, func(c Case) bool { return c.ID == r.ID })
}

// run returns that of an agent. It is called with mu held.
func (s *Clients) run(agent string) *Run {
	for _, run := range s.runs {
		if run.Endpoint == agent {
			return run
		}
	}
	run := &Run{Endpoint: agent, Kind: "client", Begun: time.Now()}
	s.runs = append(s.runs, run)
	return run
}

func (s *Clients) behavior(agent string, c Case) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, result := range s.run(agent).Results {
		switch {
		case result.ID == c.ID && result.Passed:
			return "OK"
		case result.ID == c.ID && result.Uncompressed():
			return "UNIMPLEMENTED"
		case result.ID == c.ID:
			return "FAILED"
		}
	}
	return "UNKNOWN"
}

func (s *Clients) update(agent string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Updated != nil {
		s.Updated(agent)
	}
}

package debug

import (
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/picture"
	"github.com/wsflow/wsflow/upgrade"
)

// A List is some of the live connections.
type List struct {
	Total       int          `json:"total"`       // of live connections
	Before      int          `json:"before"`      // of them, how many come before those in the list
	Connections []Connection `json:"connections"` // without their stages
}

// A Connection is what is known of one. All times are in seconds.
type Connection struct {
	ID          string   `json:"id"`
	Conn        uint64   `json:"conn"`           // as in logs
	Remote      string   `json:"remote"`         // the peer's network address
	Path        string   `json:"path,omitempty"` // of the request, without its query
	Subprotocol string   `json:"subprotocol,omitempty"`
	Extensions  []string `json:"extensions,omitempty"`
	RoundTrip   float64  `json:"roundTrip,omitempty"` // of the last ping
	Closing     string   `json:"closing,omitempty"`   // why the connection ends
	Traffic     Traffic  `json:"traffic"`             // also without Settings.Statistics

	*Figures // nil without Settings.Statistics
}

// Traffic is what went over a connection; see [upgrade.Traffic].
type Traffic struct {
	MessagesIn  uint64 `json:"messagesIn"`
	MessagesOut uint64 `json:"messagesOut"`
	BytesIn     uint64 `json:"bytesIn"`
	BytesOut    uint64 `json:"bytesOut"`
}

// Figures are what is known of a connection with statistics; see [upgrade.ConnStatistics].
type Figures struct {
	Age         float64 `json:"age"`
	MessagesIn  uint64  `json:"messagesIn"`
	MessagesOut uint64  `json:"messagesOut"`
	BytesIn     int64   `json:"bytesIn"`
	BytesOut    int64   `json:"bytesOut"`
	Pending     int64   `json:"pending"`
	Writing     float64 `json:"writing"`
	Blocked     float64 `json:"blocked,omitempty"`

	// WaitsFor is where backpressure comes from now.
	WaitsFor *Holder `json:"waitsFor,omitempty"`

	Stages []Stage `json:"stages,omitempty"` // the last one first
}

// A Holder is the stage that those before it wait for.
type Holder struct {
	Stage  string  `json:"stage"`
	Socket bool    `json:"socket,omitempty"` // it is the connection that sends: the peer takes no bytes
	For    float64 `json:"for"`              // how long they have waited by now
}

// A Stage is a node of the graph with its figures; see [flow.StageStats].
type Stage struct {
	Name    string  `json:"name"`
	Inputs  []int   `json:"inputs,omitempty"` // where in the list of stages they are
	Started uint64  `json:"started"`
	Running int     `json:"running"`
	Failed  uint64  `json:"failed,omitempty"`
	Error   string  `json:"error,omitempty"`
	Values  uint64  `json:"values"`
	Own     float64 `json:"own"`
	InEmit  float64 `json:"inEmit"`
	Lived   float64 `json:"lived"`
	Blocked float64 `json:"blocked,omitempty"`
}

func describe(at id, c *upgrade.Conn, stages bool) Connection {
	t := c.Traffic()
	d := Connection{
		ID: at.String(), Conn: c.ID(), Remote: c.RemoteAddr().String(), Subprotocol: c.Subprotocol(),
		RoundTrip: c.RoundTripTime().Seconds(),
		Traffic:   Traffic{MessagesIn: t.MessagesIn, MessagesOut: t.MessagesOut, BytesIn: t.BytesIn, BytesOut: t.BytesOut},
	}
	if r := c.Request(); r != nil {
		d.Path = r.URL.Path
	}
	for _, e := range c.Extensions() {
		d.Extensions = append(d.Extensions, e.String())
	}
	if closed := c.Closed(); closed != nil {
		d.Closing = closed.Error()
	}
	s, ok := c.Statistics()
	if !ok {
		return d
	}
	d.Figures = &Figures{
		Age: time.Since(s.Opened).Seconds(), MessagesIn: s.MessagesIn, MessagesOut: s.MessagesOut,
		BytesIn: s.BytesIn, BytesOut: s.BytesOut, Pending: s.Pending, Writing: s.Writing.Seconds(), Blocked: s.Blocked.Seconds(),
	}
	graph := c.Graph()
	if graph == nil {
		return d
	}
	nodes := nodesOf(graph)
	d.WaitsFor = holder(graph, nodes, s.Stages)
	if stages {
		d.Stages = stagesOf(nodes, s.Stages)
	}
	return d
}

// nodesOf returns every node of a graph once, the last one first.
func nodesOf(graph *flow.Node) []*flow.Node {
	nodes := []*flow.Node{graph}
	seen := map[*flow.Node]bool{graph: true}
	for i := 0; i < len(nodes); i++ {
		for _, in := range nodes[i].Inputs {
			if in != nil && !seen[in] {
				seen[in] = true
				nodes = append(nodes, in)
			}
		}
	}
	return nodes
}

// holder finds the stage that has what its inputs emit, for the longest time, and is not waiting itself.
func holder(graph *flow.Node, nodes []*flow.Node, stages map[*flow.Node]flow.StageStats) *Holder {
	var h *Holder
	for _, n := range nodes {
		if stages[n].Blocked >= picture.Blocked {
			continue
		}
		for _, in := range n.Inputs {
			if blocked := stages[in].Blocked; blocked >= picture.Blocked && (h == nil || blocked.Seconds() > h.For) {
				h = &Holder{Stage: n.Name, Socket: n == graph, For: blocked.Seconds()}
			}
		}
	}
	return h
}

func stagesOf(nodes []*flow.Node, figures map[*flow.Node]flow.StageStats) []Stage {
	number := make(map[*flow.Node]int, len(nodes))
	for i, n := range nodes {
		number[n] = i
	}
	stages := make([]Stage, len(nodes))
	for i, n := range nodes {
		s := figures[n]
		stages[i] = Stage{
			Name: n.Name, Started: s.Started, Running: s.Running, Failed: s.Failed, Error: s.Err, Values: s.Values,
			Own: s.Own.Seconds(), InEmit: s.InEmit.Seconds(), Lived: s.Lived.Seconds(), Blocked: s.Blocked.Seconds(),
		}
		for _, in := range n.Inputs {
			if in == nil {
				continue
			}
			stages[i].Inputs = append(stages[i].Inputs, number[in])
		}
	}
	return stages
}

package main

import (
	"context"
	"slices"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
)

// A dashboard is a topic of prices, of which it keeps the newest of each symbol.
type dashboard struct {
	prices *hub.Topic[price]
}

// A request says what a viewer wants to see from now on. The zero request is for all prices, as fast as may be.
type request struct {
	Watch []string `json:"watch"` // symbols; null for all
	Rate  int      `json:"rate"`  // how many prices the viewer can take in a second; 0 for any number

	leave bool
}

// An update is what a viewer gets: one that says what it is shown from now on, then a price of each symbol, and then
// those that change.
type update struct {
	Showing *request `json:"showing,omitempty"`
	Price   *price   `json:"price,omitempty"`
}

// requests is how many requests a viewer may make. More have to wait.
var requests = flow.Rate{N: 5, Per: time.Second}

func newDashboard() *dashboard {
	return &dashboard{prices: hub.NewTopic(hub.Settings[price]{Key: func(p price) any { return p.Symbol }})}
}

// feed publishes a change again and again, until ctx or the topic ends. It never waits for a viewer.
func (d *dashboard) feed(ctx context.Context, every time.Duration) error {
	_, err := d.prices.Sink().Run(ctx, flow.Map(flow.Tick(every), newMarket().move))
	return err
}

// viewer is the handler of one viewer. It shows everything at first, and nothing once the viewer has left.
func (d *dashboard) viewer(in flow.Source[request]) flow.Source[update] {
	wanted := flow.Concat(flow.Of(request{}), flow.Throttle(in, requests), flow.Of(request{leave: true}))
	return flow.SwitchMap(wanted, d.show)
}

// show is a subscription to some prices. A viewer that is slow, or wants to be, holds up this stream alone: while it
// waits, newer prices of a symbol take the place of older ones.
func (d *dashboard) show(r request) flow.Source[update] {
	if r.leave {
		return flow.Empty[update]()
	}
	prices := hub.Values(d.prices.Subscribe(hub.Options{Policy: hub.Conflate, Replay: hub.All}))
	if r.Watch != nil {
		prices = flow.Filter(prices, func(p price) bool { return slices.Contains(r.Watch, p.Symbol) })
	}
	if r.Rate > 0 {
		prices = flow.Throttle(prices, flow.Rate{N: r.Rate, Per: time.Second, Burst: 1})
	}
	updates := flow.Map(prices, func(p price) update { return update{Price: &p} })
	return flow.Concat(flow.Of(update{Showing: &r}), updates)
}

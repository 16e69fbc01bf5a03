package main

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A desk is a dashboard with a server before it, in virtual time.
type desk struct {
	*wstest.Server
	*dashboard
	t  *testing.T
	ws *upgrade.Upgrader
}

func atDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{dashboard: newDashboard(), t: t, ws: new(upgrade.Upgrader)}
		d.Server = wstest.NewServer(t, routes(d.ws, d.dashboard))
		test(t, d)
	})
}

// publish gives symbols their first prices, or their next ones: the price is the number of the change.
func (d *desk) publish(change int, symbols ...string) {
	for _, symbol := range symbols {
		_, err := d.prices.Publish(d.t.Context(), price{symbol, change, uint64(change)})
		require.NoError(d.t, err)
	}
}

// A viewer is somebody who looks at prices.
type viewer struct {
	*wstest.WSProbe
	t *testing.T
}

func (d *desk) view() viewer { return viewer{d.Probe("/prices"), d.t} }

func (v viewer) shows(r request) {
	v.t.Helper()
	v.ExpectJSON(update{Showing: &r})
}

func (v viewer) seesPrices(change int, symbols ...string) {
	v.t.Helper()
	for _, symbol := range symbols {
		v.ExpectJSON(update{Price: &price{symbol, change, uint64(change)}})
	}
}

// watch takes n prices of the feed, and returns how many were left out between them.
func (v viewer) watch(n int) (missed int) {
	v.t.Helper()
	last := map[string]uint64{}
	for range n {
		var u update
		require.NoError(v.t, json.Unmarshal(v.ExpectMessage().Bytes(), &u))
		before, known := last[u.Price.Symbol]
		require.Greater(v.t, u.Price.Change, before)
		if known {
			missed += int(u.Price.Change - before - 1)
		}
		last[u.Price.Symbol] = u.Price.Change
	}
	return missed
}

func TestViewerSeesTheNewestPricesFirst(t *testing.T) {
	atDesk(t, func(_ *testing.T, d *desk) {
		d.publish(1, "ALPHA", "BETA", "GAMMA")
		d.publish(2, "ALPHA")
		v := d.view()
		v.shows(request{})
		v.seesPrices(1, "BETA", "GAMMA")
		v.seesPrices(2, "ALPHA")
		v.ExpectNoMessage(time.Minute)
		d.publish(3, "BETA")
		v.seesPrices(3, "BETA")
	})
}

func TestViewerChoosesSymbols(t *testing.T) {
	atDesk(t, func(_ *testing.T, d *desk) {
		d.publish(1, "ALPHA", "BETA", "GAMMA")
		v := d.view()
		v.shows(request{})
		v.seesPrices(1, "ALPHA", "BETA", "GAMMA")

		v.SendJSON(request{Watch: []string{"GAMMA", "ALPHA", "NONE"}})
		v.shows(request{Watch: []string{"GAMMA", "ALPHA", "NONE"}})
		v.seesPrices(1, "ALPHA", "GAMMA")
		d.publish(2, "ALPHA", "BETA", "GAMMA")
		v.seesPrices(2, "ALPHA", "GAMMA")

		v.SendJSON(request{Watch: []string{}})
		v.shows(request{Watch: []string{}})
		d.publish(3, "ALPHA")
		v.ExpectNoMessage(time.Minute)

		v.SendText("{}")
		v.shows(request{})
		v.seesPrices(2, "BETA", "GAMMA")
		v.seesPrices(3, "ALPHA")
		synctest.Wait()
		require.Equal(d.t, 1, d.prices.Subscribers())
	})
}

// A viewer that takes five prices a second gets the newest ones, and one that takes all of them misses none.
func TestSlowViewerHoldsUpNobody(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ended := make(chan error, 1)
		go func() { ended <- d.feed(t.Context(), 4*time.Millisecond) }()
		slow, fast := d.view(), d.view()
		slow.shows(request{})
		fast.shows(request{})
		slow.SendJSON(request{Rate: 5})
		slow.shows(request{Rate: 5})

		began := time.Now()
		require.Zero(t, fast.watch(5000))
		require.InDelta(t, 20*time.Second, time.Since(began), float64(10*time.Millisecond))
		began = time.Now()
		require.Greater(t, slow.watch(99), 1000)
		require.Equal(t, began, time.Now())

		d.prices.Close()
		require.NoError(t, <-ended)
		fast.ExpectNoMessage(time.Minute)
	})
}

// A viewer that reads nothing is cut when what waits for it has waited too long; nobody else notices.
func TestViewerThatIsStuckIsCut(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ended := make(chan error, 1)
		go func() { ended <- d.feed(t.Context(), 5*time.Millisecond) }()
		stuck, other := d.Dial("/prices"), d.view()
		other.shows(request{})
		for range stuck.Source().All(t.Context()) {
			require.Zero(t, other.watch(2000))
			require.Equal(t, 2, d.prices.Subscribers())
			require.Zero(t, other.watch(3000))
			require.Equal(t, 1, d.prices.Subscribers())
			break
		}
		d.prices.Close()
		require.NoError(t, <-ended)
	})
}

func TestViewerLeavesAtOnce(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.publish(1, "ALPHA", "BETA")
		v, began := d.view(), time.Now()
		v.shows(request{})
		v.seesPrices(1, "ALPHA", "BETA")
		v.SendCompletion()
		v.ExpectCompletion()
		require.Equal(t, began, time.Now())
		synctest.Wait()
		require.Zero(t, d.prices.Subscribers())
	})
}

func TestRequestsThatComeTooFastWait(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		v := d.view()
		for i := range 20 {
			v.SendJSON(request{Rate: i + 1})
		}
		began := time.Now()
		last := update{Showing: new(request)}
		for last.Showing.Rate < 20 { // one that is replaced at once is not shown
			last = update{}
			require.NoError(t, json.Unmarshal(v.ExpectMessage().Bytes(), &last))
		}
		require.Equal(t, 3*time.Second, time.Since(began)) // 5 at once, and 5 a second
	})
}

func TestOddRequestsAreNoHarm(t *testing.T) {
	atDesk(t, func(_ *testing.T, d *desk) {
		d.publish(1, "ALPHA", "BETA")
		v := d.view()
		v.shows(request{})
		v.seesPrices(1, "ALPHA", "BETA")
		for _, rate := range []int{-1, math.MinInt, math.MaxInt} {
			v.SendJSON(request{Rate: rate})
			v.shows(request{Rate: rate})
			v.seesPrices(1, "ALPHA", "BETA")
		}
		v.SendText(`{"watch": "ALPHA"}`)
		v.ExpectClose(1007)
		v = d.view()
		v.shows(request{})
		v.seesPrices(1, "ALPHA", "BETA")
		v.SendBinary([]byte("{}"))
		v.ExpectClose(1003)
	})
}

func TestShutdownEndsViewersAndFeed(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ended := make(chan error, 1)
		go func() { ended <- d.feed(t.Context(), time.Second) }()
		v := d.view()
		v.shows(request{})
		require.NoError(t, d.ws.Shutdown(context.Background()))
		v.ExpectClose(1001)
		d.prices.Close()
		require.NoError(t, <-ended)
	})
}

func TestMarketMoves(t *testing.T) {
	m := newMarket()
	changes := map[string]uint64{}
	for range 1000 * len(symbols) {
		p := m.move(time.Time{})
		changes[p.Symbol]++
		require.Equal(t, changes[p.Symbol], p.Change)
		require.GreaterOrEqual(t, p.Cents, 100)
	}
	require.Len(t, changes, len(symbols))
}

func TestWhatCannotBeServedIsSaid(t *testing.T) {
	server := serve.Server{Addr: "127.0.0.1:0", Upgrader: new(upgrade.Upgrader)}
	require.ErrorContains(t, run(&server, 0), "0 changes")
	server.Addr = "nowhere"
	require.Error(t, run(&server, 1)) // and the feed has ended
}

func TestPageIsServed(t *testing.T) {
	route := routes(&upgrade.Upgrader{Settings: upgrade.Settings{Statistics: true}}, newDashboard())
	for target, status := range map[string]int{"/": 200, "/debug/flows": 200, "/prices": 426, "/elsewhere": 404} {
		require.Equal(t, status, wstest.HTTP(http.MethodGet, target).Run(route).StatusCode, target)
	}
}

package main

import (
	"math/rand/v2"
	"strings"
	"time"
)

var symbols = strings.Fields(`ALPHA BETA GAMMA DELTA EPSILON ZETA ETA THETA IOTA KAPPA LAMBDA MU
	NU XI OMICRON PI RHO SIGMA TAU UPSILON PHI CHI PSI OMEGA`)

// A price is that of a symbol after a change.
type price struct {
	Symbol string `json:"symbol"`
	Cents  int    `json:"cents"`
	Change uint64 `json:"change"` // how many changes there were with this one: a viewer sees how many it did not get
}

// A market is where prices come from. It belongs to one goroutine.
type market []price

func newMarket() market {
	m := make(market, len(symbols))
	for i, symbol := range symbols {
		m[i] = price{Symbol: symbol, Cents: 10_000}
	}
	return m
}

// move changes one of the prices by up to a percent.
func (m market) move(time.Time) price {
	p := &m[rand.IntN(len(m))]
	p.Cents = max(100, p.Cents+rand.IntN(p.Cents/50+1)-p.Cents/100)
	p.Change++
	return *p
}

//go:build race

package reconnect_test

// underRace tells that all takes ten times as long.
const underRace = true

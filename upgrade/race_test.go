//go:build race

package upgrade_test

// underRace tells that pools drop at random what they are given.
const underRace = true

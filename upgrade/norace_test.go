//go:build !race

package upgrade_test

const underRace = false

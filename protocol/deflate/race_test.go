//go:build race

package deflate

// Under the race detector a pool drops at random what it is given.
const poolsKeep = false

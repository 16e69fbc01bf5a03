//go:build !race

package deflate

const poolsKeep = true

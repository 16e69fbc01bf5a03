//go:build race

package main

import "github.com/coder/websocket"

// The library races with itself: it lets go of what a client inflates with while that inflates (close.go and read.go, msgReader.close).
func init() { coderCompression = websocket.CompressionDisabled }

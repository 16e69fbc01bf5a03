// Package wstest tests WebSocket handlers, without a port, a sleep or a flake.
package wstest

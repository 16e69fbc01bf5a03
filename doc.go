// Package wsflow is WebSocket connections as typed, composable stream graphs. This package holds nothing but
// these words; begin with [github.com/wsflow/wsflow/upgrade] for servers and clients,
// [github.com/wsflow/wsflow/flow] for streams, and [github.com/wsflow/wsflow/wstest] for tests.
package wsflow

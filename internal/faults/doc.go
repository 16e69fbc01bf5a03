// Package faults makes a network worse: it relays the bytes between two connections and delays, cuts, stalls,
// breaks and changes them, as it is told.
//
// The words of this package:
//
//   - A [Relay] stands between a client's connection and a server's and has two lanes, one for each direction.
//   - [Faults] say what the lanes do. They may be changed while the relay is at work.
//   - A [Network] is many relays with the same faults, and [Proxy] one that TCP clients reach.
//
// What passes keeps its order. A lane holds a bounded number of bytes, so that a receiver that takes none makes the sender wait.
//
// All waiting is durably blocked as [testing/synctest] defines it, unless a connection is one of the operating system:
// over connections in memory, time is virtual in a bubble, and exact.
package faults

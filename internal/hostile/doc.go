// Package hostile has only tests: what comes of input that is meant to harm, or that a broken peer sends. Each test is a
// row of the list of hostile inputs, by its number, and is played with net/http's server and with ours, over memory in
// virtual time and over TCP, with what the peer sends arriving whole, byte by byte and in pieces of random lengths.
//
// Rows 19 and 20 are a client's, and are tested with the Dialer in package upgrade; row 54 is about HTTP/2, which
// there is none of yet. docs/requirements.md has all rows and their tests.
package hostile

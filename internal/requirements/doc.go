// Package requirements has only tests: that docs/requirements.md names tests that exist, and those that its rows ask for and that
// no other package has.
package requirements

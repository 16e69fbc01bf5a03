// Package apitest keeps the public surface of the module as texts: api/*.txt has the exported declarations of every
// public package, and a test compares them with the code, so that a change to the surface is seen in review.
//
//	go test ./internal/apitest -update
//
// writes the texts anew.
package apitest

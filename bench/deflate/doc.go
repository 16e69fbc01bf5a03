// Package deflate compares permessage-deflate of this module with github.com/klauspost/compress: speed and size, and
// what RFC 7692 asks for that the other cannot do.
//
//	go test -run '^$' -bench . ./deflate
package deflate

package routing

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotFound is the rejection of a request that no route is for.
var ErrNotFound = errors.New("routing: no route matches")

// A MethodRejection says that the path is right and the method is not.
type MethodRejection struct {
	Allowed []string // the methods that there are
}

// Error names the methods that there are.
func (j *MethodRejection) Error() string {
	return "routing: method is not one of " + strings.Join(j.Allowed, ", ")
}

// A SubprotocolRejection says that the client does not offer the subprotocol of a route.
type SubprotocolRejection struct {
	Supported []string // what the route speaks
}

// Error names the subprotocols that there are.
func (j *SubprotocolRejection) Error() string {
	return fmt.Sprintf("routing: subprotocol %s is not offered", strings.Join(j.Supported, ", "))
}

// Rejections returns the rejections that the error of a route consists of, in the order of the routes, without
// [ErrNotFound], which is what none means.
func Rejections(err error) []error {
	var all []error
	for _, e := range listed(err) {
		if of, ok := e.(*owned); ok { // as in listed
			e = of.err
		}
		if e != ErrNotFound { // as above
			all = append(all, e)
		}
	}
	return all
}

// listed returns the rejections with whose they are; ErrNotFound is among them only if it is somebody's.
func listed(err error) []error {
	switch e := err.(type) { // what a user wraps is the user's own, and one
	case nil:
		return nil
	case rejections:
		return e
	}
	if err == ErrNotFound { // as above
		return nil
	}
	return []error{err}
}

// rejections are several rejections as one error. It is never changed.
type rejections []error

// Error lists them.
func (j rejections) Error() string { return errors.Join(j...).Error() }

// Unwrap lets errors.Is and errors.As find each of them.
func (j rejections) Unwrap() []error { return j }

func (j rejections) asError() error {
	switch len(j) {
	case 0:
		return ErrNotFound
	case 1:
		return j[0]
	}
	return j
}

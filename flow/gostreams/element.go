package gostreams

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/wsflow/wsflow/flow"
)

// A TypeError says that an element of a go-streams chain is not of the type that the stream is made of. It is found
// where an element goes from one kind of stream into the other, and ends the stream.
//
// A nil interface is an error on the way into a chain, where the operators would panic; on the way out it is
// the zero value of an interface type.
type TypeError struct {
	Got  reflect.Type // nil if the element is nil
	Want reflect.Type
}

// Error names both types.
func (e *TypeError) Error() string {
	if e.Got == nil {
		return fmt.Sprintf("gostreams: got a nil element, want %v", e.Want)
	}
	return fmt.Sprintf("gostreams: got an element of type %v, want %v", e.Got, e.Want)
}

// ErrHolder is what a stream ends with that has a value whose content lives only while it is handed on: a
// [flow.Holder]. A go-streams chain keeps values, and does not say when it is done with one. A value with a method
// IsStrict that returns true, such as a strict message, needs no holding and passes; a streamed message is
// made strict before, with [flow.TryMap] and its method Strict.
var ErrHolder = errors.New("gostreams: a value that lives only while it is handed on cannot go into a go-streams chain; collect it first")

// enter makes an element of v.
func enter[T any](v T) (any, error) {
	element := any(v)
	if element == nil {
		return nil, &TypeError{Want: reflect.TypeFor[T]()}
	}
	if _, ok := element.(flow.Holder); ok {
		if s, ok := element.(interface{ IsStrict() bool }); !ok || !s.IsStrict() {
			return nil, fmt.Errorf("%w (%T)", ErrHolder, element)
		}
	}
	return element, nil
}

// leave makes a value of an element.
func leave[T any](element any) (T, error) {
	v, ok := element.(T)
	if !ok && (element != nil || reflect.TypeFor[T]().Kind() != reflect.Interface) {
		return v, &TypeError{Got: reflect.TypeOf(element), Want: reflect.TypeFor[T]()}
	}
	return v, nil
}

// into returns an emit that sends to c until ctx is done.
func into[T any](ctx context.Context, c chan<- any) func(T) error {
	return func(v T) error {
		element, err := enter(v)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		select {
		case c <- element:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// outOf is the source of what is received from c. It is one-shot.
func outOf[T any](c <-chan any) flow.Source[T] {
	return flow.TryMap(flow.FromChan(c), func(_ context.Context, element any) (T, error) { return leave[T](element) })
}

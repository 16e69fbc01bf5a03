package flow

import "errors"

// unless returns end for an operator that ends its input with stop: then the stream is complete. stop is of one run
// alone, so that an outer Take is not ended by an inner one's.
func unless(stop error, end func(error)) func(error) {
	return func(err error) {
		if _, panicked := err.(*PanicError); !panicked && errors.Is(err, stop) {
			err = nil
		}
		end(err)
	}
}

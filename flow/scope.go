package flow

import "context"

// A scope is the context of one start. It collects the work that is to begin on goroutines
// of its own once the start has returned.
type scope struct {
	context.Context
	tasks    []func()
	launched bool  // set before the first task begins; read by what the tasks call
	span     *span // what starts inside of it belongs to, or nil without statistics
}

func newScope(ctx context.Context) *scope {
	return &scope{Context: ctx, span: spanOf(ctx)}
}

type scopeKey struct{}

func (sc *scope) Value(key any) any {
	switch key {
	case scopeKey{}:
		return sc
	case spanKey{}:
		return sc.span
	}
	return sc.Context.Value(key)
}

func scopeOf(ctx context.Context) *scope {
	if sc, ok := ctx.(*scope); ok {
		return sc
	}
	sc, _ := ctx.Value(scopeKey{}).(*scope)
	return sc
}

// Go registers a task of the stream that is being started: it begins, on a goroutine that is its
// own for as long as it runs, once the start that is under way has returned. ctx is
// the context that the [StartFunc] was called with, or one derived from it. Calling Go at any other time panics.
//
// A task that emits does so inside [Guard]. A task that panics otherwise takes the program down.
func Go(ctx context.Context, task func()) {
	sc := scopeOf(ctx)
	if sc == nil || sc.launched {
		panic("flow: Go called outside of a StartFunc")
	}
	sc.tasks = append(sc.tasks, task)
}

// launch begins the tasks, the first of them on the calling goroutine.
func (sc *scope) launch() {
	sc.launched = true
	if len(sc.tasks) == 0 {
		return
	}
	for _, task := range sc.tasks[1:] {
		go task()
	}
	first := sc.tasks[0]
	sc.tasks = nil
	first()
}

// spawn begins the tasks, each on a new goroutine. It accepts a nil scope.
func (sc *scope) spawn() {
	if sc == nil {
		return
	}
	sc.launched = true
	for _, task := range sc.tasks {
		go task()
	}
	sc.tasks = nil
}

// startNext starts a source for an operator that starts one after the other. Called while the
// operator itself is being started, the tasks join that start and the result is nil. Later they
// are in the result, for the caller to spawn when it is ready for what they call.
func startNext[T any](ctx context.Context, s Source[T], emit func(T) error, end func(error)) *scope {
	if sc := scopeOf(ctx); sc != nil && !sc.launched {
		s.begin(ctx, emit, end)
		return nil
	}
	sc := newScope(ctx)
	s.enter(sc, emit, end)
	return sc
}

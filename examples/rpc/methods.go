package main

import (
	"context"
	"encoding/json"
	"time"
)

// A method is what a request calls. It returns soon after ctx is done, for it counts as a call at work until it does.
type method func(ctx context.Context, params json.RawMessage) (json.RawMessage, error)

// methods are those of the example.
var methods = map[string]method{
	"add":    typed(add),
	"divide": typed(divide),
	"wait":   typed(wait),
	"crash":  typed(crash),
}

// typed makes a method of a function of Go values. Params that are missing are the zero value.
func typed[P, R any](f func(context.Context, P) (R, error)) method {
	return func(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
		var params P
		if len(raw) > 0 && json.Unmarshal(raw, &params) != nil {
			return nil, fault("params do not fit the method")
		}
		result, err := f(ctx, params)
		if err != nil {
			return nil, err
		}
		return json.Marshal(result)
	}
}

type operands struct {
	A float64 `json:"a"`
	B float64 `json:"b"`
}

func add(_ context.Context, p operands) (float64, error) { return p.A + p.B, nil }

func divide(_ context.Context, p operands) (float64, error) {
	if p.B == 0 {
		return 0, fault("division by zero")
	}
	return p.A / p.B, nil
}

type pause struct {
	Seconds float64 `json:"seconds"`
}

// wait stands for what takes its time.
func wait(ctx context.Context, p pause) (pause, error) {
	select {
	case <-time.After(time.Duration(p.Seconds * float64(time.Second))):
		return p, nil
	case <-ctx.Done():
		return p, ctx.Err()
	}
}

// crash shows that a mistake in one method harms no other call.
func crash(context.Context, struct{}) (any, error) { panic("crash was called") }

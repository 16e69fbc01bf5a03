package flow

import "math"

// Conflate starts a goroutine: it lets in and what follows work at the same time, and makes one of all values that come
// while what follows is busy, with f, whose first argument is what the values before have become. in never waits. To keep
// only the newest value is func(_, v T) T { return v }. An error of in comes after the last value.
//
//	in        --1-2-3-4-5-6------|
//	Conflate  (a, b) => a + b; what follows takes 9 for each
//	out       --1--------14-------6|
func Conflate[T any](in Source[T], f func(T, T) T) Source[T] {
	return newBatch("Conflate", in, math.MaxInt, costsNothing[T], func(v T) T { return v }, f)
}

// ConflateWithSeed is [Conflate], which starts a goroutine, to values of another type: seed makes one of the first value, f
// adds another one. What [Batch] says about holding is true here too.
//
//	in                --1-2-3-4---5-6----|
//	ConflateWithSeed  v => [v], append; what follows takes 9 for each
//	out               --[1]------[2 3 4]--[5 6]|
func ConflateWithSeed[I, S any](in Source[I], seed func(I) S, f func(S, I) S) Source[S] {
	return newBatch("ConflateWithSeed", in, math.MaxInt, costsNothing[I], seed, f)
}

func costsNothing[T any](T) int { return 0 }

package hub

import "hash/maphash"

// A Router chooses which consumer of a [Partition] gets v: the result is its index in consumers, of which there is at
// least one. A negative result drops the value. Calls do not overlap, so that a router may keep state without a lock;
// it must not publish to the partition itself. It belongs to one partition.
type Router[T any] func(v T, consumers Consumers[T]) int

// Consumers are those of a partition, in the order in which they joined. They are valid during a call of a [Router].
type Consumers[T any] struct{ list []*consumer[T] }

// Len returns how many consumers there are.
func (c Consumers[T]) Len() int { return len(c.list) }

// ID returns the number of the i-th consumer, which no other one of the partition has, also later.
func (c Consumers[T]) ID(i int) uint64 { return c.list[i].id }

// Waiting returns how many values wait for the i-th consumer, apart from the one that it is at work on.
func (c Consumers[T]) Waiting(i int) int { return int(c.list[i].waiting.Load()) }

// RoundRobin returns a router that gives each consumer a value in turn.
func RoundRobin[T any]() Router[T] {
	next := -1
	return func(_ T, consumers Consumers[T]) int {
		next = (next + 1) % consumers.Len()
		return next
	}
}

// LeastWaiting returns a router that chooses the consumer that the fewest values wait for, and in turn among equals.
func LeastWaiting[T any]() Router[T] {
	turn := 0
	return func(_ T, consumers Consumers[T]) int {
		n := consumers.Len()
		turn++
		best := turn % n
		for i := range n {
			if i = (turn + i) % n; consumers.Waiting(i) < consumers.Waiting(best) {
				best = i
			}
		}
		return best
	}
}

// ByKey returns a router that gives all values of a key to one consumer, for as long as that is there: when one
// joins, it gets its share of the keys, and when one leaves, its keys alone go elsewhere. The time for a value grows
// with the number of consumers.
func ByKey[T any, K comparable](key func(T) K) Router[T] {
	seed := maphash.MakeSeed()
	return func(v T, consumers Consumers[T]) int {
		k := maphash.Comparable(seed, key(v))
		best, weight := 0, uint64(0)
		for i := range consumers.Len() { // the highest bidder, of which each bid depends on the key and itself alone
			if bid := maphash.Comparable(seed, [2]uint64{k, consumers.ID(i)}); bid >= weight {
				best, weight = i, bid
			}
		}
		return best
	}
}

package hub_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
)

// A chat in which everything goes through one flow before anybody gets it: a merge collects what is said, and a topic
// hands it out. Each connection is a sink and a source, coupled.
func Example_chat() {
	ctx := context.Background()
	said := hub.NewMerge[string](0)
	heard := hub.NewTopic(hub.Settings[string]{StartAfter: 2})
	handler := flow.FromSinkAndSource(said.Sink(), hub.Values(heard.Subscribe(hub.Options{})))

	go func() { // the room: here it numbers what is said
		n := 0
		numbered := flow.Map(said.Source(), func(line string) string {
			n++
			return fmt.Sprintf("%d %s", n, line)
		})
		_, _ = heard.Sink().Run(ctx, numbered)
	}()

	// Two connections, each of which says one thing and leaves when it has heard both.
	var connections sync.WaitGroup
	var heardBy [2][]string
	for i, line := range []string{"hello", "hello"} {
		connections.Go(func() {
			in := flow.Concat(flow.Of(line), flow.Never[string]())
			heardBy[i], _ = flow.Collect(ctx, flow.Take(handler(in), 2))
		})
	}
	connections.Wait()
	said.Close()
	fmt.Println(heardBy[0])
	fmt.Println(heardBy[1])
	// Output:
	// [1 hello 2 hello]
	// [1 hello 2 hello]
}

// A dashboard shows the newest price of each symbol, however slow its connection is.
func ExampleTopic_dashboard() {
	type price struct {
		Symbol string
		Cents  int
	}
	ctx := context.Background()
	prices := hub.NewTopic(hub.Settings[price]{Key: func(p price) any { return p.Symbol }})
	for _, p := range []price{{"ACME", 100}, {"INIT", 50}, {"ACME", 101}, {"ACME", 102}} {
		_, _ = prices.Publish(ctx, p)
	}
	prices.Close()
	for item, err := range prices.Subscribe(hub.Options{Policy: hub.Conflate, Replay: hub.All}).All(ctx) {
		fmt.Println(item.Value, "replaced:", item.Missed, err)
	}
	// Output:
	// {INIT 50} replaced: 0 <nil>
	// {ACME 102} replaced: 1 <nil>
}

// A subscriber that comes back with the last position that it has seen gets what it has missed.
func ExampleTopic_resume() {
	ctx := context.Background()
	news := hub.NewTopic(hub.Settings[string]{Log: 3})
	_, _ = news.Publish(ctx, "one")
	seen := news.Position().String() // as the client keeps it
	for _, v := range []string{"two", "three", "four", "five"} {
		_, _ = news.Publish(ctx, v)
	}
	news.Close()

	after, err := hub.ParsePosition(seen)
	fmt.Println(err)
	for item := range news.Subscribe(hub.Options{After: after}).All(ctx) {
		fmt.Println(item.Position.Offset, item.Value, "missed before:", item.Missed)
	}
	// Output:
	// <nil>
	// 3 three missed before: 1
	// 4 four missed before: 0
	// 5 five missed before: 0
}

// Jobs go to workers, those of one user always to the same, and so in their order.
func ExamplePartition() {
	type job struct {
		user string
		n    int
	}
	ctx := context.Background()
	jobs := hub.NewPartition(hub.ByKey(func(j job) string { return j.user }), 0)
	done := map[string][]int{}
	var mu sync.Mutex
	for range 3 {
		go func() {
			for j := range jobs.Source().All(ctx) {
				mu.Lock()
				done[j.user] = append(done[j.user], j.n)
				mu.Unlock()
			}
		}()
	}
	for n := range 4 {
		_ = jobs.Publish(ctx, job{"ada", n})
		_ = jobs.Publish(ctx, job{"bob", n})
	}
	_ = jobs.Drain(ctx)
	fmt.Println(done["ada"], done["bob"])
	// Output: [0 1 2 3] [0 1 2 3]
}

// Who is in a room, and who comes and goes. A second connection of the same user is no news.
func ExamplePresence() {
	rooms := hub.NewPresence[string, string, string]()
	leave := rooms.Join("go", "ada", "at the desk")
	second := rooms.Join("go", "ada", "on the phone")

	n := 0
	for change := range flow.Take(rooms.Watch("go"), 2).All(context.Background()) {
		fmt.Println(change.Kind, change.ID, change.Meta)
		if n++; n == 1 {
			leave()
			fmt.Println("members:", rooms.Len("go"))
			second()
		}
	}
	// Output:
	// Joined ada at the desk
	// members: 1
	// Left ada
}

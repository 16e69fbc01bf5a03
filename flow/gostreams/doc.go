// Package gostreams is the bridge between the streams of package flow and those of github.com/reugn/go-streams: its
// connectors and operators work in our graphs, and our streams in its graphs.
//
// # Words
//
// Source, flow, sink, operator and run are those of package flow. Of go-streams there are:
//
// An element is a value on its way through go-streams: an any in a channel.
//
// A chain is what go-streams makes of operators with Via, also with Split, FanOut, Merge and ZipWith on the way.
//
// A connector is a source or sink of go-streams that talks to something else: a file, a socket, a broker.
//
// # Theirs in ours
//
// [Flow] makes a flow of a chain, [Source] a source and [Sink] a sink of a connector. The operators of go-streams start
// goroutines when they are made and can be used once, so it is a function that these take, which builds
// the chain for each run:
//
//	greeter := gostreams.Flow[message.Message, message.Message](
//		func(_ context.Context, in streams.Source) streams.Flow {
//			return in.Via(gsflow.NewFilter(message.Message.IsText, 1)).Via(gsflow.NewMap(greet, 1))
//		})
//	mux.Handle("GET /greeter", ws.Handler(greeter))
//
// # Ours in theirs
//
// [AsSource], [AsFlow] and [AsSink] are the other way round:
//
//	src := gostreams.AsSource(ctx, conn.Source())
//	sum := gostreams.AsSink(ctx, flow.Fold(0, add))
//	src.Via(gsflow.NewMap(size, 1)).To(sum)
//	n, err := sum.Result()
//
// # What go-streams does not have
//
// A channel of go-streams has one thing to say beside its elements: it is closed. So
//
//   - completion goes through, in both directions;
//   - backpressure does too: all channels between here and there are unbuffered, and a chain that is waited for takes no
//     more than what its operators have room for, about two elements each;
//   - an error cannot: our streams in a chain have a method for it, and for what fails in a chain there is [Fail];
//   - neither can "stop" go up the chain, nor a cancellation: the input of the chain is closed, the context that it was
//     built with is cancelled, for those connectors that listen to one, and the output is drained. The stream ends when
//     that is closed, so that nothing of the chain is at work any more but goroutines on their way out;
//   - a chain that never closes its output, such as one with a Split of which one half is not read, keeps its stream
//     from ending. [LeakAfter] is for chains like that.
//
// Elements have no static type, and the operators of go-streams panic when they get another one than theirs. At the
// borders of a chain the types are checked, and what is wrong is a *[TypeError]; inside it, [AsFlow] says how.
//
// A panic in a function that an operator of go-streams calls, be it one of those or the user's own, is on a goroutine of
// go-streams: nobody can catch it, and it ends the program. What may panic belongs into a flow of ours.
//
// A chain keeps values for as long as it likes. So those that live only while they are handed on, such as a streamed
// message, cannot go in: [ErrHolder].
//
// A hand-over costs what a channel costs, some hundred nanoseconds, and an allocation, for an element is an any.
package gostreams

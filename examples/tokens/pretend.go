package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// pretend is a model that knows one answer, of which it says so many tokens in a second.
func pretend(rate int) model {
	return func(prompt string) flow.Source[string] {
		tokens := flow.FromSeq(strings.SplitAfterSeq(fmt.Sprintf(knowledge, prompt), " "))
		return flow.Throttle(tokens, flow.Rate{N: rate, Per: time.Second, Burst: 1})
	}
}

const knowledge = `You have asked: %q. I do not know, for I am no model at all: I only pretend to be one. What I can say is how ` +
	`this answer comes to you. Each of its tokens is a message. They come out of a source that says so many of them in a ` +
	`second, and that is not asked for the next one before the one before has been taken: if your connection is slow, I am. ` +
	`You can stop me at any time, by a click or by another question. Then the source is cancelled where it is, which may be ` +
	`in the middle of a thought, and nothing that it would have said is made at all. When you close the page, that is the ` +
	`end of me, too. And if you do nothing of the sort, I go on until I have said what I had to say, and tell you that there ` +
	`is no more to come.`

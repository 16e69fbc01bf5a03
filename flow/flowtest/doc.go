// Package flowtest checks that sources and flows keep the laws of package flow, in the manner of
// [testing/fstest] and [testing/slogtest]: a checker takes what is under test and returns an error.
//
// A law is what [flow.StartFunc] and [flow.Source] promise to whoever uses a stream; each is a constant of type
// [Law]. A case is one run: an input that ends in one of several ways, and what follows and the context doing one of
// several things meanwhile. A violation says which law was broken in which case.
//
// For an operator of one's own, this is its test:
//
//	func TestTwiceKeepsTheLaws(t *testing.T) {
//		if err := flowtest.TestFlow(Twice, []int{1, 2}, []int{1, 1, 2, 2}); err != nil {
//			t.Error(err)
//		}
//	}
//
// [TestFlow] and [TestSource] check what holds for every operator. [TestPanic] checks what becomes of a panic in
// the function that an operator calls, and [TestHolding] an operator that keeps values back, with values that are
// a [flow.Holder]. All of them work in real time, and in a testing/synctest bubble.
package flowtest

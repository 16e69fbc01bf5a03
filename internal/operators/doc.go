// Package operators has tests about package flow as a whole: every operator has its picture, its example, its laws and its
// benchmark, and docs/operators.md, the index by purpose, says what their documentation says.
package operators

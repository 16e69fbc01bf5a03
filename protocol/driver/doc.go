// Package driver is a draft.
package driver

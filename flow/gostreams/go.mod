module github.com/wsflow/wsflow/flow/gostreams

go 1.26.0

require (
	github.com/reugn/go-streams v0.13.0
	github.com/wsflow/wsflow v0.0.0
)

replace github.com/wsflow/wsflow => ../..

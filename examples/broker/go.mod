module github.com/wsflow/wsflow/examples/broker

go 1.26.0

require (
	github.com/nats-io/nats-server/v2 v2.15.2
	github.com/nats-io/nats.go v1.55.0
	github.com/reugn/go-streams v0.13.0
	github.com/stretchr/testify v1.12.1
	github.com/wsflow/wsflow v0.0.0
	github.com/wsflow/wsflow/flow/gostreams v0.0.0
)

replace (
	github.com/wsflow/wsflow => ../..
	github.com/wsflow/wsflow/flow/gostreams => ../../flow/gostreams
)

module github.com/wsflow/wsflow/flow/gostreams

go 1.26.0

require (
	github.com/reugn/go-streams v0.13.0
	github.com/stretchr/testify v1.12.1
	github.com/wsflow/wsflow v0.0.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.62.0 // indirect
)

replace github.com/wsflow/wsflow => ../..

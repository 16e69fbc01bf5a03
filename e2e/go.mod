module github.com/wsflow/wsflow/e2e

go 1.26

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/stretchr/testify v1.12.1
	github.com/wsflow/wsflow v0.0.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace github.com/wsflow/wsflow => ../

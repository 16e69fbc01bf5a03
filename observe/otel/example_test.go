package otel_test

import (
	"fmt"
	"net/http"

	wsotel "github.com/wsflow/wsflow/observe/otel"
	"github.com/wsflow/wsflow/upgrade"
)

func ExampleNew() {
	observer, err := wsotel.New(wsotel.Options{}) // the global providers
	if err != nil {
		fmt.Println(err)
		return
	}
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: observer}}
	http.Handle("GET /ws", ws.Handler(echo))
	// Output:
}

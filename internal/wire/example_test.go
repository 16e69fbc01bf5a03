package wire_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/wsflow/wsflow/internal/wire"
)

func ExamplePipe() {
	client, server := wire.Pipe(wire.Options{ServerReads: wire.ByteByByte})

	fmt.Fprint(client, "hello")
	client.CloseWrite()
	fmt.Println("buffered:", client.Buffered())

	p := make([]byte, 10)
	n, _ := server.Read(p)
	fmt.Printf("first read: %q\n", p[:n])
	rest, err := io.ReadAll(server)
	fmt.Printf("the rest: %q %v\n", rest, err)

	// Output:
	// buffered: 5
	// first read: "h"
	// the rest: "ello" <nil>
}

func ExampleListen() {
	listener := wire.Listen()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello ", r.RemoteAddr)
	})}
	go server.Serve(listener)
	defer server.Close()

	client := &http.Client{Transport: &http.Transport{DialContext: listener.DialContext}}
	response, err := client.Get("http://any.name/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(string(body), err)

	// Output: hello client:1 <nil>
}

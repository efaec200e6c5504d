//go:build ignore

// Command openapi prints the OpenAPI document, as `duban openapi` does. It
// does not need the demo, which is built with the client that is generated
// from this document, and so builds when an operation has just changed.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/duban/duban/services/host"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "duban-openapi-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	doc, err := host.OpenAPI(context.Background(), dir)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(doc)
	return err
}

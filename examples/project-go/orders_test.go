package orders

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
)

// Runs beside the worker that stigmer-local started: `make test`, or `stigmer-local run -- go test ./...`.
func TestAnOrderIsShipped(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: TaskQueue}, Fulfil, "a book")
	if err != nil {
		t.Fatal(err)
	}
	var delivery string
	if err := run.Get(ctx, &delivery); err != nil {
		t.Fatal(err)
	}
	if delivery != "a book: shipped" {
		t.Fatalf("delivery is %q", delivery)
	}
}

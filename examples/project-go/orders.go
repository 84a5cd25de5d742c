// Package orders ships orders.
package orders

import (
	"context"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

// TaskQueue is the task queue of the orders.
const TaskQueue = "orders"

// Fulfil ships an order.
func Fulfil(ctx workflow.Context, order string) (delivery string, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	err = workflow.ExecuteActivity(ctx, Ship, order).Get(ctx, &delivery)
	return delivery, err
}

// Ship ships the goods. Temporal may retry it, so it must be idempotent.
func Ship(ctx context.Context, order string) (string, error) {
	activity.GetLogger(ctx).Info("shipped", "order", order)
	return order + ": shipped", nil
}

// Connect connects to the Temporal that stigmer-local sets for each process and for the command of `run`.
func Connect() (client.Client, error) {
	return client.Dial(client.Options{
		HostPort:  os.Getenv("TEMPORAL_ADDRESS"),
		Namespace: os.Getenv("TEMPORAL_NAMESPACE"),
	})
}

package main

import (
	"log"
	"time"

	orders "example.com/project-go"
	"go.temporal.io/sdk/worker"
)

func main() {
	client, err := orders.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	// Activities get 5 s to finish: less than the stop_timeout of the project file, 10 s by default.
	w := worker.New(client, orders.TaskQueue, worker.Options{WorkerStopTimeout: 5 * time.Second})
	w.RegisterWorkflow(orders.Fulfil)
	w.RegisterActivity(orders.Ship)
	if err := w.Run(worker.InterruptCh()); err != nil { // until SIGTERM
		log.Fatal(err)
	}
}

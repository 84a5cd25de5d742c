package main

import (
	"net"
	"os"
	"testing"
	"time"
)

// Stands for your workflow tests.
func TestTemporalAcceptsConnections(t *testing.T) {
	connection, err := net.DialTimeout("tcp", os.Getenv("TEMPORAL_ADDRESS"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
}

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Prints how clients connect, then runs until its stdin is closed: at the end of the run, also if the test is killed.
const untilEOF = `echo "$TEMPORAL_ADDRESS $TEMPORAL_NAMESPACE"; exec cat >/dev/null`

// TestMain starts one ephemeral Temporal for the tests of this package, which find it in TEMPORAL_ADDRESS.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	server := exec.Command("stigmer-local", "run", "--ephemeral", "--", "sh", "-c", untilEOF)
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	if err != nil {
		return failed(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		return failed(err)
	}
	if err := server.Start(); err != nil {
		return failed(err)
	}
	defer server.Wait()
	defer stdin.Close()

	var address, namespace string
	if _, err := fmt.Fscanln(bufio.NewReader(stdout), &address, &namespace); err != nil {
		return failed(err)
	}
	os.Setenv("TEMPORAL_ADDRESS", address)
	os.Setenv("TEMPORAL_NAMESPACE", namespace)
	return m.Run()
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "stigmer-local could not start Temporal:", err)
	return 1
}

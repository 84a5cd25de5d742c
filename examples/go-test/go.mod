module example.com/go-test

go 1.21

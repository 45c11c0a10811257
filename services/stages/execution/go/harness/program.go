// Runs tests that are a main function.
package main

import (
	osTOKEN "os"
	debugTOKEN "runtime/debug"
)

// exitTOKEN is what the tests call where they would leave the program.
func exitTOKEN(status int) {
	if status == 0 {
		sayTOKEN("passed", "main")
	}
	osTOKEN.Exit(status)
}

func main() {
	// A goroutine's stack may grow to a gigabyte, which is more than the memory limit: that would hide the recursion.
	debugTOKEN.SetMaxStack(64 << 20)
	sayTOKEN("started", "main")
	testsTOKEN()
	sayTOKEN("passed", "main")
}

// Runs tests that are functions, through the package testing.
package main

import (
	osTOKEN "os"
	debugTOKEN "runtime/debug"
	testingTOKEN "testing"
)

// testTOKEN tells when a test begins, and how it ended, after everything that belongs to it. Of one that panics, or whose
// goroutine was ended, nothing is told.
func testTOKEN(name string, run func(*testingTOKEN.T)) testingTOKEN.InternalTest {
	return testingTOKEN.InternalTest{Name: name, F: func(t *testingTOKEN.T) {
		osTOKEN.Stdout = outTOKEN
		sayTOKEN("started", name)
		returned := false
		t.Cleanup(func() {
			switch {
			case t.Failed():
				sayTOKEN("failed", name)
			case t.Skipped():
				sayTOKEN("skipped", name)
			case returned:
				sayTOKEN("passed", name)
			}
		})
		run(t)
		returned = true
	}}
}

func main() {
	// A goroutine's stack may grow to a gigabyte, which is more than the memory limit: that would hide the recursion.
	debugTOKEN.SetMaxStack(64 << 20)
	// What the package testing prints has times in it, and is no output of the program's.
	osTOKEN.Stdout = osTOKEN.Stderr
	testingTOKEN.Main(
		func(_, _ string) (bool, error) { return true, nil },
		[]testingTOKEN.InternalTest{ /* TESTS */ },
		nil, nil,
	)
}

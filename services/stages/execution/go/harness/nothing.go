// Takes the place of a candidate's main function where it is only compiled: nothing of the candidate runs.
package main

import osTOKEN "os"

var _ = leaveTOKEN()

func leaveTOKEN() bool {
	osTOKEN.Exit(0)
	return true
}

func main() {}

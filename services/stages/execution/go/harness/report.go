// Tells how tests ended. It is the first file of the candidate's package, so that what it declares is initialised before
// anything of the candidate's; its names end with digits that no candidate knows.
package main

import osTOKEN "os"

var outTOKEN = osTOKEN.Stdout

var sayTOKEN = beginTOKEN()

// beginTOKEN reads the nonce, and returns what writes a line of the report.
func beginTOKEN() func(event, test string) {
	nonce := make([]byte, 32)
	for read := 0; read < len(nonce); {
		n, err := osTOKEN.Stdin.Read(nonce[read:])
		if err != nil {
			osTOKEN.Exit(1)
		}
		read += n
	}
	return func(event, test string) {
		outTOKEN.WriteString("\n" + string(nonce) + " " + event + " " + test + "\n")
	}
}

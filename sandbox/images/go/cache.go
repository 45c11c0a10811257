// The build cache of "go build" where the standard library's own is read-only: GOCACHEPROG="cache SHARED OWN".
//
// What is in the folder SHARED, a GOCACHE that was filled when the image was made, is answered from there; what is new
// goes to the folder OWN. See "go doc cmd/go/internal/cacheprog" for the protocol: JSON values on both streams.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

type request struct {
	ID       int64
	Command  string
	ActionID []byte `json:",omitempty"`
	OutputID []byte `json:",omitempty"`
	BodySize int64  `json:",omitempty"`
}

type response struct {
	ID            int64
	Err           string     `json:",omitempty"`
	KnownCommands []string   `json:",omitempty"`
	Miss          bool       `json:",omitempty"`
	OutputID      []byte     `json:",omitempty"`
	Size          int64      `json:",omitempty"`
	Time          *time.Time `json:",omitempty"`
	DiskPath      string     `json:",omitempty"`
}

func main() {
	shared, own := os.Args[1], os.Args[2]
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := json.NewEncoder(os.Stdout)
	out.Encode(response{KnownCommands: []string{"get", "put", "close"}})
	fresh := map[string]response{}
	for {
		var asked request
		if err := in.Decode(&asked); err != nil {
			if err == io.EOF {
				return
			}
			fail(err)
		}
		answer := response{ID: asked.ID}
		action := hex.EncodeToString(asked.ActionID)
		switch asked.Command {
		case "get":
			if known, ok := fresh[action]; ok {
				answer = known
				answer.ID = asked.ID
			} else if !find(&answer, shared, action) {
				answer.Miss = true
			}
		case "put":
			var body []byte
			if asked.BodySize > 0 {
				var text string
				if err := in.Decode(&text); err != nil {
					fail(err)
				}
				body, _ = base64.StdEncoding.DecodeString(text)
			}
			now := time.Now()
			answer.DiskPath = filepath.Join(own, hex.EncodeToString(asked.OutputID))
			if err := os.WriteFile(answer.DiskPath, body, 0o600); err != nil {
				answer.Err = err.Error()
			} else {
				fresh[action] = response{OutputID: asked.OutputID, Size: int64(len(body)), Time: &now, DiskPath: answer.DiskPath}
			}
		}
		if err := out.Encode(answer); err != nil || asked.Command == "close" {
			return
		}
	}
}

// find fills in what a GOCACHE says of an action: "v1 ACTION OUTPUT SIZE TIME".
func find(answer *response, cache, action string) bool {
	entry, err := os.ReadFile(filepath.Join(cache, action[:2], action+"-a"))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(entry))
	if len(fields) != 5 || fields[0] != "v1" {
		return false
	}
	output, err := hex.DecodeString(fields[2])
	if err != nil || len(output) == 0 {
		return false
	}
	size, err := strconv.ParseInt(fields[3], 10, 64)
	if err != nil {
		return false
	}
	nanoseconds, err := strconv.ParseInt(fields[4], 10, 64)
	if err != nil {
		return false
	}
	made := time.Unix(0, nanoseconds)
	answer.OutputID, answer.Size, answer.Time = output, size, &made
	answer.DiskPath = filepath.Join(cache, fields[2][:2], fields[2]+"-d")
	return true
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "cache:", err)
	os.Exit(1)
}

// Command cosign is the real one, without the key services of clouds, which its own command links in as well.
package main

import (
	"os"

	"github.com/sigstore/cosign/v2/cmd/cosign/cli"
)

func main() {
	if cli.New().Execute() != nil {
		os.Exit(1)
	}
}

// Package install puts files where function pods find them, in images that have no cp.
package install

import (
	"fmt"
	"os"
	"path/filepath"
)

// Names under which the program is found in a pod; users' templates name both.
const (
	ServerName = "wrapper-server"
	ProbeName  = "grpc-health-probe"
)

const programMode = 0o755

// Self copies the program at path to DIR under both names. Each appears whole or not at all, and one that runs may be
// replaced.
func Self(path, directory string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	server := filepath.Join(directory, ServerName)
	if err := copyFile(path, server, programMode); err != nil {
		return err
	}
	return replace(filepath.Join(directory, ProbeName), func(temporary string) error {
		if err := os.Link(server, temporary); err == nil {
			return nil
		}
		return copyInto(path, temporary, programMode) // The volume knows no hard links.
	})
}

// replace lets make write a file under another name and then gives it its own.
func replace(path string, make func(temporary string) error) error {
	temporary := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	_ = os.Remove(temporary)
	if err := make(temporary); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return os.Rename(temporary, path)
}

func copyFile(from, to string, mode os.FileMode) error {
	return replace(to, func(temporary string) error { return copyInto(from, temporary, mode) })
}

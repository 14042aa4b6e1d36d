package install

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func expectFile(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	info, _ := os.Stat(path)
	if err != nil || string(got) != text || info.Mode().Perm() != mode {
		t.Errorf("%s: %q %v %v", path, got, info, err)
	}
}

func expectNames(t *testing.T, folder string, count int) {
	t.Helper()
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != count {
		t.Errorf("%v %v", entries, err)
	}
}

func TestSelfGivesBothNamesAndReplacesWhatWasThere(t *testing.T) {
	folder := t.TempDir()
	program, tools := filepath.Join(folder, "program"), filepath.Join(folder, "tools")
	for _, text := range []string{"first", "second"} {
		write(t, program, text, 0o555)
		if err := Self(program, tools); err != nil {
			t.Fatal(err)
		}
		expectFile(t, filepath.Join(tools, ServerName), text, 0o755)
		expectFile(t, filepath.Join(tools, ProbeName), text, 0o755)
		expectNames(t, tools, 2)
		os.Remove(program)
	}
}

func TestCopy(t *testing.T) {
	folder := t.TempDir()
	source := filepath.Join(folder, "src")
	write(t, filepath.Join(source, "program"), "text", 0o755)
	write(t, filepath.Join(source, "deep", "plain"), "more", 0o640)
	if err := os.Symlink("program", filepath.Join(source, "link")); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ title, source, into, expected string }{
		{"the content of a folder", source + "/.", "content", "content"},
		{"a folder", source, "folder", "folder/src"},
		{"a folder under a new name", source, "new", "new"},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			if c.into != "new" {
				write(t, filepath.Join(folder, c.into, "other"), "stays", 0o644)
			}
			// Twice: init containers are run again.
			for range 2 {
				if err := Copy([]string{"-a", c.source, filepath.Join(folder, c.into)}); err != nil {
					t.Fatal(err)
				}
				if c.into == "new" {
					break
				}
			}
			target := filepath.Join(folder, c.expected)
			expectFile(t, filepath.Join(target, "program"), "text", 0o755)
			expectFile(t, filepath.Join(target, "deep", "plain"), "more", 0o640)
			if link, err := os.Readlink(filepath.Join(target, "link")); err != nil || link != "program" {
				t.Errorf("%q %v", link, err)
			}
		})
	}
	t.Run("a file", func(t *testing.T) {
		target := filepath.Join(folder, "file")
		if err := Copy([]string{filepath.Join(source, "program"), target}); err != nil {
			t.Fatal(err)
		}
		expectFile(t, target, "text", 0o755)
	})
	for _, arguments := range [][]string{nil, {"-a", source}, {source, source, source}, {"/no/such/file", folder + "/x"}} {
		if err := Copy(arguments); err == nil {
			t.Errorf("%q was accepted", arguments)
		}
	}
}

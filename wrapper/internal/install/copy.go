package install

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Copy does the `cp -a SRC DST` of init containers: files, folders and links, with their modes. Flags are accepted and
// have no further meaning.
func Copy(arguments []string) error {
	var paths []string
	for _, argument := range arguments {
		if !strings.HasPrefix(argument, "-") {
			paths = append(paths, argument)
		}
	}
	if len(paths) != 2 {
		return errors.New("expected cp -a SOURCE DESTINATION")
	}
	source, destination := paths[0], paths[1]
	// SOURCE/. stands for what is in it; otherwise SOURCE goes into a DESTINATION that is a folder.
	if base := filepath.Base(source); !strings.HasSuffix(source, "/.") && base != "." && isFolder(destination) {
		destination = filepath.Join(destination, base)
	}
	return filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		return copyEntry(path, filepath.Join(destination, relative), entry)
	})
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func copyEntry(from, to string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch info.Mode().Type() {
	case fs.ModeDir:
		// A volume that is there keeps its own mode, which may not be ours to change.
		if isFolder(to) {
			return nil
		}
		return os.Mkdir(to, info.Mode().Perm()|0o700)
	case fs.ModeSymlink:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return replace(to, func(temporary string) error { return os.Symlink(target, temporary) })
	case 0:
		return copyFile(from, to, info.Mode().Perm())
	}
	return fmt.Errorf("%s is no file, folder or link", from)
}

func copyInto(from, to string, mode os.FileMode) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, copied := io.Copy(target, source)
	// The mode that was given to open went through the umask.
	return errors.Join(copied, target.Chmod(mode), target.Close())
}

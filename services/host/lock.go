package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// lock claims what only one process may use at a time: the embedded NATS of
// the data folder, the SQLite file of each service to run, and the folder with
// the files that evidence keeps: two processes would each take the uploads of
// the other for abandoned, and write into them at once. The system frees the
// claim when the process ends, however it ends.
func lock(cfg Config) (release func(), err error) {
	var files []*os.File
	release = func() {
		for _, f := range files {
			f.Close()
		}
	}
	var names []string
	if cfg.NATSURL == "" {
		names = append(names, "nats")
	}
	if cfg.DatabaseURL == "" {
		names = append(names, cfg.Names()...)
	} else if slices.Contains(cfg.Names(), "evidence") {
		names = append(names, "evidence")
	}
	for _, name := range names {
		f, err := os.OpenFile(filepath.Join(cfg.Data, name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			release()
			return nil, fmt.Errorf("data folder: %w", err)
		}
		files = append(files, f)
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			release()
			if cfg.DatabaseURL != "" && name == "evidence" {
				return nil, fmt.Errorf("another process keeps uploads and files in the data folder %s; only one may run the service evidence on it: stop that one, or leave evidence out with --services", cfg.Data)
			}
			return nil, fmt.Errorf("another process runs on the data folder %s (%s); stop it, or choose another folder with --data", cfg.Data, name)
		}
		if err != nil {
			release()
			return nil, fmt.Errorf("claim %s: %w", f.Name(), err)
		}
	}
	return release, nil
}

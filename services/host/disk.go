package host

import "golang.org/x/sys/unix"

// freeBytes is the space an unprivileged process can still use below path.
func freeBytes(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil //nolint:unconvert // Bsize differs between systems
}

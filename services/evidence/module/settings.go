package module

import (
	"fmt"
	"strconv"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/bucket"
	"github.com/duban/duban/services/evidence/internal/clamd"
	"github.com/duban/duban/services/evidence/internal/disk"
	"github.com/duban/duban/services/evidence/internal/page"
	"github.com/duban/duban/services/evidence/internal/watermark"
)

// setting reads a setting of the installation, or answers def.
type setting = func(name, def string) (string, error)

// optionsOf reads what the installation has switched on.
func optionsOf(read setting) (o evidence.Options, err error) {
	if read == nil {
		return o, nil
	}
	if err = boundsOf(read, &o); err != nil {
		return o, err
	}
	if o.Scanner, err = scannerOf(read); err != nil {
		return o, err
	}
	if o.Far, err = farOf(read); err != nil {
		return o, err
	}
	if o.SM3, err = switched(read, "DUBAN_SM3"); err != nil {
		return o, err
	}
	mark, err := switched(read, "DUBAN_WATERMARK")
	if err != nil {
		return o, err
	}
	if mark {
		o.Marker = watermark.New()
	}
	// Off is the default: a closed network has no addresses to look at, and an
	// open one should know that the server opens what units write.
	look, err := switched(read, "DUBAN_LINK_SNAPSHOTS")
	if look {
		o.Pages = page.New(nil)
	}
	return o, err
}

// farOf reads from how many kilometres on a picture was taken far from its
// unit: by default further than anybody's village or school and its next town.
func farOf(read setting) (float64, error) {
	v, err := read("DUBAN_FAR_KM", "20")
	if err != nil {
		return 0, err
	}
	km, err := strconv.ParseFloat(v, 64)
	if err != nil || !(km >= 0 && km <= 20_000) {
		return 0, fmt.Errorf("DUBAN_FAR_KM is %q; it must be a number of kilometres, 0 for no hint", v)
	}
	return km, nil
}

// switched reads a setting that is off unless it says on.
func switched(read setting, name string) (bool, error) {
	switch v, err := read(name, "off"); {
	case err != nil:
		return false, err
	case v == "on" || v == "off":
		return v == "on", nil
	default:
		return false, fmt.Errorf("%s is %q; it must be on or off", name, v)
	}
}

// blobsOf is where received files are kept: on the local disk, or in the bucket
// that the settings name.
func blobsOf(files *disk.Disk, read setting) (evidence.Blobs, error) {
	if read == nil {
		return files, nil
	}
	var c bucket.Config
	for name, to := range map[string]*string{"S3_URL": &c.URL, "S3_ACCESS_KEY": &c.AccessKey, "S3_SECRET_KEY": &c.SecretKey} {
		var err error
		if *to, err = read(name, ""); err != nil {
			return nil, err
		}
	}
	if c.URL == "" {
		return files, nil
	}
	return bucket.Open(files, c)
}

// scannerOf is the virus scanner that the settings name; nil for none.
func scannerOf(read setting) (evidence.Scanner, error) {
	address, err := read("DUBAN_CLAMD", "")
	if err != nil || address == "" {
		return nil, err
	}
	return clamd.Open(address)
}

// boundsOf reads the quotas and the reserve of the disk, which are set in MiB.
// What is there by default no honest unit reaches in some years, and nobody
// alone fills a disk with.
func boundsOf(read setting, o *evidence.Options) error {
	for _, b := range []struct {
		name, def string
		to        *int64
	}{
		{"DUBAN_QUOTA_PERSON", "102400", &o.Quotas.Person}, {"DUBAN_QUOTA_UNIT", "153600", &o.Quotas.Unit}, {"DUBAN_QUOTA_TASK", "10240", &o.Quotas.Task},
		{"DUBAN_DISK_RESERVE", "512", &o.Reserve},
	} {
		v, err := read(b.name, b.def)
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 || n > 1<<40 {
			return fmt.Errorf("%s is %q; it must be a number of MiB, 0 for none", b.name, v)
		}
		*b.to = n << 20
	}
	return nil
}

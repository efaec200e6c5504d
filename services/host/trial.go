package host

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/duban/duban/services/internal/db"
)

// Trial makes of a configuration one for a trial that must leave no trace: on
// the same engine, in an empty folder (one of its own where data is empty) and
// in schemas of its own. forget removes what the trial has made; a folder that
// was given stays. where names the place in a sentence.
func Trial(cfg Config, data string) (trial Config, where string, forget func(context.Context) error, err error) {
	switch {
	case !cfg.All():
		return cfg, "", nil, errors.New("a trial needs all services in one process: leave --services and DUBAN_SERVICES out")
	case cfg.NATSURL != "":
		return cfg, "", nil, errors.New("a trial brings a NATS of its own, so that none of its events reaches anybody: unset NATS_URL")
	}
	if s3, err := Env("S3_URL", ""); err != nil || s3 != "" {
		return cfg, "", nil, cmp.Or(err, errors.New("a trial keeps its files in a folder of its own: unset S3_URL"))
	}
	own := data == ""
	if own {
		if data, err = os.MkdirTemp("", "duban-trial-"); err != nil {
			return cfg, "", nil, err
		}
	} else if entries, err := os.ReadDir(data); err == nil && slices.ContainsFunc(entries, func(os.DirEntry) bool { return true }) {
		return cfg, "", nil, fmt.Errorf("%s is not empty: a trial needs an empty folder", data)
	}
	cfg.Data, cfg.Listen = data, "127.0.0.1:0"
	where = "SQLite, in " + data
	if cfg.DatabaseURL != "" {
		b := make([]byte, 4)
		_, _ = rand.Read(b)
		cfg.SchemaPrefix += "trial_" + hex.EncodeToString(b) + "_"
		where = "PostgreSQL, in schemas " + cfg.SchemaPrefix + "* that are dropped afterwards; files in " + data
	}
	return cfg, where, func(ctx context.Context) error {
		var errs []error
		if cfg.DatabaseURL != "" {
			errs = append(errs, db.DropSchemas(ctx, cfg.DatabaseURL, cfg.SchemaPrefix))
		}
		if own {
			errs = append(errs, os.RemoveAll(data))
		}
		return errors.Join(errs...)
	}, nil
}

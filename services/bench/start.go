package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// warmStart measures the built program on the large installation.
func (b *bench) warmStart(ctx context.Context, in *installation) error {
	if err := in.stop(); err != nil {
		return err
	}
	in.child = nil
	if _, err := os.Stat(b.duban); err != nil { //nolint:nilerr // noted instead
		return fmt.Errorf("start-up and memory are measured on the built program, see -duban: %w", err)
	}
	var took []time.Duration
	var idle int64
	for i := range 5 {
		cmd := exec.CommandContext(ctx, b.duban, "serve", "--data", in.cfg.Data, "--listen", "127.0.0.1:0", "--log", "warn")
		cmd.Env = append(os.Environ(), "DUBAN_SCHEMA_PREFIX="+in.cfg.SchemaPrefix, "DATABASE_URL="+in.cfg.DatabaseURL)
		begin := time.Now()
		c, err := run(cmd, func(line string) (started, bool) {
			url, ok := strings.CutPrefix(line, "Duban is ready at ")
			return started{URL: url}, ok
		})
		if err != nil {
			return err
		}
		if err := get(ctx, c.URL+"/readyz", ""); err != nil {
			return err
		}
		took = append(took, time.Since(begin))
		if i == 4 {
			time.Sleep(5 * time.Second)
			idle = c.rss()
		}
		if err := c.stop(); err != nil {
			return err
		}
	}
	b.report.atMost("ready after a warm start, median of five", quantile(took, 0.5), 150*time.Millisecond)
	b.report.megabytes("resident when idle, all services in one process", idle, 64<<20)
	return nil
}

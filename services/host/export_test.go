package host

import (
	"database/sql/driver"

	"github.com/duban/duban/policy"
)

// Engine is what decides in this process.
func (h *Host) Engine() *policy.Engine { return h.engine }

// Lock claims a data folder.
var Lock = lock

// Through is the configuration with f between the services and their databases.
func (c Config) Through(f func(driver.Connector) driver.Connector) Config {
	c.through = f
	return c
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/host"
	"github.com/spf13/cobra"
)

// importTries is how often a file is sent to a server that is busy.
const importTries = 5

func importCommand() *cobra.Command {
	var server string
	var dryRun bool
	c := &cobra.Command{
		Use: "import units|people|grants FILE", Short: "Import units, people or grants from CSV or XLSX",
		Args: cobra.ExactArgs(2), ValidArgs: []string{"units", "people", "grants"},
		Long: "Sends the file to the server, which imports all of it or, listing every bad row, nothing.\n" +
			"DUBAN_TOKEN (or DUBAN_TOKEN_FILE) is a session token of an administrator.",
		RunE: func(c *cobra.Command, args []string) error {
			what, path := args[0], args[1]
			switch what {
			case "units", "people", "grants":
			default:
				return fmt.Errorf("cannot import %q; it must be units, people or grants", what)
			}
			token, err := host.Env("DUBAN_TOKEN", "")
			if err != nil {
				return err
			}
			if token == "" {
				return errors.New("set DUBAN_TOKEN to a session token of an administrator")
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			ct := "text/csv"
			if strings.EqualFold(filepath.Ext(path), ".xlsx") {
				ct = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
			}
			var again time.Duration // when to come again
			call := func(method, url string, body []byte) (int, []byte, error) {
				req, err := http.NewRequestWithContext(c.Context(), method, strings.TrimSuffix(server, "/")+url, bytes.NewReader(body))
				if err != nil {
					return 0, nil, err
				}
				req.Header.Set("Authorization", "Bearer "+token)
				req.Header.Set("Content-Type", ct)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					return 0, nil, err
				}
				defer resp.Body.Close()
				seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
				again = time.Duration(seconds) * time.Second
				answer, err := io.ReadAll(resp.Body)
				return resp.StatusCode, answer, err
			}
			status, answer, err := call(http.MethodPost, fmt.Sprintf("/api/v1/imports/%s?dry_run=%v", what, dryRun), raw)
			// The server reads few files at once, and says when to come again.
			for try := 1; try < importTries && err == nil && again > 0 && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable); try++ {
				select {
				case <-time.After(min(again, time.Minute)):
				case <-c.Context().Done():
					return c.Context().Err()
				}
				status, answer, err = call(http.MethodPost, fmt.Sprintf("/api/v1/imports/%s?dry_run=%v", what, dryRun), raw)
			}
			for err == nil && status == http.StatusAccepted {
				var job struct {
					ID    string `json:"id"`
					State string `json:"state"`
				}
				if err := json.Unmarshal(answer, &job); err != nil {
					return err
				}
				time.Sleep(500 * time.Millisecond)
				if status, answer, err = call(http.MethodGet, "/api/v1/imports/"+job.ID, nil); err == nil && status == http.StatusOK {
					if err := json.Unmarshal(answer, &job); err != nil {
						return err
					}
					if job.State == "staging" || job.State == "applying" {
						status = http.StatusAccepted
					}
				}
			}
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if json.Indent(&out, answer, "", "  ") != nil {
				out.Write(answer)
			}
			fmt.Fprintln(c.OutOrStdout(), out.String())
			if status >= 400 {
				return fmt.Errorf("the server answered %d; nothing was imported", status)
			}
			return nil
		},
	}
	c.Flags().StringVar(&server, "server", "http://localhost:8080", "address of the server")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only list what is wrong")
	return c
}

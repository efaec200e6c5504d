package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/duban/duban/services/internal/id"
	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	tuslog "golang.org/x/exp/slog"
)

// bareUploads are the references of uploads: the same bytes put in one go, and
// tusd's own handler with its own file store, each followed by what makes a
// file one that was received, durability and a hash, and nothing else.
func bareUploads(mux *http.ServeMux, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	mux.HandleFunc("PUT /put", func(w http.ResponseWriter, q *http.Request) {
		at := filepath.Join(dir, id.New())
		sum, err := keep(at, q.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, sum)
		_ = os.Remove(at)
	})
	c := handler.NewStoreComposer()
	filestore.New(dir).UseIn(c)
	memorylocker.New().UseIn(c)
	h, err := handler.NewHandler(handler.Config{
		StoreComposer: c, BasePath: "/tus/", Logger: tuslog.New(tuslog.NewTextHandler(io.Discard, nil)),
		PreFinishResponseCallback: func(e handler.HookEvent) (handler.HTTPResponse, error) {
			at := filepath.Join(dir, e.Upload.ID)
			f, err := os.OpenFile(at, os.O_RDWR, 0)
			if err != nil {
				return handler.HTTPResponse{}, err
			}
			defer f.Close()
			sum := sha256.New()
			if _, err = io.Copy(sum, f); err == nil {
				err = durable(f, dir)
			}
			_ = os.Remove(at)
			return handler.HTTPResponse{Header: handler.HTTPHeader{"Duban-Sha256": hex.EncodeToString(sum.Sum(nil))}}, err
		},
	})
	if err != nil {
		return err
	}
	mux.Handle("/tus/", http.StripPrefix("/tus/", h))
	return nil
}

// keep writes and hashes in one go, and makes it durable.
func keep(at string, r io.Reader) (string, error) {
	f, err := os.OpenFile(at, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, sum), r); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), durable(f, filepath.Dir(at))
}

func durable(f *os.File, dir string) error {
	if err := f.Sync(); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

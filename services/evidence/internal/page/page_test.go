package page_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/page"
)

// What is not of the public internet, or not a port of the web, is never
// dialled. Case 32: of IPv6 only what IANA has given out, less its special ranges.
func TestCase32Public(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]bool{
		"93.184.215.14:443": true, "93.184.215.14:80": true, "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443": true, "[::ffff:93.184.215.14]:80": true,
		"93.184.215.14:22": false, "93.184.215.14:8080": false,
		"127.0.0.1:80": false, "127.9.9.9:443": false, "[::1]:80": false, "0.0.0.0:80": false, "[::]:80": false, "0.1.2.3:80": false,
		"10.0.0.1:80": false, "172.16.0.1:80": false, "172.31.255.255:80": false, "192.168.1.1:443": false, "[fd00::1]:80": false, "[fc00::1]:80": false,
		"169.254.169.254:80": false, "[fe80::1]:80": false, "[fec0::1]:80": false, "100.64.0.1:80": false, "198.18.0.1:80": false, "192.0.2.1:80": false,
		"224.0.0.1:80": false, "[ff02::1]:80": false, "255.255.255.255:80": false, "240.0.0.1:80": false,
		"[::ffff:10.0.0.1]:80": false, "[::ffff:127.0.0.1]:80": false, "[64:ff9b::a00:1]:80": false, "[2002:a00:1::]:80": false, "[2001::1]:80": false, "[2001:db8::1]:80": false,
		"[::10.0.0.1]:80": false, "[::ffff:0:10.0.0.1]:80": false, "[::ffff:0:93.184.215.14]:80": false, "[::93.184.215.14]:80": false, "[::fffe:10.0.0.1]:80": false,
		"[64:ff9b:1::a00:1]:80": false, "[100::1]:80": false, "[100:0:0:1::1]:80": false, "[3fff::1]:80": false, "[3ffe::1]:80": true, "[4000::1]:80": false, "[1fff::1]:80": false, "[5f00::1]:80": false,
		"[2001:2::1]:80": false, "[2001:10::1]:80": false, "[2001:1ff::1]:80": false, "[2001:1::1]:80": true, "[2001:1::4]:80": false, "[2001:4:112::1]:80": true, "[2001:200::1]:80": true,
		"[fe80::1%eth0]:80": false, "[2400:3200::1%1]:443": false, "[2400:3200::1]:443": true, "[240e::1]:443": true,
		"192.0.0.8:80": false, "192.0.0.9:80": true, "192.88.99.1:80": false, "239.1.1.1:80": false, "198.51.100.7:443": false, "203.0.113.7:443": false, "172.32.0.1:80": true, "100.128.0.1:80": true,
	} {
		if got := page.Public(netip.MustParseAddrPort(at)); got != want {
			t.Errorf("%s: %t, want %t", at, got, want)
		}
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	serve := func(path, kind, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(body))
		})
	}
	serve("/utf8", "text/html; charset=utf-8", "<!doctype html><head><title>\n 宣传周 &amp; 启动 </title><body>x")
	serve("/gbk", "text/html; charset=gbk", "<title>\xd6\xd0\xb9\xfa</title>")
	serve("/meta", "text/html", "<head><meta charset=gb2312><title>\xd6\xd0\xb9\xfa</title>")
	serve("/none", "text/html", "<p>nothing")
	serve("/pdf", "application/pdf", "%PDF-1.4 <title>x</title>")
	serve("/far", "text/html", strings.Repeat("<p>x</p>", 40_000)+"<title>too far</title>")
	serve("/long", "text/html", "<title>"+strings.Repeat("长", 400)+"</title>")
	mux.HandleFunc("/gone", http.NotFound)
	mux.Handle("/moved", http.RedirectHandler("/utf8", http.StatusFound))
	mux.HandleFunc("/round/{n}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/round/1"+r.PathValue("n"), http.StatusFound)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	here := netip.MustParseAddrPort(strings.TrimPrefix(srv.URL, "http://"))
	open := page.New(func(at netip.AddrPort) bool { return at == here })
	for path, want := range map[string]string{
		"/utf8": "宣传周 & 启动", "/gbk": "中国", "/meta": "中国", "/none": "", "/pdf": "", "/far": "", "/moved": "宣传周 & 启动", "/long": strings.Repeat("长", 300) + "…",
	} {
		if got, err := open.Title(context.Background(), srv.URL+path); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"/gone", "/round/1"} {
		if got, err := open.Title(context.Background(), srv.URL+path); err == nil || errors.Is(err, evidence.ErrPageRefused) {
			t.Errorf("%s: %q %v", path, got, err)
		}
	}
	// Another server here is not to be reached: not by its address, not by a
	// name of it, and not from an address that is allowed.
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	t.Cleanup(inner.Close)
	port := strings.TrimPrefix(inner.URL, "http://127.0.0.1:")
	mux.Handle("/inside", http.RedirectHandler(inner.URL, http.StatusFound))
	mux.Handle("/file", http.RedirectHandler("file:///etc/hosts", http.StatusFound))
	for _, address := range []string{srv.URL + "/inside", inner.URL, "http://localhost:" + port, fmt.Sprintf("http://[::ffff:127.0.0.1]:%s", port), "ftp://127.0.0.1/", "http://a:b@127.0.0.1/"} {
		if got, err := open.Title(context.Background(), address); !errors.Is(err, evidence.ErrPageRefused) {
			t.Errorf("%s: %q %v", address, got, err)
		}
	}
	if got, err := open.Title(context.Background(), srv.URL+"/file"); err == nil {
		t.Errorf("a file: %q", got)
	}
	if _, err := page.New(nil).Title(context.Background(), srv.URL+"/utf8"); !errors.Is(err, evidence.ErrPageRefused) {
		t.Errorf("this machine: %v", err)
	}
}

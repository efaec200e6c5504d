package rest

import (
	"crypto/tls"
	"net/http"
	"testing"
)

func TestCase19WhereARequestCameFrom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusted, remote, want string
		forwarded             []string
	}{
		"no proxy":                   {"", "203.0.113.9:4711", "203.0.113.9", nil},
		"nobody is trusted":          {"", "203.0.113.9:4711", "203.0.113.9", []string{"198.51.100.1"}},
		"an untrusted peer":          {"10.0.0.0/8", "203.0.113.9:4711", "203.0.113.9", []string{"198.51.100.1"}},
		"one proxy":                  {"10.0.0.0/8", "10.0.0.1:4711", "198.51.100.1", []string{"198.51.100.1"}},
		"what the client made up":    {"10.0.0.0/8", "10.0.0.1:4711", "198.51.100.1", []string{"192.0.2.7, 10.9.9.9, 198.51.100.1"}},
		"two proxies":                {"10.0.0.0/8", "10.0.0.1:4711", "198.51.100.1", []string{"192.0.2.7, 198.51.100.1, 10.0.0.2"}},
		"in several lines":           {"10.0.0.0/8", "10.0.0.1:4711", "198.51.100.1", []string{"192.0.2.7", "198.51.100.1", "10.0.0.2"}},
		"all of them trusted":        {"10.0.0.0/8", "10.0.0.1:4711", "10.3.3.3", []string{"10.3.3.3, 10.0.0.2"}},
		"none given":                 {"10.0.0.0/8", "10.0.0.1:4711", "10.0.0.1", nil},
		"nonsense":                   {"10.0.0.0/8", "10.0.0.1:4711", "10.0.0.2", []string{"192.0.2.7, unknown, 10.0.0.2"}},
		"only nonsense":              {"10.0.0.0/8", "10.0.0.1:4711", "10.0.0.1", []string{"198.51.100.1, <script>"}},
		"an empty one":               {"10.0.0.0/8", "10.0.0.1:4711", "10.0.0.1", []string{""}},
		"with a port":                {"10.0.0.1", "10.0.0.1:4711", "198.51.100.1", []string{"198.51.100.1:8080"}},
		"IPv6":                       {"fd00::/8", "[fd00::1]:4711", "2001:db8::7", []string{"2001:db8::7"}},
		"IPv6 in brackets":           {"fd00::/8", "[fd00::1]:4711", "2001:db8::7", []string{"[2001:db8::7]:443"}},
		"IPv4 as IPv6":               {"10.0.0.0/8", "[::ffff:10.0.0.1]:4711", "198.51.100.1", []string{"::ffff:198.51.100.1"}},
		"trusted as IPv6":            {"::ffff:10.0.0.0/104", "10.0.0.1:4711", "198.51.100.1", []string{"198.51.100.1"}},
		"a zone":                     {"fe80::/10", "[fe80::1%eth0]:4711", "198.51.100.1", []string{"198.51.100.1"}},
		"several networks":           {"127.0.0.1, ::1 10.0.0.0/8", "[::1]:4711", "198.51.100.1", []string{"198.51.100.1,10.4.4.4"}},
		"the whole IPv4 is no proxy": {"0.0.0.0/0", "[2001:db8::1]:4711", "2001:db8::1", []string{"198.51.100.1"}},
	} {
		ps, err := ParseProxies(c.trusted)
		if err != nil {
			t.Fatal(name, err)
		}
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got, _ := ps.client(r); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for _, s := range []string{"proxy", "10.0.0.0/33", "10.0.0", "::ffff:10.0.0.0/90", "10.0.0.1:80"} {
		if _, err := ParseProxies(s); err == nil {
			t.Errorf("%s is taken for proxies", s)
		}
	}
}

func TestCase19WhetherARequestCameOverTLS(t *testing.T) {
	t.Parallel()
	ps, _ := ParseProxies("10.0.0.1")
	for name, c := range map[string]struct {
		remote string
		proto  []string
		tls    bool
		want   bool
	}{
		"plain": {"10.0.0.1:1", nil, false, false}, "TLS": {"10.0.0.9:1", nil, true, true}, "said by anybody": {"10.0.0.9:1", []string{"https"}, false, false},
		"said by the proxy": {"10.0.0.1:1", []string{"HTTPS"}, false, true}, "plain at the proxy": {"10.0.0.1:1", []string{"http"}, true, false},
		"before two proxies": {"10.0.0.1:1", []string{"https, http"}, false, true},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-Proto": c.proto}}
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if _, got := ps.client(r); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

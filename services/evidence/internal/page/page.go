// Package page looks at addresses that units give as evidence. Whoever writes
// an address has the server open it, so nothing inside the installation's own
// networks can be reached: what counts is the number that is really dialled,
// also after a redirect or when a name changes between two look-ups.
package page

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/duban/duban/services/evidence"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

const (
	timeout   = 10 * time.Second // for everything about one address
	maxBytes  = 256 << 10        // of a page that are read for its title
	redirects = 3
	maxTitle  = 300 // characters
)

// Pages implements evidence.Pages.
type Pages struct{ client *http.Client }

var _ evidence.Pages = (*Pages)(nil)

// New makes a Pages. allowed tells which numbers may be dialled; nil for Public.
func New(allowed func(netip.AddrPort) bool) *Pages {
	if allowed == nil {
		allowed = Public
	}
	dialer := &net.Dialer{Timeout: timeout, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !allowed(at) {
			return evidence.ErrPageRefused
		}
		return nil
	}}
	return &Pages{client: &http.Client{
		Timeout: timeout,
		// No proxy: it would dial what is refused here.
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10,
			TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > redirects || r.URL.Scheme != "http" && r.URL.Scheme != "https" {
				return errors.New("redirected too often, or to something that is no page")
			}
			r.Header.Del("Referer")
			return nil
		},
	}}
}

// public are all numbers of which some are of the public internet: of IPv6,
// IANA has given out no others for it, so that forms which carry an address of
// IPv4 are not in it, but for those that special names.
var public = prefixes("0.0.0.0/0", "2000::/3")

// special are the ranges of the IANA special-purpose address registries (IPv4
// and IPv6) that are not globally reachable, and those of transition mechanisms
// behind which others may hide (192.88.99.0/24, 2002::/16).
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// reachable are the parts of special ranges that the registries name as
// globally reachable.
var reachable = prefixes(
	"192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28",
)

func prefixes(written ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(written))
	for i, s := range written {
		ps[i] = netip.MustParsePrefix(s)
	}
	return ps
}

// Public tells whether a number is of the public internet, on a port of the
// web. It is the one filter for all that goes out to an address that somebody gave.
func Public(at netip.AddrPort) bool {
	a := at.Addr().Unmap()
	in := func(ps []netip.Prefix) bool {
		return slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return (at.Port() == 80 || at.Port() == 443) && a.Zone() == "" && in(public) && (!in(special) || in(reachable))
}

func (p *Pages) Title(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", evidence.ErrPageRefused
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", evidence.ErrPageRefused
	}
	req.Header.Set("User-Agent", "Duban")
	req.Header.Set("Accept", "text/html")
	resp, err := p.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("open page: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("open page: status %d", resp.StatusCode)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind != "text/html" && kind != "application/xhtml+xml" {
		return "", nil // it is there, and has no title
	}
	text, err := charset.NewReader(io.LimitReader(resp.Body, maxBytes), resp.Header.Get("Content-Type"))
	if err != nil {
		return "", fmt.Errorf("read page: %w", err)
	}
	return titleOf(text)
}

func titleOf(r io.Reader) (string, error) {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxBytes)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) && !errors.Is(err, html.ErrBufferExceeded) {
				return "", fmt.Errorf("read page: %w", err)
			}
			return "", nil
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) == "title" && z.Next() == html.TextToken {
				return plain(string(z.Text())), nil
			}
		}
	}
}

// plain is a title on one line, without control characters, of bounded length.
func plain(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(html.UnescapeString(s), "�"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if rs := []rune(s); len(rs) > maxTitle {
		s = string(rs[:maxTitle]) + "…"
	}
	return s
}

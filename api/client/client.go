// Package client calls the REST API of Duban. One method per operation is
// generated from api/openapi.yaml; this file holds what they share.
//
//	c, err := client.New("http://localhost:8080", token)
//	a, err := c.GetAssignment(ctx, id)
//	a, err = c.ApproveAssignment(ctx, id, body, client.IfMatch(a.Version))
//
// An answer that tells of a problem comes back as a *Problem.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds how much of a JSON answer is read, in bytes.
const maxAnswer = 64 << 20

// Client calls one server as one person. Safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New makes a client of the server at baseURL, as https://duban.example. token
// is that of a session; without one only public operations answer.
func New(baseURL, token string) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("address of the server: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("address of the server: %q is not like http://localhost:8080", baseURL)
	}
	return &Client{base: strings.TrimSuffix(u.String(), "/"), token: token, http: &http.Client{}}, nil
}

// As is the same client for another session.
func (c *Client) As(token string) *Client {
	d := *c
	d.token = token
	return &d
}

// Using is the same client making its requests through h, for timeouts and
// certificates.
func (c *Client) Using(h *http.Client) *Client {
	d := *c
	d.http = h
	return &d
}

// Token is that of the session.
func (c *Client) Token() string { return c.token }

// Option changes one request.
type Option func(http.Header)

// IfMatch has a change done only when the resource still has this version;
// otherwise it answers 412.
func IfMatch(version int64) Option {
	return Header("If-Match", `"`+strconv.FormatInt(version, 10)+`"`)
}

// IdempotencyKey names the command: done once, however often it is sent.
func IdempotencyKey(key string) Option { return Header("Idempotency-Key", key) }

// Language asks for problem titles in zh-CN or en.
func Language(tag string) Option { return Header("Accept-Language", tag) }

// Header sets any header.
func Header(name, value string) Option {
	return func(h http.Header) { h.Set(name, value) }
}

// Error implements error.
func (p *Problem) Error() string {
	s := fmt.Sprintf("%d %s", p.Status, p.Code)
	if p.Detail != nil {
		s += ": " + *p.Detail
	}
	for _, f := range p.Errors {
		s += fmt.Sprintf("; %s: %s", f.Location, f.Message)
	}
	return s
}

// AsProblem returns the *Problem in err's chain, or nil.
func AsProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// request is what a generated method fills in.
type request struct {
	method, path string
	values       url.Values
	contentType  string
	body         io.Reader
	options      []Option
	err          error
}

// path puts escaped values in place of the %s of template.
func path(template string, values ...any) string {
	for _, v := range values {
		template = strings.Replace(template, "%s", url.PathEscape(text(reflect.ValueOf(v))), 1)
	}
	return template
}

// query adds a parameter unless it is nil. A list becomes several parameters,
// or one with commas unless explode is set.
func (r *request) query(name string, value any, explode bool) {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if r.values == nil {
		r.values = url.Values{}
	}
	if v.Kind() != reflect.Slice {
		r.values.Set(name, text(v))
		return
	}
	var all []string
	for i := range v.Len() {
		all = append(all, text(v.Index(i)))
	}
	switch {
	case len(all) == 0:
	case explode:
		r.values[name] = all
	default:
		r.values.Set(name, strings.Join(all, ","))
	}
}

func text(v reflect.Value) string {
	if t, ok := v.Interface().(time.Time); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v.Interface())
}

func (r *request) json(body any) {
	raw, err := json.Marshal(body)
	r.contentType, r.body, r.err = "application/json", bytes.NewReader(raw), err
}

// do sends r; the caller closes the body of the answer. An answer of 400 and
// above comes back as an error.
func (c *Client) do(ctx context.Context, r *request) (*http.Response, error) {
	if r.err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.method, r.path, r.err)
	}
	address := c.base + r.path
	if len(r.values) > 0 {
		address += "?" + r.values.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, r.body)
	if err != nil {
		return nil, err
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, o := range r.options {
		o(req.Header)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, fmt.Errorf("%s %s: %w", r.method, r.path, problem(resp))
}

// problem reads the problem of an answer; one that a proxy gave instead of the
// API has only a status.
func problem(resp *http.Response) *Problem {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	p := &Problem{}
	if err == nil && json.Unmarshal(raw, p) == nil && p.Code != "" {
		return p
	}
	return &Problem{Status: int64(resp.StatusCode), Code: "http_error", Title: resp.Status}
}

// answer decodes what a successful request brought back; nil where it brought
// back nothing.
func answer[T any](resp *http.Response, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // 204 and 304 have no body
	}
	out := new(T)
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return out, nil
}

func done(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

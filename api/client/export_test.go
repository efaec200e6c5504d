package client

import (
	"context"
	"net/http"
)

// Call does what a generated method does.
func Call[T any](ctx context.Context, c *Client, format string, values []any, query map[string]any, body any, options ...Option) (*T, error) {
	r := request{method: http.MethodPost, path: path(format, values...), options: options}
	for k, v := range query {
		r.query(k, v, k == "explode")
	}
	if body != nil {
		r.json(body)
	}
	return answer[T](c.do(ctx, &r))
}

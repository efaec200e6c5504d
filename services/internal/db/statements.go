package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

const (
	// maxKnown bounds the statements a connection keeps prepared, maxText and
	// maxValues what is worth keeping: longer ones rarely come again as they were.
	maxKnown  = 64
	maxText   = 4 << 10
	maxValues = 64
)

// openPrepared opens SQLite so that a statement is compiled once for each
// connection and not at each use: compiling a join takes longer than running
// it. bun writes values into the text, so they are taken out of it again.
func openPrepared(dsn string, through func(driver.Connector) driver.Connector) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(through(connector{c})), nil
}

type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	x, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &preparing{sqliteConn: x.(sqliteConn), known: map[string]*prepared{}}, nil
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparing is a connection that keeps its statements. database/sql never
// uses one from two goroutines at once.
type preparing struct {
	sqliteConn
	known map[string]*prepared
}

type prepared struct {
	driver.Stmt
	busy bool // its rows are being read
}

// statement gives the prepared statement of a text and the values for it; nil
// when the text is to be run as it is.
func (c *preparing) statement(ctx context.Context, query string, args []driver.NamedValue) (*prepared, []driver.NamedValue, error) {
	if len(args) > 0 {
		return nil, nil, nil
	}
	text, values, ok := split(query, SQLite)
	if !ok {
		return nil, nil, nil
	}
	s := c.known[text]
	if s == nil {
		x, err := c.PrepareContext(ctx, text)
		if err != nil {
			return nil, nil, err
		}
		if len(c.known) >= maxKnown {
			c.forget()
		}
		s = &prepared{Stmt: x}
		c.known[text] = s
	}
	if s.busy {
		return nil, nil, nil
	}
	return s, values, nil
}

func (c *preparing) forget() {
	for text, s := range c.known {
		if !s.busy {
			_ = s.Close()
			delete(c.known, text)
		}
	}
}

// ExecContext implements driver.ExecerContext.
func (c *preparing) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, values, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, values)
}

// QueryContext implements driver.QueryerContext.
func (c *preparing) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, values, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, values)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &preparedRows{sqliteRows: rows.(sqliteRows), of: s}, nil
}

// Close implements driver.Conn.
func (c *preparing) Close() error {
	for _, s := range c.known {
		_ = s.Close()
	}
	clear(c.known)
	return c.sqliteConn.Close()
}

// sqliteRows is what the driver's rows can do.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

type preparedRows struct {
	sqliteRows
	of *prepared
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	r.of.busy = false
	return r.sqliteRows.Close()
}

// split takes the values out of a statement's text: numbers of four digits
// and more, and strings that are not mere words. Words stay, as the states in
// a condition by which the engine recognises a partial index; so do small numbers,
// which are limits and flags. It tells whether the statement is worth keeping.
//
// PostgreSQL is given every value as text. What it knows a number as from its
// digits is said beside the number; a string has no type of its own in either
// form. It does not see that two values are the same one, so that what is grouped
// or made distinct by an expression with a value in it is left alone.
func split(query string, on Engine) (text string, values []driver.NamedValue, ok bool) {
	switch head, _, _ := strings.Cut(strings.TrimLeft(query, " \n\t"), " "); strings.ToUpper(head) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
	default:
		return "", nil, false
	}
	var b strings.Builder
	b.Grow(min(len(query), maxText))
	take := func(v driver.Value, is string) {
		values = append(values, driver.NamedValue{Ordinal: len(values) + 1, Value: v})
		if on == SQLite {
			b.WriteByte('?')
			return
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(len(values)))
		b.WriteString(is)
	}
	var last string // the word before, in lower case; empty where something else came since
	var distinct, compared bool
	for i := 0; i < len(query); {
		if b.Len() > maxText || len(values) > maxValues {
			return "", nil, false
		}
		before := len(values)
		switch c := query[i]; {
		case c == '\'':
			s, n := quoted(query[i:], '\'')
			if n == 0 || strings.IndexByte(s, 0) >= 0 {
				return "", nil, false
			}
			if i > 0 && name(query[i-1]) || typed[last] || word(s) {
				b.WriteString(query[i : i+n])
			} else {
				take(s, "")
			}
			i += n
			last = ""
		case c == '"':
			_, n := quoted(query[i:], '"')
			if n == 0 {
				return "", nil, false
			}
			b.WriteString(query[i : i+n])
			i += n
			last = ""
		case c == '?', c == 0, c == ';', c == '$' && on == Postgres, strings.HasPrefix(query[i:], "--"), strings.HasPrefix(query[i:], "/*"):
			// Not written by bun: it is left alone.
			return "", nil, false
		case c >= '0' && c <= '9' || name(c):
			n := 1
			for i+n < len(query) && (name(query[i+n]) || query[i+n] >= '0' && query[i+n] <= '9' || query[i+n] == '.') {
				n++
			}
			v, err := strconv.ParseInt(query[i:i+n], 10, 64)
			switch {
			case err != nil || n < 4, on == Postgres && strings.HasSuffix(strings.TrimRight(query[:i], " "), "-"):
				b.WriteString(query[i : i+n])
			case on == SQLite:
				take(v, "")
			case v == int64(int32(v)):
				take(query[i:i+n], "::int4")
			default:
				take(query[i:i+n], "::int8")
			}
			last = strings.ToLower(query[i : i+n])
			distinct = distinct || last == "distinct"
			compared = compared || last == "group" || distinct && last == "order"
			i += n
		default:
			if c != ' ' && c != '\n' && c != '\t' {
				last = ""
			}
			b.WriteByte(c)
			i++
		}
		if on == Postgres && compared && len(values) > before {
			return "", nil, false
		}
	}
	return b.String(), values, true
}

// typed are the words that make a literal of the string behind them.
var typed = map[string]bool{"interval": true, "timestamp": true, "timestamptz": true, "date": true, "time": true, "zone": true}

// quoted reads the quoted text at the start of s; n is its length with the
// quotes, 0 when it does not end.
func quoted(s string, quote byte) (text string, n int) {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		text, q := s[1:i], string(quote)
		return strings.ReplaceAll(text, q+q, q), i + 1
	}
	return "", 0
}

func name(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

// word tells whether s is of lower case letters and underscores only.
func word(s string) bool {
	for i := range len(s) {
		if (s[i] < 'a' || s[i] > 'z') && s[i] != '_' {
			return false
		}
	}
	return len(s) < 40
}
